/** Token buckets by key: at the bound and one beyond, refilled with time, apart from each other, and bounded in number. */
import { expect, test } from 'vitest'
import { TokenBuckets } from '../../../../src/runtime/membership/token-buckets.ts'

test('a key gets its burst at once, then its rate, and never more than the burst', () => {
  const buckets = new TokenBuckets({ burst: 3, perSecond: 2, maxKeys: 10 })
  const taken = (now: number, times: number) => Array.from({ length: times }, () => buckets.take('a', now))
  expect(taken(0, 4)).toEqual([true, true, true, false])
  expect(taken(499, 1)).toEqual([false])
  expect(taken(500, 2)).toEqual([true, false])
  expect(taken(3_600_000, 4)).toEqual([true, true, true, false])
})

test('what costs more is had later, and what costs more than the burst never', () => {
  const buckets = new TokenBuckets({ burst: 10, perSecond: 1, maxKeys: 10 })
  expect(buckets.take('a', 0, 8)).toBe(true)
  expect(buckets.take('a', 0, 8)).toBe(false)
  expect(buckets.take('a', 6_000, 8)).toBe(true)
  expect(buckets.take('a', 1_000_000, 11)).toBe(false)
})

test('keys do not share, and of too many the one goes that was used longest ago', () => {
  const buckets = new TokenBuckets({ burst: 1, perSecond: 0, maxKeys: 2 })
  expect(['a', 'b', 'a', 'c', 'a', 'b'].map(key => buckets.take(key, 0))).toEqual([
    true,
    true,
    false,
    true,
    false,
    true,
  ])
})
