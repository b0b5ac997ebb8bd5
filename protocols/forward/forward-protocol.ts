import type { PeerTransport } from '../../src/ports/transport.ts'
import { CLOSING_STREAMS, FORWARD_PROTOCOL } from './limits.ts'
import { StreamDuplex } from './stream-duplex.ts'

/**
 * Opens a connection to the agent of a site for HTTP/1.1, one request at a time on it.
 * @throws CheopsError ERR_SITE_UNREACHABLE, ERR_SITE_UNKNOWN
 */
export async function openForward(transport: PeerTransport, site: string, signal: AbortSignal): Promise<StreamDuplex> {
  return new StreamDuplex(await transport.openStream(site, FORWARD_PROTOCOL, signal))
}

/**
 * Takes the connections that other agents open. Whether a peer may use them is decided for each request (`Admission`).
 * @param maxStreams that a peer uses at a time; libp2p resets what comes above it and `CLOSING_STREAMS`
 */
export async function serveForward(
  transport: PeerTransport,
  maxStreams: number,
  accept: (connection: StreamDuplex, peerId: string) => void,
): Promise<void> {
  await transport.serve(FORWARD_PROTOCOL, { maxInboundStreams: maxStreams + CLOSING_STREAMS }, (stream, peerId) =>
    accept(new StreamDuplex(stream), peerId),
  )
}
