import { CONFIRMED_WITHIN_MS } from '../limits.ts'
import type { Replicant } from '../../../core/oplog/index.ts'
import type { Clock } from '../../../ports/clock.ts'

/**
 * Whether this store is the one that the last run has left, or an old backup: the others can tell, by how much of its outboxes they have
 * received. Since the start of the agent.
 */
export class Standing {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #startedAt: number
  readonly #confirmed = new Set<string>()
  /** Sites of which all is here that they had to tell when they were connected. */
  readonly #caughtUp = new Set<string>()
  readonly #onSetBack: () => void
  /** Sites that say so. */
  readonly #tellers = new Set<string>()

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

  /** All is here that a site had to tell this one when it was connected. */
  caughtUp(site: string): void {
    this.#caughtUp.add(site)
  }

  /** Whether what these sites had to tell is here, or they cannot be waited for any longer. */
  hasHeard(sites: readonly string[]): boolean {
    if (sites.every(site => this.#caughtUp.has(site))) return true
    return this.#clock.monotonic() - this.#startedAt >= CONFIRMED_WITHIN_MS
  }

  /** A site says that it has received what this store does not know of. */
  wasSetBack(site: string): void {
    const isFirst = this.#tellers.size === 0
    this.#tellers.add(site)
    if (isFirst) this.#onSetBack()
  }

  /**
   * Whether what this store does not know of may be of a replicant: a site says so that is or was a member. Nobody has signed it, and others have received
   * nothing of it.
   */
  isOldFor({ lives }: Pick<Replicant, 'lives'>): boolean {
    return this.#tellers.size > 0 && lives.some(({ changes }) => changes.some(({ site }) => this.#tellers.has(site)))
  }

  /** `unknown` as long as one of these sites has not been asked, and may yet answer. */
  amongst(sites: readonly string[]): 'last' | 'old' | 'unknown' {
    if (this.#tellers.size === 0 && sites.every(site => this.#confirmed.has(site))) return 'last'
    return this.#clock.monotonic() - this.#startedAt < CONFIRMED_WITHIN_MS ? 'unknown' : 'old'
  }
}
