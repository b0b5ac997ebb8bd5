/**
 * Young garbage is collected for large buffers alone, once for so many bytes; and this V8 offers the way that the default takes:
 * what lies outside its heap is given back by it.
 */
import { expect, test } from 'vitest'
import { YoungGarbage } from '../../../src/adapters/libp2p/young-garbage.ts'

test('collects once for each 16 MB of large buffers, and for no number of small ones', () => {
  let collected = 0
  const garbage = new YoungGarbage(() => collected++)
  for (let i = 0; i < 1_000_000; i++) garbage.add(1_400)
  expect(collected).toBe(0)
  for (let i = 0; i < 1_024; i++) garbage.add(65_536)
  expect(collected).toBe(4)
})

test('gives back the memory of buffers that nobody holds', () => {
  const garbage = new YoungGarbage()
  const before = process.memoryUsage().arrayBuffers
  // More than is ever left when it works, less than V8 would take on its own before it does anything.
  for (let i = 0; i < 768; i++) garbage.add(new Uint8Array(65_536).fill(1).byteLength)
  expect((process.memoryUsage().arrayBuffers - before) / 2 ** 20, 'MiB that are still held').toBeLessThan(20)
})
