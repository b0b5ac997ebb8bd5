import { MAX_BUSY_LANES, MAX_RUNNING_LANES } from '../limits.ts'
import type { Awaited } from './awaited.ts'
import { WaitingLine } from './waiting-line.ts'

/** Places for the lanes of one service: for so many looks that run at once, and for so many lanes in which something runs or waits. */
export class LanePlaces {
  /** Lanes in which something runs or waits; the others wait for their time. */
  busy = 0
  /** Looks were left out for want of room. */
  isOverfull = false
  readonly #waiting: WaitingLine
  #running = 0

  constructor(awaited: Awaited) {
    this.#waiting = new WaitingLine(awaited)
  }

  /** Room for clients, whose writes have as much again as looks. */
  get hasRoomForClients(): boolean {
    return this.busy < 2 * MAX_BUSY_LANES
  }

  get hasRoom(): boolean {
    return this.busy < MAX_BUSY_LANES
  }

  /** Waits for a place to run. @param key of the replicant */
  async begin(key: string): Promise<void> {
    if (this.#running < MAX_RUNNING_LANES) this.#running++
    else await this.#waiting.join(key)
  }

  /** Gives the place to the next. */
  end(): void {
    if (!this.#waiting.letIn()) this.#running--
  }
}
