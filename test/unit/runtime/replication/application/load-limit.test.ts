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
  for (let answer = 0; answer < count; answer++) load.answered('answered')
}

let resources = 0
/** Two that were not refused before. */
function refuse(load: LoadLimit, began: number, now: number): void {
  load.wasBusy(`refused-${resources++}`, began, now)
  load.wasBusy(`refused-${resources++}`, began, now)
}

test('half as much when some are refused, once for all that was asked before', () => {
  const load = new LoadLimit()
  expect(load.most(0)).toBe(MAX_ASKED_TOGETHER)
  refuse(load, 0, 10)
  expect(load.most(10)).toBe(MAX_ASKED_TOGETHER / 2)
  for (let other = 1; other < 10; other++) refuse(load, other, 10 + other)
  expect(load.most(20), 'they were asked before').toBe(MAX_ASKED_TOGETHER / 2)
  refuse(load, 10, 20)
  expect(load.most(20)).toBe(MAX_ASKED_TOGETHER / 4)
})

test('one that is refused each time says nothing of the others, nor do a few among many answers', () => {
  const load = new LoadLimit()
  for (let at = 0; at < 100; at++) {
    expect(load.wasBusy('refused', at, at)).toBe(false)
    load.answered('another')
  }
  expect(load.most(100)).toBe(MAX_ASKED_TOGETHER)
  for (let at = 0; at < 20; at++) {
    answers(load, 4 * MAX_ASKED_TOGETHER)
    load.wasBusy(`one-${at}`, at, at)
  }
  expect(load.most(100)).toBe(MAX_ASKED_TOGETHER)
  refuse(load, 100, 100)
  expect(load.wasBusy('refused', 101, 101)).toBe(false)
  load.answered('refused')
  expect(load.wasBusy('refused', 102, 102), 'it was answered meanwhile, and is the second since').toBe(true)
})

test('one more after four answers to each of those that may be asked; never more than the bound', () => {
  const load = new LoadLimit()
  refuse(load, 0, 0)
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
  for (let at = 0; at < 100; at++) refuse(load, at, at)
  expect(load.most(100)).toBe(1)
  answers(load, MAX_ASKED_TOGETHER / 2)
  expect(load.most(100)).toBe(MAX_ASKED_TOGETHER / 2)
})

test('it is away where it has said nothing else for seconds', () => {
  const load = new LoadLimit()
  load.wasBusy('one', 0, 0)
  load.wasBusy('one', 0, BUSY_WITHIN_MS)
  expect(load.isAway(BUSY_WITHIN_MS - 1)).toBe(false)
  expect(load.isAway(BUSY_WITHIN_MS)).toBe(true)
  load.answered('one')
  expect(load.isAway(BUSY_WITHIN_MS)).toBe(false)
  load.wasBusy('one', 0, 0)
  const later = FORGET_BUSY_AFTER_MS
  load.wasBusy('one', later, later)
  expect(load.isAway(later), 'nothing was asked in between').toBe(false)
})

test('nothing is asked while it pauses, and what it said a minute ago says nothing of now', () => {
  const load = new LoadLimit()
  refuse(load, 0, 0)
  load.pause(1_000)
  load.pause(500)
  expect(load.most(999)).toBe(0)
  expect(load.pausesMs(999)).toBe(1)
  expect(load.most(1_000)).toBe(MAX_ASKED_TOGETHER / 2)
  expect(load.most(FORGET_BUSY_AFTER_MS)).toBe(MAX_ASKED_TOGETHER)
})

test('whatever it answers, one may be asked, and not more than the bound', () => {
  const answer = fc.record({
    isBusy: fc.boolean(),
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    tookMs: fc.nat(2_000),
    afterMs: fc.nat(2_000),
  })
  fc.assert(
    fc.property(fc.array(answer, { maxLength: 200 }), all => {
      const load = new LoadLimit()
      let now = 0
      for (const { isBusy, key, tookMs, afterMs } of all) {
        now += afterMs
        if (isBusy) load.wasBusy(key, now - tookMs, now)
        else load.answered(key)
        expect(load.most(now)).toBeGreaterThanOrEqual(1)
        expect(load.most(now)).toBeLessThanOrEqual(MAX_ASKED_TOGETHER)
      }
    }),
  )
})
