import type { KadDHT, KadDHTComponents } from '@libp2p/kad-dht'
import type { PeerId } from '@libp2p/interface'

/**
 * A DHT that keeps nothing for those who are no site, and no providers at all: what anybody may store at will fills the
 * disk, and providers are not used. Everybody is answered, as a newcomer asks before it has said who it is.
 *
 * It reaches into the library, which has no option for it; the contract test tells when that has changed.
 */
export function guardedDht(
  make: (components: KadDHTComponents) => KadDHT,
  isMember: (peerId: string) => boolean,
): (components: KadDHTComponents) => KadDHT {
  return components => {
    const dht = make(components)
    if (!hasHandlers(dht)) return dht
    const { handlers } = dht.rpc
    // Without a handler the library resets the stream.
    delete handlers['ADD_PROVIDER']
    delete handlers['GET_PROVIDERS']
    const put = handlers['PUT_VALUE']
    if (put === undefined) return dht
    handlers['PUT_VALUE'] = {
      handle(peerId, message) {
        if (!isMember(peerId.toString())) throw new Error('the peer is no site of this mesh')
        return put.handle(peerId, message)
      },
    }
    return dht
  }
}

interface Handler {
  handle(peerId: PeerId, message: unknown): unknown
}

type DhtWithHandlers = KadDHT & { rpc: { handlers: Record<string, Handler> } }

function hasHandlers(dht: KadDHT): dht is DhtWithHandlers {
  const rpc: unknown = 'rpc' in dht ? dht.rpc : undefined
  return typeof rpc === 'object' && rpc !== null && 'handlers' in rpc && typeof rpc.handlers === 'object'
}
