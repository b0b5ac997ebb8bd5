import { CheopsError } from '../../../errors.ts'
import type { Clock, TimerHandle } from '../../../ports/clock.ts'

/**
 * How long a client's write may wait until it is begun. Beyond that its client is told that nothing was done, and that stays true. So what
 * waits for each other through an application, which writes to a resource while it handles a write to it, comes apart by itself.
 */
export class Patience {
  readonly #over = Promise.withResolvers<never>()
  readonly #timer: TimerHandle
  #isOver = false

  /** @param what waits, for people */
  constructor(clock: Clock, waitMs: number, what: string) {
    // Nobody may be waiting by then.
    this.#over.promise.catch(() => undefined)
    this.#timer = clock.after(waitMs, () => {
      this.#isOver = true
      this.#over.reject(new CheopsError('ERR_REPLICANT_BUSY', `${what} was not begun in time.`))
    })
  }

  /** Fails early when the time is over before it is begun. */
  async until<T>(done: Promise<T>): Promise<T> {
    try {
      return await Promise.race([done, this.#over.promise])
    } finally {
      this.#timer.cancel()
    }
  }

  /** @throws CheopsError ERR_REPLICANT_BUSY when the time is over: nothing may be done any more */
  check(): void {
    if (this.#isOver) throw new CheopsError('ERR_REPLICANT_BUSY', 'Its client was told that nothing was done.')
  }

  /**
   * From now on it is waited for without end.
   * @throws as `check`
   */
  begin(): void {
    this.check()
    this.#timer.cancel()
  }
}
