/**
 * How long to wait after so many failures in a row, milliseconds: doubled each time.
 * @param failures 0 after none
 */
export function backoffMs(failures: number, baseMs: number, capMs: number): number {
  return Math.min(capMs, baseMs * 2 ** Math.min(Math.max(failures, 0), 16))
}

/**
 * A wait of which half is by chance, so that many who wait for the same do not come at once.
 * @param uniform from [0, 1)
 */
export function spread(ms: number, uniform: number): number {
  return ms * (0.5 + uniform / 2)
}
