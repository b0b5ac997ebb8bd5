/**
 * Who is who among operations, and which of two comes first.
 * Source: src/consistency.md "Identity and order". Everything here is plain data that a codec writes as it is.
 */
import { compareText } from '../resource/text-order.ts'
import { compareIncarnations } from '../membership/incarnation.ts'

/** Identity of an operation. Numbers of one origin are unique and rise; they are not dense. */
export interface Dot {
  /** Name of the origin. */
  readonly site: string
  /** Incarnation of the origin's agent, as `core/membership/incarnation.ts` writes it. */
  readonly incarnation: string
  /** Integer, 1 or more. */
  readonly number: number
}

/** A hybrid logical clock's reading: Unix milliseconds, then a counter within them (both integers, 0 or more). */
export interface Stamp {
  readonly ms: number
  readonly counter: number
}

/** What an operation is ordered by: enough to speak of it without holding it. */
export interface OperationId {
  readonly stamp: Stamp
  readonly dot: Dot
}

/** A life is named by its create. */
export type LifeId = OperationId

/** Text that is equal for equal dots and for no others; not meant to be read back. */
export function dotKey(dot: Dot): string {
  return `${dot.incarnation}/${dot.number}/${dot.site}`
}

export function sameDot(a: Dot, b: Dot): boolean {
  return a.number === b.number && a.incarnation === b.incarnation && a.site === b.site
}

export function compareStamps(a: Stamp, b: Stamp): number {
  return a.ms - b.ms || a.counter - b.counter
}

/** Order of (site, incarnation), the keys of contexts. */
export function compareOrigins(a: Dot, b: Dot): number {
  return compareText(a.site, b.site) || compareIncarnations(a.incarnation, b.incarnation)
}

/** Canonical order ≺ = (stamp, site, incarnation, number): total, and it extends causality. Negative when a ≺ b. */
export function compareOperations(a: OperationId, b: OperationId): number {
  return compareStamps(a.stamp, b.stamp) || compareOrigins(a.dot, b.dot) || a.dot.number - b.dot.number
}

/** Of two operations, either possibly missing, the ≺-greater one. */
export function laterOperation(a: OperationId | undefined, b: OperationId | undefined): OperationId | undefined {
  if (a === undefined) return b
  if (b === undefined) return a
  return compareOperations(a, b) < 0 ? b : a
}

export function laterStamp(a: Stamp, b: Stamp): Stamp {
  return compareStamps(a, b) < 0 ? b : a
}

/** The (stamp, dot) of whatever has them, without the rest. */
export function idOf({ stamp, dot }: OperationId): OperationId {
  return { stamp, dot }
}
