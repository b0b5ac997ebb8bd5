/** What is remembered of many, and how long attempts wait: against a list that is cut, and against the bounds in words. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs, spread } from '../../../../src/core/resource/backoff.ts'
import { remember } from '../../../../src/core/resource/remember.ts'

test('the last ones that were put in stay, in their order, with their last values', () => {
  const puts = fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.nat()), { maxLength: 40 })
  fc.assert(
    fc.property(puts, fc.integer({ min: 1, max: 6 }), (all, max) => {
      const entries = new Map<number, number>()
      for (const [key, value] of all) remember(entries, key, value, max)
      const newest = all.filter(([key], place) => !all.slice(place + 1).some(([later]) => later === key))
      expect([...entries]).toEqual(newest.slice(-max))
    }),
  )
})

test('each wait is twice the one before, up to the longest, and no chance makes it longer or less than half', () => {
  const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(fc.integer({ min: -2, max: 100 }), uniform, (failures, chance) => {
      const [before, after] = [backoffMs(failures, 10, 5_000), backoffMs(failures + 1, 10, 5_000)]
      expect(after).toBe(failures < 0 ? before : Math.min(5_000, 2 * before))
      expect(spread(after, chance)).toBeGreaterThanOrEqual(after / 2)
      expect(spread(after, chance)).toBeLessThanOrEqual(after)
      // A chance that is nearly one is one when it is halved.
      expect(spread(after, Math.min(chance, 1 - 1e-9))).toBeLessThan(after)
    }),
  )
  expect(backoffMs(0, 10, 5_000)).toBe(10)
})
