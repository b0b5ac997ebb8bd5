/** What the status of an answer to a change says of its effect: each status there is, against the rule in words. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { meaningOf } from '../../../../../src/runtime/replication/application/sent.ts'

const meaning = (status: number) =>
  meaningOf({ status, reason: '', rawHeaders: [], body: new Uint8Array(), isComplete: true }).is
const range = (min: number, max: number) => fc.integer({ min, max })

test('2xx alone says that it was done, 3xx that it was not, 5xx and what is no status nothing', () => {
  fc.assert(fc.property(range(200, 299), status => meaning(status) === 'done'))
  fc.assert(fc.property(range(300, 399), status => meaning(status) === 'not-now'))
  fc.assert(fc.property(range(400, 499), status => ['not-now', 'refused'].includes(meaning(status))))
  fc.assert(fc.property(fc.oneof(range(0, 199), range(500, 999)), status => meaning(status) === 'doubt'))
})

test.each([401, 403, 408, 409, 423, 425, 429])('%i may pass', status => expect(meaning(status)).toBe('not-now'))
test.each([400, 404, 405, 410, 412, 413, 415, 422, 428])('%i is meant', status =>
  expect(meaning(status)).toBe('refused'),
)
