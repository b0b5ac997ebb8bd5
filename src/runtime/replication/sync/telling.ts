import { CheopsError } from '../../../errors.ts'
import { AskedLooks } from './asked-looks.ts'
import { tellDigests } from './digest-telling.ts'
import { tellNames } from './names-telling.ts'
import { MAX_UNRECEIVED_ENTRIES, RECEIVED_LOOK_MS, TELL_AT_MOST_EVERY_MS, TELL_EVERY_MS } from '../limits.ts'
import { Outgoing } from './outgoing.ts'
import { AskedWants } from './asked-wants.ts'
import type { Engine } from '../engine.ts'
import type { PeerComparison } from './peer-comparison.ts'
import type { Outbox } from '../store/outboxes.ts'
import type { Pace, PaceOfOne } from './pace.ts'
import type { SyncChannel, SyncMessage } from '../../../ports/sync.ts'

export interface TellingParts {
  readonly engine: Engine
  readonly channel: SyncChannel
  /** Everything that both share is to be told anew. */
  readonly resync: (site: string) => Promise<void>
  readonly comparison: PeerComparison
  /** Of all conversations with the site. */
  readonly pace: Pace
  /** The other site has answered. */
  readonly onAnswer: () => void
  /** What it has answered was looked at: it is told from now on. */
  readonly onWelcome: () => void
}

/**
 * One conversation as its sender: what stands in the outboxes to one other site, from where the other says that it is. In memory
 * stands no more than one message. It ends when the channel does, and ends the channel when nothing is received for long.
 */
export class Telling {
  readonly #engine: Engine
  readonly #channel: SyncChannel
  readonly #resync: TellingParts['resync']
  readonly #comparison: PeerComparison
  readonly #onAnswer: () => void
  readonly #onWelcome: () => void
  readonly #outgoing: Outgoing
  readonly #looks: AskedLooks
  readonly #wants: AskedWants
  readonly #pace: Pace
  readonly #sent: PaceOfOne
  /** What the other site has received, by incarnation of the outbox. */
  readonly #received = new Map<string, number>()
  /** The run of the other site that has answered. */
  #toldBy = ''
  /** Of the protocol, that it knows. */
  #version = 0
  #progressAt = 0
  #hasProgressed = false
  #hasEnded = false
  /** Wakes whoever waits for something new, for room, or for the end. */
  #wake: () => void = () => undefined
  #stopGathering: () => void = () => undefined

  constructor({ engine, channel, resync, comparison, pace, onAnswer, onWelcome }: TellingParts) {
    this.#engine = engine
    this.#channel = channel
    this.#resync = resync
    this.#comparison = comparison
    this.#onAnswer = onAnswer
    this.#onWelcome = onWelcome
    this.#outgoing = new Outgoing(engine, channel.site)
    this.#looks = new AskedLooks(engine, channel, comparison, () => this.#hasEnded)
    this.#wants = new AskedWants(engine, channel, () => this.#hasEnded)
    this.#pace = pace
    this.#sent = pace.begin()
  }

  /** Whether the other site has received anything in this conversation. */
  get hasProgressed(): boolean {
    return this.#hasProgressed
  }

  /** Something new stands in an outbox. */
  wake(): void {
    this.#wake()
  }

