import {
  MAX_KEPT_LIVES,
  membersOfReplicant,
  replicantKey,
  type Dot,
  type ReplicantName,
} from '../../core/oplog/index.ts'
import { CheopsError } from '../../errors.ts'
import { forgetOld } from './rounds/forget.ts'
import { advance } from './lane/lane.ts'
import { Holes } from './rounds/holes.ts'
import { IdleRounds } from './rounds/idle-rounds.ts'
import { Lanes } from './lane/lanes.ts'
import { Awaited } from './lane/awaited.ts'
import { changeMembers } from './write/change-members.ts'
import { writeLocally } from './write/local-write.ts'
import { MAX_WRITE_WAIT_MS, STATE_TURN_LOOK_MS, STATE_TURN_WAIT_MS } from './limits.ts'
import { isEnough, outcomesOf, type Require } from './outcomes.ts'
import { MatrixBook } from './admission/matrix-book.ts'
import { Outboxes } from './store/outboxes.ts'
import { BeingMade, isInDraft } from './write/being-made.ts'
import { lostAt } from './write/lost-here.ts'
import { Patience } from './write/patience.ts'
import type { Unverified } from './sync/strangers.ts'
import { Peers } from './sync/peers.ts'
import { Quarantine } from './lane/quarantine.ts'
import { ReplicasStore } from './store/replicas-store.ts'
import type { Replica, SiteOutcome } from './replica.ts'
import { OperatorActions } from './operator/operator-actions.ts'
import { isReadBefore, lastShown, writtenHere } from './drift/comparison.ts'
import { standingOf, statusOf, type ReplicaStanding, type ReplicaStatus } from './operator/replica-status.ts'
import { memberState } from './drift/member-state.ts'
import { Silence } from './rounds/silence.ts'
import { seenAt, settled, type Settled } from './write/settled.ts'
import { StoredCount } from './store/stored-count.ts'
import { recordUnlogged, type RecordChange } from './write/unlogged.ts'
import { checkRoom } from './write/write-checks.ts'
import { Waiters } from './waiters.ts'
import type { Counted } from './operator/unwell.ts'
import { LargeBodies } from './bodies/large-bodies.ts'
import type { Engine } from './engine.ts'
import { makeEngine } from './make-engine.ts'
import type { BehindCounts } from './lane/behind.ts'
import type { LocalWrite, Written } from './write/local-write.ts'
import type { SpooledBody } from './write/payload.ts'
import type { BodyPiece } from '../../ports/bodies.ts'
import type { ReplicationPeer } from '../../ports/replication-control.ts'
import type { MemberState, ReplicationOptions } from './context.ts'
import type { Looked } from './lane/lanes.ts'
import type { Fields } from './drift/written-fields.ts'

export interface Accepted extends Written {
  readonly replicant: ReplicantName
  /** What is known of the operation at each member; empty for what was not released. */
  readonly sites: readonly SiteOutcome[]
}

export interface ReplicaCounts extends Counted {
  /** Of which this site is a member; what it lets nobody carry out here is not among them. */
  readonly replicants: number
}

/** Besides what is stored: what is going on. */
export interface ReplicaCountsNow extends ReplicaCounts, BehindCounts {
  /** What others tell of, and nobody can check here, for a minute and more. By the site that has written it, sorted. */
  readonly unverified: readonly Unverified[]
}

/**
 * Replication at one site, level eventual, for resources whose names clients choose: takes local writes, carries out what the others
 * wrote, and tells the others. All of the world is behind ports, so that agents and simulation run the same.
 */
