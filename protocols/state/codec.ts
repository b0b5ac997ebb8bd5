/** The bytes of `/cheops/state/1.0.0`. Everything that reading returns keeps the limits; everything else throws. */
import { isServiceName } from '../../src/core/membership/record.ts'
import { compareOperations, covers, dotKey } from '../../src/core/oplog/index.ts'
import { bad, decoded, hash, hashBytes, present, text } from './fields.ts'
import { STATE_LIMITS as LIMITS } from './limits.ts'
import { OriginReader, OriginWriter } from './origins.ts'
import * as pb from './pb/message.ts'
import type { Executed, Idempotency, LifeKnowledge, ReplicantName } from '../../src/core/oplog/index.ts'
import type { Bytes } from './fields.ts'

/** What a member tells of a replicant that it has nothing left to do for. */
export interface ToldState {
  /** What it holds of each life. */
  readonly lives: readonly LifeKnowledge[]
  /** What its application has executed. */
  readonly executed: Executed
  /** What its application answers; undefined where it has no resource of this name. Headers are names and values in turn. */
  readonly state: { readonly rawHeaders: readonly string[]; readonly body: Uint8Array } | undefined
}

/** Of the application's headers only what says how the body is to be read leaves the site: neither cookies nor names of machines. */
const TELLING = /^content-(type|encoding|language)$/
/** A line end in a value would be another header. */
const VALUE_PATTERN = /^[^\0\r\n]*$/

const DECODE = {
  limits: {
    state: {
      origins: LIMITS.origins,
      lives: LIMITS.lives,
      lives$: { knowledge: LIMITS.contextDots, holes: LIMITS.holes },
      executed: { operations: LIMITS.operations, context: LIMITS.contextDots },
      resource: { headers: LIMITS.headers },
    },
  },
} as const

/** @throws CheopsError ERR_STATE_MESSAGE for a name that cannot be asked for */
export function encodeRequest({ service, kind, name }: ReplicantName): Bytes {
  const bytes = pb.Request.encode({ service, kind, name })
  decodeRequest(bytes)
  return bytes
}

/** @throws CheopsError ERR_STATE_MESSAGE */
export function decodeRequest(bytes: Uint8Array): ReplicantName {
  if (bytes.length > LIMITS.requestBytes) throw bad(`a request has more than ${LIMITS.requestBytes} bytes`)
  const { service, kind, name } = decoded(() => pb.Request.decode(bytes))
  if (!isServiceName(service)) throw bad('a service has no valid name')
  if (kind === '') throw bad('a kind has no name')
  text(kind, LIMITS.kindLength, 'a kind')
  text(name, LIMITS.nameLength, 'the name of a resource')
  return { service, kind, name }
}

/**
 * Undefined is the answer of who has nothing to tell. Headers that do not say how to read the body are left out.
 * @throws CheopsError ERR_STATE_MESSAGE for what breaks a limit
 */
export function encodeAnswer(told: ToldState | undefined): Bytes {
  if (told === undefined) return pb.Answer.encode({})
  // Looked at first: nothing is encoded that is too large anyway.
  if ((told.state?.body.length ?? 0) > LIMITS.bodyBytes) throw bad(`a body has more than ${LIMITS.bodyBytes} bytes`)
  const bytes = pb.Answer.encode({ state: stateMessage(told) })
  // Read back: what leaves keeps the limits, and means at the other end what it means here.
  decodeAnswer(bytes)
  return bytes
}

/** @throws CheopsError ERR_STATE_MESSAGE */
export function decodeAnswer(bytes: Uint8Array): ToldState | undefined {
  if (bytes.length > LIMITS.answerBytes) throw bad(`an answer has more than ${LIMITS.answerBytes} bytes`)
  const { state } = decoded(() => pb.Answer.decode(bytes, DECODE))
  if (state === undefined) return undefined
  const origins = new OriginReader(state.origins)
  return {
    lives: checkedLives(state.lives, origins),
    executed: checkedExecuted(present(state.executed, 'what was executed'), origins),
    state: state.resource && checkedResource(state.resource),
  }
}

function stateMessage({ lives, executed, state }: ToldState): pb.State {
  const origins = new OriginWriter()
  const { life, operations, context } = executed
  return {
    lives: lives.map(origins.life),
    executed: {
      ...(life !== undefined && { life: origins.id(life) }),
      operations: operations.map(({ idempotency, ...id }) => ({
        id: origins.id(id),
        ...(idempotency !== undefined && { idempotency: idempotencyMessage(idempotency) }),
      })),
      context: origins.dots(context),
    },
    ...(state !== undefined && {
      resource: { headers: tellingHeaders(state.rawHeaders), body: state.body as Bytes },
    }),
    origins: origins.origins,
  }
}

function idempotencyMessage({ principal, key, request }: Idempotency): pb.Idempotency {
  return { principal, key, ...(request !== undefined && { request: hashBytes(request) }) }
}

function tellingHeaders(rawHeaders: readonly string[]): pb.Header[] {
  return rawHeaders.flatMap((raw, place) => {
    const name = raw.toLowerCase()
    return place % 2 === 0 && TELLING.test(name) ? [{ name, value: rawHeaders[place + 1] ?? '' }] : []
  })
}

function checkedLives(messages: readonly pb.LifeKnowledge[], origins: OriginReader): LifeKnowledge[] {
  const lives = messages.map(origins.life)
  lives.forEach(({ life }, place) => {
    const before = lives[place - 1]
    if (before !== undefined && compareOperations(before.life, life) >= 0) throw bad('lives are not sorted')
  })
  return lives
}

function checkedExecuted(message: pb.Executed, origins: OriginReader): Executed {
  const context = origins.context(message.context)
  const seen = new Set<string>()
  const operations = message.operations.map(({ id: written, idempotency }) => {
    const id = origins.id(written)
    if (seen.has(dotKey(id.dot))) throw bad('an operation was executed twice')
    seen.add(dotKey(id.dot))
    if (!covers(context, id.dot)) throw bad('an operation that was executed is not in the vector of what was')
    if (idempotency === undefined) return id
    const { principal, key, request } = idempotency
    text(principal, LIMITS.principalLength, 'a principal')
    text(key, LIMITS.idempotencyKeyLength, 'a key')
    return { ...id, idempotency: { principal, key, ...(request !== undefined && { request: hash(request) }) } }
  })
  if (message.life !== undefined) return { life: origins.id(message.life), operations, context }
  if (operations.length > 0 || context.length > 0) throw bad('what was executed belongs to no life')
  return { operations, context }
}

function checkedResource({ headers, body }: pb.Resource): NonNullable<ToldState['state']> {
  if (body.length > LIMITS.bodyBytes) throw bad(`a body has more than ${LIMITS.bodyBytes} bytes`)
  const rawHeaders = headers.flatMap(({ name, value }) => {
    if (!TELLING.test(name)) throw bad('a header does not say how to read the body')
    text(value, LIMITS.headerValueLength, 'a value of a header')
    if (!VALUE_PATTERN.test(value)) throw bad('a value of a header is none')
    return [name, value]
  })
  return { rawHeaders, body }
}