  /**
   * Resolves when the conversation has ended in order.
   * @throws CheopsError ERR_SYNC_CLOSED, ERR_SYNC_MESSAGE, ERR_STORE_FAILED, ERR_STORE_CORRUPT
   */
  async run(): Promise<void> {
    const { options, replicas } = this.#engine
    const { site, incarnation } = options
    // In one step, when there is room on the disk: one that stood in memory alone would be lost with all that is told to it.
    await replicas.commit(commit => commit.begin(this.#channel.site))
    const outboxes = replicas.outboxes.of(this.#channel.site)
    const ranges = outboxes.map(({ incarnation: of, journal: { first, written } }) => ({
      incarnation: of,
      first,
      next: written,
    }))
    const welcome = Promise.withResolvers<void>()
    const listening = this.#listen(welcome.resolve).finally(() => {
      this.#hasEnded = true
      welcome.resolve()
      this.#stopGathering()
      this.#wake()
    })
    // Whoever waits below hears of it; the error is thrown at the end.
    listening.catch(() => undefined)
    await this.#channel.send({ kind: 'hello', version: options.codec.version, site, incarnation, outboxes: ranges })
    await welcome.promise
    if (this.#hasEnded) return listening
    this.#onAnswer()
    if (await this.#compare(outboxes)) return listening
    this.#onWelcome()
    const isDrained = (): boolean => outboxes.every(outbox => this.#receivedOf(outbox) + 1 >= outbox.journal.next)
    const comparing = tellDigests(this.#engine.options.clock, this.#channel, this.#comparison, isDrained)
    const naming = tellNames(options, this.#channel, this.#version)
    try {
      await this.#tell(outboxes)
    } finally {
      comparing.stop()
      naming.stop()
    }
    return listening
  }

  async #tell(outboxes: readonly Outbox[]): Promise<void> {
    const positions = new Map(
      outboxes.map(outbox => [outbox, Math.max(outbox.journal.first, this.#receivedOf(outbox) + 1)]),
    )
    const timer = this.#watchProgress()
    try {
      while (!this.#hasEnded) {
        // What is not on disk must not be told, and cannot be read.
        const outbox = outboxes.find(each => {
          const position = positions.get(each) ?? 0
          return position < each.journal.written && position <= this.#receivedOf(each) + MAX_UNRECEIVED_ENTRIES
        })
        if (outbox === undefined) {
          await new Promise<void>(resolve => (this.#wake = resolve))
          continue
        }
        const first = positions.get(outbox) ?? 1
        const entries = await this.#outgoing.entries(outbox, first, this.#pace.bytes)
        if (this.#hasEnded) break
        if (positions.get(outbox) === this.#receivedOf(outbox) + 1) this.#progressAt = this.#now()
        positions.set(outbox, first + entries.length)
        this.#sent.sent(outbox.incarnation, first + entries.length - 1, entries)
        await this.#channel.send({ kind: 'entries', incarnation: outbox.incarnation, first, entries })
        if (first + entries.length >= outbox.journal.written) await this.#gather(entries.length)
      }
    } finally {
      timer.stop()
      this.#sent.end()
    }
  }

  /**
   * All is told: what comes next waits a little for what comes with it. A message costs both sites more than what stands in it does, a commit
   * and an answer among others.
   * @param told entries of the last one
   */
  async #gather(told: number): Promise<void> {
    if (this.#hasEnded) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#engine.options.clock.after(Math.min(TELL_AT_MOST_EVERY_MS, TELL_EVERY_MS * told), resolve)
    this.#stopGathering = resolve
    await promise
    timer.cancel()
  }

  /** A receiver that takes entries and says nothing of them for long is given up: another conversation may do better. */
  #watchProgress(): { stop: () => void } {
    const { clock } = this.#engine.options
    const look = (): void => {
      const { dueMs } = this.#sent
      if (dueMs !== undefined && this.#now() - this.#progressAt >= dueMs) void this.#channel.close('time-out')
      else timer = clock.after(RECEIVED_LOOK_MS, look)
    }
    let timer = clock.after(RECEIVED_LOOK_MS, look)
    return { stop: () => timer.cancel() }
  }

  /** @returns true when the conversation must begin anew */
  async #compare(outboxes: readonly Outbox[]): Promise<boolean> {
    const { options, replicas, standing } = this.#engine
    const { site } = this.#channel
    // It holds what this store does not know of: this one was set back.
    const beyond = [...this.#received].filter(
      ([incarnation, upTo]) =>
        upTo >= (outboxes.find(outbox => outbox.incarnation === incarnation)?.journal.written ?? 0),
    )
    if (beyond.length > 0) {
      standing.wasSetBack(site)
      await this.#tellAnew()
      for (const [incarnation, upTo] of beyond) await replicas.outboxes.passOver(site, incarnation, upTo)
      await this.#channel.close('beyond')
      return true
    }
    // What was given up before it was received is found by comparing.
    const isBehind = (outbox: Outbox): boolean =>
      this.#receivedOf(outbox) + 1 < outbox.journal.first && outbox.cut < outbox.journal.first - 1
    if (outboxes.some(isBehind)) {
      options.onEvent({ kind: 'set-back', site })
      await this.#tellAnew()
    }
    for (const outbox of outboxes)
      await this.#trim(outbox, Math.max(this.#receivedOf(outbox), outbox.journal.first - 1))
    standing.confirmed(site)
    return false
  }

  /** Once for each run of the other site, whoever of the two finds it out, and in whichever conversation. */
  async #tellAnew(): Promise<void> {
    const { site } = this.#channel
    if (this.#engine.toldAnew.get(site) === this.#toldBy) return
    await this.#resync(site)
    this.#engine.toldAnew.set(site, this.#toldBy)
  }

  async #listen(welcome: () => void): Promise<void> {
    for await (const message of this.#channel.messages) {
      if (message.kind === 'welcome') {
        this.#toldBy = message.incarnation
        this.#version = message.version
        this.#engine.keyRuns.heard(this.#channel.site, message.incarnation)
        for (const { incarnation, upTo } of message.cursors) this.#received.set(incarnation, upTo)
        welcome()
      } else await this.#hear(message)
    }
  }

  async #hear(message: SyncMessage): Promise<void> {
    const { replicas } = this.#engine
    const { site } = this.#channel
    if (message.kind === 'want') return this.#wants.want(message)
    if (message.kind === 'digest') return this.#comparison.heard(message.digest)
    if (message.kind === 'audit') return this.#looks.audit(message)
    if (message.kind === 'lack') return this.#looks.lacked(message.names)
    if (message.kind !== 'received') return
    const { incarnation, upTo } = message
    const outbox = replicas.outboxes.of(site).find(each => each.incarnation === incarnation)
    // An outbox that is removed is one of which everything was received.
    if (outbox === undefined) return
    if (upTo >= outbox.journal.written)
      throw new CheopsError('ERR_SYNC_MESSAGE', `${site} says that it has what was never sent.`)
    this.#hasProgressed ||= upTo > this.#receivedOf(outbox)
    this.#received.set(incarnation, Math.max(upTo, this.#receivedOf(outbox)))
    this.#progressAt = this.#now()
    this.#sent.received(incarnation, upTo)
    await this.#trim(outbox, upTo)
    this.#wake()
  }

  async #trim(outbox: Outbox, upTo: number): Promise<void> {
    const { replicas } = this.#engine
    try {
      await outbox.journal.trim(upTo + 1)
      const isEmpty = outbox.journal.first === outbox.journal.next
      if (isEmpty && replicas.outboxes.isForgettable(this.#channel.site, outbox))
        await replicas.outboxes.remove(this.#channel.site, outbox)
    } catch (error) {
      // The next one trims more.
      if (!(error instanceof CheopsError && error.code === 'ERR_STORE_BUSY')) throw error
    }
  }

  #receivedOf({ incarnation }: Outbox): number {
    return this.#received.get(incarnation) ?? 0
  }

  #now(): number {
    return this.#engine.options.clock.monotonic()
  }
}
