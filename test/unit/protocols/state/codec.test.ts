/**
 * The bytes of the state protocol: whatever may be told is read back as it was; any bytes at all are either read or refused with a
 * code; every limit holds at its bound and not one beyond; what contradicts itself is refused.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from '../../../../protocols/state/codec.ts'
import { STATE_LIMITS as LIMITS } from '../../../../protocols/state/limits.ts'
import * as pb from '../../../../protocols/state/pb/message.ts'
import { compareOperations, contextOf, dotKey } from '../../../../src/core/oplog/index.ts'
import { CheopsError } from '../../../../src/errors.ts'
import type { ToldState } from '../../../../protocols/state/codec.ts'
import type { Dot, Executed, LifeKnowledge, OperationId } from '../../../../src/core/oplog/index.ts'

const refused = expect.objectContaining({ code: 'ERR_STATE_MESSAGE' })
const MAX = Number.MAX_SAFE_INTEGER
const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
const incarnation = (i: number): string => `1763762400000-${i.toString(16).padStart(16, '0')}`
const dot = (i: number): Dot => ({ site: 'paris', incarnation: incarnation(i), number: 7 })
const id = (i: number): OperationId => ({ stamp: { ms: 5, counter: i }, dot: dot(i) })
const nothing: ToldState = { lives: [], executed: { operations: [], context: [] }, state: undefined }

// Anything that may be told ------------------------------------------------------------------------------------------

const text = (maxLength: number, minLength = 0): fc.Arbitrary<string> =>
  fc
    .string({ unit: 'grapheme', minLength, maxLength })
    .map(value => value.slice(0, maxLength).toWellFormed())
    .filter(value => value.length >= minLength)
const natural = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, MAX))
const anyDot: fc.Arbitrary<Dot> = fc.record({
  site: fc.constantFrom('paris', 'lyon', 'Site-1', 'x'.repeat(63)),
  incarnation: fc.constantFrom(
    incarnation(0),
    incarnation(1),
    '9999999999999999-ffffffffffffffff',
    '0-0123456789abcdef',
  ),
  number: natural.map(value => Math.max(1, value)),
})
const anyId: fc.Arbitrary<OperationId> = fc.record({
  stamp: fc.record({ ms: natural, counter: fc.oneof(fc.nat(3), fc.constantFrom(2 ** 31, 2 ** 32 - 1)) }),
  dot: anyDot,
})
const anyRequest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytes => Buffer.from(bytes).toString('hex'))
const anyHole = fc
  .tuple(fc.nat(1000), anyDot)
  .map(([after, last]) => ({ after, last: { ...last, number: Math.max(after + 1, last.number) } }))
const anyLives: fc.Arbitrary<LifeKnowledge[]> = fc
  .uniqueArray(
    fc.record({
      life: anyId,
      knowledge: fc.array(anyDot, { maxLength: 6 }).map(contextOf),
      holes: fc.array(anyHole, { maxLength: 3 }),
    }),
    { maxLength: 4, comparator: (a, b) => compareOperations(a.life, b.life) === 0 },
  )
  .map(lives => lives.toSorted((a, b) => compareOperations(a.life, b.life)))
const anyExecuted: fc.Arbitrary<Executed> = fc.oneof(
  fc.constant({ operations: [], context: [] }),
  fc
    .tuple(
      anyId,
      fc.uniqueArray(
        fc
          .tuple(
            anyId,
            fc.option(
              fc.record(
                { principal: text(512), key: text(512), request: anyRequest },
                { requiredKeys: ['principal', 'key'] },
              ),
            ),
          )
          .map(([own, idempotency]) => ({
            ...own,
            ...(idempotency !== null && { idempotency }),
          })),
        { maxLength: 5, selector: operation => dotKey(operation.dot) },
      ),
      fc.array(anyDot, { maxLength: 5 }),
    )
    .map(([life, operations, seen]) => ({
      life,
      operations,
      context: contextOf([...seen, ...operations.map(operation => operation.dot)]),
    })),
)
const anyState: fc.Arbitrary<ToldState['state']> = fc.option(
  fc.record({
    rawHeaders: fc
      .array(
        fc.tuple(fc.constantFrom('content-type', 'content-encoding'), fc.constantFrom('', 'application/json', 'é"')),
        {
          maxLength: 3,
        },
      )
      .map(headers => headers.flat()),
    body: fc.uint8Array({ maxLength: 2000 }),
  }),
  { nil: undefined },
)
const anyTold: fc.Arbitrary<ToldState> = fc.record({ lives: anyLives, executed: anyExecuted, state: anyState })

// ---------------------------------------------------------------------------------------------------------------------

describe('what is written is read back', () => {
  test('requests', () => {
    const name = fc.record({ service: fc.constantFrom('inventory', 's', 'a-1'), kind: text(256, 1), name: text(2048) })
    fc.assert(
      fc.property(name, value => {
        expect(decodeRequest(encodeRequest(value))).toEqual(value)
      }),
    )
  })

  test('states', () => {
    fc.assert(
      fc.property(anyTold, value => {
        expect(decodeAnswer(encodeAnswer(value))).toEqual(value)
      }),
      { numRuns: 1000 },
    )
  })

  test('nothing', () => {
    expect(decodeAnswer(encodeAnswer(undefined))).toBeUndefined()
  })
})

test('a resource with an empty body is not the same as none', () => {
  const state = { rawHeaders: [], body: new Uint8Array() }
  expect(decodeAnswer(encodeAnswer({ ...nothing, state }))?.state).toEqual(state)
  expect(decodeAnswer(encodeAnswer(nothing))?.state).toBeUndefined()
})

test('only headers that say how to read the body leave the site', () => {
  const rawHeaders = ['Set-Cookie', 'a=b', 'Content-Type', 'application/json', 'ETag', 'content-type', 'Server', 'x']
  const back = decodeAnswer(encodeAnswer({ ...nothing, state: { rawHeaders, body: new Uint8Array(1) } }))
  expect(back?.state?.rawHeaders).toEqual(['content-type', 'application/json'])
})

describe('any bytes are read or refused with the code', () => {
  const tolerant = (read: () => unknown): void => {
    try {
      read()
    } catch (error) {
      if (!(error instanceof CheopsError) || error.code !== 'ERR_STATE_MESSAGE') throw error
    }
  }
  const reads = (bytes: Uint8Array): void => {
    tolerant(() => decodeRequest(bytes))
    tolerant(() => {
      // What was read can be told again, and means the same.
      const told = decodeAnswer(bytes)
      expect(decodeAnswer(encodeAnswer(told))).toEqual(told)
    })
  }

  test('random ones', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), reads), { numRuns: 3000 })
  })

  test('good ones with a byte changed or an end cut off', () => {
    fc.assert(
      fc.property(anyTold, fc.nat(), fc.nat(255), fc.boolean(), (value, place, byte, isCut) => {
        const bytes = Uint8Array.from(encodeAnswer(value))
        bytes[place % bytes.length] = byte
        reads(isCut ? bytes.subarray(0, place % bytes.length) : bytes)
      }),
      { numRuns: 3000 },
    )
  })

  test('fields of a later version are skipped', () => {
    const later = Buffer.concat([encodeAnswer(nothing), Buffer.from([0xa2, 0x06, 1, 7])])
    expect(decodeAnswer(later)).toEqual(nothing)
  })
})

/** What is written at `limit`, and refused at one more. */
const replicant = { service: 's', kind: 'k', name: 'n' }
const life = (parts: Partial<LifeKnowledge>): Uint8Array =>
  encodeAnswer({ ...nothing, lives: [{ life: id(0), knowledge: [], holes: [], ...parts }] })
