/**
 * Parts of an origin's numbers that a knowledge vector covers although the operations were never held: they were lost with their
 * origin, and what waited for them was let in. One that turns up after all is taken.
 */
import { includes, numberOf, withDot } from './context.ts'
import { compareOrigins } from './order.ts'
import type { Context } from './context.ts'
import type { Dot } from './order.ts'

/** Numbers `after < n <= last.number` of the origin of `last`. */
export interface Hole {
  readonly after: number
  readonly last: Dot
}

export interface Known {
  /** For each origin the greatest number that is held or lies in a hole. */
  readonly knowledge: Context
  /** In the order of `knowledge`, so that who knows the same has the same; agents of an earlier version have kept them as they were found. */
  readonly holes: readonly Hole[]
}

export const NOTHING_KNOWN: Known = { knowledge: [], holes: [] }

const sameOrigin = (a: Dot, b: Dot): boolean => compareOrigins(a, b) === 0

export function inHole(holes: readonly Hole[], dot: Dot): boolean {
  return holes.some(({ after, last }) => sameOrigin(last, dot) && after < dot.number && dot.number <= last.number)
}

/** Whether the operation was held here at any time. */
export function wasHeld({ knowledge, holes }: Known, dot: Dot): boolean {
  return numberOf(knowledge, dot) >= dot.number && !inHole(holes, dot)
}

/** The knowledge after an operation is held. `previous`, if it is of the same incarnation, bounds what is still missing before it. */
export function withHeld({ knowledge, holes }: Known, dot: Dot, previous: Dot | undefined): Known {
  if (!inHole(holes, dot)) return { knowledge: withDot(knowledge, dot), holes }
  const before = previous !== undefined && sameOrigin(previous, dot) ? previous.number : 0
  return {
    knowledge,
    holes: holes.flatMap(hole => {
      const { after, last } = hole
      if (!sameOrigin(last, dot) || dot.number <= after || last.number < dot.number) return [hole]
      const lower = before > after ? [{ after, last: { ...dot, number: before } }] : []
      return last.number > dot.number ? [...lower, { after: dot.number, last }] : lower
    }),
  }
}

/** The knowledge after it was decided that nobody has `dot`, nor what is missing before it. */
export function withHole({ knowledge, holes }: Known, dot: Dot): Known {
  const after = numberOf(knowledge, dot)
  if (after >= dot.number) return { knowledge, holes }
  const found = [...holes, { after, last: { ...dot } }]
  return {
    knowledge: withDot(knowledge, dot),
    holes: found.toSorted((a, b) => compareOrigins(a.last, b.last) || a.after - b.after),
  }
}

/** What is missing of an origin's numbers, as intervals; the last one has no end. */
const missingOf = ({ knowledge, holes }: Known, origin: Dot): { after: number; through: number }[] => [
  ...holes.filter(({ last }) => sameOrigin(last, origin)).map(({ after, last }) => ({ after, through: last.number })),
  { after: numberOf(knowledge, origin), through: Number.POSITIVE_INFINITY },
]

/** What two have known together, `joined` being the join of their vectors: a hole remains only where both lack the operation. */
export function joinKnown(a: Known, b: Known, joined: Context): Known {
  const holes = joined.flatMap(last =>
    missingOf(a, last).flatMap(left =>
      missingOf(b, last).flatMap(right => {
        const after = Math.max(left.after, right.after)
        const through = Math.min(left.through, right.through, last.number)
        return after < through ? [{ after, last: { ...last, number: through } }] : []
      }),
    ),
  )
  return { knowledge: joined, holes }
}

/** Whether everything that `part` has held, `whole` has held too. */
export function knowsAll(whole: Known, part: Known): boolean {
  if (!includes(whole.knowledge, part.knowledge)) return false
  return whole.holes.every(({ after, last }) => {
    const through = Math.min(last.number, numberOf(part.knowledge, last))
    if (after >= through) return true
    return part.holes.some(hole => sameOrigin(hole.last, last) && hole.after <= after && hole.last.number >= through)
  })
}
