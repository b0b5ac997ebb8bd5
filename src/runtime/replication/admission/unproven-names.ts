import { MAX_UNPROVEN_NAMES, UNPROVEN_FOR_MS } from '../limits.ts'
import type { Commit } from '../store/commit.ts'
import type { Clock } from '../../../ports/clock.ts'

/**
 * Names that are kept here on the word of others only: what waits for a life that is not here, words on it, and creates of sites that may create
 * nothing here. So many for each that has brought them, so that invented names fill no disk.
 */
export class UnprovenNames {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #names = new Map<string, { readonly from: string; readonly since: number }>()
  readonly #counts = new Map<string, number>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** Within a commit: whether a site may bring something of this name; it counts from now on. */
  mayKeep(commit: Commit, from: string, key: string): boolean {
    if (this.#names.has(key)) return true
    const count = this.#counts.get(from) ?? 0
    if (count >= MAX_UNPROVEN_NAMES) return false
    this.#names.set(key, { from, since: this.#clock.monotonic() })
    this.#counts.set(from, count + 1)
    commit.onUndo(() => this.drop(key))
    return true
  }

  /** It has a life that counts, or nothing is kept of it any more. */
  drop(key: string): void {
    const name = this.#names.get(key)
    if (name === undefined) return
    this.#names.delete(key)
    const left = (this.#counts.get(name.from) ?? 1) - 1
    if (left > 0) this.#counts.set(name.from, left)
    else this.#counts.delete(name.from)
  }

  /** Found among what is stored. @returns whether it is here for so long that nothing will come of it */
  isOld(key: string): boolean {
    const known = this.#names.get(key)
    if (known === undefined) {
      this.#names.set(key, { from: '', since: this.#clock.monotonic() })
      this.#counts.set('', (this.#counts.get('') ?? 0) + 1)
      return false
    }
    return this.#clock.monotonic() - known.since >= UNPROVEN_FOR_MS
  }
}
