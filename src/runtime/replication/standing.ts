import { CONFIRMED_WITHIN_MS } from './limits.ts'
import type { Clock } from '../../ports/clock.ts'

/**
 * Whether this store is the one that the last run has left, or an old backup: the others can tell, by how much of its outboxes they have
 * received. Since the start of the agent.
 */
export class Standing {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #startedAt: number
  readonly #confirmed = new Set<string>()
  readonly #onSetBack: () => void
  #isSetBack = false

  /** @param onSetBack told when it is found out, once */
  constructor(clock: Pick<Clock, 'monotonic'>, onSetBack: () => void) {
    this.#clock = clock
    this.#startedAt = clock.monotonic()
    this.#onSetBack = onSetBack
  }

  /** A site has received nothing that this store does not know of. */
  confirmed(site: string): void {
    this.#confirmed.add(site)
  }

  /** A site has received what this store does not know of. */
  wasSetBack(): void {
    if (this.#isSetBack) return
    this.#isSetBack = true
    this.#onSetBack()
  }

  /** Whether a site has received what this store does not know of. */
  get isOld(): boolean {
    return this.#isSetBack
  }

  /** `unknown` as long as one of these sites has not been asked, and may yet answer. */
  amongst(sites: readonly string[]): 'last' | 'old' | 'unknown' {
    if (!this.#isSetBack && sites.every(site => this.#confirmed.has(site))) return 'last'
    return this.#clock.monotonic() - this.#startedAt < CONFIRMED_WITHIN_MS ? 'unknown' : 'old'
  }
}
