/**
 * What is announced in the DHT when: nothing as long as all that are reached are told in conversations; else all buckets, slowly, what is new first, and again
 * what has failed. Time is virtual.
 */
import { expect, test } from 'vitest'
import { NameAnnouncer } from '../../../../src/runtime/names/name-announcer.ts'
import { OwnNames } from '../../../../src/runtime/names/own-names.ts'
import { MemoryStore } from '../../../support/memory-store.ts'
import { silentLogger } from '../../../support/real-time.ts'
import { TestTime, buckets, item } from './names.ts'

const HOUR = 3_600_000
/** By when it is known who is told nothing otherwise. */
const LOOKED = 25_000

interface Setting {
  readonly names?: readonly string[]
  readonly fails?: () => boolean
  readonly now?: number
  readonly takesMs?: number
}

async function started(store: MemoryStore, { names = [], fails = () => false, now = 0, takesMs = 0 }: Setting = {}) {
  const time = new TestTime(now)
  const told: number[] = []
  const own = new OwnNames({
    store,
    logger: silentLogger,
    async *names() {
      for (const name of names) yield item(name)
    },
  })
  await own.start()
  const announcer = new NameAnnouncer({
    buckets: {
      announce: async bucket => {
        if (fails()) throw new Error('nobody is there')
        if (takesMs > 0) await new Promise<void>(resolve => void time.clock.after(takesMs, resolve))
        told.push(bucket)
      },
      find: async () => [],
      answerWith: () => {},
    },
    own,
    store,
    clock: time.clock,
    logger: silentLogger,
  })
  await announcer.start()
  return { announcer, own, told, time }
}

const sorted = (all: readonly number[]) => all.toSorted((a, b) => a - b)

test('where all that are reached are told in conversations nothing is announced', async () => {
  const { announcer, own, told, time } = await started(new MemoryStore(), { names: ['a'] })
  for (const site of ['site2', 'site3']) {
    announcer.reached(site)
    own.telling(site)
  }
  await time.pass(LOOKED)
  own.add(item('b'))
  await time.pass(HOUR)
  expect(told).toEqual([])
})

test('a conversation that is replaced, or begins late, has nothing announced', async () => {
  const { announcer, own, told, time } = await started(new MemoryStore(), { names: ['a'] })
  announcer.reached('site2')
  await time.pass(9_000)
  const end = own.telling('site2')
  await time.pass(10_000)
  end()
  await time.pass(5_000)
  own.telling('site2')
  await time.pass(HOUR)
  expect(told).toEqual([])
})

test('for one that is told nothing all are announced, once, and what is new; until it cannot be reached, or is told', async () => {
  const { announcer, own, told, time } = await started(new MemoryStore(), { names: ['a', 'b'] })
  announcer.reached('site2')
  await time.pass(LOOKED + 60_000)
  expect(sorted(told)).toEqual(sorted(buckets('a', 'b')))
  own.add(item('c'))
  await time.pass(1_000)
  expect(told.slice(2)).toEqual(buckets('c'))
  announcer.lost('site2')
  own.add(item('d'))
  await time.pass(HOUR)
  expect(told).toHaveLength(3)
  announcer.reached('site2')
  await time.pass(LOOKED + 60_000)
  expect(sorted(told.slice(3))).toEqual(sorted(buckets('a', 'b', 'c', 'd')))
  own.telling('site2')
  own.add(item('e'))
  await time.pass(LOOKED)
  own.add(item('f'))
  await time.pass(HOUR)
  expect(told.slice(7).length).toBeLessThanOrEqual(1)
})

test('where one announcement takes long the next comes later', async () => {
  const { announcer, own, told, time } = await started(new MemoryStore(), { takesMs: 100 })
  announcer.reached('site2')
  await time.pass(LOOKED)
  for (const name of ['a', 'b', 'c']) own.add(item(name))
  await time.pass(4_500)
  expect(told).toEqual(buckets('a'))
  await time.pass(10_000)
  expect(told).toEqual(buckets('a', 'b', 'c'))
})

test('what could not be announced is tried again', async () => {
  let isAlone = true
  const { announcer, own, told, time } = await started(new MemoryStore(), { fails: () => isAlone })
  announcer.reached('site2')
  await time.pass(LOOKED)
  own.add(item('a'))
  await time.pass(10_000)
  isAlone = false
  await time.pass(60_000)
  expect(told).toEqual(buckets('a'))
})

const MANY = Array.from({ length: 600 }, (_, place) => `name${String(place)}`)
const ALL = new Set(buckets(...MANY))
const fresh = Array.from({ length: 9_999 }, (_, place) => `new${String(place)}`).find(
  name => !ALL.has(buckets(name)[0] ?? 0),
)

test('many are announced slowly, and what is new does not wait for them', async () => {
  const { announcer, own, told, time } = await started(new MemoryStore(), { names: MANY })
  announcer.reached('site2')
  await time.pass(LOOKED + 20_000)
  expect(told.length).toBeGreaterThan(5)
  expect(told.length).toBeLessThan(20)
  own.add(item(fresh ?? ''))
  await time.pass(4_000)
  expect(told).toContain(buckets(fresh ?? '')[0])
  await time.pass(HOUR)
  expect([told.length, new Set(told).size]).toEqual([ALL.size + 1, ALL.size + 1])
})

test('one that could hear all of them lately is not told again, unless its store was set back, more are known, or half a day is over', async () => {
  const store = new MemoryStore()
  const first = await started(store, { names: MANY })
  first.announcer.reached('site2')
  await first.time.pass(LOOKED)
  first.own.add(item(fresh ?? ''))
  await first.time.pass(HOUR)
  const all = ALL.size + 1
  expect(first.told).toHaveLength(all)
  await first.time.pass(10 * HOUR)
  expect(first.told).toHaveLength(all)
  await first.time.pass(3 * HOUR)
  expect(first.told).toHaveLength(2 * all)
  first.announcer.stop()
  /** How many another run announces for a site within an hour. */
  const run = async (
    site: string,
    now: number,
    before: (run: Awaited<ReturnType<typeof started>>) => void = () => {},
  ) => {
    const next = await started(store, { now })
    before(next)
    next.announcer.reached(site)
    await next.time.pass(HOUR)
    next.announcer.stop()
    return next.told.length
  }
  expect(await run('site2', 16 * HOUR)).toBe(0)
  expect(await run('site3', 16 * HOUR)).toBe(all)
  expect(await run('site2', 16 * HOUR, ({ announcer }) => announcer.forgotten('site2'))).toBe(all)
  expect(await run('site2', 18 * HOUR)).toBe(0)
  // The clock went back: nobody knows how long ago it was.
  expect(await run('site2', 1)).toBe(all)
  expect(await run('site2', 2 * HOUR, ({ own }) => own.add(item(`${fresh ?? ''} of one`)))).toBe(all + 1)
})
