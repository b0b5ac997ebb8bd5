/** Resolution matrices, read as plainly as src/consistency.md puts them: every pair of the full log is looked at, and nothing is remembered. */
import { compareOperations, covers } from '../../../src/core/oplog/index.ts'
import type { MatrixDefinition, Operation } from '../../../src/core/oplog/index.ts'

/** By the hash by which operations name them. */
export type Definitions = ReadonlyMap<string, MatrixDefinition>

type Resolution = MatrixDefinition['cells'][number]['resolution']

const RESETS = ['create', 'replace', 'state', 'delete']

/** Whether it says what the resource is, whatever it was: by what it is, or by the matrix that it names. */
export function isResetIn({ type, matrix }: Operation, matrices: Definitions): boolean {
  return RESETS.includes(type) || (matrix !== undefined && matrices.get(matrix)?.resets.includes(type) === true)
}

/** Whether another operation of the life does away with this one. Lives that have not ended, so that there is no delete among them. */
export function isDroppedBy(a: Operation, b: Operation, matrices: Definitions): boolean {
  if (a === b || compareOperations(a, b) > 0) return false
  const resolution = resolutionOf(a, b, matrices)
  return resolution === 'take-one' || (resolution === 'reverse-order' && covers(b.context, a.dot))
}

/** The ≺-smallest before which nothing must come; where all wait for each other, the ≺-smallest. */
export function arranged(operations: readonly Operation[], matrices: Definitions): readonly Operation[] {
  const left = operations.toSorted(compareOperations)
  const ordered: Operation[] = []
  while (left.length > 0) {
    const free = left.findIndex(operation => !left.some(other => mustComeBefore(other, operation, matrices)))
    ordered.push(...left.splice(Math.max(0, free), 1))
  }
  return ordered
}

function mustComeBefore(first: Operation, then: Operation, matrices: Definitions): boolean {
  if (first === then) return false
  const isEarlier = compareOperations(first, then) < 0
  const resolution = isEarlier ? resolutionOf(first, then, matrices) : resolutionOf(then, first, matrices)
  if (!isEarlier) return resolution === 'reverse-order'
  return resolution === 'keep-order' || (resolution === 'any-order' && covers(then.context, first.dot))
}

/** Of a ≺ b, in the matrix that b names; of two resets, and of a reset and what changes it, the default rule always holds. */
function resolutionOf(a: Operation, b: Operation, matrices: Definitions): Resolution {
  const [before, after] = [isResetIn(a, matrices), isResetIn(b, matrices)]
  if (before) return after ? 'take-one' : 'keep-order'
  const named = b.matrix === undefined ? undefined : matrices.get(b.matrix)?.cells
  const cell = named?.find(pair => pair.before === a.type && pair.after === b.type)?.resolution
  return cell ?? (after ? 'reverse-order' : 'keep-order')
}
