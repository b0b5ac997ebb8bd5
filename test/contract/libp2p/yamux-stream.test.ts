/**
 * Streams grant window when half of it is used: small messages cost one frame each. The window grows where round trips hold the
 * sender back and nowhere else. A transfer of many windows arrives whole, also when the reader pauses. This fails when the stream of the library no longer looks as we expect.
 */
import { once } from 'node:events'
import type { Stream } from '@libp2p/interface'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { StreamDuplex } from '../../../protocols/forward/stream-duplex.ts'
import { libp2pPair } from '../../support/libp2p-pair.ts'
import type { Libp2pPair } from '../../support/libp2p-pair.ts'

let pair: Libp2pPair
beforeAll(async () => {
  pair = await libp2pPair()
})
afterAll(() => pair.stop())

/** Counts the frames that a stream sends: the library has them in a field that is not in its types. */
function countFrames(stream: Stream): () => number {
  const frames = stream as unknown as { sendFrame: (...args: unknown[]) => boolean }
  const send = frames.sendFrame
  expect(send, 'the stream has another way to send frames').toBeTypeOf('function')
  let count = 0
  frames.sendFrame = (...args) => {
    count++
    return send(...args)
  }
  return () => count
}

test('a hundred small messages are answered by no window update', async () => {
  const { near, far } = await pair.open()
  const writer = new StreamDuplex(near).on('error', () => {})
  const reader = new StreamDuplex(far).on('error', () => {})
  let read = 0
  reader.on('data', chunk => (read += chunk.length))
  const frames = countFrames(far)
  for (let i = 0; i < 100; i++) {
    writer.write('x'.repeat(100))
    while (read < (i + 1) * 100) await once(reader, 'data')
  }
  // The first answer of a stream accepts it.
  expect(frames()).toBeLessThanOrEqual(1)
  writer.destroy()
})

/** What the reading end lets the other side send unread: the library has it in a field that is not in its types. */
const windowOf = (stream: Stream): number => (stream as unknown as { recvWindow: number }).recvWindow

test.each([
  { what: 'does not grow on a fast link', rttMs: 0, atLeast: 256 * 1024, atMost: 1024 * 1024 },
  { what: 'grows to its limit on a slow one', rttMs: 500, atLeast: 4 * 1024 * 1024, atMost: 4 * 1024 * 1024 },
])('the window $what', async ({ rttMs, atLeast, atMost }) => {
  const { near, far } = await pair.open(rttMs)
  const writer = new StreamDuplex(near).on('error', () => {})
  const reader = new StreamDuplex(far).on('error', () => {})
  const ended = once(reader.resume(), 'end')
  const block = Buffer.alloc(1 << 20)
  for (let sent = 0; sent < 40; sent++) if (!writer.write(block)) await once(writer, 'drain')
  writer.end()
  await ended
  expect(windowOf(far)).toBeGreaterThanOrEqual(atLeast)
  expect(windowOf(far)).toBeLessThanOrEqual(atMost)
  reader.end()
})

test('forty windows arrive at a reader that pauses', async () => {
  const { near, far } = await pair.open()
  const writer = new StreamDuplex(near).on('error', () => {})
  const reader = new StreamDuplex(far).on('error', () => {})
  const total = 40 * 256 * 1024
  let read = 0
  reader.on('data', chunk => {
    read += chunk.length
    reader.pause()
    setImmediate(() => reader.resume())
  })
  const ended = once(reader, 'end')
  writer.end(Buffer.alloc(total))
  await ended
  expect(read).toBe(total)
  reader.end()
})
