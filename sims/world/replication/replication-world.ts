import { SeededRandom } from '../seeded-random.ts'
import { VirtualKeys } from '../virtual-keys.ts'
import { VirtualTime } from '../virtual-time.ts'
import { Ledger } from './ledger.ts'
import { Losses } from './losses.ts'
import { ReplicaSite } from './replica-site.ts'
import { KIND, SERVICE, simGlue, VARIANTS, type Variant } from './sim-glue.ts'
import { simSeal } from './sim-seal.ts'
import { SiteKeys } from './site-keys.ts'
import { SyncWire } from './sync-wire.ts'
import type { MatrixDefinition, ReplicantName } from '../../../src/core/oplog/index.ts'
import type { Application } from '../../../src/ports/application.ts'
import type { ReplicationGlue } from '../../../src/ports/replication-glue.ts'
import type { Store } from '../../../src/ports/store.ts'
import type { OperationSeal, SyncCodec, SyncMessage, SyncNetwork } from '../../../src/ports/sync.ts'
import type { DiskOptions } from './disk.ts'
import type { Ending, Replica } from './ending.ts'
import type { ReadReplicant, StartAgent } from './agent.ts'

/** Something that happened, for the story of a run that failed. */
export interface Line {
  readonly at: number
  readonly text: string
}

/** What a planted bug may put in place of what sites are made with. */
export interface ReplicationPlant {
  readonly disk?: DiskOptions
  readonly store?: (store: Store, site: string) => Store
  readonly application?: (application: Application, site: string) => Application
  readonly codec?: (codec: SyncCodec) => SyncCodec
  readonly seal?: (seal: OperationSeal, site: string) => OperationSeal
  readonly network?: (network: SyncNetwork, site: string) => SyncNetwork
  readonly glue?: (glue: ReplicationGlue, site: string) => ReplicationGlue
  /** What may happen at most, so that what goes on without end is found; without a bound if not given. */
  readonly maxHappenings?: number
}

/** Sites with the real replication, on machines, applications and links that fail as a scenario wants it. */
export class ReplicationWorld {
  readonly time: VirtualTime
  readonly random: SeededRandom
  readonly keys = new VirtualKeys()
  readonly siteKeys = new SiteKeys()
  readonly ledger = new Ledger()
  readonly glue = simGlue()
  readonly wire: SyncWire
  readonly codec: SyncCodec
  readonly sites: ReplicaSite[] = []
  readonly story: Line[] = []
  readonly defects: string[] = []
  /** Sites that lost a part of what was on their disks. */
  readonly setBack = new Set<string>()
  readonly #losses: Losses
  /** How many messages have gone from one site to another, by link. */
  readonly #said = new Map<string, number>()
  readonly #told = new Map<string, number>()
  /** Which sites do not let which others write: both names, with a space between. */
  readonly closed = new Set<string>()
  /** What creates and replaces have more in their bodies. */
  fillerBytes = 0
  /** Bodies have a field that applications take and never show. */
  hasSecrets = false
  /** What the definition of each site says; the plain one of those that are not named. */
  variants: Readonly<Record<string, Variant>> = {}
  readonly startAgent: StartAgent
  readonly readReplicant: ReadReplicant
  readonly plant: ReplicationPlant

  constructor(seed: number, names: readonly string[], parts: WorldParts, plant: ReplicationPlant = {}) {
    this.time = new VirtualTime(plant.maxHappenings)
    this.random = new SeededRandom(seed)
    this.plant = plant
    this.codec = plant.codec?.(parts.codec) ?? parts.codec
    this.startAgent = parts.startAgent
    this.readReplicant = parts.readReplicant
    this.#losses = new Losses(this.ledger, parts.readReplicant)
    this.wire = new SyncWire(this.time, this.random.fork(), this.codec)
    this.wire.onSent = (from, to, message) => this.#sent(from, to, message)
    for (const name of names) this.sites.push(new ReplicaSite(name, this))
  }

  readonly site = (name: string): ReplicaSite => {
    const found = this.sites.find(site => site.name === name)
    if (found === undefined) throw new RangeError(`there is no site ${name}`)
    return found
  }

  /** The disk of a site was set back: what stands on none any more is lost. */
  wasSetBack(site: string): void {
    this.setBack.add(site)
    this.ledger.beliefs.forget(site)
    this.#losses.note(this.sites.map(({ machine }) => machine.disk.copy()))
  }

