/** Beats that a site receives in a second, at most: one beat of each other site in each interval. */
export const MAX_BEATS_PER_SECOND = 100

/**
 * Time between two beats of a site: the base in a small mesh, longer in a large one.
 * @param sites number of sites in the mesh
 * @param baseMs what is configured
 */
export function beatIntervalMs(sites: number, baseMs: number): number {
  return Math.max(baseMs, Math.ceil((sites * 1000) / MAX_BEATS_PER_SECOND))
}
