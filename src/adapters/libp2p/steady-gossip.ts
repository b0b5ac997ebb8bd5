import type { GossipSub } from '@libp2p/gossipsub'
import type { PeerId } from '@libp2p/interface'

/**
 * Keeps gossipsub from forgetting a peer when a stream ends that has a successor. A peer that was cut off opens another connection and a
 * new stream over it; the old one ends later, when its connection is found to be dead. The library then drops the peer as a whole, with the
 * new stream and with what it subscribed to: it is never told anything again, and its mesh takes this site for dead.
 *
 * It reaches into `@libp2p/gossipsub`; the contract test tells when that has changed.
 */
export function steadyGossip<C>(make: (components: C) => GossipSub): (components: C) => GossipSub {
  return components => {
    const gossip = make(components)
    keepSteady(gossip as unknown as Reading)
    return gossip
  }
}

type Source = AsyncIterable<unknown>

/** What is private of the library. */
interface Reading {
  readonly streamsInbound: ReadonlyMap<string, { readonly source: Source }>
  pipePeerReadStream(peerId: PeerId, source: Source): Promise<void>
  handlePeerReadStreamError(error: unknown, peerId: PeerId): void
}

function keepSteady(gossip: Reading): void {
  const ended = new WeakSet<Source>()
  const read = gossip.pipePeerReadStream.bind(gossip)
  const forget = gossip.handlePeerReadStreamError.bind(gossip)
  gossip.pipePeerReadStream = (peerId, source) => read(peerId, noticed(source, ended))
  gossip.handlePeerReadStreamError = (error, peerId) => {
    const current = gossip.streamsInbound.get(peerId.toString())
    if (current === undefined || ended.has(current.source)) forget(error, peerId)
  }
}

async function* noticed(source: Source, ended: WeakSet<Source>): AsyncGenerator {
  try {
    yield* source
  } finally {
    ended.add(source)
  }
}
