import { createHeartbeatCodec } from '../../protocols/heartbeat/codec.ts'
import { MESH } from '../world/world.ts'
import type { SiteRecord } from '../../src/core/membership/record.ts'
import type { GossipMessage } from '../../src/ports/peer-network.ts'
import type { World } from '../world/world.ts'

/** Messages that are remembered to be repeated. */
const MEMORY = 200

/**
 * A peer that knows the mesh's key and name and means harm: it claims names that are taken, repeats old beats and records,
 * changes bytes, stores all that in the DHT. It has its own key and nobody else's.
 */
export class Rogue {
  readonly #world: World
  readonly #heard: GossipMessage[] = []
  readonly #keys
  #sent = 0

  constructor(world: World) {
    this.#world = world
    this.#keys = world.keys.make('rogue-key', 666n)
    world.observe({
      onGossip: (_site, message) => {
        if (this.#heard.length < MEMORY) this.#heard.push(message)
        else this.#heard[world.random.below(MEMORY)] = message
      },
    })
  }

  /** One attack on a site that runs. */
  attack(): void {
    const { random } = this.#world
    const victims = this.#world.sites.filter(site => site.isRunning)
    if (victims.length < 2) return
    const victim = random.pick(victims)
    const source = random.pick(victims.filter(site => site !== victim)).keys.peerId
    const message = this.#message(random.pick(this.#world.sites).name, source)
    victim.peer?.receiveGossip(`rogue-${this.#sent++}`, message)
    const record = this.#forged(random.pick(this.#world.sites).name)
    victim.peer?.offerRecord(record.site, createHeartbeatCodec(this.#keys).signRecord(record).bytes)
  }

  #message(name: string, source: string): GossipMessage {
    const { random } = this.#world
    const old = this.#heard.length > 0 ? random.pick(this.#heard) : undefined
    switch (random.below(4)) {
      case 0:
        if (old !== undefined) return { ...old, source }
        break
      case 1:
        // The signature of gossip covers every byte, so that a changed message can only be its own.
        if (old !== undefined) return { author: this.#keys.peerId, source, data: this.#garbled(old.data) }
        break
      case 2:
        // Its own signature under a beat of somebody else.
        if (old !== undefined) return { author: this.#keys.peerId, source, data: old.data }
        break
      default:
    }
    const codec = createHeartbeatCodec(this.#keys)
    const signed = codec.signRecord(this.#forged(name))
    return { author: this.#keys.peerId, source, data: codec.writeGossip({ kind: 'record', signed }) }
  }

  #forged(name: string): SiteRecord {
    return {
      mesh: MESH,
      site: name,
      peerId: this.#keys.peerId,
      addresses: ['/ip4/10.9.9.9/tcp/1'],
      services: [],
      labels: {},
      version: '0',
      incarnation: '1900000000000-0000000000000000',
      number: 2n ** 60n,
    }
  }

  #garbled(data: Uint8Array): Uint8Array {
    const copy = Uint8Array.from(data)
    const at = this.#world.random.below(copy.length)
    copy[at] = (copy[at] ?? 0) ^ (1 << this.#world.random.below(8))
    return copy
  }
}
