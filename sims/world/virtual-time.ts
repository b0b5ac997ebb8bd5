/**
 * Virtual time: a queue of what will happen. Between two happenings all promises run to their end, so that a run depends
 * on nothing but its seed.
 */
export class VirtualTime {
  readonly #maxHappenings: number
  #now = 0
  #happened = 0
  #sequence = 0
  readonly #heap: Happening[] = []

  /** @param maxHappenings how much may happen at all, so that what goes on without end does not hang whoever waits for it */
  constructor(maxHappenings = Infinity) {
    this.#maxHappenings = maxHappenings
  }

  /** Milliseconds since the world began. */
  get now(): number {
    return this.#now
  }

  after(delayMs: number, fn: () => void): { cancel(): void } {
    const happening: Happening = {
      at: this.#now + Math.max(0, delayMs),
      sequence: this.#sequence++,
      fn,
    }
    this.#push(happening)
    return { cancel: () => void (happening.fn = undefined) }
  }

  /**
   * Lets everything happen until the time is `until`, or `done` says that this is enough.
   * @throws EndlessError where more happens than may
   */
  async run(until: number, done: () => boolean = () => false): Promise<void> {
    await settled()
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.at > until) break
      this.#pop()
      if (next.fn === undefined) continue
      this.#now = next.at
      if (++this.#happened > this.#maxHappenings) throw new EndlessError(this.#maxHappenings, this.#now)
      next.fn()
      await settled()
      if (done()) return
    }
    this.#now = until
  }

  #push(happening: Happening): void {
    const heap = this.#heap
    let i = heap.push(happening) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (isBefore(heap[parent] as Happening, happening)) break
      heap[i] = heap[parent] as Happening
      i = parent
    }
    heap[i] = happening
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Happening
    if (heap.length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      const right = heap[child + 1]
      if (right !== undefined && isBefore(right, heap[child] as Happening)) child += 1
      if (isBefore(last, heap[child] as Happening)) break
      heap[i] = heap[child] as Happening
      i = child
    }
    heap[i] = last
  }
}

/** More has happened than may: something goes on without end. */
export class EndlessError extends Error {
  /** @param at virtual time, milliseconds */
  constructor(happened: number, at: number) {
    super(`${happened} things have happened by ${(at / 1000).toFixed(3)} s, and there is no end`)
  }
}

interface Happening {
  readonly at: number
  readonly sequence: number
  /** undefined once it is cancelled. */
  fn: (() => void) | undefined
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence)
}

/** The event loop comes to the next immediate only after all microtasks, however many make each other. */
const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
