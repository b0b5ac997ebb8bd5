import { replicantKey, type Dot, type ReplicantName } from '../../../core/oplog/index.ts'
import { remember } from '../../../core/resource/remember.ts'
import { CheopsError } from '../../../errors.ts'
import { appendTogether, type JournalAppend } from '../../journal/journal.ts'
import { Commit } from './commit.ts'
import { NO_CHECKPOINT } from './digest-checkpoint.ts'
import { DueMarks } from './due-marks.ts'
import { hasSay } from '../admission/foreign-creates.ts'
import { decodeSealed, knownOfCore, readCore, localMayBeUnwell, outcomesMayBeUnwell, storedOfCore } from './records.ts'
import { encodeOutboxRecord } from './outbox-record.ts'
import { REPLICANTS, cursorKey, isCoreKey, kindPrefix, pathOf, prefixOf } from './replica-keys.ts'
import { changedRecords, isOutcomesPart, loadRecords, operationKey } from './replica-records.ts'
import { SealedCache } from './sealed-cache.ts'
import { SharedDigests, type Known } from '../sync/shared-digests.ts'
import { WaitingRoom } from '../sync/waiting-room.ts'
import { Unwell } from '../operator/unwell.ts'
import { MAX_CACHED_REPLICAS, MAX_KNOWN_KINDS, MAX_RUN_STATES, STORE_BUSY_MS } from '../limits.ts'
import type { ReplicationOptions } from '../context.ts'
import type { Replica, RunState } from '../replica.ts'
import { ALL_OF_IT, isWaiting, standsFor, type Outbox, type Outboxes } from './outboxes.ts'
import type { StoreWrite } from '../../../ports/store.ts'
import type { SealedOperation } from '../../../ports/sync.ts'

/** What a start has to know of one that is stored. */
export interface StoredReplicant extends Known {
  /** It may have conflicts, or differ: most do not, and need not be loaded. */
  readonly mayBeUnwell: boolean
}

/** What a commit comes to besides what was collected. */
interface Step {
  /** Complete once all of `notes` were called. */
  readonly records: readonly StoreWrite[]
  readonly appends: readonly JournalAppend[]
  /** What changes in memory with it; none of them throws. */
  readonly notes: readonly (() => void)[]
  /** Paths of replicants that are due no more. */
  readonly settled: readonly string[]
}

/**
 * The replicants of this site: loaded when they are needed, kept in memory while they are, written in one commit with all that
 * justifies what happens next. The key layout is in README.md.
 */
export class ReplicasStore {
  readonly outboxes: Outboxes
  readonly digests: SharedDigests
  readonly unwell: Unwell
  readonly waitingRoom = new WaitingRoom()
  readonly #options: ReplicationOptions
  /** The one that was used last is at the end. */
  readonly #cache = new Map<string, Promise<Replica>>()
  /** Users of each at the moment, or waiting for it: it stays in memory while there are any. */
  readonly #users = new Map<string, number>()

  /** Of those that were used last, also when they are in memory no more: those that went last are at the end. */
  readonly #runs = new Map<string, RunState>()

  readonly #sealed = new SealedCache()
  /** Of which something was found, by their prefixes. */
  readonly #kinds = new Map<string, true>()
  readonly #due: DueMarks
  #changes = 0
  #hasCheckpoint = false
  /** One of an earlier run may be there, that does not hold. */
  #mayHoldCheckpoint = true
  /** The commit that was given last: when it is on disk, all before it are. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: ReplicationOptions, outboxes: Outboxes) {
    this.#options = options
    this.outboxes = outboxes
    this.digests = new SharedDigests(options.site, options.codec)
    this.unwell = new Unwell(options.site)
    this.#due = new DueMarks(options.store, options.clock, collect =>
      this.commit(({ writes }) => void writes.push(...collect())),
    )
  }

  /**
   * Calls `use` with the replicant, which stays in memory until that is done. One of which nothing is known is empty.
   * @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED
   */
  async with<T>(name: ReplicantName, use: (replica: Replica) => Promise<T> | T): Promise<T> {
    const replica = await this.acquire(name)
    try {
      return await use(replica)
    } finally {
      this.release(replica)
    }
  }

