/** Shows that contexts are a join semilattice in one canonical form, whatever order their dots come in. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  compareOperations,
  contextOf,
  covers,
  includes,
  isCanonical,
  join,
  withDot,
} from '../../../../src/core/oplog/index.ts'
import type { Dot } from '../../../../src/core/oplog/index.ts'

const dot: fc.Arbitrary<Dot> = fc.record({
  site: fc.constantFrom('a', 'b', 'B', '__proto__'),
  // Incarnations are ordered by their start as a number, not as text.
  incarnation: fc.constantFrom(`9-${'0'.repeat(16)}`, `10-${'0'.repeat(16)}`, `10-${'f'.repeat(16)}`),
  number: fc.integer({ min: 1, max: 9 }),
})
const dots = fc.array(dot, { maxLength: 12 })

test('a context covers what was put in, and what its origin did before, and nothing else', () => {
  fc.assert(
    fc.property(dots, dot, (list, asked) => {
      const context = contextOf(list)
      expect(isCanonical(context)).toBe(true)
      const expected = list.some(
        ({ site, incarnation, number }) =>
          site === asked.site && incarnation === asked.incarnation && number >= asked.number,
      )
      expect(covers(context, asked)).toBe(expected)
      expect(covers(withDot(context, asked), asked)).toBe(true)
    }),
  )
})

test('a join is the context of both, and gives back what includes the other already', () => {
  fc.assert(
    fc.property(dots, dots, (a, b) => {
      const [left, right] = [contextOf(a), contextOf(b)]
      expect(join(left, right)).toEqual(contextOf([...a, ...b]))
      expect(includes(join(left, right), right)).toBe(true)
      if (includes(left, right)) expect(join(left, right)).toBe(left)
    }),
  )
})

test('canonical order is total: by stamp, site, incarnation, number', () => {
  const id = fc.record({ stamp: fc.record({ ms: fc.nat({ max: 2 }), counter: fc.nat({ max: 2 }) }), dot })
  fc.assert(
    fc.property(id, id, id, (a, b, c) => {
      expect(Math.sign(compareOperations(a, b))).toBe(-Math.sign(compareOperations(b, a)) + 0)
      const [first, second, third] = [a, b, c].toSorted(compareOperations)
      if (first && second && third) expect(compareOperations(first, third)).toBeLessThanOrEqual(0)
    }),
  )
  const old = { stamp: { ms: 1, counter: 0 }, dot: { site: 'a', incarnation: `9-${'f'.repeat(16)}`, number: 7 } }
  const young = { stamp: { ms: 1, counter: 0 }, dot: { site: 'a', incarnation: `10-${'0'.repeat(16)}`, number: 1 } }
  expect(compareOperations(old, young)).toBeLessThan(0)
})

test('a list out of order, or with an origin twice, is not canonical', () => {
  const at = (site: string, number: number): Dot => ({ site, incarnation: `9-${'0'.repeat(16)}`, number })
  expect(isCanonical([at('b', 1), at('a', 1)])).toBe(false)
  expect(isCanonical([at('a', 1), at('a', 2)])).toBe(false)
})
