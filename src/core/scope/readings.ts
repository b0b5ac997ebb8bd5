import type { Expression, Operator } from './ast.ts'
import { printExpression } from './printer.ts'

/** The operators of a group; neither binds more than the other. */
export type GroupOperator = 'and' | 'cross'

/** One expression is itself: a group has two parts or more. */
export function groupOf(kind: Operator, parts: readonly Expression[]): Expression {
  const [only] = parts
  return parts.length === 1 && only !== undefined ? only : { kind, parts }
}

/**
 * The two ways to read a chain of mixed `&` and `%`: `(a & b) % c` and `a & (b % c)`.
 * @param operators those between the parts, one fewer
 */
export function bothReadings(
  parts: readonly Expression[],
  operators: readonly GroupOperator[],
): readonly [string, string] {
  return [
    printExpression(bindTighter('and', parts, operators)),
    printExpression(bindTighter('cross', parts, operators)),
  ]
}

function bindTighter(
  tight: GroupOperator,
  parts: readonly Expression[],
  operators: readonly GroupOperator[],
): Expression {
  const runs: Expression[][] = []
  parts.forEach((part, index) => {
    const run = runs.at(-1)
    if (run !== undefined && operators[index - 1] === tight) run.push(part)
    else runs.push([part])
  })
  const groups = runs.map(run => groupOf(tight, run))
  return groupOf(tight === 'and' ? 'cross' : 'and', groups)
}
