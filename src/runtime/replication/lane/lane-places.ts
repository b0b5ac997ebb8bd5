import { MAX_BUSY_LANES, MAX_RUNNING_LANES } from '../limits.ts'

/** Places for the lanes of one service: for so many looks that run at once, and for so many lanes in which something runs or waits. */
export class LanePlaces {
  /** Lanes in which something runs or waits; the others wait for their time. */
  busy = 0
  /** Looks were left out for want of room. */
  isOverfull = false
  /** Whoever waits for a place, the first from `#next` on: taking the first of a long list away would move all of it. */
  readonly #waiting: (() => void)[] = []
  #next = 0
  #running = 0

  /** Room for clients, whose writes have as much again as looks. */
  get hasRoomForClients(): boolean {
    return this.busy < 2 * MAX_BUSY_LANES
  }

  get hasRoom(): boolean {
    return this.busy < MAX_BUSY_LANES
  }

  /** Waits for a place to run. */
  async begin(): Promise<void> {
    if (this.#running < MAX_RUNNING_LANES) this.#running++
    else await new Promise<void>(resolve => void this.#waiting.push(resolve))
  }

  /** Gives the place to the next. */
  end(): void {
    const next = this.#waiting[this.#next]
    if (next === undefined) {
      this.#running--
      return
    }
    this.#next++
    if (this.#next * 2 >= this.#waiting.length) {
      this.#waiting.splice(0, this.#next)
      this.#next = 0
    }
    next()
  }
}
