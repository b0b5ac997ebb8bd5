/**
 * Who may open a conversation: members of the mesh, under their own name, a few at a time; everybody else is reset at once. Streams
 * are real, the transport that would dial is the test's.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MAX_SYNC_STREAMS, SYNC_PROTOCOL } from '../../../protocols/sync/limits.ts'
import { createSyncNetwork } from '../../../protocols/sync/sync-network.ts'
import { CheopsError } from '../../../src/errors.ts'
import { libp2pPair } from '../../support/libp2p-pair.ts'
import { ManualClock, hello, read, reasonOf, welcome } from './conversation.ts'
import type { SyncChannel } from '../../../src/ports/sync.ts'
import type { PeerTransport } from '../../../src/ports/transport.ts'
import type { Libp2pPair } from '../../support/libp2p-pair.ts'

let pair: Libp2pPair
beforeAll(async () => {
  pair = await libp2pPair()
})
afterAll(() => pair.stop())

/** Two networks that reach each other; `peerId` is who the one that dials has proved to be. */
function networks(peerId: string) {
  const handlers = new Map<string, Parameters<PeerTransport['serve']>[2]>()
  const served: unknown[] = []
  const transport: PeerTransport = {
    async openStream(site, protocol, signal) {
      signal.throwIfAborted()
      if (site !== 'lyon') throw new CheopsError('ERR_SITE_UNKNOWN', `no site ${site}`)
      const { near, far } = await pair.open()
      handlers.get(protocol)?.(far, peerId)
      return near
    },
    isConnected: () => true,
    serve: async (protocol, options, handler) => {
      served.push([protocol, options])
      handlers.set(protocol, handler)
    },
    unserve: async protocol => void handlers.delete(protocol),
  }
  const siteOfPeer = (id: string): string | undefined => (id === 'key of paris' ? 'paris' : undefined)
  const clock = new ManualClock()
  const make = () => createSyncNetwork({ transport, clock, siteOfPeer })
  return { paris: make(), lyon: make(), handlers, served }
}

test('a member is taken under the name that its key has', async () => {
  const { paris, lyon, handlers, served } = networks('key of paris')
  const taken = Promise.withResolvers<SyncChannel>()
  const stop = await lyon.serve(taken.resolve)
  expect(served).toEqual([[SYNC_PROTOCOL, { maxInboundStreams: MAX_SYNC_STREAMS }]])
  const sender = await paris.open('lyon', new AbortController().signal)
  const receiver = await taken.promise
  expect([sender.site, sender.role, receiver.site, receiver.role]).toEqual(['lyon', 'sender', 'paris', 'receiver'])
  await sender.send(hello)
  expect((await read(receiver).next()).value).toEqual(hello)
  await receiver.send(welcome)
  expect((await read(sender).next()).value).toEqual(welcome)
  await sender.close('done')
  await stop()
  expect(handlers.size).toBe(0)
})

test('a stranger is reset, and nobody is asked', async () => {
  const { paris, lyon } = networks('key of somebody')
  let taken = 0
  await lyon.serve(() => taken++)
  const sender = await paris.open('lyon', new AbortController().signal)
  await sender.send(hello).catch(() => {})
  expect(await reasonOf(read(sender).next())).toBe('lost')
  expect(taken).toBe(0)
})

test('what the transport says of a site that cannot be reached is passed on', async () => {
  const { paris } = networks('key of paris')
  await expect(paris.open('rome', new AbortController().signal)).rejects.toMatchObject({ code: 'ERR_SITE_UNKNOWN' })
  const over = AbortSignal.abort(new Error('stopped'))
  await expect(paris.open('lyon', over)).rejects.toThrow('stopped')
})
