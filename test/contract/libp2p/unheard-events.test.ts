/**
 * Messages cost no event that nobody listens to, on any layer that they pass; who listens is told as before. This fails when streams and connections
 * of the library no longer make their events as we expect.
 */
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { StreamDuplex } from '../../../protocols/forward/stream-duplex.ts'
import { libp2pPair } from '../../support/libp2p-pair.ts'
import type { Libp2pPair } from '../../support/libp2p-pair.ts'

let pair: Libp2pPair
beforeAll(async () => {
  pair = await libp2pPair()
})
afterAll(() => pair.stop())

/** Of these streams, and of the connections below them. Others have events of their own, as queues do and what nodes say to each other. */
async function eventsOf(streams: readonly unknown[], sendAndRead: () => Promise<void>): Promise<string[]> {
  const isMeant = (target: object): boolean =>
    streams.includes(target) || ('writeBufferLength' in target && !('protocol' in target))
  const dispatch = vi.spyOn(EventTarget.prototype, 'dispatchEvent')
  try {
    await sendAndRead()
    const { calls, contexts } = dispatch.mock
    return calls.flatMap(([event], call) => (isMeant(contexts[call] ?? {}) ? [event.type] : []))
  } finally {
    dispatch.mockRestore()
  }
}

test('a message makes an event for each layer that takes it, and none for those that are rid of it', async () => {
  const { near, far } = await pair.open()
  const writer = new StreamDuplex(near).on('error', () => {})
  const reader = new StreamDuplex(far).on('error', () => {})
  const send = async (): Promise<void> => {
    writer.write('x'.repeat(100))
    await once(reader, 'data')
  }
  await send()
  const events = await eventsOf([near, far], send)
  expect(events, 'the library tells of messages in another way').toContain('message')
  expect(events).not.toContain('idle')
  writer.destroy()
})

test('who listens is told', async () => {
  const { near } = await pair.open()
  let told = 0
  near.addEventListener('idle', () => told++)
  near.send(new Uint8Array(100))
  expect(told, 'the stream does not say that it has sent all').toBe(1)
  near.abort(new Error('done'))
})
