import { CheopsError } from '../../errors.ts'
import type { BlobState } from '../../ports/blobs.ts'

const SHA256 = /^[0-9a-f]{64}$/

/**
 * Lets nothing but a hash become part of a path.
 * @throws CheopsError ERR_BLOB_HASH
 */
export function checkHash(hash: string): void {
  if (!SHA256.test(hash)) throw new CheopsError('ERR_BLOB_HASH', 'That is no SHA-256 in 64 small hexadecimal digits.')
}

export function blobNotFound(hash: string, state: BlobState): CheopsError {
  const message = state.kind === 'absent' ? `The body ${hash} is not here.` : `Of the body ${hash} only a part is here.`
  return new CheopsError('ERR_BLOB_NOT_FOUND', message, { hash })
}

export function blobCorrupt(hash: string, cause?: unknown): CheopsError {
  return new CheopsError('ERR_BLOB_CORRUPT', `The body ${hash} on the disk is damaged.`, { hash }, { cause })
}

/** @param bytes where the body ends here */
export function offsetRefused(hash: string, offset: number, bytes: number): CheopsError {
  const message = `The body ${hash} has ${String(bytes)} bytes here; ${String(offset)} does not fit that.`
  return new CheopsError('ERR_BLOB_OFFSET', message, { hash, offset, bytes })
}

export function otherBody(hash: string, actual: string): CheopsError {
  return new CheopsError('ERR_BLOB_HASH', `What came as ${hash} is another body.`, { hash, actual })
}
