/**
 * One operation for each (principal, key) and request, even when it was sent to two sites across a cut. Another request with a key that is
 * known is refused where it comes to; across a cut it is another operation, since its client was told that it took effect. Source:
 * src/consistency.md "Promises to clients".
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

/** Text that is equal for the same request with the same key of the same principal and for no others. */
export function keyOf({ principal, key, request }: Idempotency): string {
  return JSON.stringify(request === undefined ? [principal, key] : [principal, key, request])
}

/** Whether a text of {@link keyOf} is of this key of this principal, whatever was asked with it. */
export function isOfKey(text: string, { principal, key }: Idempotency): boolean {
  const without = keyOf({ principal, key })
  return text === without || text.startsWith(`${without.slice(0, -1)},`)
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
