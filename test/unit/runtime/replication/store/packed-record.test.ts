/** Records with short dots: what is written is read back, whatever it is, and what earlier versions wrote is read as it is. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodePacked, encodePacked } from '../../../../../src/runtime/replication/store/packed-record.ts'

const incarnations = fc.constantFrom('1790000000000-0123456789abcdef', '1790000000001-fedcba9876543210', '@0.1', '')
const dots = fc.record({
  site: fc.constantFrom('paris', 'rennes', '@paris'),
  incarnation: incarnations,
  number: fc.integer({ min: 1 }),
})
const ids = fc.record({ stamp: fc.record({ ms: fc.nat(), counter: fc.nat() }), dot: dots })
/** What looks like a dot or an identity, and holds more or less. */
const alike = fc.oneof(
  fc.record({ site: fc.string(), incarnation: incarnations, more: fc.nat() }),
  fc.record({ stamp: fc.nat(), dot: dots }),
  fc.record({ stamp: fc.record({ ms: fc.nat(), counter: fc.nat() }), dot: fc.record({ number: fc.nat() }) }),
  fc.tuple(dots, ids).map(([dot, id]) => ({ ...id, ...dot, more: id })),
)
const texts = fc.oneof(
  fc.string(),
  fc.string().map(text => `@${text}`),
)
const leaves = fc.oneof(dots, ids, alike, texts, fc.integer(), fc.boolean(), fc.constant(null))
const { tree } = fc.letrec(tie => ({
  tree: fc.oneof({ depthSize: 'small' }, leaves, fc.array(tie('tree')), fc.dictionary(texts, tie('tree'))),
}))
const records = fc.record({ version: fc.constant(2), value: tree })

test('what is written is read back', () => {
  fc.assert(
    fc.property(records, record => {
      expect(decodePacked(encodePacked(record))).toEqual(record)
    }),
  )
})

test('a field may have any name', () => {
  const record: unknown = JSON.parse('{"version":2,"value":{"":{"__proto__":[]},"@":1,"@__proto__":null,"origins":2}}')
  const read = decodePacked(encodePacked(record as Readonly<Record<string, unknown>>))
  expect(JSON.stringify(read)).toBe(JSON.stringify(record))
})

test('a dot is a short text, and each pair of site and incarnation stands there once', () => {
  const dot = { site: 'paris', incarnation: '1790000000000-0123456789abcdef', number: 7 }
  const id = { stamp: { ms: 1_790_000_000_005, counter: 2 }, dot }
  const text = new TextDecoder().decode(encodePacked({ dot, all: [id, dot], none: undefined }))
  expect(text).toBe(
    '{"dot":"@0.7","all":["@1790000000005.2.0.7","@0.7"],"origins":[["paris","1790000000000-0123456789abcdef"]]}',
  )
})

test('a record without origins is of an earlier version: nothing in it is short', () => {
  const record = { version: 1, text: '@0.7', dot: { site: 'paris', incarnation: 'i', number: 7 } }
  expect(decodePacked(new TextEncoder().encode(JSON.stringify(record)))).toEqual(record)
})

test('a text that names no origin is damage', () => {
  const damaged = new TextEncoder().encode('{"dot":"@1.7","origins":[["paris","i"]]}')
  expect(() => decodePacked(damaged)).toThrow(RangeError)
})

test('dots of many sites are read back, each with its own', () => {
  const incarnation = '1790000000000-0123456789abcdef'
  const many = Array.from({ length: 200 }, (_, n) => ({ site: `s${n}`, incarnation, number: n + 1 }))
  const record = { version: 2, value: [...many, ...many.toReversed()] }
  expect(decodePacked(encodePacked(record))).toEqual(record)
  expect(JSON.parse(new TextDecoder().decode(encodePacked(record)))).toMatchObject({ origins: { length: many.length } })
})
