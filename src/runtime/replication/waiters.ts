import type { Clock } from '../../ports/clock.ts'

/** Who waits until something is so of an operation, or of a replicant. */
export class Waiters<Of> {
  readonly #clock: Clock
  readonly #keyOf: (of: Of) => string
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(clock: Clock, keyOf: (of: Of) => string) {
    this.#clock = clock
    this.#keyOf = keyOf
  }

  /** It may be so now. */
  look(of: Of): void {
    for (const wake of this.#waiting.get(this.#keyOf(of)) ?? []) wake()
  }

  /** Resolves when `isDone` says so, asked now and at each look, or the time is over. */
  async until(of: Of, isDone: () => boolean, timeMs: number): Promise<void> {
    if (isDone() || timeMs <= 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const key = this.#keyOf(of)
    const wake = (): void => {
      if (isDone()) resolve()
    }
    const waiting = this.#waiting.get(key) ?? new Set()
    this.#waiting.set(key, waiting.add(wake))
    const timer = this.#clock.after(timeMs, resolve)
    await promise
    timer.cancel()
    waiting.delete(wake)
    if (waiting.size === 0) this.#waiting.delete(key)
  }
}
