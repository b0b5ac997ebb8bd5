/**
 * Requests with an idempotency key that this site has released, kept for a day: their operations may be forgotten long before, and a
 * request that is sent again must not be carried out again then. Source: 3-consistency "Promises to clients".
 */
import {
  IDEMPOTENCY_RETENTION_MS,
  keyOf,
  type Dot,
  type Idempotency,
  type Operation,
  type Payload,
} from '../../core/oplog/index.ts'
import { CheopsError } from '../../errors.ts'
import { MAX_KEPT_REQUESTS } from './limits.ts'
import type { Replica } from './replicas-store.ts'

export interface KeptRequest {
  /** As `keyOf` writes it. */
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
    key: keyOf(idempotency),
    dot,
    request: hashOf(payload, hash),
    ...(status !== undefined && { status }),
    at,
  }
  return [...kept.filter(each => each.at > now - IDEMPOTENCY_RETENTION_MS), entry].slice(-MAX_KEPT_REQUESTS)
}

/**
 * The operation that came with the same key before, as far as it is known here, and the status it was answered with.
 * @throws CheopsError ERR_IDEMPOTENCY_KEY when it was another request
 */
export function repeatedBy(
  { core, local }: Replica,
  payload: Payload,
  idempotency: Idempotency,
  hash: Hash,
): { readonly dot: Dot; readonly status: number | undefined } | undefined {
  const key = keyOf(idempotency)
  const request = hashOf(payload, hash)
  const kept = local.requests.findLast(each => each.key === key)
  if (kept !== undefined && kept.request !== request) throw anotherRequest()
  for (const life of core.replicant.lives) {
    const held = [...life.live, ...life.conflicts].find(
      operation => operation.idempotency !== undefined && keyOf(operation.idempotency) === key,
    )
    if (held?.payload !== undefined && hashOf(held.payload, hash) !== request) throw anotherRequest()
    // Of several sites that took the key, the operation that stays.
    const dot = held?.dot ?? life.keys.get(key)?.dot
    if (dot !== undefined) return { dot, status: kept?.status }
  }
  return kept && { dot: kept.dot, status: kept.status }
}

function anotherRequest(): CheopsError {
  return new CheopsError('ERR_IDEMPOTENCY_KEY', 'The idempotency key came with another request before.')
}

function hashOf({ method, path, body }: Payload, hash: Hash): string {
  const content = body === undefined ? '' : 'bytes' in body ? hash(body.bytes) : body.hash
  return hash(new TextEncoder().encode(JSON.stringify([method, path, content])))
}
