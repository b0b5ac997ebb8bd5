import { FORGED_COSTS_MS, TAKEN_SLICE_MS, TAKEN_TOGETHER, TELLER_BURST_MS, TELLER_SHARE } from '../limits.ts'
import type { Clock } from '../../../ports/clock.ts'

type WorkClock = Pick<Clock, 'monotonic' | 'after'>

/**
 * How much of the processor goes into what one other site tells: it works in slices, after each of which the event loop has its turn, and a site that has
 * used up its share is read no further until it has some again. Counted for the site, so that who opens another conversation gets no more.
 */
export class ToldWork {
  readonly #clock: WorkClock
  /** Milliseconds of work that may be done at once; less than 0 is owed. */
  #credit = TELLER_BURST_MS
  #countedAt: number
  /** Of the slice of now. */
  #workedMs = 0
  #pieces = 0

  constructor(clock: WorkClock) {
    this.#clock = clock
    this.#countedAt = clock.monotonic()
  }

  /** Before each piece of work: at the end of a slice it lets others go first, and waits where the site has nothing left. */
  async turn(): Promise<void> {
    if (this.#workedMs < TAKEN_SLICE_MS && this.#pieces < TAKEN_TOGETHER && this.#credit >= 0) return
    this.#refill()
    const waitMs = Math.max(0, -this.#credit / TELLER_SHARE)
    await new Promise<void>(resolve => void this.#clock.after(waitMs, resolve))
    this.#refill()
    this.#workedMs = 0
    this.#pieces = 0
  }

  /** Does a piece of work, and counts what it takes. */
  do<T>(work: () => T): T {
    const began = this.#clock.monotonic()
    try {
      return work()
    } finally {
      const tookMs = this.#clock.monotonic() - began
      this.#workedMs += tookMs
      this.#pieces++
      this.#credit -= tookMs
    }
  }

  /** It was done for what nobody has signed. */
  wasForged(): void {
    this.#credit -= FORGED_COSTS_MS
  }

  #refill(): void {
    const now = this.#clock.monotonic()
    this.#credit = Math.min(TELLER_BURST_MS, this.#credit + (now - this.#countedAt) * TELLER_SHARE)
    this.#countedAt = now
  }
}

/** Of all sites that tell something: members of the mesh, so that there are few. */
export class Tellers {
  readonly #clock: WorkClock
  readonly #work = new Map<string, ToldWork>()

  constructor(clock: WorkClock) {
    this.#clock = clock
  }

  of(site: string): ToldWork {
    const work = this.#work.get(site) ?? new ToldWork(this.#clock)
    this.#work.set(site, work)
    return work
  }
}
