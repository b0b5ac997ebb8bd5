/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. By code units, the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
