/**
 * The hybrid logical clock of a site: gives stamps that are greater than what was seen, and follows real time. A stamp from far
 * in the future raises the clock of its replicant only (which is `clock` of the replicant's state), so that one site with a wrong
 * clock cannot drag every site's along. Source: 3-consistency "Identity and order".
 */
import { MAX_STAMP_AHEAD_MS } from './limits.ts'
import { compareStamps, laterStamp } from './order.ts'
import type { Stamp } from './order.ts'

export const ZERO_STAMP: Stamp = { ms: 0, counter: 0 }

/** By how many milliseconds a stamp is too far ahead of the local clock; 0 if it is not. What is above 0 is reported with its origin. */
export function aheadMs(stamp: Stamp, nowMs: number): number {
  const ahead = stamp.ms - nowMs
  return ahead > MAX_STAMP_AHEAD_MS ? ahead : 0
}

/** The site's clock after a stamp has arrived: raised, unless the stamp is too far ahead. */
export function observeStamp(clock: Stamp, stamp: Stamp, nowMs: number): Stamp {
  return aheadMs(stamp, nowMs) > 0 ? clock : laterStamp(clock, stamp)
}

/**
 * The stamp of a new operation, and the site's clock after it.
 *
 * @param clock the site's clock
 * @param replicantClock the greatest stamp that was seen of the replicant, in any of its lives
 * @param nowMs wall clock
 */
export function nextStamp(clock: Stamp, replicantClock: Stamp, nowMs: number): { stamp: Stamp; clock: Stamp } {
  const seen = laterStamp(clock, replicantClock)
  const now: Stamp = { ms: Math.floor(nowMs), counter: 0 }
  const stamp = compareStamps(now, seen) > 0 ? now : { ms: seen.ms, counter: seen.counter + 1 }
  return { stamp, clock: observeStamp(clock, stamp, nowMs) }
}
