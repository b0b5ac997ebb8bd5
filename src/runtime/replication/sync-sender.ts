import { CheopsError } from '../../errors.ts'
import { FOREIGN_AFTER_FAILURES, FRESH_ATTEMPT_MS, OPEN_TIMEOUT_MS, RETRY_BASE_MS, RETRY_CAP_MS } from './limits.ts'
import { Telling } from './telling.ts'
import type { Shared } from './shared.ts'
import type { PeerComparison } from './peer-comparison.ts'

/**
 * Keeps a conversation with one other site in which this one tells what stands in its outboxes. A conversation that was broken off is
 * followed by another, which begins where the receiver says that it is; so is one with a site that was not heard for a while and is
 * again: nobody knows whether the stream of before still leads anywhere.
 */
export class SyncSender {
  readonly #shared: Shared
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
  #isWelcome = false
  /** The site was not heard since the conversation began. */
  #isDoubted = false
  #failures = 0
  /** It was reported that the site does not speak this version. */
  #isForeign = false
  #endPause: () => void = () => undefined

  constructor(shared: Shared, site: string, comparison: PeerComparison, resync: (site: string) => Promise<void>) {
    this.#shared = shared
    this.#site = site
    this.#comparison = comparison
    this.#resync = resync
    shared.replicas.outboxes.onNews(site, () => this.#telling?.wake())
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
        this.#shared.options.logger.error({ site: this.#site, error: String(error) }, 'sync has ended')
      })
    } else if (this.#isDoubted || !this.#isWelcome) {
      this.#failures = 0
      // An attempt that has just begun may be why the site can be reached.
      const isFresh = !this.#isWelcome && this.#shared.options.clock.monotonic() - this.#turnAt < FRESH_ATTEMPT_MS
      if (!isFresh) this.#turn?.abort()
      this.#endPause()
    }
    this.#isDoubted = false
  }

  /** The site was not heard for a while. What still works goes on, and attempts are made, but seldom. */
  doubt(): void {
    this.#isDoubted = true
  }

  /** The site is none any more, or this one stops. */
  stop(): void {
    this.#life?.abort()
    this.#life = undefined
  }

  async #run(life: AbortSignal): Promise<void> {
    const { logger } = this.#shared.options
    while (!life.aborted) {
      const turn = new AbortController()
      this.#turn = turn
      this.#turnAt = this.#shared.options.clock.monotonic()
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
          logger.debug({ site: this.#site, code }, 'a conversation of sync has ended')
        else logger.error({ site: this.#site, error: String(error) }, 'a conversation of sync has failed')
      } finally {
        life.removeEventListener('abort', end)
        // One that ends at once, over and over, is begun ever more seldom, whatever the other site answers at its beginning.
        const lastedMs = this.#shared.options.clock.monotonic() - this.#turnAt
        if (this.#telling?.hasProgressed || (this.#isWelcome && lastedMs > RETRY_CAP_MS)) this.#failures = 0
        this.#isWelcome = false
        this.#telling = undefined
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
    this.#shared.options.onEvent({ kind: 'foreign', site: this.#site })
  }

  async #pause(life: AbortSignal): Promise<void> {
    const { clock, random } = this.#shared.options
    const full = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(this.#failures++, 16))
    const pause = this.#isDoubted ? RETRY_CAP_MS : full
    await new Promise<void>(resolve => {
      const timer = clock.after(pause * (0.5 + random.uniform() / 2), resolve)
      this.#endPause = () => {
        timer.cancel()
        resolve()
      }
      life.addEventListener('abort', this.#endPause, { once: true })
    })
  }

  async #converse(turn: AbortController): Promise<void> {
    const { network, clock } = this.#shared.options
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
      shared: this.#shared,
      channel,
      resync: this.#resync,
      comparison: this.#comparison,
      onWelcome: () => {
        this.#isWelcome = true
        this.#isForeign = false
      },
    })
    this.#telling = telling
    try {
      await telling.run()
    } finally {
      void channel.close('done')
    }
  }
}
