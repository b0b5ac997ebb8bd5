import type { Stream } from '@libp2p/interface'

/** Opens streams to the agents of other sites, and hands over those that they open. */
export interface PeerTransport {
  /**
   * Opens a stream of `protocol` to a site's agent over the connection that both sides would choose, dialling it if there is none.
   * Concurrent calls share one dial.
   * @throws CheopsError ERR_SITE_UNREACHABLE when no address answers in time, and, with `unsupported` in its
   *   meta, when the agent there does not speak the protocol; ERR_SITE_UNKNOWN for a site without a record
   */
  openStream(site: string, protocol: string, signal: AbortSignal): Promise<Stream>
  /** Whether a connection to the site stands now. */
  isConnected(site: string): boolean
  /**
   * Serves `protocol`. `peerId` is the one that noise has authenticated. A handler that throws resets the stream.
   * @param maxInboundStreams per connection; libp2p resets what comes above it
   */
  serve(
    protocol: string,
    options: { maxInboundStreams: number },
    handler: (stream: Stream, peerId: string) => void,
  ): Promise<void>
  unserve(protocol: string): Promise<void>
}
