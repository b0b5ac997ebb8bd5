import { yamux } from '@libp2p/yamux'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import { growByRoundTrips } from '../../src/adapters/libp2p/yamux-stream.ts'
import { batchedMuxer } from '../../src/adapters/libp2p/batched-muxer.ts'
import { patientNoise } from '../../src/adapters/libp2p/patient-noise.ts'
import { quietMuxer } from '../../src/adapters/libp2p/quiet-muxer.ts'
import { multiaddr } from '@multiformats/multiaddr'
import { TcpProxy } from './tcp-proxy.ts'
import { corkedTcp } from '../../src/adapters/libp2p/corked-tcp.ts'
import { noiseCrypto } from '../../src/adapters/libp2p/noise-crypto.ts'

/** Two libp2p nodes on loopback with one connection between them, and streams on it; set up as agents are. */
export interface Libp2pPair {
  /** Opens a stream from the first node to the second and gives both ends, as if messages took so long there and back. */
  open(roundTripMs?: number): Promise<{ near: Stream; far: Stream }>
  /** The same from the second to the first, on the same connection; `near` is the second's end. */
  openBack(): Promise<{ near: Stream; far: Stream }>
  /** Cuts the connection as a lost network would. */
  cut(): void
  /** Connects the two again. */
  restore(): Promise<void>
  stop(): Promise<void>
}

const PROTOCOL = '/test/pair/1.0.0'

/** @param bytesPerSecond what passes each way; as much as loopback carries, if not given */
export async function libp2pPair(bytesPerSecond?: number): Promise<Libp2pPair> {
  const create = (listen: string[]): Promise<Libp2p> =>
    createLibp2p({
      addresses: { listen },
      transports: [corkedTcp()],
      connectionEncrypters: [patientNoise({ crypto: noiseCrypto })],
      // The tests connect more often than strangers may.
      connectionManager: { inboundConnectionThreshold: 1_000 },
      // The window must not be larger than the read buffer: a paused stream would be reset (src/adapters/libp2p).
      streamMuxers: [
        batchedMuxer(
          quietMuxer(yamux({ streamOptions: { maxStreamWindowSize: 4 << 20, maxReadBufferLength: 16 << 20 } })),
        ),
      ],
    })
  const [first, second] = await Promise.all([create([]), create(['/ip4/127.0.0.1/tcp/0'])])
  const [forth, back] = await Promise.all([openerTo(second), openerTo(first)])
  const [own = multiaddr('/ip4/127.0.0.1/tcp/0')] = second.getMultiaddrs()
  const port = Number(own.getComponents().find(({ name }) => name === 'tcp')?.value)
  await using ends = new AsyncDisposableStack()
  const link =
    bytesPerSecond === undefined ? undefined : ends.use(new TcpProxy({ host: '127.0.0.1', port }, bytesPerSecond))
  const address = link === undefined ? own : multiaddr(`/ip4/127.0.0.1/tcp/${await link.listen()}`)
  let connection: Connection | undefined = await first.dial(address)
  const links = ends.move()
  return {
    open: roundTripMs => forth.open(connection, roundTripMs),
    openBack: () => back.open(second.getConnections()[0]),
    cut() {
      connection?.abort(new Error('cut by the test'))
      connection = undefined
      forth.cut()
      back.cut()
    },
    async restore() {
      connection = await first.dial(address)
    },
    stop: async () => {
      await Promise.all([first.stop(), second.stop()])
      await links.disposeAsync()
    },
  }
}

/** Opens streams to a node and waits until they have arrived there. */
async function openerTo(node: Libp2p) {
  let awaited: PromiseWithResolvers<Stream>[] = []
  const limits = { maxInboundStreams: 4_096, maxOutboundStreams: 4_096 }
  await node.handle(PROTOCOL, stream => awaited.shift()?.resolve(stream), limits)
  return {
    async open(connection: Connection | undefined, roundTripMs = 0): Promise<{ near: Stream; far: Stream }> {
      if (connection === undefined) throw new Error('the connection is cut')
      const arrival = Promise.withResolvers<Stream>()
      awaited.push(arrival)
      const [near, far] = await Promise.all([
        connection.newStream(PROTOCOL, { maxOutboundStreams: 4_096 }),
        arrival.promise,
      ]).finally(() => (awaited = awaited.filter(each => each !== arrival)))
      for (const stream of [near, far]) {
        growByRoundTrips(stream, () => roundTripMs)
      }
      return { near, far }
    },
    /** No stream that was on its way arrives any more. */
    cut() {
      for (const arrival of awaited.splice(0)) arrival.reject(new Error('the connection was cut'))
    },
  }
}
