import { decodeEntry, encodeEntry } from './entry-codec.ts'
import { matrixHash } from './matrix-text.ts'
import { auditElement, knowledgeHash } from './knowledge-hash.ts'
import { decodeMessage, encodeKnowledge, encodeMessage } from './message-codec.ts'
import { decodeOperation, encodeOperation } from './operation-codec.ts'
import { SYNC_VERSION } from './limits.ts'
import type { SyncCodec } from '../../src/ports/sync.ts'

/** The bytes of `/cheops/sync/1.0.0`. Everything that reading returns keeps the limits; everything else throws. No state. */
export const syncCodec: SyncCodec = {
  version: SYNC_VERSION,
  encodeMessage,
  decodeMessage,
  encodeEntry,
  decodeEntry,
  encodeOperation,
  decodeOperation,
  encodeKnowledge,
  knowledgeHash,
  auditElement,
  matrixHash,
}
