/**
 * Large bodies fill no queue: what is asked beside them over a narrow link is answered within a fraction of a second, not behind a window of each
 * of them. This fails when the muxer of the library no longer answers echoes as we expect.
 */
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { StreamDuplex } from '../../../protocols/forward/stream-duplex.ts'
import { libp2pPair } from '../../support/libp2p-pair.ts'
import type { Libp2pPair } from '../../support/libp2p-pair.ts'

const BYTES_PER_SECOND = 1_000_000
const BODIES = 8
const BODY_BYTES = 500_000

let pair: Libp2pPair
beforeAll(async () => {
  pair = await libp2pPair(BYTES_PER_SECOND)
})
afterAll(() => pair.stop())

test('a small message does not wait behind the windows of eight large ones, and all of them arrive', async () => {
  const small = await pair.open()
  const asking = new StreamDuplex(small.near).on('error', () => {})
  const answering = new StreamDuplex(small.far).on('error', () => {})
  answering.pipe(answering)
  const ask = async (): Promise<number> => {
    const at = performance.now()
    asking.write('?')
    await once(asking, 'data')
    return performance.now() - at
  }
  await ask()
  const received = await Promise.all(
    Array.from({ length: BODIES }, async () => {
      const { near, far } = await pair.open()
      new StreamDuplex(near).on('error', () => {}).end(Buffer.alloc(BODY_BYTES))
      let bytes = 0
      const reader = new StreamDuplex(far).on('data', chunk => (bytes += chunk.length))
      return { ended: once(reader, 'end'), bytes: () => bytes }
    }),
  )
  const all = Promise.all(received.map(({ ended }) => ended))
  const took: number[] = []
  let isOver = false
  void all.then(() => (isOver = true))
  while (!isOver) took.push(await ask())
  expect(received.map(({ bytes }) => bytes())).toEqual(received.map(() => BODY_BYTES))
  // What nobody has measured yet is the first window of one.
  expect(Math.max(...took)).toBeLessThan(1_000)
  expect(took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)]).toBeLessThan(600)
  asking.destroy()
})
