/**
 * One operation for each (principal, key), even when the key was sent to two sites across a cut. Source: 3-consistency
 * "Promises to clients".
 *
 * Of operations that change parts the ≺-smallest stays and the others are dropped, so keys are remembered. Resets need no memory:
 * those of one key have one body, and take-one leaves one of them.
 */
import { MAX_IDEMPOTENCY_KEYS } from './limits.ts'
import { isReset } from './matrix.ts'
import { compareOperations, idOf } from './order.ts'
import type { Matrices } from './matrix.ts'
import type { Idempotency, Operation } from './operation.ts'
import type { OperationId } from './order.ts'

/** The ≺-smallest operation of each key, in the order in which they came. */
export type Keys = ReadonlyMap<string, OperationId>

type Keyed = Operation & { readonly idempotency: Idempotency }

/** Text that is equal for the same key of the same principal and for no others. */
export function keyOf({ principal, key }: Idempotency): string {
  return JSON.stringify([principal, key])
}

export function keepsKey(operation: Operation, matrices: Matrices): operation is Keyed {
  return operation.idempotency !== undefined && !isReset(operation, matrices)
}

export function withKey(keys: Keys, operation: Keyed): Keys {
  return joinKeys(keys, new Map([[keyOf(operation.idempotency), idOf(operation)]]))
}

export function joinKeys(a: Keys, b: Keys): Keys {
  if (b.size === 0) return a
  const joined = new Map(a)
  for (const [key, id] of b) {
    const known = joined.get(key)
    if (known === undefined || compareOperations(id, known) < 0) joined.set(key, id)
  }
  if (joined.size <= MAX_IDEMPOTENCY_KEYS) return joined
  const newest = [...joined].toSorted(([, left], [, right]) => compareOperations(left, right))
  return new Map(newest.slice(-MAX_IDEMPOTENCY_KEYS))
}

/** The keys without those whose operation is older than `beforeMs` (Unix milliseconds) and done with, as `isDone` says. */
export function withoutOldKeys(keys: Keys, beforeMs: number, isDone: (id: OperationId) => boolean): Keys {
  return new Map([...keys].filter(([, id]) => id.stamp.ms >= beforeMs || !isDone(id)))
}
