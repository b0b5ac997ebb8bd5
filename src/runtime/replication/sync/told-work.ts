import {
  FORGED_COSTS_MS,
  MESSAGE_COSTS_MS,
  TAKEN_SLICE_MS,
  TAKEN_TOGETHER,
  TELLER_BURST_MS,
  TELLER_SHARE,
  TELLERS_BURST_MS,
  TELLERS_SHARE,
} from '../limits.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { SyncWork } from '../../../ports/sync.ts'

type WorkClock = Pick<Clock, 'monotonic' | 'after'>

/** Milliseconds of work that may be done: some at once, and a share of the time that passes. */
class Credit {
  readonly #share: number
  readonly #mostMs: number
  /** Less than 0 is owed. */
  #leftMs: number
  #countedAt: number

  constructor(share: number, mostMs: number, now: number) {
    this.#share = share
    this.#mostMs = this.#leftMs = mostMs
    this.#countedAt = now
  }

  /** As it was counted last. */
  get isOwed(): boolean {
    return this.#leftMs < 0
  }

  spend(ms: number): void {
    this.#leftMs -= ms
  }

  /** Counts what has passed. @returns for how long nothing may be done */
  waitMs(now: number): number {
    this.#leftMs = Math.min(this.#mostMs, this.#leftMs + (now - this.#countedAt) * this.#share)
    this.#countedAt = now
    return Math.max(0, -this.#leftMs / this.#share)
  }
}

/**
 * How much of the processor goes into what one other site says, in either direction, from the reading of its messages on: it works in slices, after each of which the event
 * loop has its turn, and a site that has used up its share is read no further until it has some again; nor is any, where all of them together have used up theirs.
 * Counted for the site, so that who opens another conversation gets no more.
 */
export class ToldWork implements SyncWork {
  readonly #clock: WorkClock
  readonly #own: Credit
  readonly #all: Credit
  /** Of the slice of now. */
  #workedMs = 0
  #pieces = 0

  constructor(clock: WorkClock, all: Credit) {
    this.#clock = clock
    this.#own = new Credit(TELLER_SHARE, TELLER_BURST_MS, clock.monotonic())
    this.#all = all
  }

  /** Before each piece of work: at the end of a slice it lets others go first, and waits where the site has nothing left. */
  async turn(): Promise<void> {
    const isSlice = this.#workedMs < TAKEN_SLICE_MS && this.#pieces < TAKEN_TOGETHER
    if (isSlice && !this.#own.isOwed && !this.#all.isOwed) return
    const waitMs = this.#dueMs()
    await new Promise<void>(resolve => void this.#clock.after(waitMs, resolve))
    this.#dueMs()
    this.#workedMs = 0
    this.#pieces = 0
  }

  /** Does a piece of work, and counts what it takes. */
  do<T>(work: () => T): T {
    const began = this.#clock.monotonic()
    try {
      return work()
    } finally {
      this.#spend(this.#clock.monotonic() - began)
    }
  }

  /** Reads a message when it is its turn: what comes of it may be a thousand times as much. */
  async read<T>(decode: () => T): Promise<T> {
    await this.turn()
    this.#spend(MESSAGE_COSTS_MS)
    return this.do(decode)
  }

  /** It was done for what nobody has signed. */
  wasForged(): void {
    this.#own.spend(FORGED_COSTS_MS)
  }

  #spend(ms: number): void {
    this.#workedMs += ms
    this.#pieces++
    this.#own.spend(ms)
    this.#all.spend(ms)
  }

  #dueMs(): number {
    const now = this.#clock.monotonic()
    return Math.max(this.#own.waitMs(now), this.#all.waitMs(now))
  }
}

/** Of all sites that tell something: members of the mesh, so that there are few. */
export class Tellers {
  readonly #clock: WorkClock
  readonly #all: Credit
  readonly #work = new Map<string, ToldWork>()

  constructor(clock: WorkClock) {
    this.#clock = clock
    this.#all = new Credit(TELLERS_SHARE, TELLERS_BURST_MS, clock.monotonic())
  }

  of(site: string): ToldWork {
    const work = this.#work.get(site) ?? new ToldWork(this.#clock, this.#all)
    this.#work.set(site, work)
    return work
  }
}