export class Replicator {
  readonly #options: ReplicationOptions
  readonly #engine: Engine
  readonly #matrices: MatrixBook
  readonly #lanes: Lanes
  readonly #quarantine: Quarantine
  readonly #idle: IdleRounds
  /** Of which the lane has to look. */
  readonly #settled: Waiters<ReplicantName>
  readonly #outboxes: Outboxes
  readonly #replicas: ReplicasStore
  readonly #peers: Peers
  readonly #holes: Holes
  readonly #count: StoredCount
  readonly #silence: Silence
  readonly #beingMade = new BeingMade()
  readonly #connected = new Map<string, number>()
  readonly #bodies: LargeBodies
  /** What operators do to one replicant. */
  readonly operator: OperatorActions
  #stopServing: (() => Promise<void>) | undefined
  #isStopped = false

  constructor(options: ReplicationOptions) {
    this.#options = options
    this.#outboxes = new Outboxes(options.store, options.incarnation, options.clock, options.outboxBounds)
    this.#replicas = new ReplicasStore(options, this.#outboxes)
    this.#quarantine = new Quarantine(options)
    this.#settled = new Waiters(options.clock, replicantKey)
    const onFault = (error: unknown): void => this.#fault(error)
    const onRoom = (): void => void this.#kickDue().catch(onFault)
    const isOffered = (service: string): boolean => options.glueOf(service) !== undefined
    const awaited = new Awaited()
    const look = (name: ReplicantName): Promise<Looked> => this.#look(name)
    this.#lanes = new Lanes(options.clock, options.random, look, onFault, onRoom, isOffered, awaited)
    this.#matrices = new MatrixBook(options.codec)
    this.#bodies = new LargeBodies({
      options,
      replicas: this.#replicas,
      isConnected: site => this.#connected.has(site),
      nowMs: () => this.#engine.time.now(),
      kick: ({ name }) => this.#lanes.kick(name),
      onFault,
    })
    this.#engine = makeEngine({
      options,
      matrices: this.#matrices,
      replicas: this.#replicas,
      bodies: this.#bodies,
      lanes: this.#lanes,
      awaited,
      quarantine: this.#quarantine,
      connectedSince: site => this.#connected.get(site),
      losesAll: service => this.#idle.losesAll(service),
      lookAt: name => this.#idle.lookAt(name),
      onWaits: name => this.#holes.watch(name),
      onFault,
    })
    this.operator = new OperatorActions(this.#engine, this.#lanes)
    this.#holes = new Holes(this.#engine, onFault)
    this.#count = new StoredCount(options, this.#replicas, this.#holes)
    this.#silence = new Silence(options.store, options.clock, onFault)
    this.#peers = new Peers(this.#engine, onFault)
    this.#idle = new IdleRounds({
      engine: this.#engine,
      lanes: this.#lanes,
      quarantine: this.#quarantine,
      silence: this.#silence,
      onFault,
    })
  }

  /**
   * Goes on where the last run ended.
   * @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED
   */
  async start(): Promise<void> {
    await this.#count.start()
    await this.#matrices.open(this.#options.store)
    await this.#outboxes.open()
    await this.#bodies.open()
    await this.#silence.open()
    await this.#engine.keyRuns.open()
    const due: ReplicantName[] = []
    for await (const name of this.#replicas.allDue()) due.push(name)
    for (const name of due)
      await this.#replicas.with(name, replica => {
        this.#engine.unanswered.update(replica)
        this.#replicas.lookAt(replica)
        this.#lanes.kick(name)
      })
    await this.#idle.start()
    this.#stopServing = await this.#options.network.serve(channel => this.#peers.serve(channel))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#idle.stop()
    this.#lanes.stop()
    this.#peers.stop()
    this.#holes.stop()
    this.#silence.stop()
    this.#bodies.stop()
    await this.#stopServing?.()
    await this.#count.stop()
  }

  /**
   * A site can be reached.
   * @param isHeard false for one that is known and may be tried, but was not heard since the start: it counts as silent
   */
  connected(site: string, isHeard = true): void {
    if (site === this.#options.site || this.#isStopped) return
    const isNew = !this.#connected.has(site)
    if (isNew) this.#connected.set(site, this.#options.clock.monotonic())
    if (isNew) this.#lanes.kickAlone()
    if (isHeard) this.#silence.heard(site)
    this.#peers.connected(site)
    this.#peers.met(site)
    // Who was there already has been asked, as often as it is to be.
    if (isNew) this.#bodies.connected()
  }

  /** A site was not heard for a while. */
  disconnected(site: string): void {
    this.#connected.delete(site)
    this.#silence.lost(site)
    this.#peers.doubted(site)
  }

  /** A site is no member of the mesh any more. */
  forgotten(site: string): void {
    this.#connected.delete(site)
    this.#silence.lost(site)
    this.#peers.forgotten(site)
    this.#engine.keyRuns.forgotten(site)
  }

  /** Replicants whose lanes have something to do, or wait for something. */
  get busyLanes(): number {
    return this.#lanes.size
  }

  /** Of this site, from memory; undefined while what is stored at a start was not counted yet. */
  get counts(): ReplicaCountsNow | undefined {
    const { digests, unwell } = this.#replicas
    const [replicants, counted] = [digests.replicants, unwell.count(this.#quarantine.keys())]
    if (replicants === undefined || counted === undefined) return undefined
    const shown = Math.max(0, replicants - counted.withheld.replicants)
    const unverified = this.#engine.strangers.waiting
    return { ...counted, ...this.#engine.behind.counts, replicants: shown, unverified }
  }

  /** How this site stands with each one that it tells of replicants, sorted by name. From memory. */
  peers(): readonly ReplicationPeer[] {
    return this.#peers.status()
  }

  /**
   * Takes a client's body that is too large to be held, ahead of the write that it belongs to.
   * @throws CheopsError ERR_BLOB_SPACE, ERR_STORE_FAILED; what the body throws
   */
  spool(body: AsyncIterable<Uint8Array>): Promise<SpooledBody> {
    return this.#bodies.spool(this.#engine, body)
  }

  /**
   * A piece of a large body for another site: undefined unless it is a member of the replicant, and this site has the body for it.
   * What the piece throws while it is read is an error of the disk.
   */
  pieceFor(site: string, piece: BodyPiece): Promise<AsyncIterable<Uint8Array> | undefined> {
    return this.#bodies.pieceFor(site, piece)
  }

  /**
   * Takes a client's mutating request. What is durable, and what every other member will get, is what `outcome` says.
   * @throws CheopsError ERR_REPLICANT_NOT_FOUND, _LOCKED, _BUSY, _MEMBERS, _UNBOUND, ERR_IDEMPOTENCY_KEY, ERR_SERVICE_NOT_LOCAL,
   *   ERR_REQUEST_BODY_TOO_LARGE; what `Application.request` says where certainly nothing was changed
   */
  async accept(write: LocalWrite): Promise<Accepted> {
    const { kind, name } = write.description
    const replicant = { service: write.service, kind, name }
    const patience = new Patience(this.#options.clock, MAX_WRITE_WAIT_MS, `The write to ${name}`)
    const take = (): Promise<Accepted> =>
      this.#replicas.with(replicant, replica =>
        this.#lanes.run(replicant, async () => {
          const written = await writeLocally(this.#engine, replica, write, patience)
          const { operation } = written
          return { ...written, replicant, sites: operation === undefined ? [] : outcomesOf(replica, operation) }
        }),
      )
    const mayCreate = write.description.creates && write.members !== undefined
    return patience.until(mayCreate ? this.#beingMade.during(replicant, take) : take())
  }

  /**
   * A client has read what is replicated here, and was answered that it is not there: where the application has lost it, it is put back.
   * @returns the other members, which have it; nobody where it is not lost
   * @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED
   */
  lostAt(replicant: ReplicantName): Promise<readonly string[]> {
    return this.#replicas.with(replicant, replica => lostAt(this.#engine, replica))
  }

  /**
   * Changes the members of a replicant.
   * @returns identity of the operation
   * @throws CheopsError ERR_REPLICANT_NOT_FOUND, _BUSY
   */
  async changeMembers(replicant: ReplicantName, added: readonly string[], removed: readonly string[]): Promise<Dot> {
    return this.#replicas.with(replicant, replica =>
      this.#lanes.run(replicant, async () => {
        const { dot } = await changeMembers(this.#engine, replica, { added, removed })
        return dot
      }),
    )
  }

  /**
   * Whether there is room on disk for something new.
   * @throws CheopsError ERR_STORE_SPACE
   */
  checkRoom(): void {
    checkRoom(this.#options)
  }

  /**
   * Records that a resource at level `none` was made at these members, or is gone from all.
   * @throws CheopsError ERR_REPLICANT_LEVEL, _NOT_FOUND, _BUSY
   */
  async record(replicant: ReplicantName, change: RecordChange): Promise<Dot> {
    return this.#replicas.with(replicant, replica =>
      this.#lanes.run(replicant, async () => {
        const { dot } = await recordUnlogged(this.#engine, replica, change)
        return dot
      }),
    )
  }

  /** What an operation of this site came to, after so many have done with it or the time is over. */
  async wait(
    replicant: ReplicantName,
    operation: Dot,
    seconds: number,
    require: Require,
  ): Promise<readonly SiteOutcome[]> {
    return this.#replicas.with(replicant, async replica => {
      const members = (): readonly string[] => membersOfReplicant(replica.core.replicant)
      const isDone = (): boolean => isEnough(outcomesOf(replica, operation), require, members())
      await this.#engine.waiters.until(operation, isDone, seconds * 1000)
      return outcomesOf(replica, operation)
    })
  }

  /** Waits until these operations of a replicant, and all that is held of it besides, are in effect here, or the time is over. */
  async settled(replicant: ReplicantName, operations: readonly Dot[], waitMs: number): Promise<Settled> {
    return this.#replicas.with(replicant, replica => settled(this.#engine, this.#settled, replica, operations, waitMs))
  }

  /** What a client sees that reads the resource now: the operations in effect that no other of them has seen. */
  async seen(replicant: ReplicantName): Promise<readonly Dot[]> {
    return this.#replicas.with(replicant, seenAt)
  }

  /** Whether anything of a kind is, or was, replicated here. */
  hasKind(service: string, kind: string): Promise<boolean> {
    return this.#replicas.hasKind(service, kind)
  }

  /** Undefined for what is not replicated here. */
  async status(replicant: ReplicantName): Promise<ReplicaStatus | undefined> {
    const fault = this.#quarantine.why(replicant)
    return this.#replicas.with(replicant, replica => statusOf(this.#engine, replica, fault))
  }

  /** As `status`, but no more than a request on it has to know. */
  async standing(replicant: ReplicantName): Promise<ReplicaStanding | undefined> {
    const fault = this.#quarantine.why(replicant)
    return this.#replicas.with(replicant, replica => standingOf(this.#engine, replica, fault))
  }

  /**
   * As `standing`, but not while a create of the name is under way here: whether it is replicated nobody knows before the application has answered.
   * @throws CheopsError ERR_REPLICANT_LOCKED where what came of the create is in doubt; ERR_REPLICANT_BUSY where it takes too long
   */
  async standingOnceKnown(replicant: ReplicantName): Promise<ReplicaStanding | undefined> {
    const known = await this.standing(replicant)
    const isDraft = await this.#replicas.with(replicant, isInDraft)
    const made = known?.isPresent === true ? undefined : this.#beingMade.ended(replicant)
    if (made === undefined && !isDraft) return known
    const patience = new Patience(this.#options.clock, MAX_WRITE_WAIT_MS, `The create of ${replicant.name}`)
    // It may be its turn when nobody waits any more, and the replicant has left the memory since.
    const decide = (): Promise<void> =>
      this.#replicas.with(replicant, async replica => {
        patience.check()
        if (isInDraft(replica) && (await advance(this.#engine, replica)) !== 'settled') this.#lanes.kick(replicant)
      })
    await patience.until(Promise.resolve(made).then(() => this.#lanes.run(replicant, decide)))
    const standing = await this.standing(replicant)
    if (standing !== undefined || !(await this.#replicas.with(replicant, isInDraft))) return standing
    const message = `${replicant.name} takes no write now: what became of its create is not known.`
    throw new CheopsError('ERR_REPLICANT_LOCKED', message)
  }

  /**
   * Lets `read` see all that is held of a replicant, as it is in memory, which may be ahead of the disk; nothing of it may be changed.
   * @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED
   */
  inspect<T>(replicant: ReplicantName, read: (replica: Readonly<Replica>) => T): Promise<T> {
    return this.#replicas.with(replicant, read)
  }

  /** What operations have set of a resource; undefined where it is not replicated here, or all of it is compared. */
  async written(replicant: ReplicantName): Promise<Fields | undefined> {
    const glue = this.#options.glueOf(replicant.service)
    if (glue?.kind(replicant.kind)?.comparesAll !== false) return undefined
    return this.#replicas.with(replicant, replica => writtenHere(this.#engine, replica, glue))
  }

  /**
   * What another member may copy: undefined while there is anything left to do here. Who asks for too many waits for his turn: no answer would
   * tell him that nobody has what he lacks.
   * @param to which member
   */
  async stateFor(replicant: ReplicantName, to: string): Promise<MemberState | undefined> {
    const { clock } = this.#options
    const until = clock.monotonic() + STATE_TURN_WAIT_MS
    while (!this.#engine.states.take(to, clock.monotonic())) {
      if (clock.monotonic() >= until || this.#isStopped) return undefined
      await new Promise<void>(resolve => void clock.after(STATE_TURN_LOOK_MS, resolve))
    }
    return this.#replicas.with(replicant, replica =>
      this.#lanes.runIfIdle(replicant, async () => {
        // Who asks just after a start asks in vain else, and is told of nothing that has changed since.
        if (!replica.run.checked && (await advance(this.#engine, replica)) !== 'settled') this.#lanes.kick(replicant)
        return memberState(this.#engine, replica)
      }),
    )
  }

  /** All names of which something is known here. */
  names(): AsyncIterable<ReplicantName> {
    return this.#replicas.names()
  }

  /** There is room again for lanes: all that are due look, as far as there is. */
  async #kickDue(): Promise<void> {
    for await (const name of this.#replicas.allDue()) {
      if (this.#isStopped) return
      this.#lanes.kick(name)
    }
  }

  async #look(name: ReplicantName): Promise<Looked> {
    return this.#replicas.with(name, async replica => {
      let looked: Looked
      try {
        looked = await advance(this.#engine, replica)
      } catch (error) {
        this.#quarantine.take(name, error)
        return 'again'
      }
      this.#quarantine.release(name)
      if (looked === 'settled' && replica.core.replicant.lives.length > MAX_KEPT_LIVES)
        await forgetOld(this.#engine, replica)
      const isUnread = lastShown(replica) === undefined || isReadBefore(this.#engine, replica)
      if (looked === 'settled' && replica.local.bound && isUnread) this.#idle.soon(name)
      this.#settled.look(name)
      return looked
    })
  }

  #fault(error: unknown): void {
    if (error instanceof CheopsError && (error.code === 'ERR_AGENT_STOPPING' || error.code === 'ERR_REPLICANT_BUSY'))
      return
    // What is under way when the agent stops finds its store closed, as after a crash: the next start goes on with it.
    if (this.#isStopped && error instanceof CheopsError && error.code === 'ERR_STORE_FAILED') return
    this.#options.logger.error({ error: String(error) }, 'replication has failed')
    const cause = { cause: error }
    // What is in memory may differ from what is on disk: only a start brings them together again.
    this.#options.store.fail(new CheopsError('ERR_STORE_FAILED', 'Replication cannot go on.', {}, cause))
  }
}
