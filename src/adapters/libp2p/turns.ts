/**
 * Who waits for room goes on one after the other, as long as there is room: all at once would each take what is there for one. What one does in its turn
 * it does in this one's microtasks.
 */
export class Turns {
  readonly hasRoom: () => boolean
  readonly #waiting = new Set<() => void>()
  #isRunning = false

  constructor(hasRoom: () => boolean) {
    this.hasRoom = hasRoom
  }

  /** To be called again when there is room: who found none keeps its place. */
  take(goOn: () => void): void {
    this.#waiting.add(goOn)
    if (this.#isRunning) return
    this.#isRunning = true
    this.#next()
  }

  readonly #next = (): void => {
    const [first] = this.#waiting
    this.#isRunning = first !== undefined && this.hasRoom()
    if (first === undefined || !this.#isRunning) return
    this.#waiting.delete(first)
    first()
    // Behind what it has begun.
    queueMicrotask(this.#next)
  }
}
