import { keyOf } from '../../../core/oplog/index.ts'
import { MAX_INLINE_BODY_BYTES } from '../limits.ts'
import { bytesOf } from '../application/state.ts'
import type { ReplicationGlue } from '../../../ports/replication-glue.ts'
import type { Engine } from '../engine.ts'
import type { LocalWrite } from './local-write.ts'

/**
 * The write with a mark in its body, where the kind has a place for one: all members send it with the same mark, and each finds out by it
 * whether its application has carried it out. Of one request with one idempotency key the mark is the same wherever it comes in.
 */
export function markedWrite(engine: Engine, glue: ReplicationGlue, write: LocalWrite): LocalWrite {
  const { description, head, path, body, idempotency } = write
  if (!(body instanceof Uint8Array) || body.length === 0) return write
  const { kind, type } = description
  // Most kinds have no place for one, and their bodies need not be read for it.
  if (glue.marked(kind, type, NOTHING, '') === NOTHING) return write
  const parsed = glue.parseBody(head.rawHeaders, body)
  if (glue.marked(kind, type, parsed, '') === parsed) return write
  const { hash, site, incarnation } = engine.options
  const asked =
    idempotency === undefined
      ? [site, incarnation, engine.nextNumber()]
      : [keyOf(idempotency), head.method, path, hash(body)]
  // Short enough for a label of Kubernetes.
  const mark = `cheops-${hash(new TextEncoder().encode(JSON.stringify(asked))).slice(0, MARK_DIGITS)}`
  const bytes = bytesOf(glue.marked(kind, type, parsed, mark))
  if (bytes.length > MAX_INLINE_BODY_BYTES) return write
  return { ...write, head: { ...head, rawHeaders: withoutDigests(head.rawHeaders) }, body: bytes }
}

/** They would be those of the body without the mark. */
function withoutDigests(rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders.filter((_, place) => !DIGEST.test(rawHeaders[place - (place % 2)] ?? ''))
}

const DIGEST = /^(content-md5|(content-|repr-)?digest)$/i

const NOTHING = { is: 'json', value: {} } as const

/** 128 bits: no two requests ever share them. */
const MARK_DIGITS = 32
