import type { Awaited } from './awaited.ts'

/** Of so many that are let in, one is whoever has waited longest: a site whose clients never stop would else never catch up. */
const OLDEST_IN = 4

interface Waiting {
  readonly key: string
  readonly letIn: () => void
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

  /** Resolves when it is let in. */
  join(key: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting: Waiting = { key, letIn: resolve, isIn: false }
    this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), waiting])
    this.#all.push(waiting)
    if (this.#awaited.has(key)) this.#first.push(waiting)
    return promise
  }

  /** Lets the next one in. @returns false where nobody waits */
  letIn(): boolean {
    if (this.#letIn % OLDEST_IN !== 0 && this.letInAwaited()) return true
    return this.#take(this.#all.take(({ isIn }) => !isIn))
  }

  /** As `letIn`, but nobody for whom no client waits. */
  letInAwaited(): boolean {
    return this.#take(this.#first.take(({ isIn, key }) => !isIn && this.#awaited.has(key)))
  }

  #take(waiting: Waiting | undefined): boolean {
    if (waiting === undefined) return false
    const { key } = waiting
    const others = this.#byKey.get(key)?.filter(other => other !== waiting) ?? []
    if (others.length === 0) this.#byKey.delete(key)
    else this.#byKey.set(key, others)
    this.#letIn++
    waiting.isIn = true
    waiting.letIn()
    return true
  }
}

/** First in, first out: taking the first of a long list away would move all of it. */
class Queue {
  readonly #items: Waiting[] = []
  #next = 0

  push(item: Waiting): void {
    this.#items.push(item)
  }

  /** The first that counts; those before it are gone. */
  take(counts: (item: Waiting) => boolean): Waiting | undefined {
    let found: Waiting | undefined
    while (found === undefined && this.#next < this.#items.length) {
      const item = this.#items[this.#next++]
      if (item !== undefined && counts(item)) found = item
    }
    if (this.#next * 2 >= this.#items.length) {
      this.#items.splice(0, this.#next)
      this.#next = 0
    }
    return found
  }
}
