/**
 * Version vectors keyed by (site, incarnation). One type serves as the context of an operation, as the knowledge of a member and
 * as an acknowledgement.
 */
import { compareOrigins } from './order.ts'
import type { Dot } from './order.ts'

/**
 * For each origin that occurs the greatest number: that operation and every earlier one of the same origin on the same replicant
 * are in. Canonical form, on the wire and under a hash too: sorted by site, then incarnation, each pair at most once.
 */
export type Context = readonly Dot[]

export const EMPTY_CONTEXT: Context = []

/** The place of the origin of `dot` in a context, or where it would stand as `-place - 1`. */
function find(context: Context, dot: Dot): number {
  let low = 0
  let high = context.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const order = compareOrigins(context[middle] as Dot, dot)
    if (order === 0) return middle
    if (order < 0) low = middle + 1
    else high = middle - 1
  }
  return -low - 1
}

/** The greatest number of the dot's origin in the context; 0 if there is none. */
export function numberOf(context: Context, origin: Dot): number {
  const place = find(context, origin)
  return place < 0 ? 0 : (context[place] as Dot).number
}

export function covers(context: Context, dot: Dot): boolean {
  return numberOf(context, dot) >= dot.number
}

/** Whether everything in `part` is in `whole`. */
export function includes(whole: Context, part: Context): boolean {
  return part.every(dot => covers(whole, dot))
}

/** The context with the dot, and what that origin did before it. The same object if it is in already. */
export function withDot(context: Context, dot: Dot): Context {
  const place = find(context, dot)
  if (place < 0) return context.toSpliced(-place - 1, 0, { ...dot })
  if ((context[place] as Dot).number >= dot.number) return context
  return context.with(place, { ...dot })
}

/** The smallest context that includes both. The same object as `a` if it includes `b` already. */
export function join(a: Context, b: Context): Context {
  if (includes(a, b)) return a
  const joined: Dot[] = []
  let [i, j] = [0, 0]
  for (;;) {
    const [left, right] = [a[i], b[j]]
    if (left === undefined) return joined.concat(b.slice(j))
    if (right === undefined) return joined.concat(a.slice(i))
    const order = compareOrigins(left, right)
    joined.push(order < 0 || (order === 0 && left.number >= right.number) ? left : right)
    if (order <= 0) i++
    if (order >= 0) j++
  }
}

/** The canonical context of dots in any order, of which the greatest of each origin counts. For what comes from outside. */
export function contextOf(dots: Iterable<Dot>): Context {
  let context = EMPTY_CONTEXT
  for (const { site, incarnation, number } of dots) context = withDot(context, { site, incarnation, number })
  return context
}

/** Whether a list is in canonical form: for a codec that refuses what it did not write. */
export function isCanonical(context: Context): boolean {
  return context.every((dot, place) => place === 0 || compareOrigins(context[place - 1] as Dot, dot) < 0)
}
