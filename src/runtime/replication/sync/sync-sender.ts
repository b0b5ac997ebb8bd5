import { backoffMs, spread } from '../../../core/resource/backoff.ts'
import { CheopsError } from '../../../errors.ts'
import {
  FOREIGN_AFTER_FAILURES,
  FRESH_ATTEMPT_MS,
  OPEN_TIMEOUT_MS,
  PATIENCE,
  RETRY_BASE_MS,
  RETRY_CAP_MS,
} from '../limits.ts'
import { Pace } from './pace.ts'
import { Telling } from './telling.ts'
import type { Engine } from '../engine.ts'
import type { PeerComparison } from './peer-comparison.ts'
import type { SyncChannel } from '../../../ports/sync.ts'

/**
 * Keeps a conversation with one other site in which this one tells what stands in its outboxes. A conversation that was broken off is
 * followed by another, which begins where the receiver says that it is; so is one with a site that was not heard for a while and is
 * again, if it was silent too: nobody knows whether the stream of before still leads anywhere. What needs its time over a slow link gets it.
 */
export class SyncSender {
  readonly #engine: Engine
  readonly #site: string
  readonly #comparison: PeerComparison
  /** Where everything that both share is to be told anew. */
  readonly #resync: (site: string) => Promise<void>
  /** While there is one, conversations are opened. */
  #life: AbortController | undefined
  /** Ends the conversation of now, or the attempt at one. */
  #turn: AbortController | undefined
  #turnAt = 0
  #telling: Telling | undefined
  readonly #pace = new Pace()
  #isWelcome = false
  #channel: SyncChannel | undefined
  /** The site was not heard since the conversation began, or since then. */
  #isDoubted = false
  #doubtedAt = 0
  /** How old an attempt must be, and how silent a conversation, until another one takes its place. As the way of now was measured. */
  #patienceMs = FRESH_ATTEMPT_MS
  #failures = 0
  /** It was reported that the site does not speak this version. */
  #isForeign = false
  #endPause: () => void = () => undefined

  constructor(engine: Engine, site: string, comparison: PeerComparison, resync: (site: string) => Promise<void>) {
    this.#engine = engine
    this.#site = site
    this.#comparison = comparison
    this.#resync = resync
    engine.replicas.outboxes.onNews(site, () => this.#telling?.wake())
  }

  /** Whether the other site has answered in the conversation of now. */
  get isWelcome(): boolean {
    return this.#isWelcome
  }

  /** The site can be reached. */
  connect(): void {
    if (this.#life === undefined) {
      const life = new AbortController()
      this.#life = life
      this.#run(life.signal).catch((error: unknown) => {
        this.#engine.options.logger.error({ site: this.#site, error: String(error) }, 'sync has ended')
      })
    } else if (this.#isDoubted || !this.#isWelcome) {
      this.#failures = 0
      if (this.#leadsNowhere()) this.#replace()
      this.#endPause()
    }
    this.#isDoubted = false
  }

  /** The site was not heard for a while. What still works goes on, and attempts are made, but seldom. */
  doubt(): void {
    if (this.#isDoubted) return
    this.#isDoubted = true
    this.#doubtedAt = this.#now()
  }

  /** The site is none any more, or this one stops. */
  stop(): void {
    this.#life?.abort()
    this.#life = undefined
  }

  /** Whether another way is to be tried, now that the site can be reached. */
  #leadsNowhere(): boolean {
    // An attempt that has just begun may be why the site can be reached.
    if (!this.#isWelcome || this.#channel === undefined) return this.#now() - this.#turnAt >= this.#patienceMs
    const { silentMs } = this.#channel
    // What was heard while nobody else was heard of the site works.
    return silentMs >= this.#patienceMs && silentMs >= this.#now() - this.#doubtedAt
  }

  #replace(): void {
    // Else nothing would ever be answered where answers take longer than the site is heard without a break.
    if (!this.#isWelcome) this.#patienceMs = Math.min(2 * this.#patienceMs, OPEN_TIMEOUT_MS)
    this.#turn?.abort()
  }

  #answered(): void {
    const tookMs = this.#now() - this.#turnAt
    this.#patienceMs = Math.min(Math.max(FRESH_ATTEMPT_MS, PATIENCE * tookMs), OPEN_TIMEOUT_MS)
  }

