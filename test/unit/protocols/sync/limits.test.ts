/** Every limit of what is on the wire holds at its bound, and not one beyond. */
import { describe, expect, test } from 'vitest'
import { syncCodec as codec } from '../../../../protocols/sync/codec.ts'
import { SYNC_LIMITS as LIMITS } from '../../../../protocols/sync/limits.ts'
import { matrixHash } from '../../../../protocols/sync/matrix-text.ts'
import { contextOf } from '../../../../src/core/oplog/index.ts'
import type { Dot, MatrixDefinition, Operation, OperationId } from '../../../../src/core/oplog/index.ts'
import type { OutboxEntry, SealedOperation, SyncMessage } from '../../../../src/ports/sync.ts'

const tooLarge = expect.objectContaining({ code: 'ERR_SYNC_TOO_LARGE' })
const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
const incarnation = (i: number): string => `1763762400000-${i.toString(16).padStart(16, '0')}`
const dot = (i: number, site = 'paris'): Dot => ({ site, incarnation: incarnation(i), number: 7 })
const dots = (count: number): readonly Dot[] => many(count, i => dot(i))
const id = (i: number): OperationId => ({ stamp: { ms: 5, counter: 1 }, dot: dot(i) })
const names = (count: number): string[] => many(count, i => `site${String(i).padStart(5, '0')}`)
const replicant = { service: 's', kind: 'k', name: 'n' }
const payload = { method: 'PUT', path: '/', headers: [] }
const operation: Operation = { ...id(0), replicant, life: id(0), type: 'replace', context: [] }
const sealed = (bytes: number): SealedOperation => ({ bytes: new Uint8Array(bytes), signature: new Uint8Array(64) })
const known = (size: number) => ({ knowledge: dots(size), holes: [] })
const holes = (count: number) => many(count, () => ({ after: 1, last: dot(0) }))
const summary = {
  ...known(0),
  life: id(0),
  since: known(0),
  from: 'paris',
  droppers: [],
  changes: [],
  keys: new Map<string, OperationId>(),
  conflictsForgotten: 0,
}
type Summary = NonNullable<Extract<OutboxEntry, { kind: 'transfer' }>['transfer']['summary']>

const op = (parts: Partial<Operation>): Uint8Array => codec.encodeOperation({ ...operation, ...parts })
const said = (message: SyncMessage): Uint8Array => codec.encodeMessage(message)
const transfer = (operations: readonly SealedOperation[], parts?: Partial<Summary>): Uint8Array =>
  codec.encodeEntry({
    kind: 'transfer',
    replicant,
    more: false,
    transfer: { life: id(0), operations, ...(parts !== undefined && { summary: { ...summary, ...parts } }) },
  })
const want = (name: typeof replicant, lives: number): Uint8Array =>
  said({ kind: 'want', replicant: name, lives: many(lives, i => ({ life: id(i), ...known(0) })) })
const matrixOf = (length: number): MatrixDefinition => {
  // A line for each reset, with 32 letters; the last one takes what is left.
  const [title, line] = ['cheops matrix 1'.length, '\nreset '.length]
  const count = Math.floor((length - title) / (line + 32))
  const left = length - title - (count - 1) * (line + 32) - line
  const resets = many(count, i =>
    String(i)
      .padStart(5, '0')
      .padEnd(i === count - 1 ? left : 32, 'x'),
  )
  return { resets, cells: [] }
}
const matrix = (length: number): Uint8Array => {
  const definition = matrixOf(length)
  return codec.encodeEntry({ kind: 'matrix', hash: matrixHash(definition), definition })
}

