/**
 * Large bodies fill no queue: what is asked beside them over a narrow link is answered before a fraction of them has passed, not behind a window
 * of each. This fails when the muxer of the library no longer answers echoes as we expect.
 */
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { StreamDuplex } from '../../../protocols/forward/stream-duplex.ts'
import { libp2pPair } from '../../support/libp2p-pair.ts'
import type { Libp2pPair } from '../../support/libp2p-pair.ts'

const BYTES_PER_SECOND = 1_000_000
const BODIES = 8
const BODY_BYTES = 500_000

let pair: Libp2pPair
/** How many bytes of all bodies have come. */
let bodyBytes = 0
beforeEach(async () => {
  pair = await libp2pPair(BYTES_PER_SECOND)
})
afterEach(() => pair.stop())

test('a small message does not wait behind the windows of eight large ones, and all of them arrive', async () => {
  const ask = await asker(1)
  await ask()
  const received = await Promise.all(Array.from({ length: BODIES }, () => body(BODY_BYTES)))
  const all = Promise.all(received.map(({ ended }) => ended))
  const passed: number[] = []
  let isOver = false
  void all.then(() => (isOver = true))
  while (!isOver) passed.push(await ask())
  expect(received.map(({ bytes }) => bytes())).toEqual(received.map(() => BODY_BYTES))
  // What nobody has measured yet is the first window of one.
  expect(Math.max(...passed)).toBeLessThan(1_000_000)
  expect(passed.toSorted((a, b) => a - b)[Math.floor(passed.length / 2)]).toBeLessThan(600_000)
})

test('a small message does not wait behind many bodies of one frame each', async () => {
  const ask = await asker(1)
  // The first ones fall into the start of both ends.
  for (let asked = 0; asked < 5; asked++) await ask()
  const bodies = await Promise.all(Array.from({ length: 40 }, () => body(60_000)))
  expect(await ask()).toBeLessThan(1_000_000)
  await Promise.all(bodies.map(({ ended }) => ended))
})

test('a large body moves beside small messages that take all of the way', async () => {
  const asks: (() => Promise<number>)[] = []
  for (let clients = 0; clients < 64; clients++) asks.push(await asker(8_000))
  let isOver = false
  const small = Promise.all(
    asks.map(async ask => {
      while (!isOver) await ask()
    }),
  )
  const { ended, bytes } = await body(BODY_BYTES)
  await ended
  expect(bytes()).toBe(BODY_BYTES)
  isOver = true
  await small
}, 20_000)

/** @returns asks for an answer of so many bytes, and says how many bytes of bodies came before all of it was there */
async function asker(bytes: number): Promise<() => Promise<number>> {
  const { near, far } = await pair.open()
  const asking = new StreamDuplex(far).on('error', () => {})
  const answering = new StreamDuplex(near).on('error', () => {})
  answering.on('data', () => answering.write(Buffer.alloc(bytes)))
  let missing = 0
  let answered = (): void => {}
  asking.on('data', (chunk: Buffer) => {
    missing -= chunk.length
    if (missing === 0) answered()
  })
  return async () => {
    const before = bodyBytes
    missing = bytes
    const answer = new Promise<void>(resolve => (answered = resolve))
    asking.write('?')
    await answer
    return bodyBytes - before
  }
}

async function body(length: number): Promise<{ ended: Promise<unknown>; bytes: () => number }> {
  const { near, far } = await pair.open()
  new StreamDuplex(near).on('error', () => {}).end(Buffer.alloc(length))
  let bytes = 0
  const reader = new StreamDuplex(far).on('data', (chunk: Buffer) => {
    bytes += chunk.length
    bodyBytes += chunk.length
  })
  return { ended: once(reader, 'end'), bytes: () => bytes }
}
