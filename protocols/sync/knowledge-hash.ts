/** What stands for a replicant in digests and audits. README.md, "Digest" and "Coded symbols". */
import { createHash } from 'node:crypto'
import { encodeKnowledge } from './message-codec.ts'
import { sum } from './fields.ts'
import type { LifeKnowledge, ReplicantName } from '../../src/core/oplog/index.ts'

/** Words of the hash of the name, and as many of that of the knowledge. */
const WORDS = 3

export function knowledgeHash(replicant: ReplicantName, lives: readonly LifeKnowledge[]): bigint {
  return sum(hashOf(replicant, lives))
}

export function auditElement(replicant: ReplicantName, lives: readonly LifeKnowledge[]): Uint32Array {
  const [name, knowledge] = [hashOf(replicant, []), hashOf(replicant, lives)]
  const element = new Uint32Array(2 * WORDS)
  for (let word = 0; word < WORDS; word++) {
    element[word] = name.readUInt32BE(4 * word)
    element[WORDS + word] = knowledge.readUInt32BE(4 * word)
  }
  return element
}

function hashOf(replicant: ReplicantName, lives: readonly LifeKnowledge[]): Buffer {
  return createHash('sha256').update(encodeKnowledge(replicant, lives)).digest()
}