  #now(): number {
    return this.#engine.options.clock.monotonic()
  }

  async #run(life: AbortSignal): Promise<void> {
    const { logger } = this.#engine.options
    while (!life.aborted) {
      const turn = new AbortController()
      this.#turn = turn
      this.#turnAt = this.#now()
      const end = (): void => turn.abort()
      life.addEventListener('abort', end, { once: true })
      try {
        await this.#converse(turn)
      } catch (error) {
        this.#noticeVersion(error)
        const code = error instanceof CheopsError ? error.code : undefined
        // The agent stops: its store takes nothing more.
        if (code === 'ERR_STORE_FAILED' || code === 'ERR_STORE_CORRUPT') throw error
        if (code !== undefined || turn.signal.aborted)
          logger.debug({ site: this.#site, code, why: whyOf(error) }, 'a conversation of sync has ended')
        else logger.error({ site: this.#site, error: String(error) }, 'a conversation of sync has failed')
      } finally {
        life.removeEventListener('abort', end)
        // One that ends at once, over and over, is begun ever more seldom, whatever the other site answers at its beginning.
        const lastedMs = this.#now() - this.#turnAt
        if (this.#telling?.hasProgressed || (this.#isWelcome && lastedMs > RETRY_CAP_MS)) this.#failures = 0
        this.#isWelcome = false
        this.#telling = undefined
        this.#channel = undefined
      }
      if (!turn.signal.aborted) await this.#pause(life)
    }
  }

  /** Once: an agent of another version is asked again, seldom, until it is replaced by one of this. */
  #noticeVersion(error: unknown): void {
    // In the first moments of an agent its protocols are not all there.
    if (this.#isForeign || this.#failures < FOREIGN_AFTER_FAILURES) return
    if (!(error instanceof CheopsError) || error.meta['unsupported'] === undefined) return
    this.#isForeign = true
    this.#engine.options.onEvent({ kind: 'foreign', site: this.#site })
  }

  async #pause(life: AbortSignal): Promise<void> {
    const { clock, random } = this.#engine.options
    const full = backoffMs(this.#failures++, RETRY_BASE_MS, RETRY_CAP_MS)
    const pause = this.#isDoubted ? RETRY_CAP_MS : full
    await new Promise<void>(resolve => {
      const timer = clock.after(spread(pause, random.uniform()), resolve)
      this.#endPause = () => {
        timer.cancel()
        resolve()
      }
      life.addEventListener('abort', this.#endPause, { once: true })
    })
    life.removeEventListener('abort', this.#endPause)
  }

  async #converse(turn: AbortController): Promise<void> {
    const { network, clock } = this.#engine.options
    // The time of an attempt only: a conversation has its own.
    const attempt = new AbortController()
    const giveUp = (): void => attempt.abort(new CheopsError('ERR_SITE_UNREACHABLE', `${this.#site} does not answer.`))
    const timer = clock.after(OPEN_TIMEOUT_MS, giveUp)
    turn.signal.addEventListener('abort', giveUp, { once: true })
    const channel = await network.open(this.#site, attempt.signal).finally(() => timer.cancel())
    // Not waited for: over a dead connection a goodbye takes its time, and the next conversation need not.
    const stop = (): void => void channel.close('stopping')
    turn.signal.addEventListener('abort', stop, { once: true })
    if (turn.signal.aborted) stop()
    const telling = new Telling({
      engine: this.#engine,
      channel,
      resync: this.#resync,
      comparison: this.#comparison,
      pace: this.#pace,
      onAnswer: () => this.#answered(),
      onWelcome: () => {
        this.#isWelcome = true
        this.#isForeign = false
      },
    })
    this.#telling = telling
    this.#channel = channel
    try {
      await telling.run()
    } finally {
      void channel.close('done')
    }
  }
}

/** What a conversation was closed for, or why there was none. */
function whyOf(error: unknown): string {
  const reason = error instanceof CheopsError ? error.meta['reason'] : undefined
  return typeof reason === 'string' ? reason : String(error)
}
