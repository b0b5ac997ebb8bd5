/** A figure over several rounds. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** @throws RangeError for no values: a figure that was not measured is left out, not shown as 0 */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const [min, max] = [sorted.at(0), sorted.at(-1)]
  const [below, above] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  if (min === undefined || max === undefined || below === undefined || above === undefined) {
    throw new RangeError('There is no median of nothing.')
  }
  return { median: (below + above) / 2, min, max }
}

/** The value that this share of all is at or below, 0 to 1. Undefined for no values. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
}

/** What was measured in one round. */
export interface InRound {
  readonly round: number
}

/**
 * Compares two chains round by round, and then takes the median: in one round both met the same machine, so its drift
 * over minutes leaves these figures alone where it would bend a ratio of medians.
 * @returns undefined when no round has both
 */
export function paired<T extends InRound>(
  left: readonly T[],
  right: readonly T[],
  compare: (left: T, right: T) => number | undefined,
): Spread | undefined {
  const values: number[] = []
  for (const one of left) {
    const other = right.find(({ round }) => round === one.round)
    const value = other === undefined ? undefined : compare(one, other)
    if (value !== undefined && Number.isFinite(value)) values.push(value)
  }
  return values.length === 0 ? undefined : spread(values)
}
