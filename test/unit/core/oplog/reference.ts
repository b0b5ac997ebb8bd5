/**
 * What src/consistency.md says of a set of operations, as plainly as it can be written and from the whole set: nothing is forgotten, every
 * pair is looked at. The oracle for what `src/core/oplog` does with the little that it keeps.
 */
import { compareOperations, covers, dotKey, keyOf } from '../../../../src/core/oplog/index.ts'
import type { Matrices, Operation, Resolution } from '../../../../src/core/oplog/index.ts'

const RESETS = ['create', 'replace', 'state', 'delete']
const isReset = ({ type }: Operation): boolean => RESETS.includes(type)

/** The table of src/consistency.md, with the custom cells of the matrix that b names. */
export function resolution(a: Operation, b: Operation, matrices: Matrices): Resolution {
  if (b.type === 'delete') return 'take-one'
  if (a.type === 'delete') return 'reverse-order'
  if (isReset(a) && isReset(b)) return 'take-one'
  if (isReset(a)) return 'keep-order'
  const cell = matrices
    .get(b.matrix ?? '')
    ?.cells.get(b.type)
    ?.get(a.type)
  return cell ?? (isReset(b) ? 'reverse-order' : 'keep-order')
}

export interface Expected {
  /** Keys of dots in their order; none if nothing is known; `absent` after a delete. */
  readonly schedule: readonly string[]
  readonly conflicts: readonly string[]
}

export function expected(set: readonly Operation[], matrices: Matrices): Expected {
  const ids = new Map(set.map(({ life }) => [dotKey(life.dot), life]))
  const lives = [...ids.values()]
    .toSorted(compareOperations)
    .map(id => set.filter(({ life }) => dotKey(life.dot) === dotKey(id.dot)))
  const holder = lives.at(-1)
  if (holder === undefined) return { schedule: [], conflicts: [] }
  const conflicts = lives.flatMap(life => {
    const kept = survivors(life, matrices)
    // A delete drops everything concurrent too, whatever the order says.
    const counts = life === holder && !life.some(({ type }) => type === 'delete')
    const lost = life
      .filter(a => a.type !== 'delete' && !isDuplicate(a, life))
      .filter(a => !counts || !kept.includes(a))
      .filter(a => !life.some(b => isReset(b) && covers(b.context, a.dot)))
    return lost.map(({ dot }) => dotKey(dot)).toSorted()
  })
  // A life whose create was lost is not executed.
  const known = holder.some(({ type }) => type === 'create')
  const schedule = known ? order(survivors(holder, matrices), matrices) : []
  return { schedule, conflicts: conflicts.toSorted() }
}

function isDuplicate(a: Operation, life: readonly Operation[]): boolean {
  const { idempotency } = a
  if (idempotency === undefined || isReset(a)) return false
  return life.some(
    b => b.idempotency !== undefined && keyOf(b.idempotency) === keyOf(idempotency) && compareOperations(b, a) < 0,
  )
}

function survivors(life: readonly Operation[], matrices: Matrices): Operation[] {
  return life
    .filter(a => !isDuplicate(a, life))
    .filter(
      a =>
        !life.some(b => {
          if (compareOperations(a, b) >= 0) return false
          const decided = resolution(a, b, matrices)
          return decided === 'take-one' || (decided === 'reverse-order' && covers(b.context, a.dot))
        }),
    )
    .toSorted(compareOperations)
}

/** Topological, smallest ≺ first; what closes a cycle is ignored for the smallest. `absent` if there is a delete. */
function order(operations: readonly Operation[], matrices: Matrices): string[] {
  const left = [...operations]
  const ordered: Operation[] = []
  const mustPrecede = (x: Operation, y: Operation): boolean => {
    const [a, b] = compareOperations(x, y) < 0 ? [x, y] : [y, x]
    const decided = resolution(a, b, matrices)
    if (decided === 'any-order' && !covers(b.context, a.dot)) return false
    return (decided === 'reverse-order' ? b : a) === x
  }
  while (left.length > 0) {
    const free = left.findIndex(y => left.every(x => x === y || !mustPrecede(x, y)))
    ordered.push(...left.splice(Math.max(free, 0), 1))
  }
  // It comes last, unless a cycle of others, which it is to end anyway, had to be broken before it.
  if (ordered.some(({ type }) => type === 'delete')) return ['absent']
  return ordered.map(({ dot }) => dotKey(dot))
}

/** The default rule in the words of src/consistency.md, of a set that names no matrix. */
export function defaultRule(life: readonly Operation[]): string[] {
  if (life.some(({ type }) => type === 'delete')) return ['absent']
  const reset = life.filter(isReset).toSorted(compareOperations).at(-1)
  if (reset === undefined) return []
  const others = life
    .filter(a => !isReset(a) && !life.some(b => isReset(b) && covers(b.context, a.dot)))
    .toSorted(compareOperations)
  return [reset, ...others].map(({ dot }) => dotKey(dot))
}
