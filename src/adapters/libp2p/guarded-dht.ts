import type { KadDHT, KadDHTComponents } from '@libp2p/kad-dht'
import type { PeerId } from '@libp2p/interface'

/**
 * A DHT that keeps nothing for those who are no site, and of providers only those of keys that the mesh has: what anybody may store at
 * will fills the disk. Everybody is answered, as a newcomer asks before it has said who it is; but who provides what, sites only.
 *
 * It reaches into the library, which has no option for it; the contract test tells when that has changed.
 */
export function guardedDht(
  make: (components: KadDHTComponents) => KadDHT,
  isMember: (peerId: string) => boolean,
  isProvided: (key: Uint8Array) => boolean,
): (components: KadDHTComponents) => KadDHT {
  return components => {
    const dht = make(components)
    if (!hasHandlers(dht)) return dht
    const { handlers } = dht.rpc
    // What a handler throws resets the stream.
    const guard = (name: string, isTaken: (message: unknown) => boolean): void => {
      const handler = handlers[name]
      if (handler === undefined) return
      handlers[name] = {
        handle(peerId, message) {
          if (!isMember(peerId.toString())) throw new Error('the peer is no site of this mesh')
          if (!isTaken(message)) throw new Error('the mesh has no such key')
          return handler.handle(peerId, message)
        },
      }
    }
    guard('PUT_VALUE', () => true)
    guard('ADD_PROVIDER', message => hasKey(message) && isProvided(message.key))
    guard('GET_PROVIDERS', message => hasKey(message) && isProvided(message.key))
    return dht
  }
}

interface Handler {
  handle(peerId: PeerId, message: unknown): unknown
}

type DhtWithHandlers = KadDHT & { rpc: { handlers: Record<string, Handler> } }

function hasKey(message: unknown): message is { readonly key: Uint8Array } {
  return typeof message === 'object' && message !== null && 'key' in message && message.key instanceof Uint8Array
}

function hasHandlers(dht: KadDHT): dht is DhtWithHandlers {
  const rpc: unknown = 'rpc' in dht ? dht.rpc : undefined
  return typeof rpc === 'object' && rpc !== null && 'handlers' in rpc && typeof rpc.handlers === 'object'
}
