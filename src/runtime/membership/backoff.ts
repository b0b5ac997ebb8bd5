import type { Random } from '../../ports/random.ts'

/** Longest time between two attempts to reach a site: whoever comes back is found within half a minute at worst. */
export const BACKOFF_CAP_MS = 30_000
/** First time between two attempts: a restarted agent listens again after about that. */
export const BACKOFF_BASE_MS = 500

/** Delay before the next attempt after `failures` in a row: doubled each time, and spread so that sites do not march in step. */
export function backoffMs(failures: number, random: Random): number {
  const full = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(failures, 16))
  return full * (0.5 + random.uniform() / 2)
}
