/** With what a change is sent again to an application that wants a precondition: by what a reading shows, in order. Absolute examples. */
import { expect, test } from 'vitest'
import { conditionsOf } from '../../../../../src/runtime/replication/application/precondition.ts'
import type { Reading } from '../../../../../src/runtime/replication/application/state.ts'

const present = (...rawHeaders: string[]): Reading => ({
  is: 'present',
  rawHeaders,
  bytes: new Uint8Array(),
  body: { is: 'json', value: {} },
  hash: '',
})

const DATE = 'Sun, 22 Nov 2026 08:00:00 GMT'

test.each<[Reading, readonly (readonly string[])[]]>([
  [present('ETag', '"7"', 'Last-Modified', DATE), [['if-match', '"7"']]],
  // By the standard a weak one never matches.
  [
    present('ETag', 'W/"7"', 'Last-Modified', DATE),
    [
      ['if-match', 'W/"7"'],
      ['if-unmodified-since', DATE],
    ],
  ],
  [present('ETag', 'W/"7"'), [['if-match', 'W/"7"']]],
  // What is no tag by the standard is the application's own all the same.
  [present('ETag', '7'), [['if-match', '7']]],
  [present('Last-Modified', DATE), [['if-unmodified-since', DATE]]],
  [present(), []],
  [{ is: 'absent' }, [['if-none-match', '*']]],
  [{ is: 'unknown', status: 500 }, []],
])('%o', (reading, conditions) => expect(conditionsOf(reading)).toEqual(conditions))
