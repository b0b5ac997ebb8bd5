import { compareIncarnations } from '../../core/membership/incarnation.ts'
import {
  MAX_LIVES_BROUGHT,
  MAX_NAMED_MEMBERS,
  includes,
  knowledgeOf,
  lifeKey,
  membersOfReplicant,
  missingMatrices,
  missingOf,
  replicantKey,
  sameDot,
  withAcknowledgement,
  type Context,
  type LifeKnowledge,
  type Replicant,
  type ReplicantName,
  type ReplicantStep,
} from '../../core/oplog/index.ts'
import { CheopsError } from '../../errors.ts'
import { acknowledgedByOrigin, takeOutcome, takeStep, tellEvent, tellOutcome, type Shared } from './admission.ts'
import { Arrivals, mayHear, mayTell, type Arrival } from './arrivals.ts'
import { takeShown } from './comparison.ts'
import { giveWay, hasSay, haveSay, isForeignLife } from './foreign-creates.ts'
import {
  KEPT_OUTBOXES,
  MAX_IDLE_CURSORS,
  MAX_REMEMBERED_REPLICANTS,
  MAX_UNPROVEN_DOTS,
  MAX_WELCOME_CURSORS,
  WANT_AFTER_MS,
  WANT_AGAIN_MS,
} from './limits.ts'
import { prepare } from './prepared.ts'
import { cursorKey, type Commit, type Replica } from './replicas-store.ts'
import type { PeerComparison } from './peer-comparison.ts'
import type { Came, OutboxCursor, OutboxRange, SetDigest, SyncChannel, SyncMessage } from '../../ports/sync.ts'

/**
 * Takes what another site tells in one conversation. What is in one message is taken in one commit, with the cursor; it is `received`
 * when that is on disk, and not before.
 */
export class SyncReceiver {
  readonly #shared: Shared
  readonly #channel: SyncChannel
  readonly #cursors = new Map<string, number>()
  readonly #first = new Map<string, number>()
  /** Cursors that are moved to a number, or go, with what is taken next. */
  readonly #passed = new Map<string, number | undefined>()
  readonly #arrivals: Arrivals
  readonly #comparison: PeerComparison
  /** Replicants of which a transfer could not be taken, or that begin anew. */
  readonly #lacks = new Set<string>()
  /** Lives that are refused here: what others acknowledge of them is not asked for. */
  readonly #foreign = new Set<string>()
  /** When what is missing of a replicant was asked for last. */
  readonly #asked = new Map<string, number>()

  /** Replicants of which the other site has acknowledged what is not here: that is looked after. */
  readonly #late = new Set<string>()
  readonly #resync: (site: string) => Promise<void>
  #isWelcome = false
  #hasEnded = false

  /** @param resync tells everything that both share anew */
  constructor(
    shared: Shared,
    channel: SyncChannel,
    comparison: PeerComparison,
    resync: (site: string) => Promise<void>,
  ) {
    this.#shared = shared
    this.#channel = channel
    this.#arrivals = new Arrivals(shared.options, channel.site)
    this.#comparison = comparison
    this.#resync = resync
  }