/** What is written at `limit`, and refused at one more. */
const CASES: Readonly<Record<keyof typeof LIMITS, (size: number) => Uint8Array>> = {
  frameBytes: size => frameOf(size),
  entryBytes: size => entryOf(size),
  entriesPerMessage: size =>
    said({ kind: 'entries', incarnation: incarnation(0), first: 1, entries: many(size, () => new Uint8Array(1)) }),
  operationBytes: size => codec.encodeEntry({ kind: 'operation', operation: sealed(size) }),
  bodyBytes: size => op({ payload: { ...payload, body: { bytes: new Uint8Array(size) } } }),
  // The operation's own and those of its context: two, of which one may be there already.
  origins: size => op({ context: dots(size - 1), dot: dot(0, 'lyon'), life: { ...id(0), dot: dot(0) } }),
  contextDots: size => op({ context: dots(size) }),
  pathLength: size => op({ payload: { ...payload, path: '/'.padEnd(size, 'x') } }),
  methodLength: size => op({ payload: { ...payload, method: 'P'.repeat(size) } }),
  headers: size => op({ payload: { ...payload, headers: many(size, () => ['a', 'b'] as const) } }),
  headerNameLength: size => op({ payload: { ...payload, headers: [['a'.repeat(size), 'b']] } }),
  headerValueLength: size => op({ payload: { ...payload, headers: [['a', 'b'.repeat(size)]] } }),
  members: size => op({ members: { added: names(size), removed: names(1) } }),
  kindLength: size => want({ ...replicant, kind: 'x'.repeat(size) }, 0),
  nameLength: size => want({ ...replicant, name: 'x'.repeat(size) }, 0),
  typeLength: size => op({ type: 'x'.repeat(size) }),
  refused: size => op({ type: 'state', refused: many(size, i => dot(i + 1)) }),
  unsettled: size => op({ type: 'state', unsettled: many(size, i => dot(i + 1)) }),
  principalLength: size => op({ idempotency: { principal: 'x'.repeat(size), key: '' } }),
  idempotencyKeyLength: size => op({ idempotency: { principal: '', key: 'x'.repeat(size) } }),
  lives: size => want(replicant, size),
  matrixLength: size => matrix(size),
  transferOperations: size => transfer(many(size, () => sealed(1))),
  holes: size => transfer([], { holes: holes(size) }),
  droppers: size =>
    transfer([], { droppers: many(size, () => ({ type: 'replace', reset: true, greatest: id(0), context: [] })) }),
  memberChanges: size =>
    transfer([], { changes: many(size, () => ({ site: 'a', by: id(0), member: true, held: [], told: [] })) }),
  keys: size => transfer([], { keys: new Map(many(size, i => [String(i), id(0)])) }),
  keyLength: size => transfer([], { keys: new Map([['x'.repeat(size), id(0)]]) }),
  outboxes: size =>
    said({ ...speaker('hello'), outboxes: many(size, i => ({ incarnation: incarnation(i), first: 1, next: 1 })) }),
  symbols: size => said({ kind: 'symbols', from: 0, symbols: new Uint32Array(9 * size) }),
  addedBuckets: size => said({ kind: 'names', added: many(size, i => i) }),
  lackedNames: size => said({ kind: 'lack', names: many(size, () => new Uint32Array(3)) }),
}

const speaker = <K extends 'hello' | 'welcome'>(kind: K) => ({
  kind,
  version: 0,
  site: 'paris',
  incarnation: incarnation(0),
})

/** Two entries that fill a message of so many bytes. */
function frameOf(size: number): Uint8Array {
  const bytesWith = (second: number): Uint8Array =>
    said({
      kind: 'entries',
      incarnation: incarnation(0),
      first: 1,
      entries: [new Uint8Array(500_000), new Uint8Array(second)],
    })
  return bytesWith(400_000 + size - bytesWith(400_000).length)
}

/** A transfer of so many bytes. */
function entryOf(size: number): Uint8Array {
  const full = sealed(LIMITS.operationBytes)
  return transfer([full, sealed(400_000 + size - transfer([full, sealed(400_000)]).length)])
}

describe.each(Object.entries(LIMITS))('%s', (name, limit) => {
  const make = CASES[name as keyof typeof LIMITS]

  test(`is kept at ${limit}`, () => {
    expect(make(limit).length).toBeGreaterThan(0)
  })

  test(`is refused at ${limit + 1}`, () => {
    expect(() => make(limit + 1)).toThrow(tooLarge)
  })
})

test.each([
  [
    'cursors of a welcome',
    LIMITS.outboxes,
    (size: number) =>
      said({ ...speaker('welcome'), cursors: many(size, i => ({ incarnation: incarnation(i), upTo: 1 })) }),
  ],
  [
    'sites that have told',
    LIMITS.members,
    (size: number) => transfer([], { changes: [{ site: 'a', by: id(0), member: false, held: [], told: names(size) }] }),
  ],
  ['sites that are removed', LIMITS.members, (size: number) => op({ members: { added: [], removed: names(size) } })],
  [
    'vector of an acknowledgement',
    LIMITS.contextDots,
    (size: number) =>
      codec.encodeEntry({
        kind: 'acknowledgement',
        replicant,
        clock: { ms: 1, counter: 0 },
        lives: [{ life: id(0), ...known(size) }],
      }),
  ],
  [
    'vector of a removal',
    LIMITS.contextDots,
    (size: number) =>
      codec.encodeEntry({
        kind: 'removal',
        replicant,
        told: { life: id(0), removal: id(0), member: 'a', held: dots(size) },
      }),
  ],
  [
    'vector of a dropper',
    LIMITS.contextDots,
    (size: number) => transfer([], { droppers: [{ type: 'x', reset: true, greatest: id(0), context: dots(size) }] }),
  ],
  ['vector of what a summary is for', LIMITS.contextDots, (size: number) => transfer([], { since: known(size) })],
  [
    'holes of a want',
    LIMITS.holes,
    (size: number) => said({ kind: 'want', replicant, lives: [{ life: id(0), knowledge: [], holes: holes(size) }] }),
  ],
])('%s: at most %d', (_, limit, make) => {
  expect(make(limit).length).toBeGreaterThan(0)
  expect(() => make(limit + 1)).toThrow(tooLarge)
})

