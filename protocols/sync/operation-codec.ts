/** Operations as their origins sign them. README.md, "Operations". */
import { bad, count, decoded, encoded, hash, hashBytes, headerName, headerValue } from './fields.ts'
import { method, path, plain, present, replicant, sites, text, type, whole } from './fields.ts'
import { SYNC_LIMITS as LIMITS } from './limits.ts'
import { OriginReader, OriginWriter } from './origins.ts'
import * as pb from './pb/message.ts'
import type { Bytes } from './fields.ts'
import type { Body, Idempotency, Operation, Payload } from '../../src/core/oplog/index.ts'

const DECODE = {
  limits: {
    origins: LIMITS.origins,
    context: LIMITS.contextDots,
    refused: LIMITS.refused,
    unsettled: LIMITS.unsettled,
    payload: { headers: LIMITS.headers },
    members: { added: LIMITS.members, removed: LIMITS.members },
  },
} as const

export function encodeOperation(operation: Operation): Bytes {
  return encoded(operationBytes(operation), decodeOperation)
}

/** Of an operation that surely keeps the limits. */
export function operationBytes(operation: Operation): Bytes {
  const { replicant, type, previous, context, matrix, memberBy, idempotency, payload, members, level } = operation
  const { adopts, refused = [], unsettled = [] } = operation
  const origins = new OriginWriter()
  return pb.Operation.encode({
    id: origins.id(operation),
    replicant,
    life: origins.id(operation.life),
    type,
    ...(previous !== undefined && { previous: origins.dot(previous) }),
    context: origins.dots(context),
    ...(matrix !== undefined && { matrix: hashBytes(matrix) }),
    ...(memberBy !== undefined && { memberBy: origins.id(memberBy) }),
    ...(idempotency !== undefined && { idempotency: idempotencyMessage(idempotency) }),
    ...(payload !== undefined && { payload: payloadMessage(payload) }),
    ...(members !== undefined && { members: { added: [...members.added], removed: [...members.removed] } }),
    level: level ?? '',
    ...(adopts !== undefined && { adopts: adoptsBytes(adopts) }),
    refused: refused.map(origins.dot),
    unsettled: unsettled.map(origins.dot),
    origins: origins.origins,
  })
}

export function decodeOperation(bytes: Uint8Array): Operation {
  if (bytes.length > LIMITS.operationBytes) throw bad(`an operation has more than ${LIMITS.operationBytes} bytes`)
  const message = decoded(() => pb.Operation.decode(plain(bytes), DECODE))
  const { previous, matrix, memberBy, idempotency, payload, members, level, adopts } = message
  const { refused, unsettled } = message
  const origins = new OriginReader(message.origins)
  return {
    ...origins.id(message.id),
    replicant: replicant(message.replicant),
    life: origins.id(message.life),
    type: type(message.type),
    ...(previous !== undefined && { previous: origins.dot(previous) }),
    context: origins.context(message.context),
    ...(matrix !== undefined && { matrix: hash(matrix) }),
    ...(memberBy !== undefined && { memberBy: origins.id(memberBy) }),
    ...(idempotency !== undefined && {
      idempotency: {
        principal: text(idempotency.principal, LIMITS.principalLength, 'a principal'),
        key: text(idempotency.key, LIMITS.idempotencyKeyLength, 'an idempotency key'),
        ...(idempotency.request !== undefined && { request: hash(idempotency.request) }),
      },
    }),
    ...(payload !== undefined && { payload: checkedPayload(payload) }),
    ...(level !== '' && { level: type(level) }),
    ...(adopts !== undefined && { adopts: checkedAdopts(adopts) }),
    ...(refused.length > 0 && { refused: refused.map(origins.dot) }),
    ...(unsettled.length > 0 && { unsettled: unsettled.map(origins.dot) }),
    ...(members !== undefined && {
      members: { added: sites(members.added, LIMITS.members), removed: sites(members.removed, LIMITS.members) },
    }),
  }
}

function idempotencyMessage({ principal, key, request }: Idempotency): pb.Idempotency {
  return { principal, key, ...(request !== undefined && { request: hashBytes(request) }) }
}

function payloadMessage({ method, path, headers, body }: Payload): pb.Payload {
  return {
    method,
    path,
    headers: headers.map(([name, value]) => ({ name, value })),
    ...(body !== undefined && { body: bodyMessage(body) }),
  }
}

function bodyMessage(body: Body): pb.Body {
  return 'bytes' in body
    ? { content: body.bytes as Bytes, length: 0n }
    : { hash: hashBytes(body.hash), length: whole(body.length) }
}

function checkedPayload({ body, ...payload }: pb.Payload): Payload {
  return {
    method: method(payload.method),
    path: path(payload.path),
    headers: payload.headers.map(({ name, value }) => [headerName(name), headerValue(value)] as const),
    ...(body !== undefined && { body: checkedBody(body) }),
  }
}

function checkedBody({ content, hash: named, length }: pb.Body): Body {
  if ((content === undefined) === (named === undefined)) throw bad('a body has not either its bytes or a hash')
  if (content === undefined) return { hash: hash(present(named, 'a hash')), length: count(length) }
  if (content.length > LIMITS.bodyBytes) throw bad(`a body has more than ${LIMITS.bodyBytes} bytes`)
  return { bytes: content }
}

export function adoptsBytes(adopts: string): Bytes {
  return adopts === 'all' ? new Uint8Array(0) : hashBytes(adopts)
}

export function checkedAdopts(adopts: Uint8Array): string {
  return adopts.length === 0 ? 'all' : hash(adopts)
}
