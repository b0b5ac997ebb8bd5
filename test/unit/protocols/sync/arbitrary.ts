/** Anything that sites may tell each other, within the limits of the protocol and now and then at them. */
import fc from 'fast-check'
import { contextOf } from '../../../../src/core/oplog/index.ts'
import { matrixHash } from '../../../../protocols/sync/matrix-text.ts'
import { OUTCOMES } from '../../../../protocols/sync/entry-codec.ts'
import { REASONS } from '../../../../protocols/sync/message-codec.ts'
import type { Context, Dot, LifeKnowledge, Operation, OperationId, Stamp } from '../../../../src/core/oplog/index.ts'
import type {
  OutboxEntry,
  SealedLifeTransfer,
  SealedOperation,
  Shown,
  SyncMessage,
} from '../../../../src/ports/sync.ts'

const MAX = Number.MAX_SAFE_INTEGER
const hex = (digits: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: digits, maxLength: digits })
const text = (maxLength: number, minLength = 0): fc.Arbitrary<string> =>
  fc
    .string({ unit: 'grapheme', minLength, maxLength })
    .map(value => value.slice(0, maxLength).toWellFormed())
    .filter(value => value.length >= minLength)
/** All of what `arbitrary` gives, and a field that is not there where it is undefined. */
const optional = <K extends string, T>(key: K, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<{ [P in K]?: T }> =>
  fc.option(arbitrary).map((value): { [P in K]?: T } => {
    const field: { [P in K]?: T } = {}
    if (value !== null) field[key] = value
    return field
  })
const joined = <A extends object, B extends object>(a: fc.Arbitrary<A>, b: fc.Arbitrary<B>): fc.Arbitrary<A & B> =>
  fc.tuple(a, b).map(([left, right]) => ({ ...left, ...right }))

export const site = fc.constantFrom('paris', 'lyon', 'Site-1', 'a', 'x'.repeat(63))
export const incarnation = fc
  .tuple(fc.nat(9_999_999_999_999), hex(16))
  .map(([ms, random]) => `${ms}-${random}`)
  .chain(text => fc.constantFrom(text, '1763762400000-9f86d081884c7d65', '9999999999999999-ffffffffffffffff'))
const natural = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, MAX))
const positive = natural.map(value => Math.max(1, value))
export const dot: fc.Arbitrary<Dot> = fc.record({ site, incarnation, number: positive })
const stamp: fc.Arbitrary<Stamp> = fc.record({
  ms: natural,
  counter: fc.oneof(fc.nat(3), fc.constantFrom(2 ** 31, 2 ** 32 - 1)),
})
const id: fc.Arbitrary<OperationId> = fc.record({ stamp, dot })
const context: fc.Arbitrary<Context> = fc.array(dot, { maxLength: 6 }).map(contextOf)
const sites = fc.uniqueArray(site).map(names => names.toSorted())
const replicant = fc.record({
  service: fc.constantFrom('inventory', 's', 'a-1'),
  kind: text(256, 1),
  name: text(300),
})
const type = fc.constantFrom('create', 'replace', 'merge', 'patch', 'delete', 'state', 'members', 'x'.repeat(128))
const headers = fc.array(
  fc.tuple(fc.constantFrom('content-type', 'x-a', 'a'.repeat(256)), fc.constantFrom('', 'application/json', 'é"', ' ')),
  { maxLength: 4 },
)
const body = fc.oneof(
  fc.record({ bytes: fc.uint8Array({ maxLength: 2000 }) }),
  fc.record({ hash: hex(64), length: natural }),
)
const payload = joined(
  fc.record({
    method: fc.constantFrom('GET', 'PUT', 'POST'),
    path: fc.constantFrom('/', '/a?b=c#d', `/${'x'.repeat(3000)}`, '/é/%20'),
    headers,
  }),
  optional('body', body),
)
const adopts = fc.oneof(fc.constant('all'), hex(64))
const bare = fc.record({ dot, stamp, replicant, life: id, type, context })
const rest = fc
  .tuple(
    optional('previous', dot),
    optional('matrix', hex(64)),
    optional('memberBy', id),
    optional('level', fc.constantFrom('none', 'of-a-later-version')),
    optional(
      'idempotency',
      fc.record({ principal: text(512), key: text(512), request: hex(64) }, { requiredKeys: ['principal', 'key'] }),
    ),
    optional('payload', payload),
    optional('adopts', adopts),
    optional('refused', fc.array(dot, { minLength: 1, maxLength: 4 })),
    optional('unsettled', fc.array(dot, { minLength: 1, maxLength: 4 })),
    optional('members', fc.record({ added: sites, removed: sites })),
  )
  .map(parts => Object.assign({}, ...parts) as Partial<Operation>)
/** In form; what its parts mean together is not the codec's concern. */
export const operation: fc.Arbitrary<Operation> = joined(bare, rest)

