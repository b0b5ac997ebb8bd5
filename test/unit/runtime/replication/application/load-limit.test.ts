/** How much of an application is asked at once: less as soon as it says that it is too busy, more again by and by. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LoadLimit } from '../../../../../src/runtime/replication/application/load-limit.ts'
import {
  BUSY_WITHIN_MS,
  FORGET_BUSY_AFTER_MS,
  MAX_ASKED_TOGETHER,
} from '../../../../../src/runtime/replication/limits.ts'

function answers(load: LoadLimit, count: number): void {
  for (let answer = 0; answer < count; answer++) load.answered()
}

test('half as much when it is too busy, once for all that was asked before', () => {
  const load = new LoadLimit()
  expect(load.most(0)).toBe(MAX_ASKED_TOGETHER)
  load.wasBusy(0, 10)
  expect(load.most(10)).toBe(MAX_ASKED_TOGETHER / 2)
  for (let other = 1; other < 10; other++) load.wasBusy(other, 10 + other)
  expect(load.most(20), 'they were asked before').toBe(MAX_ASKED_TOGETHER / 2)
  load.wasBusy(10, 20)
  expect(load.most(20)).toBe(MAX_ASKED_TOGETHER / 4)
})

test('one more after four answers to each of those that may be asked; never more than the bound', () => {
  const load = new LoadLimit()
  load.wasBusy(0, 0)
  const most = load.most(0)
  answers(load, 4 * most - 1)
  expect(load.most(0)).toBe(most)
  answers(load, 1)
  expect(load.most(0)).toBe(most + 1)
  answers(load, 100_000)
  expect(load.most(0)).toBe(MAX_ASKED_TOGETHER)
  expect(load.isLowered(0)).toBe(false)
})

test('what was away and answered nothing is soon asked as much again as it took before', () => {
  const load = new LoadLimit()
  for (let at = 0; at < 100; at++) load.wasBusy(at, at)
  expect(load.most(100)).toBe(1)
  answers(load, MAX_ASKED_TOGETHER / 2)
  expect(load.most(100)).toBe(MAX_ASKED_TOGETHER / 2)
})

test('it is away where it has said nothing else for seconds', () => {
  const load = new LoadLimit()
  load.wasBusy(0, 0)
  load.wasBusy(0, BUSY_WITHIN_MS)
  expect(load.isAway(BUSY_WITHIN_MS - 1)).toBe(false)
  expect(load.isAway(BUSY_WITHIN_MS)).toBe(true)
  load.answered()
  expect(load.isAway(BUSY_WITHIN_MS)).toBe(false)
})

test('nothing is asked while it pauses, and what it said a minute ago says nothing of now', () => {
  const load = new LoadLimit()
  load.wasBusy(0, 0)
  load.pause(1_000)
  load.pause(500)
  expect(load.most(999)).toBe(0)
  expect(load.pausesMs(999)).toBe(1)
  expect(load.most(1_000)).toBe(MAX_ASKED_TOGETHER / 2)
  expect(load.most(FORGET_BUSY_AFTER_MS)).toBe(MAX_ASKED_TOGETHER)
})

test('whatever it answers, one may be asked, and not more than the bound', () => {
  const answer = fc.record({ isBusy: fc.boolean(), tookMs: fc.nat(2_000), afterMs: fc.nat(2_000) })
  fc.assert(
    fc.property(fc.array(answer, { maxLength: 200 }), all => {
      const load = new LoadLimit()
      let now = 0
      for (const { isBusy, tookMs, afterMs } of all) {
        now += afterMs
        if (isBusy) load.wasBusy(now - tookMs, now)
        else load.answered()
        expect(load.most(now)).toBeGreaterThanOrEqual(1)
        expect(load.most(now)).toBeLessThanOrEqual(MAX_ASKED_TOGETHER)
      }
    }),
  )
})
