/**
 * What a client carries from site to site: the text is read back as it was written, one mark stands for each resource and origin, the
 * greatest, within the bounds; and what a read shows is told by as few operations as say it all. Properties and absolute examples.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  MAX_CLIENT_CONTEXT_BYTES,
  MAX_CLIENT_CONTEXT_MARKS,
  NOTHING_SEEN,
  clientContextText,
  frontierOf,
  readClientContext,
  withSeen,
  type ClientMark,
  type Executed,
  type Life,
} from '../../../../src/core/oplog/index.ts'

const mark: fc.Arbitrary<ClientMark> = fc.record({
  replicant: fc.record({
    service: fc.constantFrom('inventory', 'v-1'),
    kind: fc.constantFrom('items', 'v1/Pod'),
    name: fc.oneof(fc.constantFrom('a', 'b', 'default/web', '";r=, %'), fc.string({ maxLength: 12, unit: 'binary' })),
  }),
  dot: fc.record({
    site: fc.constantFrom('site1', '2nd'),
    incarnation: fc.constantFrom(`9-${'0'.repeat(16)}`, `10-${'f'.repeat(16)}`),
    number: fc.integer({ min: 1, max: 99 }),
  }),
})
const marks = fc.array(mark, { maxLength: 60 })

test('the text is read back as it was written', () => {
  fc.assert(
    fc.property(marks, list => {
      const context = withSeen(NOTHING_SEEN, list)
      expect(readClientContext(clientContextText(context))).toEqual(context)
    }),
  )
})

test('one mark for each resource and origin, the greatest; what was seen last is kept', () => {
  fc.assert(
    fc.property(marks, marks, (before, more) => {
      const context = withSeen(withSeen(NOTHING_SEEN, before), more)
      expect(context.length).toBeLessThanOrEqual(MAX_CLIENT_CONTEXT_MARKS)
      expect(clientContextText(context).length).toBeLessThanOrEqual(MAX_CLIENT_CONTEXT_BYTES)
      const all = [...before, ...more]
      const keyOf = ({ replicant, dot }: ClientMark) => JSON.stringify([replicant, dot.site, dot.incarnation])
      expect(new Set(context.map(keyOf)).size).toBe(context.length)
      for (const { replicant, dot } of context) {
        const same = all.filter(other => keyOf(other) === keyOf({ replicant, dot }))
        expect(dot.number).toBe(Math.max(...same.map(other => other.dot.number)))
      }
      const last = all.at(-1)
      if (last !== undefined) expect(context.some(kept => keyOf(kept) === keyOf(last))).toBe(true)
    }),
  )
})

const INCARNATION = '1763762400000-9f86d081884c7d65'

test('as it stands in a header', () => {
  const dot = { site: 'site1', incarnation: INCARNATION, number: 7 }
  const text = `"site1/${INCARNATION}/7";r="inventory/items/a%2Fb"`
  const context = [{ replicant: { service: 'inventory', kind: 'items', name: 'a/b' }, dot }]
  expect(clientContextText(context)).toBe(text)
  expect(readClientContext(`${text.replace(';r', '; x=1;r')} , ${text}`)).toEqual([...context, ...context])
  expect(readClientContext(' ')).toEqual([])
})

test.each([
  'nonsense',
  `"site1/${INCARNATION}/7"`,
  `"site1/${INCARNATION}/0";r="inventory/items/a"`,
  `"site1/${INCARNATION}/7";r="inventory/items"`,
  `"site1/${INCARNATION}/7";r="inventory/items/a/b"`,
  `"site1/${INCARNATION}/7";r="inventory/items/%zz"`,
  `"site1/yesterday/7";r="inventory/items/a"`,
  `"site1/${INCARNATION}/7";r="inventory/items/a",`,
  `"site1/${INCARNATION}/7";r="inventory/items/${'a'.repeat(MAX_CLIENT_CONTEXT_BYTES)}"`,
  Array.from({ length: MAX_CLIENT_CONTEXT_MARKS + 1 }, (_, n) => `"s/1-${'0'.repeat(16)}/${n + 1}";r="i/j/k"`).join(),
])('what is none is refused: %s', text => expect(readClientContext(text)).toBeUndefined())

test('what a read shows: what no other operation in effect has seen', () => {
  const dot = (site: string, number: number) => ({ site, incarnation: INCARNATION, number })
  const operation = (site: string, number: number, context: readonly ReturnType<typeof dot>[]) => ({
    dot: dot(site, number),
    stamp: { ms: number, counter: 0 },
    context,
  })
  const operations = [
    operation('a', 1, []),
    operation('a', 2, [dot('a', 1)]),
    operation('b', 1, [dot('a', 1)]),
    operation('b', 2, [dot('a', 1), dot('b', 1)]),
  ]
  const executed = { operations, context: [] } as Executed
  const life = { live: operations } as unknown as Life
  expect(frontierOf(executed, life)).toEqual([dot('a', 2), dot('b', 2)])
  // What is no longer held says nothing of what it had seen: then all are named.
  expect(frontierOf(executed, undefined)).toHaveLength(4)
  expect(frontierOf({ operations: [], context: [] }, life)).toEqual([])
})