  /** How much sites have said to each other, and asked their applications: what goes on without end is mostly one of these. */
  trafficText(): string {
    const said = [...this.#said].map(([link, count]) => `${link} ${count} messages`)
    const asked = this.sites.map(({ name, application }) => `${name} ${application.requests.length} requests`)
    return [...said, ...asked].join(', ')
  }

  /** Entries that one site has told another one so far, however often each. */
  toldTo(from: string, to: string): number {
    return this.#told.get(`${from} to ${to}`) ?? 0
  }

  /** What sites tell those that are no members any more is looked into. */
  #sent(from: string, to: string, message: SyncMessage): void {
    const link = `${from} to ${to}`
    this.#said.set(link, (this.#said.get(link) ?? 0) + 1)
    if (message.kind === 'entries') this.#told.set(link, this.toldTo(from, to) + message.entries.length)
    const { beliefs } = this.ledger
    if (message.kind !== 'entries' || !beliefs.hasParted(from, to)) return
    for (const bytes of message.entries) {
      const entry = this.codec.decodeEntry(bytes)
      const sealed =
        entry.kind === 'operation' ? [entry.operation] : entry.kind === 'transfer' ? entry.transfer.operations : []
      for (const { bytes: signed } of sealed) beliefs.tells(from, to, this.codec.decodeOperation(signed))
    }
  }

  /** What a site had on its disk is gone, its key too, and operators at the others let its name go. */
  lostDisk(site: string): void {
    if (!this.siteKeys.areLost) return
    this.siteKeys.lose(site)
    for (const { name, agent } of this.sites) if (name !== site) agent?.forget(site)
  }

  glueOf(site: string): ReplicationGlue {
    const variant = this.variants[site]
    const glue = variant === undefined ? this.glue : simGlue(VARIANTS[variant])
    return this.plant.glue?.(glue, site) ?? glue
  }

  sealOf(site: string): OperationSeal {
    const seal = simSeal(site, this.keys, this.siteKeys, this.codec, this.ledger, () => this.time.now)
    return this.plant.seal?.(seal, site) ?? seal
  }

  nameOf(name: string): ReplicantName {
    return { service: SERVICE, kind: KIND, name }
  }

  pathOf({ name }: ReplicantName): string {
    return `/items/${name}`
  }

  tell(text: string): void {
    this.story.push({ at: this.time.now, text })
  }

  defect(site: string, error: unknown): void {
    const text = `${site} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
    this.tell(`DEFECT ${text}`)
    if (this.defects.length < 5) this.defects.push(text)
  }

  sleep(ms: number): Promise<void> {
    return new Promise(resolve => this.time.after(ms, resolve))
  }

  /** All as it is now, for checkers; everybody has to be well for that. */
  async ending(names: readonly string[]): Promise<Ending> {
    const replicas = new Map<string, readonly Replica[]>()
    for (const name of names) {
      const looks = Promise.all(this.sites.map(async site => site.look(this.nameOf(name))))
      let looked = false
      const end = (): void => void (looked = true)
      looks.then(end, end)
      await this.time.run(this.time.now + 5_000, () => looked)
      replicas.set(name, await looks)
    }
    return {
      names: names.map(name => this.nameOf(name)),
      replicasOf: ({ name }) => replicas.get(name) ?? [],
      ledger: this.ledger,
      effects: new Map(this.sites.map(({ name, application }) => [name, application.effects])),
      looks: new Map(this.sites.map(({ name, application }) => [name, application.looks])),
      setBack: this.setBack,
      lost: await this.#losses.lost(),
      bodies: this.ledger.bodies,
      heldBodies: new Map(this.sites.map(({ name, machine }) => [name, machine.soundBodies()])),
      matrices: this.#matrices(),
      pathOf: name => this.pathOf(name),
    }
  }

  #matrices(): ReadonlyMap<string, MatrixDefinition> {
    const all = this.sites.flatMap(({ name }) => this.glueOf(name).matrixOf(KIND) ?? [])
    return new Map(all.map(({ resets, cells }) => [this.codec.matrixHash({ resets, cells }), { resets, cells }]))
  }
}

export interface WorldParts {
  readonly codec: SyncCodec
  readonly startAgent: StartAgent
  readonly readReplicant: ReadReplicant
}
