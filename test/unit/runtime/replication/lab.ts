/**
 * Sites with real replicators in the simulated world: machines with disks that lose what was not synced, links that are cut, a fake
 * application each, virtual time. A test writes as a client and looks at the applications, nothing else.
 */
import { createHash } from 'node:crypto'
import { REAL_PARTS } from '../../../../sims/world/replication/real-agent.ts'
import { MemoryStore } from '../../../../sims/world/memory-store.ts'
import { KIND, SERVICE } from '../../../../sims/world/replication/sim-glue.ts'
import { ReplicationWorld, type ReplicationPlant } from '../../../../sims/world/replication/replication-world.ts'
import { type Conflict, type Dot, type Operation, type ReplicantName } from '../../../../src/core/oplog/index.ts'
import type { DoubtPolicy } from '../../../../src/config.ts'
import { CheopsError } from '../../../../src/errors.ts'
import type { BehindCounts } from '../../../../src/runtime/replication/lane/behind.ts'
import { Replicator, type Accepted, type ReplicaCounts } from '../../../../src/runtime/replication/replicator.ts'
import type { OutboxBounds } from '../../../../src/runtime/replication/store/outboxes.ts'
import type { ReplicaStatus } from '../../../../src/runtime/replication/operator/replica-status.ts'
import type { ReplicationPeer } from '../../../../src/ports/replication-control.ts'
import type { Require } from '../../../../src/runtime/replication/outcomes.ts'
import type { SettleChoice } from '../../../../src/ports/replication-control.ts'
import type { Adopts } from '../../../../src/runtime/replication/operator/adopt.ts'
import type { Copied } from '../../../../src/runtime/replication/drift/repair.ts'
import type { Settled } from '../../../../src/runtime/replication/write/settled.ts'
import type { RecordChange } from '../../../../src/runtime/replication/write/unlogged.ts'
import type { SiteOutcome } from '../../../../src/runtime/replication/replica.ts'
import type { Agent, AgentPorts } from '../../../../sims/world/replication/agent.ts'
import type { BodyPiece } from '../../../../src/ports/bodies.ts'
import type { JsonObject } from '../../../../sims/world/fake-application.ts'
import type { ReplicationEvent } from '../../../../src/runtime/replication/events.ts'

export interface Told {
  readonly site: string
  readonly event: ReplicationEvent
}

export interface Asked {
  readonly from: string
  readonly to: string
  readonly piece: BodyPiece
  readonly isGiven: boolean
}

/** What a client was told: the application's status, or the code of an error. */
export interface Answer {
  readonly status: number | undefined
  readonly code: string | undefined
  readonly accepted: Accepted | undefined
}

export class Lab {
  readonly world: ReplicationWorld
  readonly replicators = new Map<string, Replicator>()
  readonly told: Told[] = []
  /** Pieces of large bodies that a site was asked for. */
  readonly pieces: Asked[] = []
  /** States that a site asked another one for. */
  readonly states: { readonly from: string; readonly to: string; readonly at: number; readonly isGiven: boolean }[] = []
  /** What a site exposes to others. */
  mayRun: (site: string, operation: Operation) => boolean = () => true
  /** How long a member may be silent, milliseconds; taken at the start of an agent. */
  detachAfterMs: number | undefined
  /** What waits for one site at most; taken at the start of an agent. */
  outboxBounds: OutboxBounds | undefined
  /** Sites whose disks are nearly full. */
  readonly full = new Set<string>()
  /** What becomes of requests in doubt. */
  doubt: DoubtPolicy = 'hold'

  private constructor(names: readonly string[], plant: ReplicationPlant) {
    const startAgent = (ports: AgentPorts): Promise<Agent> => this.#start(ports)
    this.world = new ReplicationWorld(1, names, { ...REAL_PARTS, startAgent }, plant)
  }

  static async of(names: readonly string[], plant: ReplicationPlant = {}): Promise<Lab> {
    const lab = new Lab(names, plant)
    for (const site of lab.world.sites) await lab.until(site.start())
    return lab
  }

  name(name: string): ReplicantName {
    return { service: SERVICE, kind: KIND, name }
  }

  /** Entries that one site has told another one so far, however often each. */
  toldTo(from: string, to: string): number {
    return this.world.toldTo(from, to)
  }

