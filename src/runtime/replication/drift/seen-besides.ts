/**
 * What a state has seen that was carried out here under another identity than the one that counts: one request with one key went to two members that were cut off from
 * each other. Source: src/consistency.md "Promises to clients".
 */
import { covers, hasExecuted, withIdentities, type Executed, type Operation } from '../../../core/oplog/index.ts'
import { currentPlan } from '../lane/current-plan.ts'
import type { Engine } from '../engine.ts'
import type { Replica } from '../replica.ts'

export interface SeenBesides {
  /** What is executed, under the identities that count. */
  readonly executed: Executed
  /** What is in the context of these, counts, and was not carried out here, in its order. */
  readonly missing: readonly Operation[]
}

/**
 * What the application shows has the effect of such a request, and so has a state that is said of that. Were it not in the context of the state, it would be carried out
 * on top of that once more, or, as it may not be sent twice, hold up all members for ever. What its origin has done before is in that context then too.
 *
 * @returns undefined where there is none, or more was to be carried out before, and the reset that counts was not carried out here
 */
export function seenBesides(engine: Engine, replica: Replica): SeenBesides | undefined {
  const { executedAs, schedule } = currentPlan(engine, replica)
  const { executed } = replica.local
  if (executedAs.length === 0 || schedule.state !== 'present') return undefined
  const counting = withIdentities(executed, executedAs)
  const isMissing = (operation: Operation): boolean =>
    !hasExecuted(executed, operation) && covers(counting.context, operation.dot)
  const missing = schedule.changes.filter(isMissing)
  // What is shown is not what came of the reset that counts: what comes behind that is not carried out on top of it.
  if (missing.length > 0 && !hasExecuted(executed, schedule.reset)) return undefined
  return { executed: counting, missing }
}
