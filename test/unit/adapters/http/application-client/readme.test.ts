/** The table of bounds tells the values of the code. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { MAX_ANSWER_BYTES } from '../../../../../src/adapters/http/application-client/index.ts'
import { DEFAULT_TIMEOUTS } from '../../../../../src/config.ts'
import { MAX_CREDENTIAL_BYTES } from '../../../../../src/core/resource/credential.ts'

const text = await readFile(
  path.join(import.meta.dirname, '../../../../../src/adapters/http/application-client/README.md'),
  'utf8',
)

test.each([
  ['MAX_ANSWER_BYTES', MAX_ANSWER_BYTES],
  ['MAX_CREDENTIAL_BYTES', MAX_CREDENTIAL_BYTES],
  ['timeouts.answerMs', DEFAULT_TIMEOUTS.answerMs],
  ['timeouts.bodyIdleMs', DEFAULT_TIMEOUTS.bodyIdleMs],
])('%s', (name, value) => {
  const row = text.split('\n').find(line => line.startsWith('| ') && line.includes(`\`${name}\``))
  expect(Number(/^\d+/.exec(row?.split(' | ')[1] ?? '')?.[0])).toBe(value)
})
