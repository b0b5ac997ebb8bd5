/** State transfers: operations and what is remembered of a life besides. README.md, "Transfers". */
import { adoptsBytes, checkedAdopts } from './operation-codec.ts'
import { bad, count, hash, hashBytes, present, site, sites, text, type, whole } from './fields.ts'
import { isSignatureLength } from './batch-proof.ts'
import { SYNC_LIMITS as LIMITS } from './limits.ts'
import type { Bytes } from './fields.ts'
import type { OriginReader, OriginWriter } from './origins.ts'
import type * as pb from './pb/message.ts'
import type { LifeId, LifeTransfer } from '../../src/core/oplog/index.ts'
import type { SealedOperation } from '../../src/ports/sync.ts'

type Summary = NonNullable<LifeTransfer['summary']>

/** For the decoder: how many of each there may be. */
export const KNOWN_LIMITS = { knowledge: LIMITS.contextDots, holes: LIMITS.holes } as const

export const SUMMARY_LIMITS = {
  ...KNOWN_LIMITS,
  since: KNOWN_LIMITS,
  droppers: LIMITS.droppers,
  droppers$: { context: LIMITS.contextDots },
  changes: LIMITS.memberChanges,
  changes$: { held: LIMITS.contextDots, told: LIMITS.members },
  keys: LIMITS.keys,
} as const

export function sealedMessage({ bytes, signature }: SealedOperation): pb.Sealed {
  return { operation: bytes as Bytes, signature: signature as Bytes }
}

/** The form of the envelope only. */
export function checkedSealed({ operation, signature }: pb.Sealed): SealedOperation {
  if (operation.length > LIMITS.operationBytes) throw bad(`an operation has more than ${LIMITS.operationBytes} bytes`)
  if (!isSignatureLength(signature.length)) throw bad('a signature has not 64 bytes, nor 65 with a branch')
  // Copies (a Buffer's slice is none): one operation that is kept must not keep a megabyte of what came with it.
  return { bytes: new Uint8Array(operation), signature: new Uint8Array(signature) }
}

/** Whether {@link checkedSealed} takes it. */
export function isEnvelope({ bytes, signature }: SealedOperation): boolean {
  return bytes.length <= LIMITS.operationBytes && isSignatureLength(signature.length)
}

export function summaryMessage(summary: Summary, origins: OriginWriter): pb.Summary {
  const { droppers, changes, keys, firstDelete, createKey, adopts, conflictsForgotten, since, from } = summary
  return {
    ...origins.known(summary),
    since: origins.known(since),
    from,
    droppers: droppers.map(({ matrix, greatest, context, ...side }) => ({
      ...side,
      greatest: origins.id(greatest),
      context: origins.dots(context),
      ...(matrix !== undefined && { matrix: hashBytes(matrix) }),
    })),
    changes: changes.map(({ by, held, told, ...change }) => ({
      ...change,
      by: origins.id(by),
      held: origins.dots(held),
      told: [...told],
    })),
    keys: [...keys].map(([key, id]) => ({ key, id: origins.id(id) })),
    ...(firstDelete !== undefined && { firstDelete: origins.id(firstDelete) }),
    ...(createKey !== undefined && { createKey }),
    ...(adopts !== undefined && { adopts: adoptsBytes(adopts) }),
    conflictsForgotten: whole(conflictsForgotten),
  }
}

export function checkedSummary(summary: pb.Summary, life: LifeId, origins: OriginReader): Summary {
  const { firstDelete, createKey, adopts } = summary
  const keys = new Map(
    summary.keys.map(({ key, id }) => [text(key, LIMITS.keyLength, 'an idempotency key'), origins.id(id)]),
  )
  if (keys.size !== summary.keys.length) throw bad('an idempotency key is there twice')
  return {
    life,
    ...origins.known(summary),
    since: origins.known(present(summary.since, 'what a summary is for')),
    from: site(summary.from),
    droppers: summary.droppers.map(dropper => ({
      type: type(dropper.type),
      reset: dropper.reset,
      ...(dropper.matrix !== undefined && { matrix: hash(dropper.matrix) }),
      greatest: origins.id(dropper.greatest),
      context: origins.context(dropper.context),
    })),
    changes: summary.changes.map(change => ({
      site: site(change.site),
      by: origins.id(present(change.by, 'an operation on members')),
      member: change.member,
      held: origins.context(change.held),
      told: sites(change.told, LIMITS.members),
    })),
    keys,
    ...(firstDelete !== undefined && { firstDelete: origins.id(firstDelete) }),
    ...(createKey !== undefined && { createKey: text(createKey, LIMITS.keyLength, 'an idempotency key') }),
    ...(adopts !== undefined && { adopts: checkedAdopts(adopts) }),
    conflictsForgotten: count(summary.conflictsForgotten),
  }
}
