/**
 * What is announced when: each bucket once, all of them to a site that is reached for the first time and was not told lately, and again what
 * has failed. Time is the test's.
 */
import { expect, test } from 'vitest'
import { bucketOf, type ReplicantName } from '../../../src/core/oplog/index.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { Logger } from '../../../src/ports/logger.ts'
import { NameAnnouncer } from '../../../src/runtime/name-announcer.ts'
import { MemoryStore } from '../../support/memory-store.ts'

const item = (name: string): ReplicantName => ({ service: 'inventory', kind: 'items', name })
const buckets = (...names: readonly string[]) => names.map(name => bucketOf(item(name)))

class TestTime {
  #now: number
  readonly #due: { at: number; run: () => void }[] = []
  readonly clock = {
    now: () => this.#now,
    monotonic: () => this.#now,
    after: (delayMs: number, run: () => void) => {
      const entry = { at: this.#now + delayMs, run }
      this.#due.push(entry)
      return { cancel: () => void this.#due.splice(this.#due.indexOf(entry), 1) }
    },
  } as unknown as Clock

  constructor(now = 0) {
    this.#now = now
  }

  get now(): number {
    return this.#now
  }

  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      // What was begun ends before time passes.
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
      const next = this.#due.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#due.splice(this.#due.indexOf(next), 1)
      this.#now = next.at
      next.run()
    }
    this.#now = end
  }
}

function announcerWith(
  store: MemoryStore,
  names: readonly string[] = [],
  fails: () => boolean = () => false,
  now = 0,
  takesMs = 0,
) {
  const time = new TestTime(now)
  const told: number[] = []
  let asked = 0
  const announcer = new NameAnnouncer({
    buckets: {
      announce: async bucket => {
        if (fails()) throw new Error('nobody is there')
        if (takesMs > 0) await new Promise<void>(resolve => void time.clock.after(takesMs, resolve))
        told.push(bucket)
      },
      find: async () => [],
    },
    store,
    clock: time.clock,
    logger: { debug: () => {} } as unknown as Logger,
    async *names() {
      asked++
      for (const name of names) yield item(name)
    },
  })
  return { announcer, told, time, asked: () => asked }
}

test('a name is announced at once and once; all of them to a site that is reached for the first time', async () => {
  const { announcer, told, time } = announcerWith(new MemoryStore())
  await announcer.start()
  for (const name of ['a', 'b', 'a']) announcer.add(item(name))
  await time.pass(1_000)
  expect(told).toEqual(buckets('a', 'b'))
  told.length = 0
  for (const site of ['site2', 'site3', 'site2']) announcer.reached(site)
  await time.pass(10_000)
  expect(told.toSorted((a, b) => a - b)).toEqual(buckets('a', 'b').toSorted((a, b) => a - b))
  told.length = 0
  announcer.reached('site2')
  await time.pass(10_000)
  expect(told).toEqual([])
})

test('after a start what was announced before is known, without looking through the names', async () => {
  const store = new MemoryStore()
  const before = announcerWith(store, ['old'])
  await before.announcer.start()
  before.announcer.add(item('new'))
  await before.time.pass(1_000)
  expect(before.asked()).toBe(1)
  before.announcer.stop()
  const after = announcerWith(store, ['never looked at'])
  await after.announcer.start()
  after.announcer.reached('site2')
  await after.time.pass(10_000)
  expect(after.asked()).toBe(0)
  expect(new Set(after.told)).toEqual(new Set(buckets('old', 'new')))
})

test('where one announcement takes long the next comes later', async () => {
  const { announcer, told, time } = announcerWith(new MemoryStore(), [], () => false, 0, 100)
  await announcer.start()
  for (const name of ['a', 'b', 'c']) announcer.add(item(name))
  await time.pass(150)
  expect(told).toEqual(buckets('a'))
  await time.pass(300)
  expect(told).toEqual(buckets('a'))
  await time.pass(1_000)
  expect(told).toEqual(buckets('a', 'b', 'c'))
})

test('what could not be announced is tried again', async () => {
  let isAlone = true
  const { announcer, told, time } = announcerWith(new MemoryStore(), [], () => isAlone)
  await announcer.start()
  announcer.add(item('a'))
  await time.pass(10_000)
  isAlone = false
  await time.pass(60_000)
  expect(told).toEqual(buckets('a'))
})

const HOUR = 3_600_000
const MANY = Array.from({ length: 600 }, (_, place) => `name${String(place)}`)

test('many are told again slowly, and what is new does not wait for them', async () => {
  const { announcer, told, time } = announcerWith(new MemoryStore(), MANY)
  await announcer.start()
  announcer.reached('site2')
  await time.pass(10_000)
  const all = new Set(buckets(...MANY)).size
  expect(told.length).toBeGreaterThan(16)
  expect(told.length).toBeLessThan(40)
  const fresh = Array.from({ length: 9_999 }, (_, place) => `new${String(place)}`).find(name => {
    const [bucket = 0] = buckets(name)
    return !buckets(...MANY).includes(bucket)
  })
  announcer.add(item(fresh ?? ''))
  await time.pass(1_000)
  expect(told).toContain(buckets(fresh ?? '')[0])
  await time.pass(HOUR)
  expect(new Set(told).size).toBe(all + 1)
  expect(told.length).toBe(all + 1)
})

test('a site that was told all of them lately is not told again by the next run, unless its store was set back or more are known', async () => {
  const store = new MemoryStore()
  const first = announcerWith(store, MANY)
  await first.announcer.start()
  first.announcer.add(item('one'))
  first.announcer.reached('site2')
  await first.time.pass(HOUR)
  first.announcer.stop()
  const all = new Set(buckets('one', ...MANY)).size
  /** How many another run tells to a site within an hour. */
  const run = async (site: string, now: number, before: (announcer: NameAnnouncer) => void = () => undefined) => {
    const { announcer, told, time } = announcerWith(store, [], () => false, now)
    await announcer.start()
    before(announcer)
    announcer.reached(site)
    await time.pass(HOUR)
    announcer.stop()
    return told.length
  }
  expect(await run('site2', 2 * HOUR)).toBe(0)
  expect(await run('site3', 2 * HOUR)).toBe(all)
  expect(await run('site2', 2 * HOUR, announcer => announcer.forgotten('site2'))).toBe(all)
  expect(await run('site2', 4 * HOUR)).toBe(0)
  // The clock went back: nobody knows how long ago it was.
  expect(await run('site2', 1)).toBe(all)
  expect(await run('site2', 16 * HOUR)).toBe(all)
  const { announcer, time } = announcerWith(store, [], () => true, 17 * HOUR)
  await announcer.start()
  announcer.add(
    item(
      Array.from({ length: 9_999 }, (_, place) => `new${String(place)}`).find(
        name => !buckets('one', ...MANY).includes(bucketOf(item(name))),
      ) ?? '',
    ),
  )
  await time.pass(1_000)
  announcer.stop()
  expect(await run('site2', 18 * HOUR)).toBe(all + 1)
})