  /** How a site stands with the others. */
  peers(site: string): readonly ReplicationPeer[] {
    return this.#at(site).peers()
  }

  /** How the replicants of a site stand, all together. */
  counts(site: string): ReplicaCounts | undefined {
    const counts = this.replicators.get(site)?.counts
    if (counts === undefined) return undefined
    const { replicants, conflicts, diverged, undecided, failing, withheld } = counts
    return { replicants, conflicts, diverged, undecided, failing, withheld }
  }

  /** What cannot go on at a site for now. */
  behind(site: string): BehindCounts | undefined {
    const counts = this.replicators.get(site)?.counts
    if (counts === undefined) return undefined
    const { behind, behindMs, behindStatus } = counts
    return { behind, behindMs, behindStatus }
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    await this.world.time.run(this.world.time.now + ms)
  }

  /** Lets time pass until something is done, at most a minute. */
  async until<T>(what: Promise<T>): Promise<T> {
    let isDone = false
    const done = what.finally(() => (isDone = true))
    done.catch(() => undefined)
    await this.world.time.run(this.world.time.now + 60_000, () => isDone)
    if (!isDone) throw new Error('it was not done within a minute')
    return done
  }

  /** A client's request at a site. */
  async ask(site: string, request: string, body?: unknown, more: Ask = {}): Promise<Answer> {
    return this.until(this.begin(site, request, body, more))
  }

