import { compareText } from '../../../core/resource/text-order.ts'
import { conflictsOf, membersOfReplicant, replicantKey, type ReplicantName } from '../../../core/oplog/index.ts'
import { failingOf, isAnyHeldUp, type Failing } from './failing.ts'
import type { CoreState, LocalState } from '../replica.ts'

/** What is asked of a replicant. */
export interface Standing {
  readonly name: ReplicantName
  readonly core: Pick<CoreState, 'replicant'>
  readonly local: Pick<LocalState, 'diverged' | 'suspect' | 'unbound' | 'uncertain' | 'draft' | 'outcomes'>
}

interface Entry {
  readonly name: ReplicantName
  readonly conflicts: number
  readonly diverged: boolean
  /** It takes no writes here until somebody decides: the name belongs to something else, or a write is in doubt. */
  readonly undecided: boolean
  /** Where writes of this site are not carried out. */
  readonly failing: readonly Failing[]
  /** Sites that have created it, none of which this site lets do so: nothing is done with it here. Empty where it is let. */
  readonly withheldFrom: readonly string[]
}

export interface Counted {
  readonly conflicts: number
  readonly diverged: number
  readonly undecided: number
  /**
   * Other members that do not carry writes of this site out, as they have told, with how many replicants, codes of errors that say why, and what their applications have
   * answered. Sorted by site.
   */
  readonly failing: readonly {
    readonly site: string
    readonly replicants: number
    readonly errors: readonly string[]
    readonly statuses: readonly number[]
  }[]
  /** What others have created here too, and this site does not let them (expose); and who they are, sorted. */
  readonly withheld: { readonly replicants: number; readonly from: readonly string[] }
}

/**
 * Which replicants have conflicts or differ from their siblings at this site: those alone are remembered, the others cost nothing. Each
 * commit says how the ones stand that it changed; those that were so before the start are looked at once.
 */
export class Unwell {
  readonly #site: string
  readonly #entries = new Map<string, Entry>()
  #conflicts = 0
  #isComplete = false

  constructor(site: string) {
    this.#site = site
  }

  /**
   * Whether a replicant is to be looked at after a step that has changed no more than this: with each write there are several that say nothing of how it stands.
   * @param key `replicantKey`
   */
  mayStandOtherwise(key: string, before: Standing['local'], now: Standing['local']): boolean {
    return (
      // What it was remembered for may be over for another reason.
      (this.#entries.has(key) && before !== now) ||
      (before.outcomes !== now.outcomes && isAnyHeldUp(now.outcomes, before.outcomes)) ||
      before.diverged !== now.diverged ||
      before.suspect !== now.suspect ||
      before.unbound !== now.unbound ||
      before.uncertain !== now.uncertain ||
      before.draft?.uncertain !== now.draft?.uncertain
    )
  }

  /** Names of those that are remembered. */
  get names(): readonly ReplicantName[] {
    return [...this.#entries.values()].map(({ name }) => name)
  }

  /** Whether all that is stored was looked at. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /**
   * How a replicant stands now, and whether that is another way than before; it counts with `note`.
   * @param hasSay false for one that this site lets nobody carry out here: for its clients it is none
   */
  look({ name, core, local }: Standing, hasSay: boolean): { readonly isOther: boolean; readonly note: () => void } {
    const conflicts = mayConflict(core.replicant.lives) ? conflictsOf(core.replicant.lives).length : 0
    const undecided = local.unbound || local.uncertain !== undefined || local.draft?.uncertain === true
    const diverged = hasSay && !undecided && (local.diverged || local.suspect)
    const failing = failingOf(core, local)
    const { lives } = core.replicant
    const withheldFrom = hasSay ? [] : [...new Set(lives.map(({ life }) => life.dot.site))]
    const key = replicantKey(name)
    const before = this.#entries.get(key)
    const isWell = conflicts === 0 && !diverged && !undecided && failing.length + withheldFrom.length === 0
    // Only what is shared here is shown here.
    if (isWell || !membersOfReplicant(core.replicant).includes(this.#site))
      return { isOther: before !== undefined, note: () => this.#put(key, undefined) }
    const { service, kind, name: own } = name
    const entry: Entry = { name: { service, kind, name: own }, conflicts, diverged, undecided, failing, withheldFrom }
    return { isOther: before === undefined || textOf(before) !== textOf(entry), note: () => this.#put(key, entry) }
  }

  /** All that is stored was looked at. */
  complete(): void {
    this.#isComplete = true
  }

  /**
   * Undefined before all was looked at.
   * @param leftAlone keys of replicants that differ for another reason
   */
  count(leftAlone: Iterable<string>): Counted | undefined {
    if (!this.#isComplete) return undefined
    let [diverged, undecided, withheld] = [0, 0, 0]
    const failing = new Map<string, { replicants: number; errors: Set<string>; statuses: Set<number> }>()
    const from = new Set<string>()
    for (const entry of this.#entries.values()) {
      if (entry.diverged) diverged++
      if (entry.undecided) undecided++
      if (entry.withheldFrom.length > 0) withheld++
      for (const site of entry.withheldFrom) from.add(site)
      for (const { site, error, status } of entry.failing) {
        const { replicants, errors, statuses } = failing.get(site) ?? {
          replicants: 0,
          errors: new Set(),
          statuses: new Set(),
        }
        if (error !== undefined) errors.add(error)
        if (status !== undefined) statuses.add(status)
        failing.set(site, { replicants: replicants + 1, errors, statuses })
      }
    }
    for (const key of leftAlone) if (this.#entries.get(key)?.diverged !== true) diverged++
    return {
      conflicts: this.#conflicts,
      diverged,
      undecided,
      failing: [...failing]
        .toSorted(([a], [b]) => compareText(a, b))
        .map(([site, { replicants, errors, statuses }]) => ({
          site,
          replicants,
          errors: [...errors].toSorted(),
          statuses: [...statuses].toSorted((a, b) => a - b),
        })),
      withheld: { replicants: withheld, from: [...from].toSorted() },
    }
  }

  #put(key: string, entry: Entry | undefined): void {
    this.#conflicts += (entry?.conflicts ?? 0) - (this.#entries.get(key)?.conflicts ?? 0)
    this.#entries.delete(key)
    if (entry !== undefined) this.#entries.set(key, entry)
  }
}

/** Equal for those that are counted alike. */
const textOf = ({ conflicts, diverged, undecided, failing, withheldFrom }: Entry): string =>
  JSON.stringify([
    conflicts,
    diverged,
    undecided,
    failing.map(({ site, error, status }) => [site, error, status]),
    withheldFrom,
  ])

/** Whether there may be conflicts; of lives in memory, or as stored. */
export function mayConflict(
  lives: readonly Readonly<Record<'live' | 'conflicts' | 'outside', readonly unknown[]>>[],
): boolean {
  return lives.some(
    ({ live, conflicts, outside }, index) =>
      conflicts.length > 0 || outside.length > 0 || (index < lives.length - 1 && live.length > 0),
  )
}
