/**
 * What becomes of a pair of operations a ≺ b: the default rule, and the resolution matrices by which a kind refines it for types of
 * its own. Source: src/consistency.md "Schedule".
 *
 * What resets do to each other and to what follows them is the same in every matrix, since replay and forgetting rest on it; a cell
 * that says otherwise is a problem of the matrix, and without effect.
 */
import type { Operation, OperationType } from './operation.ts'

/**
 * | | a before b causally | a, b concurrent |
 * | --- | --- | --- |
 * | `take-one` | a is dropped | a is dropped |
 * | `any-order` | a, b | free |
 * | `keep-order` | a, b | a, b (soft) |
 * | `reverse-order` | a is dropped | b, a (soft) |
 */
export type Resolution = 'take-one' | 'any-order' | 'keep-order' | 'reverse-order'

/** A matrix as the glue declares it and as its hash is taken of it. */
export interface MatrixDefinition {
  /** Types of the kind's own that say what the resource is, whatever it was. */
  readonly resets: readonly OperationType[]
  /** Pairs that are not named are decided by the default rule. */
  readonly cells: readonly {
    readonly before: OperationType
    readonly after: OperationType
    readonly resolution: Resolution
  }[]
}

export interface Matrix {
  readonly resets: ReadonlySet<OperationType>
  /** By the later operation's type, then by the earlier one's. */
  readonly cells: ReadonlyMap<OperationType, ReadonlyMap<OperationType, Resolution>>
}

/** The matrices that are known here, by hash. */
export type Matrices = ReadonlyMap<string, Matrix>

/** All that a resolution depends on. */
export interface PairSide {
  readonly type: OperationType
  readonly matrix?: string
  readonly reset: boolean
}

export const NO_MATRICES: Matrices = new Map()

const RESETS: ReadonlySet<OperationType> = new Set(['create', 'replace', 'state', 'delete'])

export function isReset(operation: Pick<Operation, 'type' | 'matrix'>, matrices: Matrices): boolean {
  if (RESETS.has(operation.type)) return true
  return operation.matrix !== undefined && matrices.get(operation.matrix)?.resets.has(operation.type) === true
}

export function sideOf({ type, matrix }: Pick<Operation, 'type' | 'matrix'>, matrices: Matrices): PairSide {
  const reset = isReset({ type, ...(matrix !== undefined && { matrix }) }, matrices)
  return { type, reset, ...(matrix !== undefined && { matrix }) }
}

/** The resolution of a ≺ b, in the matrix that b names. */
export function resolutionOf(a: PairSide, b: PairSide, matrices: Matrices): Resolution {
  if (b.type === 'delete') return 'take-one'
  // A delete is dropped by nothing but another delete: what is concurrent to it and greater comes before it, and is deleted.
  if (a.type === 'delete') return 'reverse-order'
  if (a.reset) return b.reset ? 'take-one' : 'keep-order'
  const cell = b.matrix === undefined ? undefined : matrices.get(b.matrix)?.cells.get(b.type)?.get(a.type)
  if (b.reset) return cell === 'take-one' ? 'take-one' : 'reverse-order'
  return cell ?? 'keep-order'
}

/** Whether an operation can drop any other: only then its context and its place must be remembered when it is gone. */
export function dropsOthers(side: PairSide, matrices: Matrices): boolean {
  if (side.reset) return true
  if (side.matrix === undefined) return false
  const column = matrices.get(side.matrix)?.cells.get(side.type)?.values() ?? []
  return column.some(cell => cell === 'take-one' || cell === 'reverse-order')
}

export function compileMatrix({ resets, cells }: MatrixDefinition): Matrix {
  const columns = new Map<OperationType, Map<OperationType, Resolution>>()
  for (const { before, after, resolution } of cells) {
    const column = columns.get(after) ?? new Map<OperationType, Resolution>()
    columns.set(after, column.set(before, resolution))
  }
  return { resets: new Set(resets), cells: columns }
}

/** What is wrong with a matrix, each in a sentence; empty if it can be used. */
export function matrixProblems({ resets, cells }: MatrixDefinition): readonly string[] {
  const problems = new Set<string>()
  const all = new Set([...RESETS, ...resets])
  const seen = new Set<string>()
  for (const { before, after, resolution } of cells) {
    const pair = `${before} → ${after}`
    if (seen.has(pair)) problems.add(`${pair} is there twice`)
    seen.add(pair)
    if (before === 'members' || after === 'members') problems.add(`${pair}: members are no part of a schedule`)
    else if (after === 'delete' && resolution !== 'take-one')
      problems.add(`${pair} must be take-one: a delete ends the life`)
    else if (before === 'delete' && after !== 'delete' && resolution !== 'reverse-order')
      problems.add(`${pair} must be reverse-order: only another delete drops a delete`)
    else if (before !== 'delete' && all.has(before) && all.has(after) && resolution !== 'take-one')
      problems.add(`${pair} must be take-one: of two resets the later one says what the resource is`)
    else if (before !== 'delete' && all.has(before) && !all.has(after) && resolution !== 'keep-order')
      problems.add(`${pair} must be keep-order: what changes the resource comes after what makes it`)
    else if (!all.has(before) && all.has(after) && resolution !== 'take-one' && resolution !== 'reverse-order')
      problems.add(`${pair} must be take-one or reverse-order: a reset does away with what it has seen`)
  }
  return [...problems]
}
