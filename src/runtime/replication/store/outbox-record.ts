import { encodeJson } from './encode-json.ts'
import type { Dot, LifeKnowledge, ReplicantName } from '../../../core/oplog/index.ts'

/**
 * What an outbox holds: an entry as it will be sent, or what is looked up when it is. So an operation that is forgotten before a site
 * comes back is not sent to it, and a body is on the disk once, for however many sites.
 */
export type OutboxRecord =
  | { readonly kind: 'entry'; readonly bytes: Uint8Array }
  | { readonly kind: 'operation'; readonly replicant: ReplicantName; readonly dot: Dot }
  /** What a site lacks that knows this much: as it has acknowledged, or as it has said itself. */
  | {
      readonly kind: 'replicant'
      readonly replicant: ReplicantName
      readonly knows: 'acknowledged' | readonly LifeKnowledge[]
    }

/** Mostly a record is told from the very bytes that were just written, which the journal keeps for a while. */
const written = new WeakMap<Uint8Array, OutboxRecord>()

/** JSON, which begins with a brace; or a zero, and an entry. */
export function encodeOutboxRecord(record: OutboxRecord): Uint8Array {
  const bytes = bytesOf(record)
  written.set(bytes, record)
  return bytes
}

export function decodeOutboxRecord(bytes: Uint8Array): OutboxRecord {
  const known = written.get(bytes)
  if (known !== undefined) return known
  if (bytes[0] === 0) return { kind: 'entry', bytes: bytes.slice(1) }
  return JSON.parse(new TextDecoder().decode(bytes)) as OutboxRecord
}

function bytesOf(record: OutboxRecord): Uint8Array {
  if (record.kind !== 'entry') return encodeJson(record)
  const bytes = new Uint8Array(1 + record.bytes.length)
  bytes.set(record.bytes, 1)
  return bytes
}
