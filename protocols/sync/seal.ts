import { createPublicKey, verify } from 'node:crypto'
import { CheopsError } from '../../src/errors.ts'
import { decodeOperation, encodeOperation, operationBytes } from './operation-codec.ts'
import type { OperationSeal } from '../../src/ports/sync.ts'
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
/** DER before the 32 bytes of an Ed25519 public key (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')
/** Keys that are remembered as OpenSSL wants them: as many as a mesh has sites. */
const MAX_KEYS = 1024

/** Signs and checks operations by Ed25519. */
export function createOperationSeal({ mesh, site, sign, publicKeyOf }: SealParts): OperationSeal {
  // A name of a mesh has no colon, so nothing of one mesh reads as of another.
  const domain = Buffer.from(`${SIGNATURE_DOMAIN}${mesh}:`)
  const toSign = (bytes: Uint8Array): Uint8Array => Buffer.concat([domain, bytes])
  const keys = new Map<string, KeyObject>()

  const keyOf = (origin: string): KeyObject => {
    const raw = publicKeyOf(origin)
    if (raw === undefined) {
      throw new CheopsError('ERR_SYNC_ORIGIN', `The key of the site ${origin} is not known here.`, { origin })
    }
    const name = Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('latin1')
    const known = keys.get(name)
    if (known !== undefined) return known
    const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' })
    if (keys.size >= MAX_KEYS) keys.delete(keys.keys().next().value as string)
    keys.set(name, key)
    return key
  }

  return {
    seal(operation, fits = false) {
      if (operation.dot.site !== site) throw new RangeError(`${site} does not sign for ${operation.dot.site}`)
      const bytes = fits ? operationBytes(operation) : encodeOperation(operation)
      return { bytes, signature: sign(toSign(bytes)) }
    },
    open({ bytes, signature }) {
      const operation = decodeOperation(bytes)
      const origin = operation.dot.site
      if (!verify(null, toSign(bytes), keyOf(origin), signature)) {
        throw new CheopsError('ERR_SYNC_SIGNATURE', `The site ${origin} has not signed this operation.`, { origin })
      }
      return operation
    },
  }
}
