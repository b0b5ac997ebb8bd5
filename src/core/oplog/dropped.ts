/**
 * Which operations are dropped, decided without those that dropped them: of each type (and matrix) that can drop others the
 * ≺-greatest operation and the join of the contexts are remembered, of all that ever came, dropped or not. Whether some operation
 * b ≻ a exists, or some b that has a in its context, is then answered exactly as the full set would. Source: src/consistency.md "Forgetting".
 */
import { covers, join } from './context.ts'
import { dropsOthers, resolutionOf, sideOf } from './matrix.ts'
import { compareOperations, idOf, laterOperation } from './order.ts'
import type { Context } from './context.ts'
import type { Matrices, PairSide } from './matrix.ts'
import type { Operation } from './operation.ts'
import type { Dot, OperationId } from './order.ts'

export interface Dropper extends PairSide {
  /** The ≺-greatest operation of this type and matrix. */
  readonly greatest: OperationId
  /** The join of the contexts of all of them. */
  readonly context: Context
}

/** One for each type and matrix; in no order that means anything. */
export type Droppers = readonly Dropper[]

/** The droppers with what `operation` drops; the same object if it can drop nothing. */
export function withDropper(droppers: Droppers, operation: Operation, matrices: Matrices): Droppers {
  const side = sideOf(operation, matrices)
  if (!dropsOthers(side, matrices)) return droppers
  return joinDroppers(droppers, [{ ...side, greatest: idOf(operation), context: operation.context }])
}

export function joinDroppers(a: Droppers, b: Droppers): Droppers {
  const joined = [...a]
  for (const dropper of b) {
    const place = joined.findIndex(({ type, matrix }) => type === dropper.type && matrix === dropper.matrix)
    const known = joined[place]
    if (known === undefined) {
      joined.push(dropper)
      continue
    }
    const greatest = laterOperation(known.greatest, dropper.greatest) ?? dropper.greatest
    joined[place] = { ...known, greatest, context: join(known.context, dropper.context) }
  }
  return joined
}

/** The ≺-greatest delete of the life, if there was any: then the resource is absent for good. */
export function lastDelete(droppers: Droppers): OperationId | undefined {
  return droppers.find(({ type }) => type === 'delete')?.greatest
}

/** Whether an operation of the life has no place in its schedule, for ever. Idempotency keys aside. */
export function isDropped(operation: Operation, droppers: Droppers, matrices: Matrices): boolean {
  const deleted = lastDelete(droppers)
  if (deleted !== undefined) return operation.type !== 'delete' || compareOperations(operation, deleted) < 0
  const side = sideOf(operation, matrices)
  return droppers.some(dropper => {
    const resolution = resolutionOf(side, dropper, matrices)
    if (resolution === 'take-one' && compareOperations(operation, dropper.greatest) < 0) return true
    return (resolution === 'take-one' || resolution === 'reverse-order') && covers(dropper.context, operation.dot)
  })
}

/** Whether a reset has the operation in its context: whoever wrote that had seen it, so that nothing is lost with it. */
export function isSeen(dot: Dot, droppers: Droppers): boolean {
  return droppers.some(({ reset, context }) => reset && covers(context, dot))
}
