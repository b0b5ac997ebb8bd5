import { CheopsError } from '../../errors.ts'
import type { Stream } from '@libp2p/interface'
import type { PeerConnection } from '../../ports/peer-network.ts'
import type { PeerTransport } from '../../ports/transport.ts'
import { growByRoundTrips } from './yamux-stream.ts'
import type { Host } from './host.ts'
import type { Libp2pNetwork } from './libp2p-network.ts'

/** What the transport asks the membership: connections are its business. */
export interface Connector {
  /** @throws CheopsError ERR_SITE_UNKNOWN, ERR_SITE_UNREACHABLE */
  connect(site: string, signal: AbortSignal): Promise<PeerConnection>
  connectionTo(site: string): PeerConnection | undefined
}

/** Streams to and from the agents of other sites, over the connections that the membership keeps. */
export class Libp2pTransport implements PeerTransport {
  readonly #host: Host
  readonly #network: Libp2pNetwork
  readonly #connector: Connector

  constructor(host: Host, network: Libp2pNetwork, connector: Connector) {
    this.#host = host
    this.#network = network
    this.#connector = connector
  }

  async openStream(site: string, protocol: string, signal: AbortSignal): Promise<Stream> {
    const { id } = await this.#connector.connect(site, signal)
    try {
      const connection = this.#network.connection(id)
      if (connection === undefined) throw new Error('the connection has been closed')
      const stream = await connection.newStream(protocol, { signal, runOnLimitedConnection: true })
      return this.#measured(stream, connection.remotePeer.toString())
    } catch (cause) {
      signal.throwIfAborted()
      if (cause instanceof Error && cause.name === 'UnsupportedProtocolError') {
        const message = `The agent of site "${site}" does not speak ${protocol}.`
        throw new CheopsError('ERR_SITE_UNREACHABLE', message, { site, unsupported: protocol }, { cause })
      }
      const message = `The connection to site "${site}" is there, and nothing comes over it.`
      throw new CheopsError('ERR_SITE_UNREACHABLE', message, { site }, { cause })
    }
  }

  isConnected(site: string): boolean {
    return this.#connector.connectionTo(site) !== undefined
  }

  async serve(
    protocol: string,
    options: { maxInboundStreams: number },
    handler: (stream: Stream, peerId: string) => void,
  ): Promise<void> {
    await this.#host.handle(
      protocol,
      (stream, connection) => {
        const peerId = connection.remotePeer.toString()
        try {
          handler(this.#measured(stream, peerId), peerId)
        } catch (error) {
          stream.abort(error instanceof Error ? error : new Error(String(error)))
        }
      },
      {
        maxInboundStreams: options.maxInboundStreams,
        // The library's default of 64 is for both directions; who serves so many also opens so many.
        maxOutboundStreams: options.maxInboundStreams,
        runOnLimitedConnection: true,
      },
    )
  }

  #measured(stream: Stream, peerId: string): Stream {
    growByRoundTrips(stream, () => this.#network.roundTripMs(peerId))
    return stream
  }

  async unserve(protocol: string): Promise<void> {
    await this.#host.unhandle(protocol)
  }
}
