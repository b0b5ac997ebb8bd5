import type { Dot, LifeTransfer, Operation } from '../../../core/oplog/index.ts'

type Summary = NonNullable<LifeTransfer['summary']>

/** Operations of this run of this site that others may have heard of. */
export interface OwnRun {
  readonly site: string
  readonly incarnation: string
  /** The greatest number that was given to one. */
  readonly last: () => number
}

/**
 * Whether any of these is an operation that this site has still to write: somebody has made it up, and who took it for known would take what is written
 * under the number for known too, and lose it.
 */
export function isOfFuture({ site, incarnation, last }: OwnRun, dots: Iterable<Dot>): boolean {
  for (const dot of dots) if (dot.site === site && dot.incarnation === incarnation && dot.number > last()) return true
  return false
}

/** All operations that an operation names. */
export function* dotsOf({ context, life, previous, memberBy }: Operation): Generator<Dot> {
  yield* context
  yield life.dot
  if (previous !== undefined) yield previous
  if (memberBy !== undefined) yield memberBy.dot
}

/** All operations that a summary names. */
export function* dotsIn({ life, knowledge, holes, droppers, changes, keys, firstDelete }: Summary): Generator<Dot> {
  yield life.dot
  yield* knowledge
  for (const { last } of holes) yield last
  for (const { greatest, context } of droppers) yield* [greatest.dot, ...context]
  for (const { by, held } of changes) yield* [by.dot, ...held]
  for (const { dot } of keys.values()) yield dot
  if (firstDelete !== undefined) yield firstDelete.dot
}
