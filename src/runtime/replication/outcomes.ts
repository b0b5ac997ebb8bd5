import { compareText } from '../../core/resource/text-order.ts'
import { dotKey, membersOfReplicant, sameDot, type Dot } from '../../core/oplog/index.ts'
import { MAX_KNOWN_OUTCOMES } from './limits.ts'
import type { Clock } from '../../ports/clock.ts'
import type { KnownOutcomes, SiteOutcome, Replica } from './replica.ts'

/** How many members a client wants an operation to be done at: `Cheops-Require`. */
export type Require = 'all' | 'quorum' | 'one'

/** The outcomes with what a site has told; the oldest operations are left out. */
export function withOutcome(known: readonly KnownOutcomes[], dot: Dot, told: SiteOutcome): readonly KnownOutcomes[] {
  // What is told of is mostly among the newest.
  const place = known.findLastIndex(entry => sameDot(entry.dot, dot))
  const sites = [...(known[place]?.sites ?? []).filter(({ site }) => site !== told.site), told]
  const changed = { dot, sites: sites.toSorted((a, b) => compareText(a.site, b.site)) }
  return place < 0 ? [...known, changed].slice(-MAX_KNOWN_OUTCOMES) : known.with(place, changed)
}

/** What became of an operation at each member: `pending` where nothing was told. What came to nothing at its origin nobody else ever sees. */
export function outcomesOf({ core, local }: Replica, dot: Dot): readonly SiteOutcome[] {
  const told = local.outcomes.findLast(entry => sameDot(entry.dot, dot))?.sites ?? []
  if (told.some(({ outcome }) => outcome === 'void')) return told
  const silent = membersOfReplicant(core.replicant).filter(member => !told.some(({ site }) => site === member))
  if (silent.length === 0) return told
  const pending = silent.map(site => ({ site, outcome: 'pending' as const, at: 0 }))
  return [...told, ...pending].toSorted((a, b) => compareText(a.site, b.site))
}

/** Whether nothing more will come. */
export function isDone(outcomes: readonly SiteOutcome[]): boolean {
  return outcomes.every(({ outcome }) => outcome !== 'pending')
}

/** Whether so many members have done with it, or nothing more is to be waited for. */
export function isEnough(outcomes: readonly SiteOutcome[], require: Require): boolean {
  const done = outcomes.filter(({ outcome }) => outcome === 'applied' || outcome === 'superseded').length
  if (isDone(outcomes)) return true
  if (require === 'one') return done >= 1
  return require === 'quorum' && done > outcomes.length / 2
}

/** Who waits for outcomes, by operation. */
export class OutcomeWaiters {
  readonly #clock: Clock
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Something was told of the operation. */
  told(dot: Dot): void {
    for (const wake of this.#waiting.get(dotKey(dot)) ?? []) wake()
  }

  /** Resolves when `isDone` says so after something was told of the operation, or the time is over. */
  async until(dot: Dot, isDone: () => boolean, timeMs: number): Promise<void> {
    if (isDone()) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const key = dotKey(dot)
    const wake = (): void => {
      if (isDone()) resolve()
    }
    const waiting = this.#waiting.get(key) ?? new Set()
    this.#waiting.set(key, waiting.add(wake))
    const timer = this.#clock.after(timeMs, resolve)
    await promise
    timer.cancel()
    waiting.delete(wake)
    if (waiting.size === 0) this.#waiting.delete(key)
  }
}