const done = (parts: Partial<Executed>): Uint8Array =>
  encodeAnswer({ ...nothing, executed: { life: id(0), operations: [], context: [], ...parts } })
const shown = (rawHeaders: string[], bytes = 0): Uint8Array =>
  encodeAnswer({ ...nothing, state: { rawHeaders, body: new Uint8Array(bytes) } })
const keyed = (principal: string, key: string): Uint8Array =>
  done({ operations: [{ ...id(0), idempotency: { principal, key } }], context: [dot(0)] })
/** A good message, and behind it a field of a later version that fills it up to so many bytes. */
const filled = (message: Uint8Array, size: number): Uint8Array => {
  const length = size - message.length - 2
  for (const lengthBytes of [1, 2, 3, 4]) {
    const head = [0xa2, 0x06]
    let rest = length - lengthBytes
    for (let i = 0; i < lengthBytes; i++) head.push((rest & 0x7f) | (i < lengthBytes - 1 ? 0x80 : 0))
    for (let i = 0; i < lengthBytes; i++) head[2 + i] = ((rest >> (7 * i)) & 0x7f) | (i < lengthBytes - 1 ? 0x80 : 0)
    rest = length - lengthBytes
    if (rest >= 0 && rest < 2 ** (7 * lengthBytes))
      return Buffer.concat([message, Buffer.from(head), Buffer.alloc(rest)])
  }
  throw new Error('too small')
}

const CASES: Readonly<Record<keyof typeof LIMITS, (size: number) => unknown>> = {
  requestBytes: size => decodeRequest(filled(encodeRequest(replicant), size)),
  answerBytes: size => decodeAnswer(filled(encodeAnswer(nothing), size)),
  bodyBytes: size => shown([], size),
  kindLength: size => encodeRequest({ ...replicant, kind: 'x'.repeat(size) }),
  nameLength: size => encodeRequest({ ...replicant, name: 'x'.repeat(size) }),
  // Half of them in each of two vectors, which may have more together than one.
  origins: size =>
    encodeAnswer({
      ...nothing,
      lives: [
        { life: id(0), knowledge: many(size >> 1, dot), holes: [] },
        { life: id(1), knowledge: many(size - (size >> 1), i => dot((size >> 1) + i)), holes: [] },
      ],
    }),
  contextDots: size => life({ knowledge: many(size, dot) }),
  lives: size => encodeAnswer({ ...nothing, lives: many(size, i => ({ life: id(i), knowledge: [], holes: [] })) }),
  holes: size => life({ holes: many(size, () => ({ after: 1, last: dot(0) })) }),
  principalLength: size => keyed('x'.repeat(size), ''),
  idempotencyKeyLength: size => keyed('', 'x'.repeat(size)),
  operations: size =>
    done({
      operations: many(size, i => ({ stamp: { ms: 1, counter: 0 }, dot: { ...dot(0), number: i + 1 } })),
      context: [{ ...dot(0), number: size }],
    }),
  headers: size => shown(many(size, () => ['content-type', 'x']).flat()),
  headerValueLength: size => shown(['content-type', 'x'.repeat(size)]),
}

