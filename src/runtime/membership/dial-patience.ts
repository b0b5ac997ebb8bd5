/** What is known of the way before an attempt to connect. */
export interface DialsBefore {
  /** In a row, for whatever reason. */
  readonly failures: number
  /** In a row, that reached somebody and were not finished in time: the link is slow, whatever was heard since. */
  readonly unfinished: number
  /** Of the site, if it was ever measured, milliseconds. */
  readonly roundTripMs?: number | undefined
}

/** After that many failures in a row an attempt may take longer: links with seconds of delay exist. */
export const PATIENT_AFTER = 3
const MAX_DIAL_TIMEOUT_MS = 30_000
/** Connecting, the key of the mesh, the peer's, the multiplexer, the first stream and the hello are eight; and some for losses. */
const ROUND_TRIPS = 12

/**
 * How long an attempt to connect may take, whole milliseconds.
 * @param dialTimeoutMs as configured: of the first attempts
 */
export function dialTimeoutAfter(
  { failures, unfinished, roundTripMs = 0 }: DialsBefore,
  dialTimeoutMs: number,
): number {
  const patience = 2 ** Math.max(0, failures - PATIENT_AFTER + 1, unfinished)
  const wanted = Math.max(dialTimeoutMs * patience, Math.ceil(ROUND_TRIPS * roundTripMs))
  return Math.min(wanted, Math.max(MAX_DIAL_TIMEOUT_MS, dialTimeoutMs))
}
