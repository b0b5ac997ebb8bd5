/** What is kept keeps no block that it was a part of; what has memory of its own is not copied. */
import { expect, test } from 'vitest'
import { ownBytes } from '../../../../src/core/resource/own-bytes.ts'

test.each([
  ['of a pool', Buffer.from('kept')],
  ['of what was read', new Uint8Array(65_536).fill(7).subarray(100, 104)],
  ['of none', new Uint8Array(8).subarray(4, 4)],
])('a part %s', (_what, part) => {
  const own = ownBytes(part)
  expect([...own]).toEqual([...part])
  expect(own.buffer.byteLength).toBe(part.byteLength)
})

test('what is whole already stays', () => {
  const whole = new Uint8Array([1, 2, 3])
  expect(ownBytes(whole)).toBe(whole)
})
