import { peerIdFromString } from '@libp2p/peer-id'
import type { KadDHT, KadDHTComponents } from '@libp2p/kad-dht'
import type { PeerId } from '@libp2p/interface'

/**
 * A DHT that keeps nothing for those who are no site, and of providers only those of keys that the mesh has: what anybody may store at
 * will fills the disk. Everybody is answered, as a newcomer asks before it has said who it is; but who provides what, sites only. Besides the providers that
 * it keeps it knows those that are told otherwise.
 *
 * It reaches into the library, which has no option for it; the contract test tells when that has changed.
 */
export function guardedDht(
  make: (components: KadDHTComponents) => KadDHT,
  isMember: (peerId: string) => boolean,
  isProvided: (key: Uint8Array) => boolean,
  providersOf: (key: Uint8Array) => readonly string[],
): (components: KadDHTComponents) => KadDHT {
  return components => {
    const dht = make(components)
    if (!isOpen(dht)) return dht
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
    const { providers } = dht
    const kept = providers.getProviders.bind(providers)
    providers.getProviders = async (cid, options) => {
      const found = new Map((await kept(cid, options)).map(peer => [peer.toString(), peer]))
      for (const id of providersOf(cid.multihash.bytes)) {
        const peer = peerIdFromString(id)
        // The library fails for one of which it has no address.
        if (!found.has(id) && (await components.peerStore.has(peer))) found.set(id, peer)
      }
      return [...found.values()]
    }
    return dht
  }
}

interface Handler {
  handle(peerId: PeerId, message: unknown): unknown
}

interface Providers {
  getProviders(cid: { readonly multihash: { readonly bytes: Uint8Array } }, options?: unknown): Promise<PeerId[]>
}

type OpenDht = KadDHT & { rpc: { handlers: Record<string, Handler> }; providers: Providers }

function hasKey(message: unknown): message is { readonly key: Uint8Array } {
  return typeof message === 'object' && message !== null && 'key' in message && message.key instanceof Uint8Array
}

function isOpen(dht: KadDHT): dht is OpenDht {
  const rpc: unknown = 'rpc' in dht ? dht.rpc : undefined
  const providers: unknown = 'providers' in dht ? dht.providers : undefined
  return (
    typeof rpc === 'object' &&
    rpc !== null &&
    'handlers' in rpc &&
    typeof rpc.handlers === 'object' &&
    typeof providers === 'object' &&
    providers !== null &&
    'getProviders' in providers
  )
}
