/** Marks of what is due after a start: written once, removed later and together, never when something has become due again. */
import { beforeEach, expect, test, vi } from 'vitest'
import { MemoryStore } from '../../../../../sims/world/memory-store.ts'
import { DueMarks } from '../../../../../src/runtime/replication/store/due-marks.ts'
import { MAX_DUE_MARKS, MAX_SETTLED_MARKS } from '../../../../../src/runtime/replication/limits.ts'
import type { StoreWrite } from '../../../../../src/ports/store.ts'

const name = { service: 'inventory', kind: 'items', name: 'x' }
let store: MemoryStore
/** What waits for its time. */
let timers: (() => void)[]
/** Commits that wait for room on the disk. */
let waiting: (() => Promise<void>)[]
let marks: DueMarks

const open = (): DueMarks =>
  new DueMarks(
    store,
    {
      now: () => 0,
      monotonic: () => 0,
      after: (_ms, run) => {
        timers.push(run)
        return { cancel: () => void (timers = timers.filter(other => other !== run)) }
      },
    },
    collect => {
      waiting.push(() => store.commit(collect()))
      return Promise.resolve()
    },
  )
const written = async (writes: readonly StoreWrite[]): Promise<boolean> => {
  if (writes.length > 0) await store.commit(writes)
  return writes.length > 0
}
const flush = async (): Promise<void> => {
  for (const run of timers.splice(0)) run()
  for (const commit of waiting.splice(0)) await commit()
}

beforeEach(() => {
  store = new MemoryStore()
  timers = []
  waiting = []
  marks = open()
})

test('is written once, and again after it was removed', async () => {
  expect([await written(marks.mark('x', name)), await written(marks.mark('x', name))]).toEqual([true, false])
  marks.settle('x')
  expect(await marks.isMarked('x'), 'not yet').toBe(true)
  await flush()
  expect(await marks.isMarked('x')).toBe(false)
  expect(await written(marks.mark('x', name))).toBe(true)
})

test('stays when something has become due again, also while the removal waits for the disk', async () => {
  await written(marks.mark('x', name))
  marks.settle('x')
  expect(await written(marks.mark('x', name))).toBe(false)
  await flush()
  expect(await marks.isMarked('x')).toBe(true)
  marks.settle('x')
  for (const run of timers.splice(0)) run()
  expect(await written(marks.mark('x', name))).toBe(false)
  await flush()
  expect(await marks.isMarked('x')).toBe(true)
})

test('whether one is there is not asked of the disk once all were read', async () => {
  await written(marks.mark('x', name))
  const again = open()
  const asked = vi.spyOn(store, 'get')
  expect(await again.isMarked('x')).toBe(true)
  expect(asked).toHaveBeenCalledTimes(1)
  for await (const _ of again.all()) continue
  expect([await again.isMarked('x'), await again.isMarked('y')]).toEqual([true, false])
  await written(again.mark('y', name))
  expect(await again.isMarked('y')).toBe(true)
  expect(asked).toHaveBeenCalledTimes(1)
  for (let number = 0; number < MAX_DUE_MARKS; number++) again.mark(String(number), name)
  // There are more than it remembers.
  await written(again.mark('z', name))
  expect(await again.isMarked('z')).toBe(true)
})

test('many go together before their time', async () => {
  for (let number = 0; number < MAX_SETTLED_MARKS; number++) {
    await written(marks.mark(String(number), name))
    marks.settle(String(number))
  }
  expect([timers.length, waiting.length]).toEqual([0, 1])
})

test('those of an earlier run are known after they were read', async () => {
  await written(marks.mark('x', name))
  const again = open()
  const found = []
  for await (const due of again.all()) found.push(due)
  expect(found).toEqual([name])
  expect(await written(again.mark('x', name))).toBe(false)
  again.settle('x')
  await flush()
  expect(await again.isMarked('x')).toBe(false)
})
