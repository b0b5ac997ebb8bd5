/**
 * One operation for each (principal, key) and request, even when it was sent to two sites across a cut. Another request with a key that is
 * known is refused where it comes to; across a cut it is another operation, since its client was told that it took effect. Source:
 * src/consistency.md "Promises to clients".
 *
 * Of operations that change parts the ≺-smallest stays and the others are dropped, so keys are remembered. Of resets none is dropped for its
 * key: those of one key have one body, and take-one leaves one of them. Their keys are remembered, apart, for whoever is asked again: a PUT
 * that comes again after others, or a create after the delete, must not be carried out once more.
 */
import { MAX_IDEMPOTENCY_KEYS, MAX_RESET_KEYS } from './limits.ts'
import { isReset } from './matrix.ts'
import { compareOperations, idOf } from './order.ts'
import type { Matrices } from './matrix.ts'
import type { Idempotency, Operation } from './operation.ts'
import type { OperationId } from './order.ts'

/** The ≺-smallest operation of each key, as {@link keyOf} or {@link resetKeyOf} writes it, in the order in which they came. */
export type Keys = ReadonlyMap<string, OperationId>

type Keyed = Operation & { readonly idempotency: Idempotency }

/** Text that is equal for the same request with the same key of the same principal and for no others. */
export function keyOf({ principal, key, request }: Idempotency): string {
  return JSON.stringify(request === undefined ? [principal, key] : [principal, key, request])
}

/** As {@link keyOf}, of a reset; undefined without the request, as the first versions wrote it. */
export function resetKeyOf({ principal, key, request }: Idempotency): string | undefined {
  return request === undefined ? undefined : JSON.stringify([principal, key, request, RESET])
}

/** Behind the request in the text of a reset's key: what does not know it takes it for a key that nobody uses. */
const RESET = 'reset'
const RESET_END = `,${JSON.stringify(RESET)}]`

/** Whether a text of {@link keyOf} or {@link resetKeyOf} is of this key of this principal, whatever was asked with it. */
export function isOfKey(text: string, { principal, key }: Idempotency): boolean {
  const without = keyOf({ principal, key })
  return text === without || text.startsWith(`${without.slice(0, -1)},`)
}

/** Whether a text is what {@link keyOf} or {@link resetKeyOf} write of an operation, or what the first versions have written of it: the key alone. */
export function isKeyOf(text: string, { idempotency }: Operation): boolean {
  if (idempotency === undefined) return false
  const { principal, key } = idempotency
  return [keyOf(idempotency), resetKeyOf(idempotency), keyOf({ principal, key })].includes(text)
}

/** Whether it is dropped where another operation with its key stays. */
export function isOnePerKey(operation: Operation, matrices: Matrices): operation is Keyed {
  return operation.idempotency !== undefined && !isReset(operation, matrices)
}

/** The keys with that of an operation, if it has one. */
export function withKey(keys: Keys, operation: Operation, matrices: Matrices): Keys {
  const { idempotency } = operation
  if (idempotency === undefined) return keys
  const text = isOnePerKey(operation, matrices) ? keyOf(idempotency) : resetKeyOf(idempotency)
  return text === undefined ? keys : joinKeys(keys, new Map([[text, idOf(operation)]]))
}

export function joinKeys(a: Keys, b: Keys): Keys {
  if (b.size === 0) return a
  const joined = new Map(a)
  for (const [key, id] of b) {
    const known = joined.get(key)
    if (known === undefined || compareOperations(id, known) < 0) joined.set(key, id)
  }
  if (joined.size <= MAX_RESET_KEYS) return joined
  return bounded(
    bounded(joined, MAX_RESET_KEYS, text => text.endsWith(RESET_END)),
    MAX_IDEMPOTENCY_KEYS,
    () => true,
  )
}

/** The keys without the ≺-smallest of some of them, of which there are more than `most`. */
function bounded(keys: Keys, most: number, isMeant: (text: string) => boolean): Keys {
  const meant = [...keys].filter(([text]) => isMeant(text))
  if (meant.length <= most) return keys
  const least = meant.toSorted(([, left], [, right]) => compareOperations(left, right)).slice(0, meant.length - most)
  const without = new Map(keys)
  for (const [text] of least) without.delete(text)
  return without
}

/** The keys without those whose operation is older than `beforeMs` (Unix milliseconds) and done with, as `isDone` says. */
export function withoutOldKeys(keys: Keys, beforeMs: number, isDone: (id: OperationId) => boolean): Keys {
  return new Map([...keys].filter(([, id]) => id.stamp.ms >= beforeMs || !isDone(id)))
}
