import type { Clock, TimerHandle } from '../../ports/clock.ts'

/**
 * The timers and background work of a part, so that stopping it leaves nothing behind: timers are cancelled, work under
 * way is waited for, and what still comes in is dropped.
 */
export class Lifetime {
  readonly #clock: Clock
  readonly #timers = new Set<TimerHandle>()
  readonly #work = new Set<Promise<void>>()
  readonly #onError: (error: unknown) => void
  #over = false

  /** @param onError gets what background work throws: a defect, as expected failures are handled where they occur */
  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock
    this.#onError = onError
  }

  get over(): boolean {
    return this.#over
  }

  /** Like `Clock.after`, but forgotten at the end. */
  after(delayMs: number, fn: () => void): TimerHandle {
    if (this.#over) return { cancel: () => undefined }
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(timer)
      fn()
    })
    this.#timers.add(timer)
    return {
      cancel: () => {
        this.#timers.delete(timer)
        timer.cancel()
      },
    }
  }

  /** Runs work in the background. */
  run(work: () => Promise<void>): void {
    if (this.#over) return
    const task = work().catch((error: unknown) => {
      if (!this.#over) this.#onError(error)
    })
    this.#work.add(task)
    void task.finally(() => this.#work.delete(task))
  }

  /** Cancels the timers, and lets nothing new begin. */
  close(): void {
    this.#over = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  /** Closes, and waits until the work under way has ended. */
  async end(): Promise<void> {
    this.close()
    await Promise.all(this.#work)
  }
}