  /**
   * Resolves when the conversation has ended.
   * @throws CheopsError ERR_STORE_FAILED, ERR_STORE_CORRUPT
   */
  async run(): Promise<void> {
    try {
      for await (const message of this.#channel.messages) await this.#hear(message)
      void this.#channel.close('done')
    } catch (error) {
      // Not waited for: the next conversation waits for the end of this one.
      void this.#channel.close(closeReasonOf(error))
      if (!(error instanceof CheopsError) || /^ERR_STORE_(FAILED|CORRUPT)$/.test(error.code)) throw error
      const { logger } = this.#shared.options
      logger.debug({ site: this.#channel.site, code: error.code }, 'a conversation of sync has ended')
    } finally {
      this.#hasEnded = true
    }
  }

  /** Ends the conversation: the other site has opened another one. What has begun to be taken is taken. */
  replace(): void {
    void this.#channel.close('replaced')
  }

  async #hear(message: SyncMessage): Promise<void> {
    const { options, replicas } = this.#shared
    if (message.kind === 'digest') return this.#heardDigest(message.digest)
    if (message.kind === 'symbols') return this.#comparison.symbols(message, this.#channel)
    if (message.kind === 'entries') return this.#take(message.incarnation, message.first, message.entries)
    if (message.kind !== 'hello') return
    checkHello(message, this.#channel.site)
    this.#shared.heard.set(this.#channel.site, { incarnation: message.incarnation, outboxes: message.outboxes })
    const cursors = this.#cursorsFor(message.outboxes, await replicas.cursors(this.#channel.site))
    const next = new Map(message.outboxes.map(outbox => [outbox.incarnation, outbox.next]))
    // It has forgotten what it told, and so, perhaps, what it was told.
    if (cursors.some(({ incarnation: of, upTo }) => upTo >= (next.get(of) ?? 0)))
      await this.#tellAnew(message.incarnation)
    const { site, incarnation } = options
    await this.#channel.send({ kind: 'welcome', version: 0, site, incarnation, cursors })
    this.#isWelcome = true
    this.askForStrangers()
  }

  /** Asks for what could not be looked at, as far as its origin is known by now. */
  askForStrangers(): void {
    if (!this.#isWelcome || this.#hasEnded) return
    const { replicas, strangers, options } = this.#shared
    const { site } = this.#channel
    const asked = strangers.dueOf(site).map(async name => {
      await replicas.with(name, replica => this.#want(replica, true))
      strangers.asked(site, name)
    })
    Promise.all(asked).catch((error: unknown) =>
      options.logger.debug({ error: String(error) }, 'what waited for a key could not be asked for'),
    )
  }

  async #heardDigest(digest: SetDigest): Promise<void> {
    this.#comparison.heard(digest)
    const mine = this.#comparison.mine()
    if (mine !== undefined) await this.#channel.send({ kind: 'digest', digest: mine })
    // What waits here for the other site is on its way to it, and no difference.
    if (this.#shared.replicas.outboxes.length(this.#channel.site) === 0)
      await this.#comparison.auditIfDue(this.#channel)
  }

  /** How much of the other site's outboxes is here, and of those that it should list and does not: it was set back to before them. */
  #cursorsFor(outboxes: readonly OutboxRange[], held: ReadonlyMap<string, number>): OutboxCursor[] {
    const cursors: OutboxCursor[] = []
    for (const { incarnation, first, next } of outboxes) {
      this.#first.set(incarnation, first)
      const upTo = held.get(incarnation) ?? 0
      this.#cursors.set(incarnation, upTo)
      if (upTo > 0) cursors.push({ incarnation, upTo })
      // Nothing follows under its numbers: what was there before is told anew.
      if (first === next && upTo + 1 < first) this.#passed.set(incarnation, first - 1)
    }
    const listed = outboxes.map(({ incarnation }) => incarnation).toSorted(compareIncarnations)
    const [oldest] = listed
    const known = new Set(listed)
    const others = [...held].filter(([incarnation]) => !known.has(incarnation))
    others.sort(([a], [b]) => compareIncarnations(b, a))
    for (const [place, [incarnation, upTo]] of others.entries()) {
      const isOld =
        listed.length > KEPT_OUTBOXES && oldest !== undefined && compareIncarnations(incarnation, oldest) < 0
      // Names that somebody invents must not fill the disk, nor the welcome.
      const isSurplus = place >= MAX_IDLE_CURSORS || cursors.length >= MAX_WELCOME_CURSORS
      if (isOld || isSurplus) this.#passed.set(incarnation, undefined)
      else cursors.push({ incarnation, upTo })
    }
    return cursors
  }

  /** Once for each run of the other site: it learns of it by the welcome, and says from then on that it knows. */
  async #tellAnew(incarnation: string): Promise<void> {
    const { site } = this.#channel
    if (this.#shared.toldAnew.get(site) === incarnation) return
    this.#shared.options.onEvent({ kind: 'set-back', site })
    await this.#resync(site)
    this.#shared.toldAnew.set(site, incarnation)
  }

  async #take(incarnation: string, first: number, entries: readonly Uint8Array[]): Promise<void> {
    const { replicas } = this.#shared
    const cursor = this.#cursors.get(incarnation)
    if (cursor === undefined)
      throw new CheopsError('ERR_SYNC_MESSAGE', `${this.#channel.site} has not said that it has such an outbox.`)
    // Where the sender no longer keeps what comes next, it has said so, and tells everything anew.
    const isJump = first > cursor + 1 && first === this.#first.get(incarnation)
    if (first > cursor + 1 && !isJump)
      throw new CheopsError('ERR_SYNC_MESSAGE', `Entries before ${first} were left out.`, { reason: 'gap' })
    const fresh = entries.slice(Math.max(0, cursor + 1 - first))
    const arrivals: Arrival[] = []
    for (const bytes of fresh) {
      const arrival = this.#arrivals.read(incarnation, bytes)
      if (arrival !== undefined) arrivals.push(arrival)
    }
    const users = await this.#acquire(arrivals)
    const upTo = first + entries.length - 1
    const isWhole = !this.#arrivals.isPartial(incarnation)
    try {
      await replicas.commit(commit => {
        for (const arrival of arrivals) this.#decide(commit, arrival, users)
        for (const replica of users.values()) this.#prepare(commit, replica)
        const value = new TextEncoder().encode(String(upTo))
        if (isWhole && upTo > cursor)
          commit.writes.push({ kind: 'put', key: cursorKey(this.#channel.site, incarnation), value })
        this.#passOver(commit)
      })
      this.#cursors.set(incarnation, Math.max(cursor, upTo))
      if (isWhole) await this.#channel.send({ kind: 'received', incarnation, upTo: Math.max(cursor, upTo) })
      for (const [key, replica] of users) await this.#want(replica, this.#lacks.delete(key))
    } finally {
      for (const replica of users.values()) replicas.release(replica)
    }
  }

  /** What goes wrong with it goes wrong in the lane too, and is told there. */
  #prepare(commit: Commit, replica: Replica): void {
    try {
      prepare(this.#shared, commit, replica)
    } catch {
      return
    }
  }

  /** Not before the other site has gone on after the welcome, so that it has seen what was here. */
  #passOver(commit: Commit): void {
    for (const [incarnation, upTo] of this.#passed) {
      const key = cursorKey(this.#channel.site, incarnation)
      if (upTo === undefined) commit.writes.push({ kind: 'delete', key })
      else commit.writes.push({ kind: 'put', key, value: new TextEncoder().encode(String(upTo)) })
    }
    this.#passed.clear()
  }

  async #acquire(arrivals: readonly Arrival[]): Promise<ReadonlyMap<string, Replica>> {
    const users = new Map<string, Replica>()
    for (const arrival of arrivals) {
      if (arrival.kind === 'matrix' || arrival.kind === 'stranger') continue
      const name = arrival.kind === 'step' ? arrival.replicant : arrival.entry.replicant
      const key = replicantKey(name)
      if (!users.has(key)) users.set(key, await this.#shared.replicas.acquire(name))
    }
    return users
  }

  /** What cannot be decided on is the other site's fault, or a defect here: it must not end the agent, and is not taken. */
  #decide(commit: Commit, arrival: Arrival, users: ReadonlyMap<string, Replica>): void {
    try {
      this.#takeOne(commit, arrival, users)
    } catch (cause) {
      if (cause instanceof CheopsError) throw cause
      const { site } = this.#channel
      this.#shared.options.logger.error({ site, error: String(cause) }, 'what a site has told cannot be taken')
      throw new CheopsError('ERR_SYNC_MESSAGE', `What ${site} tells cannot be taken.`, { reason: 'failed' }, { cause })
    }
  }

  #takeOne(commit: Commit, arrival: Arrival, users: ReadonlyMap<string, Replica>): void {
    const from = this.#channel.site
    if (arrival.kind === 'matrix') {
      const why = this.#shared.matrices.learnTold(commit, arrival.definition, from)
      if (why !== undefined) tellEvent(this.#shared, commit, { kind: 'refused', from, why })
      return
    }
    if (arrival.kind === 'stranger') {
      const { replicant, origin } = arrival
      commit.afterwards(() => {
        if (this.#shared.strangers.note(from, replicant, origin))
          this.#shared.options.onEvent({ kind: 'refused', from, why: 'ERR_SYNC_ORIGIN' })
      })
      return
    }
    if (arrival.kind === 'step') {
      const replica = users.get(replicantKey(arrival.replicant))
      if (replica === undefined) return
      const foreign = arrival.lives.find(life => isForeignLife(this.#shared, replica, life))
      if (foreign !== undefined) {
        if (this.#foreign.size >= MAX_REMEMBERED_REPLICANTS) this.#foreign.clear()
        this.#foreign.add(lifeKey(foreign))
        tellEvent(this.#shared, commit, { kind: 'refused', from, why: 'not-exposed' })
        return
      }
      for (const life of arrival.lives) giveWay(this.#shared, commit, replica, life)
      const step = this.#stepOf(arrival, replica)
      if (step === undefined) return
      if (step === 'not-a-member') {
        tellEvent(this.#shared, commit, { kind: 'refused', from, why: step })
        return
      }
      if (!this.#hasRoom(commit, replica, step)) return
      takeStep(this.#shared, commit, replica, step, arrival.arrived, from)
      const isForeign = step.effects.length > 0 && !hasSay(this.#shared, replica)
      for (const effect of step.effects) {
        // Its origin need not wait for it; where it is let do so later on, that is told too.
        if (isForeign && effect.kind === 'held' && effect.operation.type === 'create') {
          tellOutcome(this.#shared, commit, replica, effect.operation, 'failed')
          tellEvent(this.#shared, commit, { kind: 'refused', from: effect.operation.dot.site, why: 'not-exposed' })
        }
        if (effect.kind === 'held' && effect.operation.dot.site === from)
          acknowledgedByOrigin(commit, replica, effect.operation)
        const isLost = effect.kind === 'refused' && effect.reason === 'no-room'
        const asksAgain = effect.kind === 'stale' || effect.kind === 'removed' || effect.kind === 'needs-matrices'
        if (asksAgain || isLost) this.#lacks.add(replicantKey(arrival.replicant))
      }
      return
    }
    const { entry } = arrival
    const replica = users.get(replicantKey(entry.replicant))
    if (replica === undefined) return
    if (entry.kind === 'acknowledgement') {
      if (entry.came !== undefined) this.#takeCame(commit, replica, entry.came)
      const { acknowledgements, replicant } = replica.core
      if (replicant.lives.length === 0 && !this.#mayKeepEarly(replica, entry.lives))
        return this.#lookLater(replica.name)
      if (!mayTell(replicant, from)) {
        // It may have become one by what is not here yet: then it can tell of that.
        this.#lacks.add(replicantKey(replica.name))
        return
      }
      commit.core(replica, { acknowledgements: withAcknowledgement(acknowledgements, from, entry.lives, entry.clock) })
      takeShown(this.#shared, commit, replica, from, entry)
      if (this.#isBehind(replica)) this.#lookLater(replica.name)
      return
    }
    if (entry.site === from) this.#takeCame(commit, replica, entry)
  }

  /** A site speaks of itself, and to the origin. */
  #takeCame(commit: Commit, replica: Replica, { dot, outcome, at, status }: Came): void {
    const site = this.#channel.site
    if (dot.site !== this.#shared.options.site) return
    // Of nothing that was not written here, and of nobody who does not hold it, is anything noted.
    const isKnown = replica.local.outcomes.some(known => sameDot(known.dot, dot))
    if (!isKnown || !mayHear(replica.core.replicant, site)) return
    takeOutcome(this.#shared, commit, replica, dot, { site, outcome, at, ...(status !== undefined && { status }) })
  }

  /**
   * What a step leaves of a name without a life that counts is kept for so many names of each site. What has no room is asked for as a
   * whole, with the life that it belongs to.
   */
  #hasRoom(commit: Commit, replica: Replica, { replicant }: ReplicantStep): boolean {
    const { unproven } = this.#shared
    // What one member makes of a name that is its own too must stay small enough to be told, and to be looked through.
    const isTooMuch = lives(replicant) > Math.max(MAX_LIVES_BROUGHT, lives(replica.core.replicant))
    if (isTooMuch || sites(replicant) > Math.max(MAX_NAMED_MEMBERS, sites(replica.core.replicant))) {
      tellEvent(this.#shared, commit, { kind: 'refused', from: this.#channel.site, why: 'no-room' })
      return false
    }
    const key = replicantKey(replica.name)
    const isNew = replica.core.replicant.lives.length === 0
    const isEarly = replicant.lives.length === 0
    const hasSay = !isEarly && haveSay(this.#shared, replica, replicant.lives)
    if (hasSay) commit.afterwards(() => unproven.drop(key))
    if (hasSay || !isNew || unproven.mayKeep(this.#channel.site, key)) return true
    if (isEarly) this.#lacks.add(key)
    else tellEvent(this.#shared, commit, { kind: 'refused', from: this.#channel.site, why: 'no-room' })
    return false
  }

  /** An acknowledgement that overtakes a create. It must be as small as those are. */
  #mayKeepEarly(replica: Replica, lives: readonly LifeKnowledge[]): boolean {
    const dots = lives.reduce((sum, { knowledge, holes }) => sum + knowledge.length + holes.length, lives.length)
    return dots <= MAX_UNPROVEN_DOTS && this.#shared.unproven.mayKeep(this.#channel.site, replicantKey(replica.name))
  }

  /** None where it cannot be taken for a reason that nobody has thought of: it is asked for again, and the conversation goes on. */
  #stepOf(
    { take, replicant }: Arrival & { readonly kind: 'step' },
    replica: Replica,
  ): ReturnType<typeof take> | undefined {
    try {
      return take(replica)
    } catch (error) {
      this.#shared.leaveAlone(replicant, error)
      return undefined
    }
  }

  /** Whether the other site holds what is not here. */
  #isBehind({ core }: Replica): boolean {
    const { replicant, acknowledgements } = core
    // Whoever has told of it knows more.
    if (replicant.lives.length === 0) return true
    if (!membersOfReplicant(replicant).includes(replicant.site)) return false
    const told = acknowledgements.get(this.#channel.site)?.knowledge ?? new Map<string, Context>()
    const known = new Map(replicant.lives.map(({ life, knowledge }) => [lifeKey(life), knowledge]))
    return [...told].some(
      ([life, knowledge]) => !this.#foreign.has(life) && !includes(known.get(life) ?? [], knowledge),
    )
  }

  /** What others have acknowledged mostly comes by itself; what does not is asked for. */
  #lookLater(name: ReplicantName): void {
    const key = replicantKey(name)
    if (this.#late.has(key) || this.#late.size >= MAX_REMEMBERED_REPLICANTS) return
    this.#late.add(key)
    const { clock, logger } = this.#shared.options
    clock.after(WANT_AFTER_MS, () => {
      this.#late.delete(key)
      if (this.#hasEnded) return
      const asked = this.#shared.replicas.with(name, async replica => {
        if (!this.#isBehind(replica)) return
        await this.#want(replica, true)
      })
      asked.catch((error: unknown) => logger.debug({ error: String(error) }, 'what is missing could not be asked for'))
    })
  }

  /** Asks for what operations here wait for, if it does not come by itself. */
  async #want(replica: Replica, lacks: boolean): Promise<void> {
    const { clock, site, matrices } = this.#shared.options
    const { replicant } = replica.core
    const isMember = replicant.lives.length === 0 || membersOfReplicant(replicant).includes(site)
    const isWaiting = missingOf(replicant).length > 0 || missingMatrices(replicant, matrices).length > 0
    if (!isMember || (!lacks && !isWaiting)) return
    const key = replicantKey(replica.name)
    const asked = this.#asked.get(key)
    if (!lacks && asked !== undefined && clock.monotonic() - asked < WANT_AGAIN_MS) return
    if (this.#asked.size >= MAX_REMEMBERED_REPLICANTS) this.#asked.clear()
    this.#asked.set(key, clock.monotonic())
    await this.#channel.send({ kind: 'want', replicant: replica.name, lives: knowledgeOf(replicant) })
  }
}

function lives({ lives: { length } }: Replicant): number {
  return length
}

/** Sites that are or were members. */
function sites({ lives: all }: Replicant): number {
  const [only] = all
  // Most have one life, whose changes are few.
  if (all.length === 1 && only !== undefined && only.changes.length <= MAX_NAMED_MEMBERS) return only.changes.length
  return new Set(all.flatMap(({ changes }) => changes.map(({ site }) => site))).size
}

function checkHello({ site, incarnation, outboxes }: SyncMessage & { readonly kind: 'hello' }, from: string): void {
  if (site !== from) throw new CheopsError('ERR_SYNC_MESSAGE', `${from} speaks for ${site}.`)
  // One that is empty may be of a run that its site has lost with its disk: it knows of it by what others have received.
  const isLater = (range: OutboxRange): boolean =>
    compareIncarnations(range.incarnation, incarnation) > 0 && range.first < range.next
  if (outboxes.some(isLater))
    throw new CheopsError('ERR_SYNC_MESSAGE', `${from} shows outboxes of later incarnations than its own.`)
}

function closeReasonOf(error: unknown): 'gap' | 'too-large' | 'invalid' | 'failed' {
  if (!(error instanceof CheopsError) || error.code !== 'ERR_SYNC_MESSAGE') return 'failed'
  const { reason } = error.meta
  return reason === 'gap' || reason === 'too-large' || reason === 'failed' ? reason : 'invalid'
}