describe.each(Object.entries(LIMITS))('%s', (name, limit) => {
  const make = CASES[name as keyof typeof LIMITS]

  test(`is kept at ${limit}`, () => {
    expect(() => make(limit)).not.toThrow()
  })

  test(`is refused at ${limit + 1}`, () => {
    expect(() => make(limit + 1)).toThrow(refused)
  })
})

test('the vector of what was executed has at most contextDots', () => {
  expect(done({ context: many(LIMITS.contextDots, dot) }).length).toBeGreaterThan(0)
  expect(() => done({ context: many(LIMITS.contextDots + 1, dot) })).toThrow(refused)
})

describe('what contradicts itself, or is none, is neither sent nor taken', () => {
  const origins = [{ site: 'paris', incarnation: new Uint8Array(16) }]
  const first = { ms: 1n, counter: 0, origin: 0, number: 1n }
  const raw = (state: object): unknown =>
    decodeAnswer(
      pb.Answer.encode({ state: { origins, lives: [], executed: { operations: [], context: [] }, ...state } }),
    )

  test('the raw form that the cases below change is good', () => {
    expect(raw({ lives: [{ life: first, knowledge: [], holes: [] }] })).toMatchObject({ lives: [{ holes: [] }] })
  })

  test.each([
    ['a vector in no order', () => life({ knowledge: [dot(1), dot(0)] })],
    ['a vector with one origin twice', () => life({ knowledge: [dot(0), dot(0)] })],
    ['a vector of what was executed in no order', () => done({ context: [dot(1), dot(0)] })],
    [
      'lives in no order',
      () => encodeAnswer({ ...nothing, lives: [1, 0].map(i => ({ life: id(i), knowledge: [], holes: [] })) }),
    ],
    [
      'one life twice',
      () => encodeAnswer({ ...nothing, lives: [0, 0].map(i => ({ life: id(i), knowledge: [], holes: [] })) }),
    ],
    ['a hole without numbers', () => life({ holes: [{ after: 7, last: dot(0) }] })],
    ['an operation twice', () => done({ operations: [id(0), id(0)], context: [dot(0)] })],
    ['an operation outside the vector', () => done({ operations: [id(0)], context: [dot(1)] })],
    ['operations of no life', () => encodeAnswer({ ...nothing, executed: { operations: [id(0)], context: [dot(0)] } })],
    ['a vector of no life', () => encodeAnswer({ ...nothing, executed: { operations: [], context: [dot(0)] } })],
    ['a site that is none', () => life({ life: { ...id(0), dot: { ...dot(0), site: 'localhost' } } })],
    ['an incarnation that is none', () => life({ life: { ...id(0), dot: { ...dot(0), incarnation: '1' } } })],
    ['a number beyond 2^53', () => life({ life: { ...id(0), dot: { ...dot(0), number: 2 ** 53 } } })],
    ['a dot without a number', () => life({ life: { ...id(0), dot: { ...dot(0), number: 0 } } })],
    ['a counter of 33 bits', () => life({ life: { ...id(0), stamp: { ms: 1, counter: 2 ** 32 } } })],
    ['a value with a line end', () => shown(['content-type', 'a\r\nb: c'])],
    ['half a character', () => encodeRequest({ ...replicant, name: '\ud800' })],
    ['a kind without a name', () => encodeRequest({ ...replicant, kind: '' })],
    ['a service that is none', () => encodeRequest({ ...replicant, service: 'localhost' })],
    [
      'a header that says something else',
      () => raw({ resource: { headers: [{ name: 'set-cookie', value: '' }], body: new Uint8Array() } }),
    ],
    ['a dot of no origin', () => raw({ lives: [{ life: { ...first, origin: 1 }, knowledge: [], holes: [] }] })],
    ['a life without a name', () => raw({ lives: [{ knowledge: [], holes: [] }] })],
    ['nothing of what was executed', () => raw({ executed: undefined })],
    ['an operation without a name', () => raw({ executed: { life: first, operations: [{}], context: [] } })],
    ['a hole without an end', () => raw({ lives: [{ life: first, knowledge: [], holes: [{ after: 0n }] }] })],
    ['an incarnation of 15 bytes', () => raw({ origins: [{ site: 'paris', incarnation: new Uint8Array(15) }] })],
    ['a negative number', () => raw({ lives: [{ life: { ...first, ms: -1n }, knowledge: [], holes: [] }] })],
  ])('%s', (_, make) => {
    expect(make).toThrow(refused)
  })
})
