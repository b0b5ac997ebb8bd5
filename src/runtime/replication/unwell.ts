import { conflictsOf, membersOfReplicant, replicantKey, type ReplicantName } from '../../core/oplog/index.ts'
import type { CoreState, LocalState, StoredCore } from './records.ts'

/** What is asked of a replicant. */
export interface Standing {
  readonly name: ReplicantName
  readonly core: Pick<CoreState, 'replicant'>
  readonly local: Pick<LocalState, 'diverged' | 'suspect' | 'unbound'>
}

interface Entry {
  readonly conflicts: number
  readonly diverged: boolean
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

  /** How a replicant stands now. */
  update({ name, core, local }: Standing): void {
    const conflicts = mayConflict(core.replicant.lives) ? conflictsOf(core.replicant.lives).length : 0
    const diverged = !local.unbound && (local.diverged || local.suspect)
    const key = replicantKey(name)
    this.#conflicts -= this.#entries.get(key)?.conflicts ?? 0
    this.#entries.delete(key)
    if (conflicts === 0 && !diverged) return
    // Only what is shared here is shown here.
    if (!membersOfReplicant(core.replicant).includes(this.#site)) return
    this.#conflicts += conflicts
    this.#entries.set(key, { conflicts, diverged })
  }

  /** All that is stored was looked at. */
  complete(): void {
    this.#isComplete = true
  }

  /**
   * Undefined before all was looked at.
   * @param leftAlone keys of replicants that differ for another reason
   */
  count(leftAlone: Iterable<string>): { readonly conflicts: number; readonly diverged: number } | undefined {
    if (!this.#isComplete) return undefined
    let diverged = 0
    for (const entry of this.#entries.values()) if (entry.diverged) diverged++
    for (const key of leftAlone) if (this.#entries.get(key)?.diverged !== true) diverged++
    return { conflicts: this.#conflicts, diverged }
  }
}

/** Whether a replicant, from its records alone, may have conflicts or differ: most do not, and need not be loaded. */
export function mayBeUnwell(core: StoredCore, local: Pick<LocalState, 'diverged' | 'suspect'> | undefined): boolean {
  return mayConflict(core.lives) || local?.diverged === true || local?.suspect === true
}

/** In memory, or as stored. */
function mayConflict(
  lives: readonly Readonly<Record<'live' | 'conflicts' | 'outside', readonly unknown[]>>[],
): boolean {
  return lives.some(
    ({ live, conflicts, outside }, index) =>
      conflicts.length > 0 || outside.length > 0 || (index < lives.length - 1 && live.length > 0),
  )
}
