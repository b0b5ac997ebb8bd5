/** With what a change is sent again to an application that wants a precondition: by what a reading shows. Absolute examples. */
import { expect, test } from 'vitest'
import { conditionOf } from '../../../../../src/runtime/replication/application/precondition.ts'
import type { Reading } from '../../../../../src/runtime/replication/application/state.ts'

const present = (...rawHeaders: string[]): Reading => ({
  is: 'present',
  rawHeaders,
  bytes: new Uint8Array(),
  body: { is: 'json', value: {} },
  hash: '',
})

test.each<[Reading, readonly string[] | undefined]>([
  [present('ETag', '"7"', 'Last-Modified', 'Sun, 22 Nov 2026 08:00:00 GMT'), ['if-match', '"7"']],
  // A weak one never matches.
  [
    present('ETag', 'W/"7"', 'Last-Modified', 'Sun, 22 Nov 2026 08:00:00 GMT'),
    ['if-unmodified-since', 'Sun, 22 Nov 2026 08:00:00 GMT'],
  ],
  [present('ETag', 'W/"7"'), undefined],
  [present(), undefined],
  [{ is: 'absent' }, ['if-none-match', '*']],
  [{ is: 'unknown', status: 500 }, undefined],
])('%o', (reading, condition) => expect(conditionOf(reading)).toEqual(condition))
