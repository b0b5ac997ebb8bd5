import { compareIncarnations } from '../../../core/membership/incarnation.ts'
import { replicantKey, type ReplicantName } from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import { Arrivals, type Arrival } from './arrivals.ts'
import { LOOK_FOR_ROOM_MS, MAX_ENTRIES_TAKEN, RECEIVED_LOOK_MS } from '../limits.ts'
import { IncomingCursors } from './incoming-cursors.ts'
import { prepare } from '../lane/prepared.ts'
import { mayDo } from '../admission/foreign-creates.ts'
import { Taking } from './taking.ts'
import { Wants } from './wants.ts'
import type { Commit } from '../store/commit.ts'
import type { PeerComparison } from './peer-comparison.ts'
import type { Replica } from '../replica.ts'
import type { Engine } from '../engine.ts'
import type { OutboxRange, SetDigest, SyncChannel, SyncMessage } from '../../../ports/sync.ts'

/**
 * Takes what another site tells in one conversation. What is in one message is taken in one commit, with the cursor, as far as it is no longer than ours are; it is
 * `received` when that is on disk, and not before.
 */
export class SyncReceiver {
  readonly #engine: Engine
  readonly #channel: SyncChannel
  readonly #arrivals: Arrivals
  readonly #cursors: IncomingCursors
  readonly #wants: Wants
  readonly #taking: Taking
  readonly #comparison: PeerComparison
  readonly #resync: (site: string) => Promise<void>
  #isWelcome = false
  #hasEnded = false

  /** @param resync tells everything that both share anew */
  constructor(
    engine: Engine,
    channel: SyncChannel,
    comparison: PeerComparison,
    resync: (site: string) => Promise<void>,
  ) {
    this.#engine = engine
    this.#channel = channel
    this.#arrivals = new Arrivals(engine, channel.site)
    this.#cursors = new IncomingCursors(channel.site)
    this.#wants = new Wants(engine, channel)
    this.#taking = new Taking(engine, channel.site, this.#wants)
    this.#comparison = comparison
    this.#resync = resync
  }