const sealed: fc.Arbitrary<SealedOperation> = fc.record({
  bytes: fc.uint8Array({ maxLength: 300 }),
  // A signature of its own, or one with a branch of so many levels.
  signature: fc.constantFrom(64, 85, 125, 225).chain(length => fc.uint8Array({ minLength: length, maxLength: length })),
})
const holes = fc.array(
  fc.record({
    after: fc.nat(1000),
    last: fc.record({ site, incarnation, number: fc.integer({ min: 1001, max: MAX }) }),
  }),
  { maxLength: 3 },
)
const known = fc.record({ knowledge: context, holes })
export const lives: fc.Arbitrary<readonly LifeKnowledge[]> = fc.array(joined(fc.record({ life: id }), known), {
  maxLength: 3,
})
const dropper = joined(fc.record({ type, reset: fc.boolean(), greatest: id, context }), optional('matrix', hex(64)))
const change = fc.record({ site, by: id, member: fc.boolean(), held: context, told: sites })
const keys = fc.uniqueArray(fc.tuple(text(40), id), { selector: ([key]) => key, maxLength: 4 })
const summary = joined(
  joined(
    known,
    fc.record({
      since: known,
      from: site,
      droppers: fc.array(dropper, { maxLength: 3 }),
      changes: fc.array(change, { maxLength: 3 }),
      keys: keys.map(pairs => new Map(pairs)),
      conflictsForgotten: natural,
    }),
  ),
  joined(joined(optional('firstDelete', id), optional('createKey', text(40))), optional('adopts', adopts)),
)
const transfer: fc.Arbitrary<SealedLifeTransfer> = fc
  .tuple(id, fc.array(sealed, { maxLength: 3 }), fc.option(summary))
  .map(([life, operations, told]) => ({
    life,
    operations,
    ...(told !== null && { summary: { ...told, life } }),
  }))
const matrix = fc
  .record({
    resets: fc.uniqueArray(type, { maxLength: 2 }).map(names => names.toSorted()),
    cells: fc.uniqueArray(
      fc.record({
        before: type,
        after: type,
        resolution: fc.constantFrom('take-one', 'any-order', 'keep-order', 'reverse-order'),
      }),
      { selector: ({ before, after }) => `${before} ${after}`, maxLength: 4 },
    ),
  })
  .map(({ resets, cells }) => ({
    resets,
    cells: cells.toSorted((a, b) => (`${a.before} ${a.after}` < `${b.before} ${b.after}` ? -1 : 1)),
  }))

const shown: fc.Arbitrary<Shown> = fc.record({
  hash: fc.option(hex(64), { nil: undefined }),
  diverged: fc.boolean(),
  fits: fc.boolean(),
})

const why = fc.record(
  { status: fc.integer({ min: 100, max: 599 }), error: fc.stringMatching(/^[A-Z][A-Z0-9_]{0,63}$/) },
  { requiredKeys: [] },
)

const came = joined(fc.record({ dot, outcome: fc.constantFrom(...OUTCOMES), at: natural }), why)

export const entry: fc.Arbitrary<OutboxEntry> = fc.oneof(
  fc.record({ kind: fc.constant('operation' as const), operation: sealed }),
  joined(
    fc.record({ kind: fc.constant('acknowledgement' as const), replicant, lives, clock: stamp }),
    fc.record({ shown, came }, { requiredKeys: [] }),
  ),
  joined(
    fc.record({
      kind: fc.constant('outcome' as const),
      replicant,
      life: id,
      dot,
      site,
      outcome: fc.constantFrom(...OUTCOMES),
      at: natural,
    }),
    why,
  ),
  fc.record({
    kind: fc.constant('removal' as const),
    replicant,
    told: fc.record({ life: id, removal: id, member: site, held: context }),
  }),
  matrix.map(definition => ({ kind: 'matrix' as const, hash: matrixHash(definition), definition })),
  fc.record({ kind: fc.constant('transfer' as const), replicant, transfer, more: fc.boolean() }).map(each => ({
    ...each,
    more: each.more && each.transfer.summary === undefined,
  })),
)

const sum = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })
const word = fc.nat(0xffffffff)
const words = (length: number) =>
  fc.array(word, { minLength: length, maxLength: length }).map(all => Uint32Array.from(all))
const upTo = fc.record({ incarnation, upTo: natural })
const once = <T extends { incarnation: string }>(each: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.uniqueArray(each, { selector: value => value.incarnation, maxLength: 4 })
const speaker = fc.record({ version: fc.nat(), site, incarnation })
export const message: fc.Arbitrary<SyncMessage> = fc.oneof(
  joined(speaker, fc.record({ kind: fc.constant('hello' as const), outboxes: once(outboxRange()) })),
  joined(speaker, fc.record({ kind: fc.constant('welcome' as const), cursors: once(upTo) })),
  fc.record({
    kind: fc.constant('entries' as const),
    incarnation,
    first: fc.integer({ min: 1, max: MAX - 10 }),
    entries: fc.array(fc.uint8Array({ maxLength: 1000 }), { minLength: 1, maxLength: 10 }),
  }),
  upTo.map(cursor => ({ kind: 'received' as const, ...cursor })),
  fc.record({ kind: fc.constant('want' as const), replicant, lives }),
  fc.record({ count: natural, sum }).map(digest => ({ kind: 'digest' as const, digest })),
  fc.record({ kind: fc.constant('audit' as const), seed: word, from: word, count: fc.integer({ min: 1, max: 4096 }) }),
  fc
    .integer({ min: 1, max: 5 })
    .chain(count => fc.record({ kind: fc.constant('symbols' as const), from: word, symbols: words(9 * count) })),
  fc.record({ kind: fc.constant('lack' as const), names: fc.array(words(3), { minLength: 1, maxLength: 4 }) }),
  fc.uint8Array({ minLength: 512, maxLength: 512 }).map(all => ({ kind: 'names' as const, all })),
  fc.array(fc.nat(4095), { minLength: 1, maxLength: 9 }).map(added => ({ kind: 'names' as const, added })),
  fc.constantFrom(...REASONS).map(reason => ({ kind: 'goodbye' as const, reason })),
)

function outboxRange() {
  return fc
    .tuple(incarnation, positive, positive)
    .map(([own, a, b]) => ({ incarnation: own, first: Math.min(a, b), next: Math.max(a, b) }))
}
