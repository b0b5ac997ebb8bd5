/**
 * What one site has sent to its application of one replicant, and what a write there has therefore seen.
 * Source: src/consistency.md "Identity and order" (context), "Plan, at one site".
 */
import { EMPTY_CONTEXT, join, withDot } from './context.ts'
import { isReset } from './matrix.ts'
import { idOf, sameDot } from './order.ts'
import type { Context } from './context.ts'
import type { Life } from './life.ts'
import type { Matrices } from './matrix.ts'
import type { Idempotency, Operation } from './operation.ts'
import type { Dot, LifeId, OperationId } from './order.ts'

export interface ExecutedOperation extends OperationId {
  /** One request with one key: it has been executed, under whichever dot. */
  readonly idempotency?: Idempotency
}

export interface Executed {
  /** The life that the operations belong to; none if nothing of the name was ever executed here. */
  readonly life?: LifeId
  /** In the order of execution, from the last executed reset on, that included. What failed for good counts. */
  readonly operations: readonly ExecutedOperation[]
  /** The join of contexts and dots of these operations. */
  readonly context: Context
}

export const NOTHING_EXECUTED: Executed = { operations: [], context: EMPTY_CONTEXT }

/** What is executed after the lane has executed one operation more. A reset begins anew. */
export function withExecuted(executed: Executed, operation: Operation, matrices: Matrices): Executed {
  const { life, dot, context, idempotency } = operation
  const entry = { ...idOf(operation), ...(idempotency !== undefined && { idempotency }) }
  const goesOn = executed.life !== undefined && sameDot(executed.life.dot, life.dot) && !isReset(operation, matrices)
  return {
    life,
    operations: goesOn ? [...executed.operations, entry] : [entry],
    context: withDot(join(goesOn ? executed.context : EMPTY_CONTEXT, context), dot),
  }
}

/** The list without keys that operations which are held do not have. Of what is not held any more nobody can tell. */
export function withOwnKeysIn(executed: Executed, held: (dot: Dot) => Operation | undefined): Executed {
  const isOwn = ({ dot, idempotency }: ExecutedOperation): boolean =>
    idempotency === undefined || (held(dot) ?? { idempotency }).idempotency !== undefined
  if (executed.operations.every(isOwn)) return executed
  return { ...executed, operations: executed.operations.map(done => (isOwn(done) ? done : idOf(done))) }
}

/**
 * What is executed where requests count under other identities than those that were executed, and nothing is left to do: what is written next has seen
 * those that count.
 */
export function withIdentities(
  executed: Executed,
  counting: readonly { readonly place: number; readonly operation: Operation }[],
): Executed {
  const operations = [...executed.operations]
  let { context } = executed
  for (const { place, operation } of counting) {
    const { idempotency } = operation
    operations[place] = { ...idOf(operation), ...(idempotency !== undefined && { idempotency }) }
    context = withDot(join(context, operation.context), operation.dot)
  }
  return { ...executed, operations, context }
}

/** The origin's previous operation on a life, of whatever incarnation. */
export function previousOf(life: Life, site: string): Dot | undefined {
  return life.knowledge.findLast(dot => dot.site === site)
}

/**
 * The context of what a site writes next on a life: what is executed there, its own previous operation, and the life's create, which
 * a change of members by a site that has executed nothing yet must name too.
 */
export function nextContext(executed: Executed, life: Life, site: string): Context {
  const goesOn = executed.life !== undefined && sameDot(executed.life.dot, life.life.dot)
  const previous = previousOf(life, site)
  const seen = withDot(goesOn ? executed.context : EMPTY_CONTEXT, life.life.dot)
  return previous === undefined ? seen : withDot(seen, previous)
}
