import type { ErrorCode } from '../../errors.ts'
import { MAX_AROUND_US, MAX_SCOPE_SITES } from './limits.ts'

/** Why a word is no quantity. */
export interface BadQuantity {
  readonly code: ErrorCode
  readonly sentence: string
  readonly suggestion?: string
}

/** Microseconds in a unit, and how many digits behind the point that leaves. */
const UNITS: ReadonlyMap<string, { readonly us: number; readonly digits: number }> = new Map([
  ['us', { us: 1, digits: 0 }],
  ['ms', { us: 1000, digits: 3 }],
  ['s', { us: 1_000_000, digits: 6 }],
])

/** A duration in whole microseconds: a decimal number and `us`, `ms` or `s`, without a space. */
export function parseDuration(word: string): number | BadQuantity {
  const match = /^(\d+)(?:\.(\d+))?(us|ms|s)?$/.exec(word)
  if (match === null) {
    return syntax(`A distance is a number with a unit: 50ms, 1.5s or 800us.`)
  }
  const [, whole = '', fraction = '', unitName] = match
  const unit = unitName === undefined ? undefined : UNITS.get(unitName)
  if (unit === undefined) {
    return { ...syntax('A distance needs a unit: us, ms or s, without a space before it.'), suggestion: `${word}ms` }
  }
  if (/[1-9]/.test(fraction.slice(unit.digits))) {
    return syntax('A distance is a whole number of microseconds.')
  }
  const us = Number(whole) * unit.us + Number(fraction.slice(0, unit.digits).padEnd(unit.digits, '0'))
  if (us <= MAX_AROUND_US) return us
  return { code: 'ERR_SCOPE_LIMIT', sentence: `A distance is at most ${String(MAX_AROUND_US / 1_000_000)}s.` }
}

/** The n of `nearest(n)`. */
export function parseCount(word: string): number | BadQuantity {
  if (!/^\d+$/.test(word)) return syntax('nearest takes a whole number of sites: nearest(3).')
  const count = Number(word)
  if (count === 0) return { ...syntax('nearest takes at least one site.'), suggestion: '1' }
  if (count <= MAX_SCOPE_SITES) return count
  return { code: 'ERR_SCOPE_LIMIT', sentence: `A scope has at most ${String(MAX_SCOPE_SITES)} sites.` }
}

function syntax(sentence: string): BadQuantity {
  return { code: 'ERR_SCOPE_SYNTAX', sentence }
}