  /** As `ask`, but nobody lets time pass. */
  async begin(
    site: string,
    request: string,
    body?: unknown,
    { members, headers, key, type }: Ask = {},
  ): Promise<Answer> {
    const replicator = this.#at(site)
    const [method, path] = request.split(' ') as [string, string]
    const patch = type ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json')
    const rawHeaders = [...(headers ?? []), ...(body === undefined ? [] : ['Content-Type', patch])]
    const head = { method, target: path, rawHeaders }
    const bytes = body === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(body))
    const glue = this.world.glueOf(site)
    const description = glue.describe(head, path, glue.parseBody(rawHeaders, bytes))
    if (description.is !== 'operation') throw new Error(`${request} is ${description.is}`)
    const idempotency = key === undefined ? {} : { idempotency: { principal: 'somebody', key } }
    try {
      const write = { service: SERVICE, description, head, path, body: bytes, members, ...idempotency }
      const accepted = await replicator.accept(write)
      return { status: accepted.answer?.status, code: undefined, accepted }
    } catch (error) {
      if (!(error instanceof CheopsError)) throw error
      return { status: undefined, code: error.code, accepted: undefined }
    }
  }

  /** @throws Error when an agent has failed */
  assertSound(): void {
    const { defects } = this.world
    if (defects.length > 0) throw new Error(defects.join('\n'))
  }

  /** What the application of a site has by a name. */
  read(site: string, name: string): JsonObject | undefined {
    return this.world.site(site).application.read(SERVICE, `/items/${name}`)
  }

  /** What all applications have by a name, by site. */
  all(name: string): Readonly<Record<string, JsonObject | undefined>> {
    return Object.fromEntries(this.world.sites.map(({ name: site }) => [site, this.read(site, name)]))
  }

  /** Methods with which agents changed a resource at a site, in their order. */
  effects(site: string, name: string): readonly string[] {
    const { effects } = this.world.site(site).application
    return effects
      .filter(({ path, byOutsider }) => path === `/items/${name}` && !byOutsider)
      .map(({ method }) => method)
  }

  /** Cuts a site off, both ways, from all others. */
  cut(site: string): void {
    for (const { name } of this.world.sites) {
      if (name === site) continue
      this.world.wire.cut(site, name)
      this.world.wire.cut(name, site)
    }
  }

  /** Heals all links and lets everything settle. */
  async heal(ms = 40_000): Promise<void> {
    this.world.wire.healAll()
    await this.pass(ms)
  }

  async restart(site: string): Promise<void> {
    await this.until(this.world.site(site).restart(10))
  }

  /** Ends what replicates at a site in order. */
  stop(site: string): Promise<void> {
    return this.until(this.#at(site).stop())
  }

  status(site: string, name: string): Promise<ReplicaStatus | undefined> {
    return this.until(this.#at(site).status(this.name(name)))
  }

  changeMembers(site: string, name: string, added: readonly string[], removed: readonly string[]): Promise<Dot> {
    return this.until(this.#at(site).changeMembers(this.name(name), added, removed))
  }

  wait(site: string, name: string, operation: Dot, seconds: number, require: Require): Promise<readonly SiteOutcome[]> {
    return this.until(this.#at(site).wait(this.name(name), operation, seconds, require))
  }

  repair(site: string, name: string, from?: string): Promise<Copied> {
    return this.until(this.#at(site).operator.repair(this.name(name), from))
  }

  settleConflicts(site: string, name: string, choice: SettleChoice): Promise<readonly Conflict[]> {
    return this.until(this.#at(site).operator.settleConflicts(this.name(name), choice))
  }

  decide(site: string, name: string, tookEffect: boolean): Promise<Dot> {
    return this.until(this.#at(site).operator.decide(this.name(name), tookEffect))
  }

  adopt(site: string, name: string, members: readonly string[], adopts: Adopts): Promise<Dot> {
    return this.until(this.#at(site).operator.adopt(this.name(name), members, adopts))
  }

  record(site: string, name: string, change: RecordChange): Promise<Dot> {
    return this.until(this.#at(site).record(this.name(name), change))
  }

  settled(site: string, name: string, operations: readonly Dot[], seconds: number): Promise<Settled> {
    return this.until(this.#at(site).settled(this.name(name), operations, seconds * 1000))
  }

  seen(site: string, name: string): Promise<readonly Dot[]> {
    return this.until(this.#at(site).seen(this.name(name)))
  }

  #at(site: string): Replicator {
    const replicator = this.replicators.get(site)
    if (replicator === undefined) throw new Error(`no agent runs at ${site}`)
    return replicator
  }

  /** The life that holds a name, as it stands on the disk of a site. */
  async disk(
    site: string,
    name: string,
  ): Promise<{ readonly live: readonly string[]; readonly knowledge: readonly string[] }> {
    const store = new MemoryStore(new Map(this.world.site(site).machine.disk.values))
    const bytes = await store.get(`replication/replicant/${SERVICE}/${KIND}/${name}/core`)
    type Kept = Awaited<ReturnType<Lab['disk']>>
    const { lives } = JSON.parse(new TextDecoder().decode(bytes)) as { lives: readonly Kept[] }
    const holder = lives.at(-1)
    if (holder === undefined) throw new Error(`${site} knows no ${name}`)
    return holder
  }

  /** Kinds of events that were told at a site. */
  events(site: string): readonly string[] {
    return this.told.filter(told => told.site === site).map(({ event }) => event.kind)
  }

  async #start(ports: AgentPorts): Promise<Agent> {
    const { site } = ports
    const replicator = new Replicator({
      ...ports,
      glueOf: service => (service === SERVICE ? ports.glue : undefined),
      onDoubt: () => this.doubt,
      hash: bytes => createHash('sha256').update(bytes).digest('hex'),
      fetchState: async (other, name) => {
        const isReached = this.world.wire.connects(site, other) && this.world.site(other).agent !== undefined
        const state = isReached ? await this.replicators.get(other)?.stateFor(name, site) : undefined
        this.states.push({ from: other, to: site, at: this.world.time.now, isGiven: state !== undefined })
        return state
      },
      mayRun: operation => this.mayRun(site, operation),
      detachAfterMs: this.detachAfterMs,
      outboxBounds: this.outboxBounds,
      hasRoom: () => !this.full.has(site),
      onEvent: event => this.told.push({ site, event }),
    })
    await replicator.start()
    this.replicators.set(site, replicator)
    const nothing = (): never => {
      throw new Error('tests ask the replicator itself')
    }
    return {
      connect: other => replicator.connected(other),
      disconnect: other => replicator.disconnected(other),
      forget: other => replicator.forgotten(other),
      write: nothing,
      changeMembers: nothing,
      operate: nothing,
      show: nothing,
      stateFor: nothing,
      pieceFor: async (other, piece) => {
        const chunks = await replicator.pieceFor(other, piece)
        this.pieces.push({ from: site, to: other, piece, isGiven: chunks !== undefined })
        return chunks
      },
    }
  }
}

export interface Ask {
  readonly members?: readonly string[]
  readonly headers?: readonly string[]
  /** Content-Type, if not what the method suggests. */
  readonly type?: string
  /** Idempotency key. */
  readonly key?: string
}

export const ABC = { members: ['a', 'b', 'c'] }
