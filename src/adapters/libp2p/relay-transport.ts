import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import type { CircuitRelayTransportComponents } from '@libp2p/circuit-relay-v2'
import type { Transport } from '@libp2p/interface'

/**
 * The circuit relay's transport without its random walk. It walks the DHT for relays without a pause; a DHT that answers at
 * once because it has no peer yet makes that an endless loop in which nothing else runs. It is of no use here either: the
 * membership connects to all sites, and every peer that relays is noticed when it connects.
 */
export function relayTransport(): (components: CircuitRelayTransportComponents) => Transport {
  return components =>
    circuitRelayTransport()(
      new Proxy(components, {
        get: (target, name): unknown => (name === 'randomWalk' ? { walk: nobody } : Reflect.get(target, name)),
      }),
    )
}

async function* nobody(): AsyncGenerator<never> {}
