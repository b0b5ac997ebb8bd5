/**
 * What of a client's request becomes part of an operation: without credentials and preconditions, its body in memory or as a file.
 */
import { withoutQueryCredentials } from '../../../core/resource/query-credentials.ts'
import { CheopsError } from '../../../errors.ts'
import { MAX_HELD_BODY_BYTES, MAX_INLINE_BODY_BYTES } from '../limits.ts'
import { UNSEEN, bytesOf } from '../application/state.ts'
import { heldBytes } from '../application/stored-body.ts'
import type { Body, Payload } from '../../../core/oplog/index.ts'
import type { RequestHead } from '../../../core/resource/http-head.ts'
import type { ReplicationGlue } from '../../../ports/replication-glue.ts'
import type { Engine } from '../engine.ts'
import type { LargeBody } from '../bodies/body-records.ts'
import type { LocalWrite } from './local-write.ts'

/**
 * What is stored of the request: without credentials and preconditions. A file is held until `release` is called.
 * @throws CheopsError ERR_REQUEST_BODY_TOO_LARGE, ERR_BLOB_*
 */
export async function payloadOf(
  engine: Engine,
  glue: ReplicationGlue,
  { description, head, path, body }: LocalWrite,
): Promise<{ readonly payload: Payload; readonly release: () => void }> {
  const held = await heldBytes(engine.options.blobs, asBody(body))
  if (held === undefined) checkUnseen(glue, description.kind, head)
  const parsed = held === undefined ? UNSEEN : glue.parseBody(head.rawHeaders, held)
  const plain = glue.withoutConditions(description.kind, head, parsed)
  const headers = glue.storedHeaders({ ...head, rawHeaders: plain.rawHeaders })
  const kept = plain.body === parsed ? body : bytesOf(plain.body)
  const stored = { method: head.method, path: withoutQueryCredentials(path), headers }
  // Whoever has written it holds it.
  if (!(kept instanceof Uint8Array)) return { payload: { ...stored, body: kept }, release: () => undefined }
  if (kept.length === 0) return { payload: stored, release: () => undefined }
  const { body: taken, release } = await bodyOf(engine, kept)
  return { payload: { ...stored, body: taken }, release }
}

/**
 * Bytes as a body that operations have: a file where they are too many to travel inside one. That is held until `release` is called.
 * @throws CheopsError ERR_BLOB_SPACE, ERR_STORE_FAILED
 */
export async function bodyOf(
  engine: Engine,
  bytes: Uint8Array,
): Promise<{ readonly body: Body; readonly release: () => void }> {
  if (bytes.length <= MAX_INLINE_BODY_BYTES) return { body: { bytes }, release: () => undefined }
  const { hash, length, release } = await spool(engine, once(bytes))
  return { body: { hash, length }, release }
}

/** A body that is a file now. Call `release` when the write that it belongs to is over. */
export interface SpooledBody extends LargeBody {
  readonly release: () => void
}

/**
 * Takes a body that is too large to be held.
 * @throws CheopsError ERR_BLOB_SPACE, ERR_STORE_FAILED; what the body throws
 */
export async function spool({ options, bodies }: Engine, body: AsyncIterable<Uint8Array>): Promise<SpooledBody> {
  const { hash, bytes, release } = await options.blobs.write(body)
  const letGo = (): void => {
    release()
    // Where no operation has come of it.
    bodies.sweepLater()
  }
  return { hash, length: bytes, release: letGo }
}

/** Preconditions in a body hold at one site and one time: one that is too large to be looked into must not have any. */
function checkUnseen(glue: ReplicationGlue, kind: string, head: RequestHead): void {
  const isJson = glue.parseBody(head.rawHeaders, new TextEncoder().encode('{}')).is === 'json'
  if (!isJson || glue.kind(kind)?.conditions.in !== 'body') return
  const bound = `${MAX_HELD_BODY_BYTES / 1024 / 1024} MiB`
  const message = `A ${kind} of more than ${bound} cannot be replicated: its JSON may hold versions that belong to one site, and is not looked into beyond that.`
  throw new CheopsError('ERR_REQUEST_BODY_TOO_LARGE', message)
}

/** As an operation has it. */
export function asBody(body: Uint8Array | LargeBody): Body {
  return body instanceof Uint8Array ? { bytes: body } : body
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
