import { MAX_STAMP_AHEAD_MS } from '../../../core/oplog/index.ts'
import { CLOCK_SETTLES_MS, EARLIEST_CLOCK_MS, LATEST_CLOCK_MS, OTHERS_CLOCKS_MS } from '../limits.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Logger } from '../../../ports/logger.ts'

/** By what the time is told. `wall`: the machine's clock. `ran`: what that said before it jumped, and what has passed since. `others`: their clocks. */
type By = 'wall' | 'ran' | 'others'

export interface StampTimeParts {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  /** By how many milliseconds the clocks of other sites that are heard are ahead of this machine's. */
  readonly othersAheadMs: () => readonly number[]
  readonly logger: Pick<Logger, 'warn'>
}

/**
 * The time that stamps are given by: that of the machine's clock as long as it can be believed. A clock that is far ahead for a minute would have its site win
 * against all who have not seen its writes, for as long as it was ahead by. So it is measured against the monotonic one, and against the clocks of others; one that goes back is believed, since
 * stamps rise all the same.
 */
export class StampTime {
  readonly #parts: StampTimeParts
  /** The time that was told last, less the monotonic one then. */
  #base: number | undefined
  #by: By = 'wall'
  /** Since when others have contradicted this machine, monotonic. */
  #contradictedAt: number | undefined
  /** The middle one of the others: by how much it is ahead; and when they were looked at, monotonic. */
  #others: number | undefined
  #othersAt = -Infinity

  constructor(parts: StampTimeParts) {
    this.#parts = parts
  }

  /** Unix milliseconds. */
  now(): number {
    const { clock } = this.#parts
    const [wall, monotonic] = [Math.min(clock.now(), LATEST_CLOCK_MS), clock.monotonic()]
    const ran = this.#base === undefined ? wall : this.#base + monotonic
    const others = this.#othersAhead(wall, monotonic)
    const by = this.#judge(wall, ran, others, monotonic)
    const time = by === 'wall' ? wall : by === 'ran' ? ran : wall + (others ?? 0)
    if ((by === 'wall') !== (this.#by === 'wall')) this.#tell(by, wall - time)
    this.#by = by
    this.#base = time - monotonic
    return time
  }

  /** What others say counts at once where this machine has not said anything yet; else when they have said it for a while, since what they said last is from before a jump. */
  #judge(wall: number, ran: number, others: number | undefined, monotonic: number): By {
    const hasJumped = wall - ran > MAX_STAMP_AHEAD_MS
    const own: By = hasJumped ? 'ran' : 'wall'
    const isAhead = others !== undefined && -others > MAX_STAMP_AHEAD_MS
    const told: By = others === undefined ? own : isAhead ? (hasJumped ? 'ran' : 'others') : 'wall'
    if (told === own) {
      this.#contradictedAt = undefined
      return own
    }
    if (this.#base === undefined) return told
    this.#contradictedAt ??= monotonic
    return monotonic - this.#contradictedAt >= CLOCK_SETTLES_MS ? told : own
  }

  /** A machine without a battery says 1970, or when it was made: that is no time. */
  #othersAhead(wall: number, monotonic: number): number | undefined {
    if (monotonic - this.#othersAt < OTHERS_CLOCKS_MS) return this.#others
    this.#othersAt = monotonic
    const isTime = (aheadMs: number): boolean =>
      wall + aheadMs >= EARLIEST_CLOCK_MS && wall + aheadMs <= LATEST_CLOCK_MS
    const ahead = this.#parts
      .othersAheadMs()
      .filter(isTime)
      .toSorted((a, b) => a - b)
    // Of two the one behind: stamps that are ahead do more harm.
    this.#others = ahead[Math.floor((ahead.length - 1) / 2)]
    return this.#others
  }

  #tell(by: By, aheadMs: number): void {
    const { logger } = this.#parts
    if (by === 'wall') logger.warn({}, 'what is written gets its time from the clock of this machine again')
    else {
      const why = by === 'ran' ? 'it has jumped' : 'the clocks of the other sites say so'
      logger.warn(
        { aheadMs, why },
        'the clock of this machine is too far ahead: what is written gets its time without it',
      )
    }
  }
}
