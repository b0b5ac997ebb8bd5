/**
 * How often beats of one site arrive, and how surprising a silence is: the phi accrual failure detector.
 * Source: Hayashibara et al., "The φ Accrual Failure Detector" (2004); the logistic approximation of the normal
 * distribution and the pause that is accepted on top are Akka's.
 */
export interface Arrivals {
  /** Time between two beats as the site announced it, milliseconds. */
  readonly announcedMs: number
  /** Moving average of the time between arrivals, milliseconds. */
  readonly meanMs: number
  /** Moving variance of it, milliseconds squared. */
  readonly varianceMs2: number
}

/** Weight of the newest arrival: the last twenty or so count. */
const WEIGHT = 0.1
/**
 * Bounds of what is learnt, in announced intervals. With them the silence that makes a site suspect (phi 8) stays within
 * 5.2 and 9.9 intervals, whatever was measured: at an interval of a second always below 10 s.
 */
const MEAN_BOUNDS = [0.8, 1.3] as const
const DEVIATION_BOUNDS = [0.25, 1] as const
/** Beats that may be lost in a row without a trace: gossip is not reliable, and a garbage collection is no failure. */
const ACCEPTED_PAUSE_INTERVALS = 3

export function firstArrival(announcedMs: number): Arrivals {
  return { announcedMs, meanMs: announcedMs, varianceMs2: (announcedMs * DEVIATION_BOUNDS[0]) ** 2 }
}

/** @param gapMs time since the arrival before */
export function nextArrival(arrivals: Arrivals, gapMs: number, announcedMs: number): Arrivals {
  if (announcedMs !== arrivals.announcedMs) return firstArrival(announcedMs)
  const difference = gapMs - arrivals.meanMs
  return {
    announcedMs,
    meanMs: arrivals.meanMs + WEIGHT * difference,
    varianceMs2: (1 - WEIGHT) * (arrivals.varianceMs2 + WEIGHT * difference ** 2),
  }
}

/**
 * The suspicion after a silence: -log10 of the probability that the next beat comes even later. 1 is wrong one time in ten,
 * 8 one time in a hundred million, if arrivals are as they were.
 */
export function phi(arrivals: Arrivals, silenceMs: number): number {
  const { announcedMs } = arrivals
  const mean = clamp(arrivals.meanMs, MEAN_BOUNDS, announcedMs) + ACCEPTED_PAUSE_INTERVALS * announcedMs
  const deviation = clamp(Math.sqrt(arrivals.varianceMs2), DEVIATION_BOUNDS, announcedMs)
  const y = (silenceMs - mean) / deviation
  const exponent = y * (1.5976 + 0.070566 * y * y)
  // log10(1 + e^x), without overflow for long silences.
  return exponent > 30 ? exponent / Math.LN10 : Math.log1p(Math.exp(exponent)) / Math.LN10
}

function clamp(value: number, [low, high]: readonly [number, number], unit: number): number {
  return Math.min(Math.max(value, low * unit), high * unit)
}
