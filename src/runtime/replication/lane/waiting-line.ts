import type { Awaited } from './awaited.ts'

/** Of so many that are let in, one is whoever has waited longest: a site whose clients never stop would else never catch up. */
const OLDEST_IN = 4

interface Waiting {
  readonly key: string
  readonly letIn: (isBeside: boolean) => void
  isIn: boolean
}

/** Who waits for a turn: whoever a client waits for is let in first, most of the time; else first come, first served. */
export class WaitingLine {
  readonly #awaited: Awaited
  /** In the order in which they came. */
  readonly #all = new Queue()
  /** Those for which clients wait, or did when they were put there. */
  readonly #first = new Queue()
  /** By key of the replicant. */
  readonly #byKey = new Map<string, Waiting[]>()
  #letIn = 0

  /** Both are there for one run of the agent. */
  constructor(awaited: Awaited) {
    this.#awaited = awaited
    awaited.onFirst(key => {
      for (const waiting of this.#byKey.get(key) ?? []) this.#first.push(waiting)
    })
  }

  get isEmpty(): boolean {
    return this.#byKey.size === 0
  }

  /** Resolves when it is let in: whether beside the others, by `letInAwaited`. */
  join(key: string): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiting: Waiting = { key, letIn: resolve, isIn: false }
    this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), waiting])
    this.#all.push(waiting)
    if (this.#awaited.has(key)) this.#first.push(waiting)
    return promise
  }

  /** Lets the next one in. @returns false where nobody waits */
  letIn(): boolean {
    const awaited = this.#letIn % OLDEST_IN === 0 ? undefined : this.#takeAwaited()
    const next = awaited ?? this.#all.take(isWaiting)
    if (next === undefined) return false
    this.#letIn++
    return this.#take(next, false)
  }

  /** As `letIn`, but nobody for whom no client waits. */
  letInAwaited(): boolean {
    const next = this.#takeAwaited()
    return next !== undefined && this.#take(next, true)
  }

  #takeAwaited(): Waiting | undefined {
    return this.#first.take(waiting => isWaiting(waiting) && this.#awaited.has(waiting.key))
  }

  #take(waiting: Waiting, isBeside: boolean): true {
    const { key } = waiting
    const others = this.#byKey.get(key)?.filter(other => other !== waiting) ?? []
    if (others.length === 0) this.#byKey.delete(key)
    else this.#byKey.set(key, others)
    waiting.isIn = true
    waiting.letIn(isBeside)
    // Those that were let in before their turn are found by no one else.
    this.#all.forget(isIn)
    return true
  }
}

const isIn = (waiting: Waiting): boolean => waiting.isIn
const isWaiting = (waiting: Waiting): boolean => !waiting.isIn

/** First in, first out: taking the first of a long list away would move all of it. */
class Queue {
  readonly #items: Waiting[] = []
  #next = 0

  push(item: Waiting): void {
    this.#items.push(item)
  }

  /** Those at the beginning. */
  forget(isGone: (item: Waiting) => boolean): void {
    for (let item = this.#items[this.#next]; item !== undefined && isGone(item); item = this.#items[this.#next])
      this.#next++
    this.#shorten()
  }

  /** The first that counts; those before it are gone. */
  take(counts: (item: Waiting) => boolean): Waiting | undefined {
    let found: Waiting | undefined
    while (found === undefined && this.#next < this.#items.length) {
      const item = this.#items[this.#next++]
      if (item !== undefined && counts(item)) found = item
    }
    this.#shorten()
    return found
  }

  #shorten(): void {
    if (this.#next * 2 < this.#items.length) return
    this.#items.splice(0, this.#next)
    this.#next = 0
  }
}
