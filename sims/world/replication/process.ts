/**
 * One run of an agent. What it has asked for ends with it: after `kill -9` no timer calls it, no answer reaches it, and what it
 * still asks for is not done, since code that awaits cannot be stopped otherwise.
 */
export class Process {
  #isAlive = true

  get isAlive(): boolean {
    return this.#isAlive
  }

  kill(): void {
    this.#isAlive = false
  }

  /** Calls `fn` only while the process lives. */
  run(fn: () => void): void {
    if (this.#isAlive) fn()
  }

  /** What the process sees of a promise: nothing after its end. */
  guard<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        value => this.run(() => resolve(value)),
        (error: unknown) => this.run(() => reject(error instanceof Error ? error : new Error(String(error)))),
      )
    })
  }

  /** Asks for something, unless the process has ended: then nothing is done, and nothing comes. */
  async ask<T>(what: () => Promise<T>): Promise<T> {
    return this.guard(this.#isAlive ? what() : new Promise<never>(() => undefined))
  }

  /** What the process sees of a sequence: it stands still after its end. */
  async *each<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = items[Symbol.asyncIterator]()
    for (;;) {
      const next = await this.ask(() => iterator.next())
      if (next.done === true) return
      yield next.value
    }
  }
}
