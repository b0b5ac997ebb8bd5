/** What other sites tell of their buckets: kept over starts and conversations, for two days, and no longer than its site is one. Time is virtual. */
import { expect, test } from 'vitest'
import { BucketSet } from '../../../../src/core/oplog/index.ts'
import { HeardNames } from '../../../../src/runtime/names/heard-names.ts'
import { MemoryStore } from '../../../support/memory-store.ts'
import { silentLogger } from '../../../support/real-time.ts'
import { TestTime } from './names.ts'

const HOUR = 3_600_000
const bitsOf = (...buckets: readonly number[]): Uint8Array => {
  const set = new BucketSet()
  for (const bucket of buckets) set.add(bucket)
  return set.bits
}

async function started(store: MemoryStore, startedAt = 0) {
  const time = new TestTime(startedAt)
  const heard = new HeardNames({ store, clock: time.clock, logger: silentLogger })
  await heard.start()
  return { heard, time }
}

async function keysIn(store: MemoryStore): Promise<string[]> {
  const keys: string[] = []
  for await (const [key] of store.iterate({ prefix: '' })) keys.push(key)
  return keys
}

test('who has told a bucket holds it; what is told as all takes the place of what was told before', async () => {
  const { heard } = await started(new MemoryStore())
  heard.added('site2', [9])
  expect([heard.holders(9), heard.isTelling('site2')]).toEqual([[], false])
  heard.all('site2', bitsOf(1, 2))
  heard.added('site2', [3])
  heard.all('site3', bitsOf(3))
  expect([1, 2, 3, 4].map(bucket => heard.holders(bucket))).toEqual([['site2'], ['site2'], ['site2', 'site3'], []])
  heard.all('site2', bitsOf(4))
  expect([1, 3, 4].map(bucket => heard.holders(bucket))).toEqual([[], ['site3'], ['site2']])
  expect(heard.isTelling('site2')).toBe(true)
})

test('when the conversation is over it counts on for two days, and not as all', async () => {
  const { heard, time } = await started(new MemoryStore())
  heard.all('site2', bitsOf(1))
  await time.pass(100 * HOUR)
  expect([heard.holders(1), heard.isTelling('site2')]).toEqual([['site2'], true])
  heard.ended('site2')
  await time.pass(47 * HOUR)
  expect([heard.holders(1), heard.isTelling('site2')]).toEqual([['site2'], false])
  await time.pass(HOUR)
  expect(heard.holders(1)).toEqual([])
})

test('the next run knows it, after a stop and after a crash, until two days after the last word', async () => {
  const store = new MemoryStore()
  const first = await started(store)
  first.heard.all('site2', bitsOf(1))
  await first.time.pass(100 * HOUR)
  first.heard.added('site2', [2])
  // That is written within a second, and that the site still tells within an hour.
  await first.time.pass(2_000)
  const crashed = await started(store, 101 * HOUR)
  expect([1, 2].map(bucket => crashed.heard.holders(bucket))).toEqual([['site2'], ['site2']])
  expect(crashed.heard.isTelling('site2')).toBe(false)

  crashed.heard.all('site2', bitsOf(5))
  await crashed.time.pass(10 * HOUR)
  crashed.heard.added('site2', [6])
  crashed.heard.stop()
  await store.commit([])
  const stopped = await started(store, 158 * HOUR)
  expect([2, 5, 6].map(bucket => stopped.heard.holders(bucket))).toEqual([[], ['site2'], ['site2']])
  stopped.heard.stop()
  await store.commit([])
  const late = await started(store, 160 * HOUR)
  expect(late.heard.holders(6)).toEqual([])
  expect(await keysIn(store)).toEqual([])
})

test('of what is no site any more nothing is left', async () => {
  const store = new MemoryStore()
  const { heard, time } = await started(store)
  heard.all('site2', bitsOf(1))
  await time.pass(2_000)
  expect(await keysIn(store)).toHaveLength(1)
  heard.added('site2', [2])
  heard.forgotten('site2')
  await time.pass(2_000)
  expect([heard.holders(1), await keysIn(store)]).toEqual([[], []])
})

test('while thousands come they are written once a second', async () => {
  const store = new MemoryStore()
  const { heard, time } = await started(store)
  let commits = 0
  const commit = store.commit.bind(store)
  store.commit = writes => {
    commits++
    return commit(writes)
  }
  heard.all('site2', bitsOf())
  for (let bucket = 0; bucket < 1_000; bucket++) {
    heard.added('site2', [bucket])
    await time.pass(10)
  }
  await time.pass(2_000)
  expect(commits).toBeGreaterThan(8)
  expect(commits).toBeLessThan(13)
})
