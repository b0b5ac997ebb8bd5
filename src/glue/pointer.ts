/** JSON Pointers (RFC 6901) on plain JSON values. */
import { namesIn, pointerPart } from '../core/resource/json-pointer.ts'

/** The value at `pointer`, undefined where there is none. */
export function pointerGet(value: unknown, pointer: string): unknown {
  let current = value
  for (const token of tokensOf(pointer)) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, token)) return undefined
    current = (current as Readonly<Record<string, unknown>>)[token]
  }
  return current
}

/**
 * The places that a pointer of a definition stands for in a value: `-`, which is no index of what is there (RFC 6901, 4), stands for each item of a list.
 * The last one first: what is taken away leaves the others where they are.
 */
export function placesIn(value: unknown, pointer: string): readonly string[] {
  return EACH.test(pointer) ? eachPlace(value, tokensOf(pointer), '').toReversed() : [pointer]
}

const EACH = /\/-(\/|$)/

function eachPlace(value: unknown, [token, ...rest]: readonly string[], at: string): string[] {
  if (token === undefined) return [at]
  if (token === '-' && Array.isArray(value))
    return value.flatMap((item: unknown, place) => eachPlace(item, rest, `${at}/${place}`))
  const below = `/${pointerPart(token)}`
  return eachPlace(pointerGet(value, below), rest, at + below)
}

/** A copy of `value` with `member` at `pointer`; objects on the way are made where there are none. */
export function pointerSet(value: unknown, pointer: string, member: unknown): unknown {
  const [token, ...rest] = tokensOf(pointer)
  if (token === undefined) return member
  const below = pointerGet(value, `/${pointerPart(token)}`)
  const changed = pointerSet(below, rest.map(t => `/${pointerPart(t)}`).join(''), member)
  if (Array.isArray(value)) return value.map((item: unknown, i) => (String(i) === token ? changed : item))
  const object = typeof value === 'object' && value !== null ? value : {}
  return Object.fromEntries([...Object.entries(object).filter(([key]) => key !== token), [token, changed]])
}

/** A copy of `value` without what stands at these places. */
export function withoutPointers(value: unknown, pointers: readonly string[]): unknown {
  return pointers.reduce((copy, pointer) => without(copy, tokensOf(pointer)), value)
}

function without(value: unknown, [token, ...rest]: readonly string[]): unknown {
  if (token === undefined || typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) return value
  const entries = Object.entries(value).flatMap(([key, item]: [string, unknown]) => {
    if (key !== token) return [[key, item] as const]
    return rest.length === 0 ? [] : [[key, without(item, rest)] as const]
  })
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries)
}

/** Pointers stand in definitions, so there are few; lists use them for each of thousands of items. */
const TOKENS = new Map<string, readonly string[]>()
const MAX_KEPT_POINTERS = 4096

export function tokensOf(pointer: string): readonly string[] {
  const known = TOKENS.get(pointer)
  if (known !== undefined) return known
  const tokens = namesIn(pointer)
  if (TOKENS.size >= MAX_KEPT_POINTERS) TOKENS.clear()
  TOKENS.set(pointer, tokens)
  return tokens
}
