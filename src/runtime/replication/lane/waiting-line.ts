import type { Awaited } from './awaited.ts'

/** Of so many that are let in, one is whoever has waited longest: a site whose clients never stop would else never catch up. */
const OLDEST_IN = 4

/** Who waits for a turn: whoever a client waits for is let in first, most of the time; else first come, first served. */
export class WaitingLine {
  readonly #awaited: Awaited
  /** By key of the replicant, in the order in which they came. */
  readonly #waiting = new Map<string, (() => void)[]>()
  #letIn = 0

  constructor(awaited: Awaited) {
    this.#awaited = awaited
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  /** Resolves when it is let in. */
  join(key: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const before = this.#waiting.get(key)
    if (before === undefined) this.#waiting.set(key, [resolve])
    else before.push(resolve)
    return promise
  }

  /** Lets the next one in. @returns false where nobody waits */
  letIn(): boolean {
    return this.#take(this.#next())
  }

  /** As `letIn`, but nobody for whom no client waits. */
  letInAwaited(): boolean {
    return this.#take(this.#nextAwaited())
  }

  #take(key: string | undefined): boolean {
    if (key === undefined) return false
    const [first, ...others] = this.#waiting.get(key) ?? []
    if (others.length === 0) this.#waiting.delete(key)
    else this.#waiting.set(key, others)
    this.#letIn++
    first?.()
    return true
  }

  #next(): string | undefined {
    const [oldest] = this.#waiting.keys()
    return this.#letIn % OLDEST_IN === 0 ? oldest : (this.#nextAwaited() ?? oldest)
  }

  #nextAwaited(): string | undefined {
    // Whichever are fewer are looked through.
    if (this.#awaited.size < this.#waiting.size) {
      for (const key of this.#awaited.keys()) if (this.#waiting.has(key)) return key
    } else if (this.#awaited.size > 0) for (const key of this.#waiting.keys()) if (this.#awaited.has(key)) return key
    return undefined
  }
}
