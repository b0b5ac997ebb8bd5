/** What single fields may hold. Each function gives back what it has checked, or throws CheopsError ERR_SYNC_MESSAGE. */
import { isIncarnation } from '../../src/core/membership/incarnation.ts'
import { isServiceName, isSiteName } from '../../src/core/membership/record.ts'
import { isCanonical } from '../../src/core/oplog/index.ts'
import { CheopsError } from '../../src/errors.ts'
import { SYNC_LIMITS as LIMITS } from './limits.ts'
import type { Context, ReplicantName } from '../../src/core/oplog/index.ts'
import type * as pb from './pb/message.ts'

/** As protons wants bytes: those of a SharedArrayBuffer never come here. */
export type Bytes = Uint8Array<ArrayBuffer>

const HASH_BYTES = 32
/** What a matrix can be written with: its text separates by blanks and line ends. */
const TYPE_PATTERN = /^[\x21-\x7e]+$/
const METHOD_PATTERN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const HEADER_NAME_PATTERN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
/** A line end in a value would be another header. */
const HEADER_VALUE_PATTERN = /^[^\0\r\n]*$/
const PATH_PATTERN = /^\/[\x21-\x7e\x80-\uffff]*$/

export function bad(why: string, cause?: unknown): CheopsError {
  return new CheopsError('ERR_SYNC_MESSAGE', `A sync message is refused: ${why}.`, {}, { cause })
}

/** Errors of decoders tell peers and logs more than they need; they become one of ours. */
export function decoded<T>(decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw cause instanceof CheopsError ? cause : bad('it cannot be decoded', cause)
  }
}

/** Bytes to send, which are read back: what leaves keeps the limits, and means at the other end what it means here. */
export function encoded(bytes: Bytes, readBack: (bytes: Bytes) => unknown): Bytes {
  try {
    readBack(bytes)
  } catch (cause) {
    throw tooLarge(cause instanceof Error ? cause.message : 'it cannot be written', cause)
  }
  return bytes
}

export function tooLarge(why: string, cause?: unknown): CheopsError {
  return new CheopsError('ERR_SYNC_TOO_LARGE', `This cannot be told to other sites: ${why}`, {}, { cause })
}

/** The same bytes, never as a Buffer: its parts would be Buffers too, which compare and print in another way. */
export function plain(bytes: Uint8Array): Uint8Array {
  return Buffer.isBuffer(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes
}

export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw bad(`${what} is missing`)
  return value
}

export function site(text: string): string {
  if (!isSiteName(text)) throw bad('a site has no valid name')
  return text
}

/** Sorted, each once. */
export function sites(names: readonly string[], max: number): readonly string[] {
  if (names.length > max) throw bad(`it names more than ${max} sites`)
  names.forEach((name, i) => {
    if (i > 0 && !((names[i - 1] as string) < site(name))) throw bad('sites are not sorted')
    site(name)
  })
  return names
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
  if (!Number.isSafeInteger(value) || value < 0) throw tooLarge('a number is none.')
  return BigInt(value)
}

/** A number to be written into 32 bits, which would be cut off in silence. */
export function small(value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw tooLarge('a number has more than 32 bits.')
  return value
}

export function text(value: string, max: number, what: string): string {
  if (value.length > max || !value.isWellFormed()) throw bad(`${what} is too long, or no text`)
  return value
}

function matching(value: string, max: number, pattern: RegExp, what: string): string {
  if (value.length > max || !pattern.test(value) || !value.isWellFormed()) throw bad(`${what} is none`)
  return value
}

export const type = (value: string): string => matching(value, LIMITS.typeLength, TYPE_PATTERN, 'a type of operation')
export const method = (value: string): string => matching(value, LIMITS.methodLength, METHOD_PATTERN, 'a method')
export const path = (value: string): string => matching(value, LIMITS.pathLength, PATH_PATTERN, 'a path')
export const headerName = (value: string): string =>
  matching(value, LIMITS.headerNameLength, HEADER_NAME_PATTERN, 'a name of a header')
export const headerValue = (value: string): string =>
  matching(value, LIMITS.headerValueLength, HEADER_VALUE_PATTERN, 'a value of a header')

/** SHA-256 in lower-case hexadecimal. */
export function hash(bytes: Uint8Array): string {
  if (bytes.length !== HASH_BYTES) throw bad('a hash has not 32 bytes')
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

export function hashBytes(hex: string): Bytes {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

/** 256 bits, big-endian. */
export function sum(bytes: Uint8Array): bigint {
  return BigInt(`0x${hash(bytes)}`)
}

export function sumBytes(value: bigint): Bytes {
  return hashBytes(
    BigInt.asUintN(8 * HASH_BYTES, value)
      .toString(16)
      .padStart(2 * HASH_BYTES, '0'),
  )
}

export function context(dots: Context): Context {
  if (!isCanonical(dots)) throw bad('a vector is not in canonical form')
  return dots
}

export function replicant(name: pb.Replicant | undefined): ReplicantName {
  const { service, kind, name: own } = present(name, 'the replicant')
  if (!isServiceName(service)) throw bad('a service has no valid name')
  if (kind === '') throw bad('a kind has no name')
  return {
    service,
    kind: text(kind, LIMITS.kindLength, 'a kind'),
    name: text(own, LIMITS.nameLength, 'the name of a resource'),
  }
}
