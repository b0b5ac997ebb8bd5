/** What single fields may hold. Each function gives back what it has checked, or throws CheopsError ERR_STATE_MESSAGE. */
import { isIncarnation } from '../../src/core/membership/incarnation.ts'
import { CheopsError } from '../../src/errors.ts'

/** As protons wants bytes: those of a SharedArrayBuffer never come here. */
export type Bytes = Uint8Array<ArrayBuffer>

const HASH_BYTES = 32

export function bad(why: string, cause?: unknown): CheopsError {
  return new CheopsError('ERR_STATE_MESSAGE', `A message of state is refused: ${why}.`, {}, { cause })
}

/** Errors of decoders tell peers and logs more than they need; they become one of ours. */
export function decoded<T>(decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw cause instanceof CheopsError ? cause : bad('it cannot be decoded', cause)
  }
}

export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw bad(`${what} is missing`)
  return value
}

export function incarnation(text: string): string {
  if (!isIncarnation(text)) throw bad('an incarnation is not one')
  return text
}

/** A whole number from `least` to 2^53 - 1; what has the highest of 64 bits is read as negative. */
export function count(value: bigint, least = 0): number {
  if (value < least || value > Number.MAX_SAFE_INTEGER) throw bad('a number is out of range')
  return Number(value)
}

/** A whole number to be written into 64 bits. */
export function whole(value: number): bigint {
  if (!Number.isSafeInteger(value) || value < 0) throw bad('a number is none')
  return BigInt(value)
}

/** A number to be written into 32 bits, which would be cut off in silence. */
export function small(value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw bad('a number has more than 32 bits')
  return value
}

/** SHA-256 in lower-case hexadecimal. */
export function hash(bytes: Uint8Array): string {
  if (bytes.length !== HASH_BYTES) throw bad('a hash has not 32 bytes')
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

export function hashBytes(hex: string): Bytes {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

export function text(value: string, max: number, what: string): string {
  if (value.length > max || !value.isWellFormed()) throw bad(`${what} is too long, or no text`)
  return value
}