describe('what is in no order is not sent', () => {
  const unsorted = contextOf([dot(1), dot(0)]).toReversed()
  test.each([
    ['a vector', () => op({ context: unsorted })],
    ['a vector with one origin twice', () => op({ context: [dot(0), dot(0)] })],
    ['members', () => op({ members: { added: ['b', 'a'], removed: [] } })],
    ['one member twice', () => op({ members: { added: ['a', 'a'], removed: [] } })],
    ['a name of a site', () => op({ members: { added: ['localhost'], removed: [] } })],
    ['an incarnation', () => op({ dot: { ...dot(0), incarnation: '1' } })],
    ['a dot without a number', () => op({ dot: { ...dot(0), number: 0 } })],
    ['a number beyond 2^53', () => op({ dot: { ...dot(0), number: 2 ** 53 } })],
    ['a counter of 33 bits', () => op({ stamp: { ms: 0, counter: 2 ** 32 } })],
    ['half a character', () => want({ ...replicant, name: '\ud800' }, 0)],
    ['a kind without a name', () => want({ ...replicant, kind: '' }, 0)],
    ['a header with a line end', () => op({ payload: { ...payload, headers: [['a', 'b\r\nc: d']] } })],
    ['a header in capitals', () => op({ payload: { ...payload, headers: [['A', 'b']] } })],
    ['a path that is none', () => op({ payload: { ...payload, path: 'http://x/' } })],
    [
      'a status',
      () =>
        codec.encodeEntry({
          kind: 'outcome',
          replicant,
          life: id(0),
          dot: dot(0),
          site: 'a',
          outcome: 'applied',
          status: 99,
          at: 1,
        }),
    ],
    [
      'a signature',
      () =>
        codec.encodeEntry({
          kind: 'operation',
          operation: { bytes: new Uint8Array(1), signature: new Uint8Array(63) },
        }),
    ],
    [
      'a signature with no whole branch',
      () =>
        codec.encodeEntry({
          kind: 'operation',
          operation: { bytes: new Uint8Array(1), signature: new Uint8Array(84) },
        }),
    ],
    [
      'one that was not signed',
      () =>
        codec.encodeEntry({ kind: 'operation', operation: { bytes: new Uint8Array(1), signature: new Uint8Array() } }),
    ],
    ['a hole without numbers', () => transfer([], { holes: [{ after: 7, last: dot(0) }] })],
    [
      'a transfer that goes on behind its summary',
      () =>
        codec.encodeEntry({
          kind: 'transfer',
          replicant,
          more: true,
          transfer: { life: id(0), operations: [], summary },
        }),
    ],
    [
      'a matrix by another name',
      () => codec.encodeEntry({ kind: 'matrix', hash: 'a'.repeat(64), definition: { resets: [], cells: [] } }),
    ],
    [
      'one outbox twice',
      () =>
        said({ ...speaker('hello'), outboxes: many(2, () => ({ incarnation: incarnation(0), first: 1, next: 1 })) }),
    ],
    [
      'an outbox that ends before it begins',
      () => said({ ...speaker('hello'), outboxes: [{ incarnation: incarnation(0), first: 2, next: 1 }] }),
    ],
    ['no entries', () => said({ kind: 'entries', incarnation: incarnation(0), first: 1, entries: [] })],
    ['an audit for nothing', () => said({ kind: 'audit', seed: 1, from: 0, count: 0 })],
    ['half a symbol', () => said({ kind: 'symbols', from: 0, symbols: new Uint32Array(5) })],
    ['nothing that is lacking', () => said({ kind: 'lack', names: [] })],
    ['a name that is too short', () => said({ kind: 'lack', names: [new Uint32Array(2)] })],
    ['no buckets', () => said({ kind: 'names', added: [] })],
    ['a bucket that there is not', () => said({ kind: 'names', added: [4096] })],
    ['half of all buckets', () => said({ kind: 'names', all: new Uint8Array(256) })],
    ['a reason that is never said', () => said({ kind: 'goodbye', reason: 'lost' })],
    ['what is not known', () => said({ kind: 'unknown' })],
  ])('%s', (_, make) => {
    expect(make).toThrow(tooLarge)
  })
})
