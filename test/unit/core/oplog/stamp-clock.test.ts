/** Shows that stamps rise, follow real time, and that one from far in the future raises the clock of its replicant only. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  MAX_STAMP_AHEAD_MS,
  MAX_STAMP_COUNTER,
  ZERO_STAMP,
  aheadMs,
  compareStamps,
  nextStamp,
  observeStamp,
} from '../../../../src/core/oplog/index.ts'

const stamp = fc.record({ ms: fc.nat({ max: 50 }), counter: fc.nat({ max: 3 }) })

test('a new stamp is greater than the clock and than what was seen of the replicant, and not behind real time', () => {
  fc.assert(
    fc.property(stamp, stamp, fc.nat({ max: 50 }), (clock, seen, nowMs) => {
      const next = nextStamp(clock, seen, nowMs)
      expect(compareStamps(next.stamp, clock)).toBeGreaterThan(0)
      expect(compareStamps(next.stamp, seen)).toBeGreaterThan(0)
      expect(next.stamp.ms).toBe(Math.max(clock.ms, seen.ms, nowMs))
      expect(next.clock).toEqual(next.stamp)
    }),
  )
})

test('ten minutes ahead is believed, a millisecond more is not', () => {
  const nowMs = 1000
  const believed = { ms: nowMs + MAX_STAMP_AHEAD_MS, counter: 0 }
  const wrong = { ms: believed.ms + 1, counter: 0 }
  expect(observeStamp(ZERO_STAMP, believed, nowMs)).toEqual(believed)
  expect(observeStamp(ZERO_STAMP, wrong, nowMs)).toEqual(ZERO_STAMP)
  expect([aheadMs(believed, nowMs), aheadMs(wrong, nowMs)]).toEqual([0, MAX_STAMP_AHEAD_MS + 1])
})

test('what is written on a replicant from the future comes after it, and leaves the site’s clock alone', () => {
  const future = { ms: 3_600_000, counter: 4 }
  const next = nextStamp({ ms: 900, counter: 0 }, future, 1000)
  expect(next).toEqual({ stamp: { ms: 3_600_000, counter: 5 }, clock: { ms: 900, counter: 0 } })
  expect(nextStamp(next.clock, ZERO_STAMP, 1000).stamp).toEqual({ ms: 1000, counter: 0 })
})

test('a clock that was raised while the machine was wrong falls back with it, but not behind what was seen of the replicant', () => {
  const raised = { ms: 2 * MAX_STAMP_AHEAD_MS, counter: 4 }
  expect(nextStamp(raised, ZERO_STAMP, 1000)).toEqual({
    stamp: { ms: 1000, counter: 0 },
    clock: { ms: 1000, counter: 0 },
  })
  expect(nextStamp(raised, raised, 1000).stamp).toEqual({ ...raised, counter: 5 })
})

test('who uses up the counter of a moment takes the next one: what is written after it can be told', () => {
  const full = { ms: 5_000, counter: MAX_STAMP_COUNTER }
  expect(nextStamp(full, ZERO_STAMP, 1_000).stamp).toEqual({ ms: 5_001, counter: 0 })
  expect(nextStamp(ZERO_STAMP, full, 1_000).stamp).toEqual({ ms: 5_001, counter: 0 })
})
