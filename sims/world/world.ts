import { SeededRandom } from './seeded-random.ts'
import { SimSite } from './sim-site.ts'
import { VirtualKeys } from './virtual-keys.ts'
import { VirtualTime } from './virtual-time.ts'
import { Wire } from './wire.ts'
import type { GossipMessage, GossipVerdict } from '../../src/ports/peer-network.ts'
import type { MembershipChange } from '../../src/ports/membership.ts'
import type { Plant, SiteObserver } from './sim-site.ts'

export const MESH = 'sim'

/** Something that happened, for the story of a run that failed. */
export interface Line {
  readonly at: number
  readonly text: string
}

/** A set of sites on one wire, and everything that a checker may want to see of them. */
export class World implements SiteObserver {
  readonly seed: number
  readonly time = new VirtualTime()
  readonly random: SeededRandom
  readonly wire: Wire
  readonly keys = new VirtualKeys()
  readonly sites: SimSite[] = []
  readonly story: Line[] = []
  readonly #observers = new Set<Partial<SiteObserver>>()
  readonly #plant: Plant

  constructor(seed: number, siteCount: number, plant: Plant = {}) {
    this.seed = seed
    this.random = new SeededRandom(seed)
    this.wire = new Wire(this.time, this.random.fork())
    this.#plant = plant
    const bootstrap = [addressOf(0), addressOf(1)].slice(0, siteCount)
    for (let i = 0; i < siteCount; i++) this.addSite(`s${i}`, addressOf(i), bootstrap)
  }

  addSite(name: string, address: string, bootstrap: readonly string[], key = `key-of-${name}`): SimSite {
    const keys = this.keys.make(key, BigInt(this.random.below(2 ** 31)) + (BigInt(this.random.below(2 ** 31)) << 32n))
    const mesh = { name: MESH, bootstrap }
    const site = new SimSite({ name, keys, address }, mesh, this.wire, this.random.fork(), this, this.#plant)
    this.sites.push(site)
    return site
  }

  site(name: string): SimSite {
    return this.sites.find(site => site.name === name) as SimSite
  }

  observe(observer: Partial<SiteObserver>): void {
    this.#observers.add(observer)
  }

  tell(text: string): void {
    this.story.push({ at: this.time.now, text })
  }

  onGossip(site: string, message: GossipMessage, verdict: GossipVerdict): void {
    for (const observer of this.#observers) observer.onGossip?.(site, message, verdict)
  }

  onPublish(site: string, data: Uint8Array): void {
    for (const observer of this.#observers) observer.onPublish?.(site, data)
  }

  onChange(site: string, change: MembershipChange): void {
    this.tell(`${site} sees ${change.kind} ${change.site}: ${change.detail}`)
    for (const observer of this.#observers) observer.onChange?.(site, change)
  }

  onStarted(site: string): void {
    for (const observer of this.#observers) observer.onStarted?.(site)
  }

  onDiskChanged(site: string): void {
    for (const observer of this.#observers) observer.onDiskChanged?.(site)
  }

  onDefect(site: string, error: unknown): void {
    this.tell(`DEFECT at ${site}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    for (const observer of this.#observers) observer.onDefect?.(site, error)
  }
}

export function addressOf(host: number, port = 4078): string {
  return `/ip4/10.0.${host >> 8}.${host & 255}/tcp/${port}`
}
