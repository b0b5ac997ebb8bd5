import { StreamChannel } from './channel.ts'
import { syncCodec } from './codec.ts'
import { MAX_SYNC_STREAMS, SYNC_PROTOCOL } from './limits.ts'
import type { SentPart } from './sent-parts.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { SyncChannel, SyncNetwork, SyncWork } from '../../src/ports/sync.ts'
import type { PeerTransport } from '../../src/ports/transport.ts'
import type { Stream } from '@libp2p/interface'

export interface SyncNetworkParts {
  readonly transport: PeerTransport
  readonly clock: Clock
  /** The site that a peer has proved to be, undefined for one that is no member of the mesh. */
  readonly siteOfPeer: (peerId: string) => string | undefined
  /** Bounds what reading the messages of a site takes. */
  readonly workOf?: (site: string) => SyncWork
  /** Told of what is sent, by what it is for. */
  readonly onSent?: (part: SentPart, bytes: number) => void
}

/** Conversations over libp2p. Members of the mesh only: a stranger is sent away before a byte of it is read. */
export function createSyncNetwork({ transport, clock, siteOfPeer, workOf, onSent }: SyncNetworkParts): SyncNetwork {
  const channelOf = (stream: Stream, site: string, role: SyncChannel['role']): SyncChannel =>
    new StreamChannel({ stream, site, role, codec: syncCodec, clock, work: workOf?.(site), onSent })
  return {
    async open(site, signal): Promise<SyncChannel> {
      const stream = await transport.openStream(site, SYNC_PROTOCOL, signal)
      return channelOf(stream, site, 'sender')
    },
    async serve(handler) {
      await transport.serve(SYNC_PROTOCOL, { maxInboundStreams: MAX_SYNC_STREAMS }, (stream, peerId) => {
        const site = siteOfPeer(peerId)
        if (site === undefined) stream.abort(new Error('not a member'))
        else handler(channelOf(stream, site, 'receiver'))
      })
      return () => transport.unserve(SYNC_PROTOCOL)
    },
  }
}
