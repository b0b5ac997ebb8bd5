/** After that many failures in a row an attempt may take longer: links with seconds of delay exist. */
export const PATIENT_AFTER = 3
const MAX_DIAL_TIMEOUT_MS = 30_000

/**
 * How long an attempt to connect may take.
 * @param failures in a row before it
 * @param dialTimeoutMs as configured: of the first attempts
 */
export function dialTimeoutAfter(failures: number, dialTimeoutMs: number): number {
  const patience = 2 ** Math.max(0, failures - PATIENT_AFTER + 1)
  return Math.min(dialTimeoutMs * patience, Math.max(MAX_DIAL_TIMEOUT_MS, dialTimeoutMs))
}
