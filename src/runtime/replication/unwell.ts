import { conflictsOf, membersOfReplicant, replicantKey, type ReplicantName } from '../../core/oplog/index.ts'
import type { CoreState, LocalState } from './replica.ts'

/** What is asked of a replicant. */
export interface Standing {
  readonly name: ReplicantName
  readonly core: Pick<CoreState, 'replicant'>
  readonly local: Pick<LocalState, 'diverged' | 'suspect' | 'unbound' | 'uncertain' | 'draft'>
}

interface Entry {
  readonly name: ReplicantName
  readonly conflicts: number
  readonly diverged: boolean
  /** It takes no writes here until somebody decides: the name belongs to something else, or a write is in doubt. */
  readonly undecided: boolean
}

export interface Counted {
  readonly conflicts: number
  readonly diverged: number
  readonly undecided: number
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

  /** Names of those that are remembered. */
  get names(): readonly ReplicantName[] {
    return [...this.#entries.values()].map(({ name }) => name)
  }

  /** Whether all that is stored was looked at. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /**
   * How a replicant stands now.
   * @returns whether that is another way than before
   */
  update({ name, core, local }: Standing): boolean {
    const conflicts = mayConflict(core.replicant.lives) ? conflictsOf(core.replicant.lives).length : 0
    const diverged = !local.unbound && (local.diverged || local.suspect)
    const undecided = local.unbound || local.uncertain !== undefined || local.draft?.uncertain === true
    const key = replicantKey(name)
    const before = this.#entries.get(key)
    this.#conflicts -= before?.conflicts ?? 0
    this.#entries.delete(key)
    const isWell = conflicts === 0 && !diverged && !undecided
    // Only what is shared here is shown here.
    if (isWell || !membersOfReplicant(core.replicant).includes(this.#site)) return before !== undefined
    this.#conflicts += conflicts
    const { service, kind, name: own } = name
    this.#entries.set(key, { name: { service, kind, name: own }, conflicts, diverged, undecided })
    const isAsBefore = before?.conflicts === conflicts && before.diverged === diverged && before.undecided === undecided
    return !isAsBefore
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
    let [diverged, undecided] = [0, 0]
    for (const entry of this.#entries.values()) {
      if (entry.diverged) diverged++
      if (entry.undecided) undecided++
    }
    for (const key of leftAlone) if (this.#entries.get(key)?.diverged !== true) diverged++
    return { conflicts: this.#conflicts, diverged, undecided }
  }
}

/** Whether there may be conflicts; of lives in memory, or as stored. */
export function mayConflict(
  lives: readonly Readonly<Record<'live' | 'conflicts' | 'outside', readonly unknown[]>>[],
): boolean {
  return lives.some(
    ({ live, conflicts, outside }, index) =>
      conflicts.length > 0 || outside.length > 0 || (index < lives.length - 1 && live.length > 0),
  )
}
