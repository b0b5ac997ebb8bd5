/** The trace of a request: what is read as one, and that a new one is valid by the W3C's rules. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newTraceparent, traceIdOf } from '../../../../src/core/resource/trace-context.ts'

const ID = '4bf92f3577b34da6a3ce929d0e0e4736'

test.each([
  [`00-${ID}-00f067aa0ba902b7-01`, ID],
  [` 00-${ID}-00f067aa0ba902b7-00 `, ID],
  // A later version may carry more behind: what is known of it is read.
  [`01-${ID}-00f067aa0ba902b7-01-more`, ID],
  ['', undefined],
  [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, undefined],
  [`00-${ID.toUpperCase()}-00f067aa0ba902b7-01`, undefined],
  [`00-${ID}`, undefined],
  [`00-${ID}x-00f067aa0ba902b7-01`, undefined],
  [`00-${ID}-00f067aa0ba902b7`, undefined],
])('traceIdOf(%j)', (traceparent, id) => {
  expect(traceIdOf(traceparent)).toBe(id)
})

test('a new one has the ID of its bytes, and is sampled', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 24, maxLength: 24 }), bytes => {
      bytes[0] = 1 // all zeros is no ID
      const traceparent = newTraceparent(bytes)
      expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
      expect(traceIdOf(traceparent)).toBe(Buffer.from(bytes.subarray(0, 16)).toString('hex'))
    }),
  )
})

test('no text makes it throw', () => {
  fc.assert(fc.property(fc.string(), text => void traceIdOf(text)))
})