  /** As `with`, in two halves: whoever acquires, releases. */
  async acquire(name: ReplicantName): Promise<Replica> {
    const key = replicantKey(name)
    const loading = this.#cache.get(key) ?? this.#load(name)
    this.#users.set(key, (this.#users.get(key) ?? 0) + 1)
    this.#cache.delete(key)
    this.#cache.set(key, loading)
    try {
      return await loading
    } catch (error) {
      this.#cache.delete(key)
      this.#leave(key)
      throw error
    }
  }

  release(replica: Replica): void {
    this.#leave(replicantKey(replica.name))
    if (this.#cache.size <= MAX_CACHED_REPLICAS) return
    for (const key of this.#cache.keys()) {
      if (this.#users.has(key)) continue
      this.#cache.delete(key)
      const run = this.#runs.get(key)
      if (run !== undefined) remember(this.#runs, key, run, MAX_RUN_STATES)
      if (this.#cache.size <= MAX_CACHED_REPLICAS) return
    }
  }

  /**
   * One durable step: `change` is called once there is room on the disk, and all it changes and collects goes to the store in the same
   * turn. Resolves when it is on disk; what `change` returned.
   * @throws CheopsError ERR_STORE_FAILED: the agent stops. What `change` throws, or what goes wrong before the store is given it: then nothing has
   *   changed
   */
  async commit<T>(change: (commit: Commit) => T): Promise<T> {
    const { store, clock, logger } = this.#options
    while (store.isFull) await new Promise<void>(resolve => void clock.after(STORE_BUSY_MS, resolve))
    const commit = new Commit()
    let result: T
    let step: Step
    try {
      result = change(commit)
      step = this.#stepOf(commit)
    } catch (error) {
      commit.undo()
      throw error
    }
    const { appends, records, settled } = step
    // From here on nothing but the store can refuse it: memory and disk have all of it, or nothing.
    for (const note of step.notes) note()
    const writes = [...commit.writes, ...records]
    if (writes.length > 0 || appends.length > 0) this.#last = appendTogether(store, appends, writes)
    const written = this.#last
    // It may commit what it has collected.
    for (const path of settled) this.#due.settle(path)
    if (writes.length > 0 || appends.length > 0) await written
    commit.done(error => logger.error({ error: String(error) }, 'what follows from a step has failed'))
    const told = new Set(commit.outbox.map(([site]) => site))
    this.outboxes.news(told)
    for (const site of told) this.#shorten(site)
    return result
  }

  /** What a step writes besides, found out before anything of it is noted: where that goes wrong, nothing has changed. */
  #stepOf(commit: Commit): Step {
    const records: StoreWrite[] = []
    const notes: (() => void)[] = []
    let isOther = false
    for (const [replica, before] of commit.before) {
      const { replicant } = replica.core
      const key = replicantKey(replica.name)
      const isKnownOtherwise = before.core.replicant !== replicant
      if (isKnownOtherwise) {
        this.digests.makeRoom()
        notes.push(() => this.digests.changed(key, before.core.replicant, replicant))
      }
      if (this.unwell.mayStandOtherwise(key, before.local, replica.local) || isKnownOtherwise) {
        const standing = this.unwell.look(replica, hasSay({ options: this.#options }, replica))
        notes.push(standing.note)
        isOther ||= isKnownOtherwise || standing.isOther
      }
      const { waiting } = replicant
      if (before.core.replicant.waiting !== waiting) notes.push(() => this.waitingRoom.keep(key, waiting))
      records.push(...changedRecords(replica, before))
      notes.push(() => {
        if (!this.#runs.has(key)) remember(this.#runs, key, replica.run, MAX_RUN_STATES)
        replica.isOld = false
      })
    }
    if (isOther) notes.push(() => records.push(...this.#changed()))
    const appends = this.#appendsOf(commit, records, notes)
    const settled: string[] = []
    for (const [path, { name, isDue }] of commit.due)
      if (!isDue) settled.push(path)
      else notes.push(() => records.push(...this.#due.mark(path, name)))
    for (const [key, sealed] of commit.operations)
      notes.push(() => (sealed === undefined ? this.#sealed.delete(key) : this.#sealed.set(key, sealed)))
    return { records, appends, notes, settled }
  }

  /** What is told to others, as records of outboxes. */
  #appendsOf(commit: Commit, records: StoreWrite[], notes: (() => void)[]): readonly JournalAppend[] {
    const appends: JournalAppend[] = []
    const present = new Map<string, Outbox>()
    const outboxOf = (site: string): Outbox => {
      const known = present.get(site)
      if (known !== undefined) return known
      const outbox = this.outboxes.present(site)
      present.set(site, outbox)
      notes.push(() => records.push(...this.outboxes.begin(site, outbox)))
      return outbox
    }
    for (const site of commit.begun) outboxOf(site)
    for (const [site, told] of commit.outbox) {
      // Anybody can name members that are none; what a site lacks that is met later is found by comparing.
      if (!present.has(site) && this.outboxes.of(site).length === 0 && this.#options.isSite?.(site) === false) continue
      const outbox = outboxOf(site)
      let record = told
      if (told.kind === 'replicant') {
        const key = replicantKey(told.replicant)
        const is = standsFor(told.knows, this.#options.hash)
        if (isWaiting(outbox, key, is)) continue
        // Where something else of it waits, all of it is told once, whatever is asked in between.
        const waits = (outbox.wholes.get(key)?.number ?? 0) > outbox.readUpTo
        if (waits) record = { ...told, knows: [] }
        const before = appends.filter(({ journal }) => journal === outbox.journal).length
        const number = outbox.journal.next + before
        notes.push(() => void outbox.wholes.set(key, { number, is: waits ? ALL_OF_IT : is }))
      }
      appends.push({ journal: outbox.journal, value: encodeOutboxRecord(record) })
    }
    return appends
  }

  /** Counts how a replicant stands now. @returns whether that is another way than before */
  lookAt(replica: Replica): boolean {
    const { isOther, note } = this.unwell.look(replica, hasSay({ options: this.#options }, replica))
    note()
    return isOther
  }

  /** Another number after each change of what a checkpoint says. */
  get changes(): number {
    return this.#changes
  }

  /** Whether one is stored that holds. */
  get hasCheckpoint(): boolean {
    return this.#hasCheckpoint
  }

  /** Stores a checkpoint of what is in memory now, which goes with the next change. @throws CheopsError ERR_STORE_FAILED, ERR_STORE_BUSY */
  async keepCheckpoint(write: StoreWrite): Promise<void> {
    this.#hasCheckpoint = true
    this.#mayHoldCheckpoint = true
    try {
      await this.#options.store.commit([write])
    } catch (error) {
      this.#hasCheckpoint = false
      throw error
    }
  }

  #shorten(site: string): void {
    const { logger } = this.#options
    this.outboxes
      .shorten(site)
      .then(entries => {
        if (entries > 0)
          logger.warn({ site, entries }, 'what waited too long for a site is given up, and found by comparing')
      })
      .catch((error: unknown) => logger.debug({ site, error: String(error) }, 'an outbox could not be shortened'))
  }

  /** Resolves when all that is in memory now is on disk. */
  async onDisk(): Promise<void> {
    await this.#last
  }

  /** The operation as its origin signed it, or as this site will; on disk or on its way there; undefined when it has been forgotten. */
  async sealed(name: ReplicantName, dot: Dot): Promise<SealedOperation | undefined> {
    const key = operationKey(prefixOf(name), dot)
    const known = this.#sealed.get(key)
    if (known !== undefined) return known
    const record = await this.#options.store.get(key)
    return record === undefined ? undefined : decodeSealed(record)
  }

  /** For the next who is told of it; nothing where it was forgotten meanwhile. */
  keepSigned(name: ReplicantName, dot: Dot, sealed: SealedOperation): void {
    const key = operationKey(prefixOf(name), dot)
    if (this.#sealed.get(key) !== undefined) this.#sealed.set(key, sealed)
  }

  /** Of all names, as they were when the first was asked for, what is known. */
  async *allKnown(): AsyncGenerator<Known> {
    for await (const [key, value] of this.#options.store.iterate({ prefix: REPLICANTS }))
      if (isCoreKey(key)) yield knownOfCore(value)
  }

  /** As `allKnown`; besides, which of them may have conflicts or differ. For the start: it reads more. */
  async *allStored(): AsyncGenerator<StoredReplicant> {
    let core: { readonly prefix: string; stored: StoredReplicant; hasLocal: boolean } | undefined
    // Of few replicants there is no local record: nothing was ever done here, which may be because nobody is let.
    const known = (of: NonNullable<typeof core>): StoredReplicant =>
      of.hasLocal ? of.stored : { ...of.stored, mayBeUnwell: true }
    for await (const [key, value] of this.#options.store.iterate({ prefix: REPLICANTS })) {
      if (isCoreKey(key)) {
        if (core !== undefined) yield known(core)
        core = { prefix: key.replace(/core$/, ''), stored: storedOfCore(value), hasLocal: false }
      } else if (core !== undefined && key.startsWith(core.prefix)) {
        // These come behind the core.
        const part = key.slice(core.prefix.length)
        const isLocal = part === 'local'
        const mayBeUnwell = isLocal ? localMayBeUnwell(value) : isOutcomesPart(part) && outcomesMayBeUnwell(value)
        if (isLocal) core.hasLocal = true
        if (mayBeUnwell) core.stored = { ...core.stored, mayBeUnwell: true }
      }
    }
    if (core !== undefined) yield known(core)
  }

  /** All names of which something is known. */
  async *names(): AsyncGenerator<ReplicantName> {
    for await (const [key, value] of this.#options.store.iterate({ prefix: REPLICANTS }))
      if (isCoreKey(key)) yield readCore(value).name
  }

  /** Whether anything of a kind is, or was, replicated here. */
  async hasKind(service: string, kind: string): Promise<boolean> {
    const prefix = kindPrefix(service, kind)
    if (this.#kinds.has(prefix)) return true
    for await (const [key] of this.#options.store.iterate({ prefix })) {
      if (!key.startsWith(prefix)) break
      remember(this.#kinds, prefix, true, MAX_KNOWN_KINDS)
      return true
    }
    return false
  }

  /** Names behind one, in the order of their keys, at most so many; from the first on without one. */
  async namesAfter(name: ReplicantName | undefined, limit: number): Promise<readonly ReplicantName[]> {
    const last = name && `${prefixOf(name)}core`
    const names: ReplicantName[] = []
    for await (const [key, value] of this.#options.store.iterate({ prefix: REPLICANTS, ...(last && { from: last }) })) {
      if (!isCoreKey(key) || key === last) continue
      names.push(readCore(value).name)
      if (names.length >= limit) break
    }
    return names
  }

  /** Marks, or unmarks, that a lane has something to do: looked for after a start. */
  due(commit: Commit, name: ReplicantName, isDue: boolean): void {
    commit.due.set(pathOf(name), { name, isDue })
  }

  /** Names of those that may have something to do. */
  allDue(): AsyncGenerator<ReplicantName> {
    return this.#due.all()
  }

  /** What is durable here of the outboxes of a site, by its incarnation. */
  async cursors(site: string): Promise<ReadonlyMap<string, number>> {
    const cursors = new Map<string, number>()
    const prefix = cursorKey(site, '')
    for await (const [key, value] of this.#options.store.iterate({ prefix }))
      cursors.set(key.slice(prefix.length), Number(new TextDecoder().decode(value)))
    return cursors
  }

  #changed(): readonly StoreWrite[] {
    this.#changes++
    if (!this.#mayHoldCheckpoint) return []
    this.#mayHoldCheckpoint = false
    this.#hasCheckpoint = false
    return [NO_CHECKPOINT]
  }

  #leave(key: string): void {
    const users = (this.#users.get(key) ?? 1) - 1
    if (users === 0) this.#users.delete(key)
    else this.#users.set(key, users)
  }

  async #load(name: ReplicantName): Promise<Replica> {
    const { store } = this.#options
    const prefix = prefixOf(name)
    const isDue = await this.#due.isMarked(pathOf(name))
    try {
      const { isNew, ...records } = await loadRecords(this.#options, name, prefix)
      const key = replicantKey(name)
      const run = this.#runs.get(key) ?? { checked: isNew }
      if (!isNew) remember(this.#runs, key, run, MAX_RUN_STATES)
      // Whether it was acknowledged before the agent ended nobody knows: once more does no harm.
      const local = { ...records.local, acknowledges: isDue }
      return {
        ...records,
        name,
        prefix,
        local,
        seen: undefined,
        prepared: undefined,
        isBegunAnew: false,
        run,
      }
    } catch (error) {
      if (error instanceof CheopsError && error.code.startsWith('ERR_STORE_')) throw error
      const key = `${prefix}core`
      const why = 'The records of a replicant cannot be read.'
      const corrupt = new CheopsError('ERR_STORE_CORRUPT', why, { key }, { cause: error })
      store.fail(corrupt)
      throw corrupt
    }
  }
}
