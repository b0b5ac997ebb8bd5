import { ownBytes } from '../../src/core/resource/own-bytes.ts'
import { remember } from '../../src/core/resource/remember.ts'
import { createPublicKey, verify } from 'node:crypto'
import { CheopsError } from '../../src/errors.ts'
import { decodeOperation, encodeOperation, operationBytes } from './operation-codec.ts'
import { MAX_BATCH, decodeProof, encodeProof, leafOf, rootOf, treeOf } from './batch-proof.ts'
import type { BatchProof } from './batch-proof.ts'
import type { OperationSeal, SealedOperation } from '../../src/ports/sync.ts'
import type { KeyObject } from 'node:crypto'

export interface SealParts {
  /** Signatures of one mesh are worth nothing in another. */
  readonly mesh: string
  /** Name of this site: it signs nothing of another origin. */
  readonly site: string
  /** Ed25519 with the key of this agent, 64 bytes; `ed25519Keys(…).sign` of protocols/heartbeat. */
  readonly sign: (bytes: Uint8Array) => Uint8Array
  /** The 32 bytes of the Ed25519 key of a site; undefined when it is not known (yet). */
  readonly publicKeyOf: (site: string) => Uint8Array | undefined
}

/** Stands before the bytes that are signed, so that a signature made for another purpose is worth nothing here. */
const SIGNATURE_DOMAIN = 'cheops-operation:1:'
const BATCH_DOMAIN = 'cheops-operations:1:'
/** DER before the 32 bytes of an Ed25519 public key (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')
/** Keys that are remembered as OpenSSL wants them: as many as a mesh has sites. */
const MAX_KEYS = 1024
/** Of each origin, the last ones: operations of one batch come together, or one after the other by a relay. */
const MAX_SIGNED_ROOTS = 64
const UNSIGNED = new Uint8Array()

interface OriginKey {
  readonly key: KeyObject
  /** Roots that it has signed, with their signatures. */
  readonly signedRoots: Set<string>
}

/** Signs and checks operations by Ed25519. */
export function createOperationSeal({ mesh, site, sign, publicKeyOf }: SealParts): OperationSeal {
  // A name of a mesh has no colon, so nothing of one mesh reads as of another.
  const domain = Buffer.from(`${SIGNATURE_DOMAIN}${mesh}:`)
  const batchDomain = Buffer.from(`${BATCH_DOMAIN}${mesh}:`)
  const keys = new Map<string, OriginKey>()

  const keyOf = (origin: string): OriginKey => {
    const raw = publicKeyOf(origin)
    if (raw === undefined) {
      throw new CheopsError('ERR_SYNC_ORIGIN', `The key of the site ${origin} is not known here.`, { origin })
    }
    const name = Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('latin1')
    const known = keys.get(name)
    if (known !== undefined) return known
    const object = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' })
    const key = { key: object, signedRoots: new Set<string>() }
    remember(keys, name, key, MAX_KEYS)
    return key
  }

  const isSigned = (origin: string, domain: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean =>
    verify(null, Buffer.concat([domain, bytes]), keyOf(origin).key, signature)

  /** One signature is looked at once, however many operations stand under it. */
  const isUnder = (origin: string, bytes: Uint8Array, { signature, ...branch }: BatchProof): boolean => {
    const root = rootOf(leafOf(bytes), branch)
    const { signedRoots } = keyOf(origin)
    const name = Buffer.concat([root, signature]).toString('latin1')
    if (signedRoots.has(name)) return true
    if (!isSigned(origin, batchDomain, root, signature)) return false
    if (signedRoots.size >= MAX_SIGNED_ROOTS) signedRoots.delete(signedRoots.keys().next().value as string)
    signedRoots.add(name)
    return true
  }

  const signBatch = (batch: readonly SealedOperation[]): SealedOperation[] => {
    const { root, branches } = treeOf(batch.map(({ bytes }) => leafOf(bytes)))
    const signature = sign(Buffer.concat([batchDomain, root]))
    return batch.map(({ bytes }, place) => ({
      bytes,
      signature: encodeProof({ sides: 0, siblings: [], ...branches[place], signature }),
    }))
  }

  return {
    encode(operation, fits = false) {
      if (operation.dot.site !== site) throw new RangeError(`${site} does not sign for ${operation.dot.site}`)
      return { bytes: ownBytes(fits ? operationBytes(operation) : encodeOperation(operation)), signature: UNSIGNED }
    },
    sign(operations) {
      const signed: SealedOperation[] = []
      for (let from = 0; from < operations.length; from += MAX_BATCH) {
        const batch = operations.slice(from, from + MAX_BATCH)
        const [only] = batch
        if (batch.length === 1 && only !== undefined)
          signed.push({ bytes: only.bytes, signature: sign(Buffer.concat([domain, only.bytes])) })
        else signed.push(...signBatch(batch))
      }
      return signed
    },
    open({ bytes, signature }) {
      const operation = decodeOperation(bytes)
      const origin = operation.dot.site
      const proof = decodeProof(signature)
      const isTrue = proof === undefined ? isSigned(origin, domain, bytes, signature) : isUnder(origin, bytes, proof)
      if (!isTrue) {
        throw new CheopsError('ERR_SYNC_SIGNATURE', `The site ${origin} has not signed this operation.`, { origin })
      }
      return operation
    },
  }
}
