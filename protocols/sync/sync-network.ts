import { StreamChannel } from './channel.ts'
import { syncCodec } from './codec.ts'
import { MAX_SYNC_STREAMS, SYNC_PROTOCOL } from './limits.ts'
import type { SentPart } from './sent-parts.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { SyncChannel, SyncNetwork } from '../../src/ports/sync.ts'
import type { PeerTransport } from '../../src/ports/transport.ts'

export interface SyncNetworkParts {
  readonly transport: PeerTransport
  readonly clock: Clock
  /** The site that a peer has proved to be, undefined for one that is no member of the mesh. */
  readonly siteOfPeer: (peerId: string) => string | undefined
  /** Told of what is sent, by what it is for. */
  readonly onSent?: (part: SentPart, bytes: number) => void
}

/** Conversations over libp2p. Members of the mesh only: a stranger is sent away before a byte of it is read. */
export function createSyncNetwork({ transport, clock, siteOfPeer, onSent }: SyncNetworkParts): SyncNetwork {
  return {
    async open(site, signal): Promise<SyncChannel> {
      const stream = await transport.openStream(site, SYNC_PROTOCOL, signal)
      return new StreamChannel({ stream, site, role: 'sender', codec: syncCodec, clock, onSent })
    },
    async serve(handler) {
      await transport.serve(SYNC_PROTOCOL, { maxInboundStreams: MAX_SYNC_STREAMS }, (stream, peerId) => {
        const site = siteOfPeer(peerId)
        if (site === undefined) stream.abort(new Error('not a member'))
        else handler(new StreamChannel({ stream, site, role: 'receiver', codec: syncCodec, clock, onSent }))
      })
      return () => transport.unserve(SYNC_PROTOCOL)
    },
  }
}