  /**
   * Resolves when the conversation has ended.
   * @throws CheopsError ERR_STORE_FAILED, ERR_STORE_CORRUPT
   */
  async run(): Promise<void> {
    void this.#channel.closed.then(() => (this.#hasEnded = true))
    try {
      for await (const message of this.#channel.messages) await this.#hear(message)
      void this.#channel.close('done')
    } catch (error) {
      // Not waited for: the next conversation waits for the end of this one.
      void this.#channel.close(closeReasonOf(error))
      const code = error instanceof CheopsError ? error.code : undefined
      // The agent stops: its store takes nothing more. Nothing else that a conversation comes to may end it.
      if (code === 'ERR_STORE_FAILED' || code === 'ERR_STORE_CORRUPT') throw error
      const { logger } = this.#engine.options
      const { site } = this.#channel
      if (error instanceof CheopsError)
        logger.debug({ site, code, why: error.meta['reason'] }, 'a conversation of sync, as receiver, has ended')
      else logger.error({ site, error: String(error) }, 'a conversation of sync, as receiver, has failed')
    } finally {
      this.#wants.end()
      this.#engine.options.names?.heard.ended(this.#channel.site)
    }
  }

  /** Ends the conversation: the other site has opened another one. What has begun to be taken is taken. */
  replace(): void {
    void this.#channel.close('replaced')
  }

  async #hear(message: SyncMessage): Promise<void> {
    const { options, replicas } = this.#engine
    if (message.kind === 'digest') return this.#heardDigest(message.digest)
    if (message.kind === 'symbols') return this.#comparison.symbols(message, this.#channel)
    if (message.kind === 'entries') {
      if (await this.#untilRoom(message.incarnation))
        await this.#takeAll(message.incarnation, message.first, message.entries)
      return
    }
    if (message.kind === 'names') return this.#heardNames(message)
    if (message.kind !== 'hello') return
    checkHello(message, this.#channel.site)
    this.#engine.keyRuns.heard(this.#channel.site, message.incarnation)
    this.#engine.heard.set(this.#channel.site, { incarnation: message.incarnation, outboxes: message.outboxes })
    const cursors = this.#cursors.open(message.outboxes, await replicas.cursors(this.#channel.site))
    const next = new Map(message.outboxes.map(outbox => [outbox.incarnation, outbox.next]))
    // It has forgotten what it told, and so, perhaps, what it was told.
    if (cursors.some(({ incarnation: of, upTo }) => upTo >= (next.get(of) ?? 0)))
      await this.#tellAnew(message.incarnation)
    const { site, incarnation } = options
    await this.#channel.send({ kind: 'welcome', version: options.codec.version, site, incarnation, cursors })
    this.#isWelcome = true
    this.#noteCaughtUp()
    this.askForStrangers()
  }

  /** Asks for what could not be looked at, as far as its origin is known by now. */
  askForStrangers(): void {
    if (!this.#isWelcome || this.#wants.hasEnded) return
    const { replicas, strangers, options } = this.#engine
    const { site } = this.#channel
    const ask = async (): Promise<void> => {
      for (const name of strangers.dueOf(site)) {
        await replicas.with(name, replica => this.#wants.askAnyhow(replica))
        strangers.asked(site, name)
      }
    }
    ask().catch((error: unknown) =>
      options.logger.debug({ error: String(error) }, 'what waited for a key could not be asked for'),
    )
  }

  async #heardDigest(digest: SetDigest): Promise<void> {
    this.#comparison.heard(digest)
    // Told again and again as long as both differ.
    const { site } = this.#channel
    const work = this.#engine.tellers.of(site)
    await work.turn()
    if (work.do(() => this.#engine.strangers.lookAgain(site, name => this.#mayVouch(name)))) this.askForStrangers()
    const mine = this.#comparison.mine()
    if (mine !== undefined) await this.#channel.send({ kind: 'digest', digest: mine })
    // What waits here for the other site is on its way to it, and no difference; while writes come something always is.
    if (this.#engine.replicas.outboxes.length(site) === 0 || this.#comparison.isBusy())
      await this.#comparison.auditIfDue(this.#channel)
  }

  async #heardNames(message: SyncMessage & { readonly kind: 'names' }): Promise<void> {
    const { options, tellers } = this.#engine
    const { site } = this.#channel
    const work = tellers.of(site)
    await work.turn()
    work.do(() => {
      if ('all' in message) options.names?.heard.all(site, message.all)
      else options.names?.heard.added(site, message.added)
    })
  }

  #mayVouch(name: ReplicantName): boolean {
    return mayDo(this.#engine.options, { name }, this.#channel.site, 'create')
  }

  /** Once for each run of the other site: it learns of it by the welcome, and says from then on that it knows. */
  async #tellAnew(incarnation: string): Promise<void> {
    const { site } = this.#channel
    if (this.#engine.toldAnew.get(site) === incarnation) return
    this.#engine.options.onEvent({ kind: 'set-back', site })
    await this.#resync(site)
    this.#engine.toldAnew.set(site, incarnation)
  }

  async #takeAll(incarnation: string, first: number, entries: readonly Uint8Array[]): Promise<void> {
    this.#arrivals.message()
    const next = first + entries.length
    const fresh = this.#cursors.fresh(incarnation, first, entries)
    if (fresh.length === 0) return this.#received(incarnation, next - 1)
    for (let from = 0; from < fresh.length; from += MAX_ENTRIES_TAKEN)
      await this.#take(incarnation, next - fresh.length + from, fresh.slice(from, from + MAX_ENTRIES_TAKEN))
  }

  /**
   * Waits until there is room on disk: a site that is not read is held back. It hears now and then what it knows already, since it would take whoever says nothing of its
   * entries for one that has gone, and tell them all again.
   * @returns whether there is room; the conversation may have ended before
   */
  async #untilRoom(incarnation: string): Promise<boolean> {
    const { clock, hasRoom } = this.#engine.options
    let saidAt = clock.monotonic()
    while (hasRoom?.() === false && !this.#hasEnded) {
      await new Promise<void>(resolve => void clock.after(LOOK_FOR_ROOM_MS, resolve))
      if (clock.monotonic() - saidAt < RECEIVED_LOOK_MS) continue
      saidAt = clock.monotonic()
      await this.#channel.send({ kind: 'received', incarnation, upTo: this.#cursors.last(incarnation) })
    }
    return !this.#hasEnded
  }

  /** Entries up to a number are here, on disk. */
  async #received(incarnation: string, upTo: number): Promise<void> {
    const last = this.#cursors.moved(incarnation, upTo)
    this.#noteCaughtUp()
    if (!this.#arrivals.isPartial(incarnation)) await this.#channel.send({ kind: 'received', incarnation, upTo: last })
  }

  /** Takes entries that are not here yet. */
  async #take(incarnation: string, first: number, fresh: readonly Uint8Array[]): Promise<void> {
    const { replicas, tellers } = this.#engine
    const work = tellers.of(this.#channel.site)
    const arrivals: Arrival[] = []
    if (this.#cursors.isJump(incarnation, first)) this.#arrivals.jumped(incarnation)
    for (const bytes of fresh) {
      await work.turn()
      const arrival = await this.#arrivals.read(incarnation, bytes)
      if (arrival !== undefined) arrivals.push(arrival)
    }
    const users = await this.#acquire(arrivals)
    const upTo = first + fresh.length - 1
    const isWhole = !this.#arrivals.isPartial(incarnation)
    try {
      await replicas.commit(commit =>
        work.do(() => {
          for (const arrival of arrivals) this.#taking.take(commit, arrival, users)
          for (const replica of users.values()) this.#prepare(commit, replica)
          this.#cursors.write(commit, incarnation, upTo, isWhole)
        }),
      )
      await this.#received(incarnation, upTo)
      for (const replica of users.values()) await this.#wants.ask(replica)
    } finally {
      for (const replica of users.values()) replicas.release(replica)
    }
  }

  #noteCaughtUp(): void {
    if (this.#cursors.isCaughtUp) this.#engine.standing.caughtUp(this.#channel.site)
  }

  /** What goes wrong with it goes wrong in the lane too, and is told there. */
  #prepare(commit: Commit, replica: Replica): void {
    try {
      prepare(this.#engine, commit, replica)
    } catch {
      return
    }
  }

  async #acquire(arrivals: readonly Arrival[]): Promise<ReadonlyMap<string, Replica>> {
    const users = new Map<string, Replica>()
    for (const arrival of arrivals) {
      if (arrival.kind === 'matrix') continue
      const name = arrival.kind === 'entry' ? arrival.entry.replicant : arrival.replicant
      const key = replicantKey(name)
      if (!users.has(key)) users.set(key, await this.#engine.replicas.acquire(name))
    }
    return users
  }
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
