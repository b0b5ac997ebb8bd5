/**
 * What members should have executed: a pure function of the set of operations of one life. Source: src/consistency.md "Schedule".
 *
 * `life.ts` has dropped already what does not count and keeps the rest sorted, so that the default rule costs one pass. Where an
 * operation names a matrix, the order costs one lookup for each pair: 300 operations make 44,850.
 */
import { covers } from './context.ts'
import { hasCreate, isDeleted } from './life.ts'
import { isReset, resolutionOf, sideOf } from './matrix.ts'
import { compareOperations } from './order.ts'
import type { Life } from './life.ts'
import type { Matrices, PairSide } from './matrix.ts'
import type { Operation } from './operation.ts'
import type { LifeId } from './order.ts'

/**
 * - `none`: nothing is known by this name.
 * - `absent`: the resource is deleted.
 * - `present`: a reset, executed as state, then what changes it, in this order.
 * - `unknown`: nothing may be executed, since the life's create was lost, or nothing but changes is known of it.
 */
export type Schedule =
  | { readonly state: 'none' }
  | { readonly state: 'absent'; readonly life: LifeId; readonly deletion: Operation }
  | {
      readonly state: 'present'
      readonly life: LifeId
      readonly reset: Operation
      readonly changes: readonly Operation[]
    }
  | { readonly state: 'unknown'; readonly life: LifeId }

export function scheduleOf(life: Life | undefined, matrices: Matrices): Schedule {
  if (life === undefined) return { state: 'none' }
  const id = life.life
  const reset = life.live.findLast(operation => isReset(operation, matrices))
  if (!hasCreate(life) || reset === undefined) return { state: 'unknown', life: id }
  if (isDeleted(life)) return { state: 'absent', life: id, deletion: reset }
  const others = life.live.filter(operation => operation !== reset)
  const ordered = others.some(({ matrix }) => matrix !== undefined) ? arrange(others, matrices) : others
  return { state: 'present', life: id, reset, changes: ordered }
}

/**
 * Survivors in topological order of what their resolutions say, the ≺-smallest first. Where those that are left all wait for each
 * other, the soft edges before the ≺-smallest of them are ignored: nothing causal can stand before it.
 *
 * @param operations sorted by ≺, and none of them drops another
 * @param count is told of each pair that is looked at
 */
export function arrange(operations: readonly Operation[], matrices: Matrices, count?: () => void): Operation[] {
  const sides = operations.map(operation => sideOf(operation, matrices))
  const resolution = memoized(matrices)
  const after: number[][] = operations.map(() => [])
  const before = operations.map(() => 0)
  const edge = (first: number, second: number): void => {
    after[first]?.push(second)
    before[second] = (before[second] ?? 0) + 1
  }
  for (const [later, b] of operations.entries())
    for (let earlier = 0; earlier < later; earlier++) {
      count?.()
      const [a, left, right] = [operations[earlier], sides[earlier], sides[later]]
      if (a === undefined || left === undefined || right === undefined) continue
      const decided = resolution(left, right)
      if (decided === 'keep-order' || (decided === 'any-order' && covers(b.context, a.dot))) edge(earlier, later)
      else if (decided === 'reverse-order') edge(later, earlier)
    }
  const left = new Set(operations.keys())
  const ordered: Operation[] = []
  for (;;) {
    // A set keeps the order of insertion, which is ≺. One pass a step: as many steps as pairs above.
    const next = left.values().find(place => before[place] === 0) ?? left.values().next().value
    if (next === undefined) return ordered
    left.delete(next)
    const operation = operations[next]
    if (operation !== undefined) ordered.push(operation)
    for (const place of after[next] ?? []) before[place] = (before[place] ?? 0) - 1
  }
}

/** Resolutions by type and matrix, each worked out once: there are few types, and many pairs. */
function memoized(matrices: Matrices): (a: PairSide, b: PairSide) => ReturnType<typeof resolutionOf> {
  const numbers = new Map<string, number>()
  const numberOf = new Map<PairSide, number>()
  const known: ReturnType<typeof resolutionOf>[][] = []
  const number = (side: PairSide): number => {
    const found = numberOf.get(side)
    if (found !== undefined) return found
    const name = JSON.stringify([side.type, side.matrix])
    const given = numbers.get(name) ?? numbers.size
    numbers.set(name, given)
    numberOf.set(side, given)
    return given
  }
  return (a, b) => {
    const row = (known[number(a)] ??= [])
    return (row[number(b)] ??= resolutionOf(a, b, matrices))
  }
}

/** Whether two operations may be executed in either order: the later one's matrix says so. */
export function commute(a: Operation, b: Operation, matrices: Matrices): boolean {
  const [first, second] = compareOperations(a, b) < 0 ? [a, b] : [b, a]
  return resolutionOf(sideOf(first, matrices), sideOf(second, matrices), matrices) === 'any-order'
}
