/**
 * The round-trip time to a site, from pings. It says how far a site is, not how busy: the smallest of the last few counts, as
 * in BBR's filter (Cardwell et al., 2016). What delays a ping (a start, a load, a large body in front of it) only ever adds.
 */
export interface RoundTrips {
  /** The last measurements, milliseconds, oldest first; at least one. */
  readonly lastMs: readonly number[]
}

/** With a ping every ten seconds, a way that has become longer is believed after a minute and a half. */
export const ROUND_TRIPS_KEPT = 8

export function addRoundTrip(known: RoundTrips | undefined, measuredMs: number): RoundTrips {
  return { lastMs: [...(known?.lastMs ?? []), measuredMs].slice(-ROUND_TRIPS_KEPT) }
}

/** Milliseconds. */
export function roundTripMs({ lastMs }: RoundTrips): number {
  return Math.min(...lastMs)
}
