import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import type { Libp2p, Stream } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'

/** Two libp2p nodes on loopback with one connection between them, and streams on it; set up as agents are. */
export interface Libp2pPair {
  /** Opens a stream from the first node to the second and gives both ends. */
  open(): Promise<{ near: Stream; far: Stream }>
  /** Cuts the connection as a lost network would. */
  cut(): void
  stop(): Promise<void>
}

const PROTOCOL = '/test/pair/1.0.0'

export async function libp2pPair(): Promise<Libp2pPair> {
  const create = (listen: string[]): Promise<Libp2p> =>
    createLibp2p({
      addresses: { listen },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      // The window must not be larger than the read buffer: a paused stream would be reset (src/adapters/libp2p).
      streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: 4 << 20, maxReadBufferLength: 16 << 20 } })],
    })
  const [first, second] = await Promise.all([create([]), create(['/ip4/127.0.0.1/tcp/0'])])
  const arrivals: ((stream: Stream) => void)[] = []
  await second.handle(PROTOCOL, stream => arrivals.shift()?.(stream), { maxInboundStreams: 4_096 })
  const connection = await first.dial(second.getMultiaddrs())
  return {
    async open() {
      const arrived = new Promise<Stream>(resolve => arrivals.push(resolve))
      const near = await connection.newStream(PROTOCOL, { maxOutboundStreams: 4_096 })
      return { near, far: await arrived }
    },
    cut: () => connection.abort(new Error('cut by the test')),
    stop: async () => {
      await Promise.all([first.stop(), second.stop()])
    },
  }
}
