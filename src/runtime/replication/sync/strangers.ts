import { replicantKey, type ReplicantName } from '../../../core/oplog/index.ts'
import { MAX_STRANGE_REPLICANTS, STRANGE_AFTER_MS } from '../limits.ts'
import type { Clock } from '../../../ports/clock.ts'

interface Strange {
  readonly name: ReplicantName
  readonly origin: string
  /** Since when, monotonic. */
  readonly since: number
  /** Whether who has told it was let create such a thing here: its word did not count for another reason. */
  readonly wasLet: boolean
  /** The origin was met since, or the word of the teller counts by now: to be asked for. */
  readonly isDue: boolean
}

/** Replicants that cannot be taken since nobody can say here what one site has written of them. */
export interface Unverified {
  readonly origin: string
  /** Who has told of them, sorted. */
  readonly from: readonly string[]
  readonly replicants: number
}

/**
 * Replicants that a site has told of and of which something could not be checked, since the key of its origin is not known here, nor taken on that site's word: it
 * waits apart, so that what else the site tells passes by. Only the names are kept; they are asked for when the origin was met, or the word counts. What is too
 * much is found by comparing.
 */
export class Strangers {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #byTeller = new Map<string, Map<string, Strange>>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /**
   * @param isLet whether the teller may create such a thing here
   * @returns whether it is the first that this site has told of the origin and that waits
   */
  note(from: string, name: ReplicantName, origin: string, isLet: boolean): boolean {
    const strange = this.#byTeller.get(from) ?? new Map<string, Strange>()
    this.#byTeller.set(from, strange)
    const isFirst = !strange.values().some(other => other.origin === origin)
    const key = replicantKey(name)
    const known = strange.get(key)
    if (known === undefined && strange.size >= MAX_STRANGE_REPLICANTS) return false
    const since = known?.since ?? this.#clock.monotonic()
    strange.set(key, { name, origin, since, wasLet: isLet, isDue: false })
    return isFirst
  }

  /** Whether a site has told something of a replicant that waits. */
  has(from: string, name: ReplicantName): boolean {
    return this.#byTeller.get(from)?.has(replicantKey(name)) === true
  }

  /** It was taken, whoever has brought it. */
  taken(name: ReplicantName): void {
    for (const from of this.#byTeller.keys()) this.asked(from, name)
  }

  /** The key of a site may be known now. @returns who has told something of it */
  met(origin: string): readonly string[] {
    return [...this.#byTeller.keys()].filter(from => this.#due(from, strange => strange.origin === origin))
  }

  /** What waits although its teller is let create such things by now is to be asked for. @returns whether there is any */
  lookAgain(from: string, isLet: (name: ReplicantName) => boolean): boolean {
    return this.#due(from, ({ wasLet, name }) => !wasLet && isLet(name))
  }

  /** What is to be asked of a site now. */
  dueOf(from: string): readonly ReplicantName[] {
    const strange = this.#byTeller.get(from)?.values() ?? []
    return [...strange].filter(({ isDue }) => isDue).map(({ name }) => name)
  }

  /** It was asked for: if it cannot be taken it waits anew. */
  asked(from: string, name: ReplicantName): void {
    const strange = this.#byTeller.get(from)
    strange?.delete(replicantKey(name))
    if (strange?.size === 0) this.#byTeller.delete(from)
  }

  /** What waits for longer than it takes to meet a site, by origin, sorted. */
  get waiting(): readonly Unverified[] {
    const before = this.#clock.monotonic() - STRANGE_AFTER_MS
    const origins = new Map<string, { from: Set<string>; names: Set<string> }>()
    for (const [teller, strange] of this.#byTeller)
      for (const [key, { origin, since }] of strange) {
        if (since > before) continue
        const { from, names } = origins.get(origin) ?? { from: new Set(), names: new Set() }
        origins.set(origin, { from: from.add(teller), names: names.add(key) })
      }
    return [...origins]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([origin, { from, names }]) => ({ origin, from: [...from].toSorted(), replicants: names.size }))
  }

  #due(from: string, is: (strange: Strange) => boolean): boolean {
    const strange = this.#byTeller.get(from)
    const due = [...(strange ?? [])].filter(([, each]) => is(each))
    for (const [key, each] of due) strange?.set(key, { ...each, isDue: true })
    return due.length > 0
  }
}
