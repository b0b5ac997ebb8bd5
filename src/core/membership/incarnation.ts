/**
 * An incarnation is opened by every start of an agent: its Unix milliseconds and 64 random bits in hexadecimal,
 * `1763762400000-9f86d081884c7d65`. It is ordered by the first, then by the second, and never used twice, not even when a
 * store is restored or a clock goes back. Source: src/consistency.md "Identity and order".
 */
import { compareText } from '../resource/text-order.ts'
import { toHex } from '../resource/trace-context.ts'

const PATTERN = /^(0|[1-9][0-9]{0,15})-([0-9a-f]{16})$/

export function isIncarnation(text: string): boolean {
  return PATTERN.test(text)
}

/**
 * @param startedAtMs wall clock at the start
 * @param random 8 bytes
 * @param above an incarnation of the same site that is known, so that the new one is greater
 */
export function openIncarnation(startedAtMs: number, random: Uint8Array, above?: string): string {
  const previous = above === undefined ? 0 : startOf(above) + 1
  const hex = toHex(random.subarray(0, 8))
  return `${Math.max(Math.floor(startedAtMs), previous)}-${hex}`
}

/** Negative, zero or positive as `a` is older than, equal to or newer than `b`. */
export function compareIncarnations(a: string, b: string): number {
  if (a === b) return 0
  const byStart = startOf(a) - startOf(b)
  if (byStart !== 0) return byStart
  return compareText(a, b)
}

function startOf(incarnation: string): number {
  return Number(incarnation.slice(0, incarnation.indexOf('-')))
}
