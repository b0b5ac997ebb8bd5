/**
 * The hybrid logical clock of a site: gives stamps that are greater than what was seen, and follows real time. A stamp from far
 * in the future raises the clock of its replicant only (which is `clock` of the replicant's state), so that one site with a wrong
 * clock cannot drag every site's along. Source: src/consistency.md "Identity and order".
 */
import { MAX_STAMP_AHEAD_MS, MAX_STAMP_COUNTER, MAX_STAMP_FUTURE_MS } from './limits.ts'
import { compareStamps, laterStamp } from './order.ts'
import type { Stamp } from './order.ts'

export const ZERO_STAMP: Stamp = { ms: 0, counter: 0 }

/** By how many milliseconds a stamp is too far ahead of the local clock; 0 if it is not. What is above 0 is reported with its origin. */
export function aheadMs(stamp: Stamp, nowMs: number): number {
  const ahead = stamp.ms - nowMs
  return ahead > MAX_STAMP_AHEAD_MS ? ahead : 0
}

/** Whether a stamp is so far ahead that nothing with it is taken: else a name could be given a stamp behind which nobody can write any more. */
export function isBeyondTime({ ms }: Stamp, nowMs: number): boolean {
  return ms - nowMs > MAX_STAMP_FUTURE_MS
}

/** Whoever uses up the counter of a moment takes the next one. */
function after({ ms, counter }: Stamp): Stamp {
  return counter >= MAX_STAMP_COUNTER ? { ms: ms + 1, counter: 0 } : { ms, counter: counter + 1 }
}

/** The site's clock after a stamp has arrived: raised, unless the stamp is too far ahead. */
export function observeStamp(clock: Stamp, stamp: Stamp, nowMs: number): Stamp {
  return aheadMs(stamp, nowMs) > 0 ? clock : laterStamp(clock, stamp)
}

/**
 * The stamp of a new operation, and the site's clock after it.
 *
 * @param clock the site's clock; where it is itself too far ahead, since the machine's was when it was raised, it is left and falls back to real time
 * @param replicantClock the greatest stamp that was seen of the replicant, in any of its lives
 * @param nowMs wall clock
 */
export function nextStamp(clock: Stamp, replicantClock: Stamp, nowMs: number): { stamp: Stamp; clock: Stamp } {
  const own = aheadMs(clock, nowMs) > 0 ? ZERO_STAMP : clock
  const seen = laterStamp(own, replicantClock)
  const now: Stamp = { ms: Math.floor(nowMs), counter: 0 }
  const stamp = compareStamps(now, seen) > 0 ? now : after(seen)
  return { stamp, clock: observeStamp(own, stamp, nowMs) }
}
