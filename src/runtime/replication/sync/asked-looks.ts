import { AUDIT_ANSWERS_MS, MAX_AUDIT_SYMBOLS, MAX_WAITING_LOOKS } from '../limits.ts'
import type { PeerComparison } from './peer-comparison.ts'
import type { CodedSet } from '../../../core/reconcile/coded-symbols.ts'
import type { TimerHandle } from '../../../ports/clock.ts'
import type { SyncChannel, SyncMessage } from '../../../ports/sync.ts'
import type { Engine } from '../engine.ts'

/**
 * What the other site of a conversation asks for that takes a look at all records: it holds up nothing else that the site says, what it has received
 * above all. One after the other; so many may wait, the rest is asked for again.
 */
export class AskedLooks {
  readonly #engine: Engine
  readonly #channel: SyncChannel
  readonly #comparison: PeerComparison
  readonly #hasEnded: () => boolean
  /** The set that an audit asks about. */
  #answers: { readonly seed: number; readonly set: CodedSet; next: number; readonly timer: TimerHandle } | undefined
  #looks: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(engine: Engine, channel: SyncChannel, comparison: PeerComparison, hasEnded: () => boolean) {
    this.#engine = engine
    this.#channel = channel
    this.#comparison = comparison
    this.#hasEnded = hasEnded
  }

  /** It asks for symbols of the set that both share. */
  audit(message: SyncMessage & { readonly kind: 'audit' }): void {
    this.#beside(() => this.#answerAudit(message))
  }

  /** It lacks these (words of elements): told also when the conversation has ended by then: whoever lacks it lacks it in the next one. */
  lacked(names: readonly Uint32Array[]): void {
    this.#beside(() => this.#scan(() => this.#comparison.tellLacked(names), true))
  }

  #beside(look: () => Promise<unknown>): void {
    if (this.#waiting >= MAX_WAITING_LOOKS) return
    this.#waiting++
    const { logger } = this.#engine.options
    this.#looks = this.#looks
      .then(look)
      .catch((error: unknown) => logger.debug({ error: String(error) }, 'a look for another site has failed'))
      .finally(() => this.#waiting--)
  }

  /** Who asks again and again for what takes a look at all records waits for it. */
  #scan<T>(look: () => Promise<T>, always = false): Promise<T | undefined> {
    return this.#engine.scans.run(this.#channel.site, () => always || !this.#hasEnded(), look)
  }

  async #answerAudit({ seed, from, count }: SyncMessage & { readonly kind: 'audit' }): Promise<void> {
    const { clock } = this.#engine.options
    if (from === 0) {
      // The sequence of one set is asked for in order; another audit begins with another set.
      this.#answers?.timer.cancel()
      this.#answers = undefined
      const set = await this.#scan(() => this.#comparison.codedSet(seed))
      if (set === undefined) return
      const timer = clock.after(AUDIT_ANSWERS_MS, () => (this.#answers = undefined))
      this.#answers = { seed, set, next: 0, timer }
    }
    const answers = this.#answers
    if (answers === undefined || answers.seed !== seed || answers.next !== from) return
    // Who has not found the difference by then gives up, and is told everything.
    if (from >= 2 * MAX_AUDIT_SYMBOLS) return
    answers.next += count
    await this.#channel.send({ kind: 'symbols', from, symbols: answers.set.symbols(from, count) })
  }
}
