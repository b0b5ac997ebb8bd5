import { backoffMs, spread } from '../../core/resource/backoff.ts'
import type { Random } from '../../ports/random.ts'

/** Longest time between two attempts to reach a site: whoever comes back is found within half a minute at worst. */
export const BACKOFF_CAP_MS = 30_000
/** First time between two attempts: a restarted agent listens again after about that. */
export const BACKOFF_BASE_MS = 500

/** Delay before the next attempt after `failures` in a row: doubled each time, and spread so that sites do not march in step. */
export function nextAttemptInMs(failures: number, random: Random): number {
  return spread(backoffMs(failures, BACKOFF_BASE_MS, BACKOFF_CAP_MS), random.uniform())
}
