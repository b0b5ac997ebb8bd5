/** Incarnations of starts grow whatever the clock does, and one that cannot be read stops the agent instead of being forgotten. */
import { expect, test } from 'vitest'
import { SeededRandom } from '../../../../sims/world/seeded-random.ts'
import { compareIncarnations } from '../../../../src/core/membership/incarnation.ts'
import { nextIncarnation } from '../../../../src/runtime/replication/next-incarnation.ts'
import { MemoryStore } from '../../../support/memory-store.ts'

const clockAt = (ms: number) => ({ now: () => ms, monotonic: () => 0, after: () => ({ cancel: () => undefined }) })

test('each start opens a greater one, also when the clock went back', async () => {
  const store = new MemoryStore()
  const random = new SeededRandom(1)
  const opened: string[] = []
  for (const ms of [2_000_000, 1_000_000, 1_000_000, 3_000_000])
    opened.push(await nextIncarnation(store, clockAt(ms), random))
  expect(new Set(opened).size).toBe(4)
  expect(opened.toSorted(compareIncarnations)).toEqual(opened)
})

test('one that cannot be read is an error of the store', async () => {
  const store = new MemoryStore()
  await store.commit([{ kind: 'put', key: 'replication/incarnation', value: new TextEncoder().encode('yesterday') }])
  await expect(nextIncarnation(store, clockAt(1), new SeededRandom(1))).rejects.toMatchObject({
    code: 'ERR_STORE_CORRUPT',
  })
})
