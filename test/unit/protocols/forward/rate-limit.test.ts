/** The token bucket: a second's worth at once, so many a second in the long run, never more whatever the arrivals. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RateLimit } from '../../../../protocols/forward/rate-limit.ts'

test('at the bound and one beyond', () => {
  const limit = new RateLimit(10)
  const taken = Array.from({ length: 11 }, () => limit.take(5_000))
  expect(taken).toEqual([...Array.from({ length: 10 }, () => true), false])
  expect(limit.take(5_099)).toBe(false)
  expect(limit.take(5_100)).toBe(true)
  expect(limit.take(5_100)).toBe(false)
})

test('rest does not add up to more than a second', () => {
  const limit = new RateLimit(3)
  expect(limit.take(0)).toBe(true)
  const taken = Array.from({ length: 5 }, () => limit.take(3_600_000))
  expect(taken.filter(Boolean)).toHaveLength(3)
})

test('a clock that stands still or goes back gives nothing away', () => {
  const limit = new RateLimit(1)
  expect([limit.take(1_000), limit.take(1_000), limit.take(0)]).toEqual([true, false, false])
  expect(limit.take(2_000)).toBe(true)
})

test('in no stretch of time more than its share and one second on top', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(500), { maxLength: 200 }), (perSecond, gaps) => {
      const limit = new RateLimit(perSecond)
      const times: number[] = []
      let now = 0
      for (const gap of gaps) if (limit.take((now += gap))) times.push(now)
      for (const [i, from] of times.entries()) {
        for (let j = i; j < times.length; j++) {
          const span = (times[j] as number) - from
          expect(j - i + 1).toBeLessThanOrEqual(perSecond + (span / 1000) * perSecond + 1e-6)
        }
      }
    }),
    { numRuns: 50 },
  )
})
