/** The bytes of `/cheops/body/1.0.0`. Everything that reading returns keeps the limits; everything else throws. */
import { isServiceName } from '../../src/core/membership/record.ts'
import { CheopsError } from '../../src/errors.ts'
import { BODY_LIMITS as LIMITS } from './limits.ts'
import * as pb from './pb/message.ts'
import type { BodyPiece } from '../../src/ports/bodies.ts'

const SHA256 = /^[0-9a-f]{64}$/

export function bad(why: string, cause?: unknown): CheopsError {
  return new CheopsError('ERR_BODY_MESSAGE', `A message of body is refused: ${why}.`, {}, { cause })
}

/** @throws CheopsError ERR_BODY_MESSAGE for what cannot be asked for */
export function encodeRequest({ replicant, hash, from, to }: BodyPiece): Uint8Array {
  if (!SHA256.test(hash)) throw bad('a hash is none')
  const { service, kind, name } = replicant
  const bytes = pb.Request.encode({
    service,
    kind,
    name,
    hash: Uint8Array.from(Buffer.from(hash, 'hex')),
    from: whole(from),
    to: whole(to),
  })
  decodeRequest(bytes)
  return bytes
}

/** @throws CheopsError ERR_BODY_MESSAGE */
export function decodeRequest(bytes: Uint8Array): BodyPiece {
  if (bytes.length > LIMITS.requestBytes) throw bad(`a request has more than ${LIMITS.requestBytes} bytes`)
  const { service, kind, name, hash, from, to } = decoded(() => pb.Request.decode(bytes))
  if (!isServiceName(service)) throw bad('a service has no valid name')
  if (kind === '' || !isText(kind, LIMITS.kindLength)) throw bad('a kind has no valid name')
  if (!isText(name, LIMITS.nameLength)) throw bad('the name of a resource is too long, or no text')
  if (hash.length !== 32) throw bad('a hash has not 32 bytes')
  const piece = {
    replicant: { service, kind, name },
    hash: Buffer.from(hash).toString('hex'),
    from: count(from),
    to: count(to),
  }
  if (piece.to <= piece.from) throw bad('a piece has no bytes')
  if (piece.to - piece.from > LIMITS.pieceBytes) throw bad(`a piece has more than ${LIMITS.pieceBytes} bytes`)
  return piece
}

export function encodeAnswer(told: boolean): Uint8Array {
  return pb.Answer.encode({ told })
}

/** @throws CheopsError ERR_BODY_MESSAGE */
export function decodeAnswer(bytes: Uint8Array): boolean {
  return decoded(() => pb.Answer.decode(bytes)).told
}

function decoded<T>(decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw bad('it cannot be decoded', cause)
  }
}

/** A whole number to 2^53 - 1; what has the highest of 64 bits is read as negative. */
function count(value: bigint): number {
  if (value < 0 || value > Number.MAX_SAFE_INTEGER) throw bad('a number is out of range')
  return Number(value)
}

function whole(value: number): bigint {
  if (!Number.isSafeInteger(value) || value < 0) throw bad('a number is none')
  return BigInt(value)
}

function isText(value: string, max: number): boolean {
  return value.length <= max && value.isWellFormed()
}
