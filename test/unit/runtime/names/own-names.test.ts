/** In which buckets this site has names: durable, each told once to who listens, and found by looking through all names only where there is no note of them. */
import { expect, test } from 'vitest'
import { OwnNames } from '../../../../src/runtime/names/own-names.ts'
import { MemoryStore } from '../../../support/memory-store.ts'
import { silentLogger } from '../../../support/real-time.ts'
import { buckets, item } from './names.ts'

async function namesOf(store: MemoryStore, ...names: readonly string[]) {
  let asked = 0
  const own = new OwnNames({
    store,
    logger: silentLogger,
    async *names() {
      asked++
      for (const name of names) yield item(name)
    },
  })
  await own.start()
  return { own, asked: () => asked }
}

const sorted = (all: Iterable<number>) => [...all].toSorted((a, b) => a - b)

test('a bucket is told when it is new, and to nobody who listens no more', async () => {
  const { own } = await namesOf(new MemoryStore())
  const told: number[] = []
  const end = own.onNew(bucket => told.push(bucket))
  for (const name of ['a', 'b', 'a']) own.add(item(name))
  expect(told).toEqual(buckets('a', 'b'))
  end()
  own.add(item('c'))
  expect(told).toHaveLength(2)
  expect(sorted(own.buckets)).toEqual(sorted(buckets('a', 'b', 'c')))
})

test('after a start what was there before is known, without looking through the names', async () => {
  const store = new MemoryStore()
  const before = await namesOf(store, 'old')
  before.own.add(item('new'))
  expect(before.asked()).toBe(1)
  await store.commit([])
  const after = await namesOf(store, 'never looked at')
  expect(after.asked()).toBe(0)
  expect(sorted(after.own.buckets)).toEqual(sorted(buckets('old', 'new')))
})

test('a site is told as long as one conversation with it tells it', async () => {
  const { own } = await namesOf(new MemoryStore())
  const [first, second] = [own.telling('site2'), own.telling('site2')]
  expect([own.isTold('site2'), own.isTold('site3'), own.told]).toEqual([true, false, 1])
  first()
  expect(own.isTold('site2')).toBe(true)
  second()
  expect([own.isTold('site2'), own.told]).toEqual([false, 0])
})
