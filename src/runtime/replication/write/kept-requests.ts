/**
 * Requests with an idempotency key that this site has released, kept for a day: their operations may be forgotten long before, and a
 * request that is sent again must not be carried out again then. Source: src/consistency.md "Promises to clients".
 */
import {
  IDEMPOTENCY_RETENTION_MS,
  isOfKey,
  keyOf,
  resetKeyOf,
  type Dot,
  type Idempotency,
  type Operation,
  type Payload,
} from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import { MAX_KEPT_REQUESTS } from '../limits.ts'
import type { Replica } from '../replica.ts'

export interface KeptRequest {
  /** As `keyOf` writes it, without the request. */
  readonly key: string
  readonly dot: Dot
  /** Hash of what was asked. */
  readonly request: string
  /** With which the application answered, if it did. */
  readonly status?: number
  /** Unix milliseconds. */
  readonly at: number
}

export type Hash = (bytes: Uint8Array) => string

/** With what is released now; without what is older than a day, or too much. */
export function withRequest(
  kept: readonly KeptRequest[],
  { idempotency, payload, dot }: Operation,
  status: number | undefined,
  now: number,
  hash: Hash,
): readonly KeptRequest[] {
  if (idempotency === undefined || payload === undefined) return kept
  const at = Math.floor(now)
  const entry = {
    key: keyAlone(idempotency),
    dot,
    request: requestOf(payload, hash),
    ...(status !== undefined && { status }),
    at,
  }
  return [...kept.filter(each => each.at > now - IDEMPOTENCY_RETENTION_MS), entry].slice(-MAX_KEPT_REQUESTS)
}

/**
 * The operation that the same request with the same key has become before, as far as it is known here, and the status it was answered with.
 * @throws CheopsError ERR_IDEMPOTENCY_KEY when the key came with another request only
 */
export function repeatedBy(
  { core, local }: Replica,
  payload: Payload,
  idempotency: Idempotency,
  hash: Hash,
): { readonly dot: Dot; readonly status: number | undefined } | undefined {
  const key = keyAlone(idempotency)
  const request = requestOf(payload, hash)
  const own = local.requests.filter(each => each.key === key)
  const kept = own.findLast(each => each.request === request)
  let isTaken = own.length > 0
  for (const life of core.replicant.lives) {
    const withKey = [...life.live, ...life.conflicts].filter(
      operation => operation.idempotency !== undefined && keyAlone(operation.idempotency) === key,
    )
    const held = withKey.find(
      operation => operation.payload === undefined || requestOf(operation.payload, hash) === request,
    )
    // Of several sites that took the request, the operation that stays. What earlier versions kept of a key is the key alone.
    const remembered =
      life.keys.get(keyOf({ ...idempotency, request })) ??
      life.keys.get(resetKeyOf({ ...idempotency, request }) ?? '') ??
      (withKey.length > 0 ? undefined : life.keys.get(key))
    const dot = held?.dot ?? remembered?.dot
    if (dot !== undefined) return { dot, status: kept?.status }
    isTaken ||= withKey.length > 0 || [...life.keys.keys()].some(text => isOfKey(text, idempotency))
  }
  if (kept !== undefined) return { dot: kept.dot, status: kept.status }
  if (isTaken) throw new CheopsError('ERR_IDEMPOTENCY_KEY', 'The idempotency key came with another request before.')
  return undefined
}

/** Without what is asked. */
export function keyAlone({ principal, key }: Idempotency): string {
  return keyOf({ principal, key })
}

/** Hash of what is asked: method, path and body. */
export function requestOf({ method, path, body }: Payload, hash: Hash): string {
  const content = body === undefined ? '' : 'bytes' in body ? hash(body.bytes) : body.hash
  return hash(new TextEncoder().encode(JSON.stringify([method, path, content])))
}

/**
 * Whether an operation is the request that its key says it is. Operations of the first versions do not say it.
 */
function isRequestOf({ idempotency, payload }: Operation, hash: Hash): boolean {
  if (idempotency?.request === undefined) return true
  return payload !== undefined && idempotency.request === requestOf(payload, hash)
}

/**
 * An operation as it counts: without a key that names another request than it is. Of one request under one key one operation counts, and the others go unseen, since they
 * say the same: who could call another body that would put it in the place of what somebody else has written, and that would be no conflict. It is what its bytes say, at
 * whatever site it is read: to be refused, it would hold up what is written behind it by who has taken it before that was checked.
 */
export function withOwnKey(operation: Operation, hash: Hash): Operation {
  if (isRequestOf(operation, hash)) return operation
  const { idempotency: _, ...keyless } = operation
  return keyless
}
