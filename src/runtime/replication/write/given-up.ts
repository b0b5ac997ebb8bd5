/**
 * Requests with an idempotency key that this site has given up, and found without effect: they may land later all the same, after their client has sent them to
 * another member. Known to a run of the agent alone: after a start all is compared with what was shown last. Source: src/consistency.md "Doubt at the origin".
 */
import { keyOf, type Operation } from '../../../core/oplog/index.ts'
import { MAX_KEPT_REQUESTS } from '../limits.ts'
import type { RunState } from '../replica.ts'

/** Their keys, oldest first. */
const givenUp = new WeakMap<RunState, readonly string[]>()

export function noteGivenUp(run: RunState, { idempotency }: Operation): void {
  if (idempotency === undefined) return
  givenUp.set(run, [...(givenUp.get(run) ?? []), keyOf(idempotency)].slice(-MAX_KEPT_REQUESTS))
}

/** Whether an operation is such a request, whoever has carried it out. */
export function wasGivenUp(run: RunState, { idempotency }: Operation): boolean {
  return idempotency !== undefined && givenUp.get(run)?.includes(keyOf(idempotency)) === true
}
