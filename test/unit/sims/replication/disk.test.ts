/**
 * The disk of a simulated site: what was synced stays, what was not is lost from some commit on, and an agent that has been killed
 * neither writes nor hears anything any more. (That it is a store is shown by the contract of the store, which runs on its memory.)
 */
import { expect, test } from 'vitest'
import { Machine } from '../../../../sims/world/replication/machine.ts'
import { SeededRandom } from '../../../../sims/world/seeded-random.ts'
import { VirtualTime } from '../../../../sims/world/virtual-time.ts'
import type { DiskOptions } from '../../../../sims/world/replication/disk.ts'
import type { CheopsError } from '../../../../src/errors.ts'

const SYNC_MS = 10
const put = (key: string) => ({ kind: 'put', key, value: new TextEncoder().encode(key) }) as const

function machine(seed: number, options: DiskOptions = {}) {
  const time = new VirtualTime()
  const made = new Machine('s1', time, new SeededRandom(seed), { syncMs: [SYNC_MS, SYNC_MS], ...options })
  const failures: CheopsError[] = []
  return { time, machine: made, failures, open: () => made.disk.open(made.boot(), error => failures.push(error)) }
}

test('a commit resolves when it is synced, and is there after a crash', async () => {
  const { time, machine: m, open } = machine(1)
  const store = open()
  let resolved = false
  void store.commit([put('a')]).then(() => (resolved = true))
  await time.run(SYNC_MS / 2)
  expect(resolved).toBe(false)
  await time.run(SYNC_MS * 2)
  expect(resolved).toBe(true)
  m.kill()
  expect([...m.disk.values.keys()]).toEqual(['a'])
  const again = open().get('a')
  await time.run(SYNC_MS * 3)
  expect(await again).toEqual(new TextEncoder().encode('a'))
})

test('a crash keeps a prefix of what was not synced, of any length, and tells nobody', async () => {
  const kept = new Set<number>()
  for (let seed = 1; seed <= 40; seed++) {
    const { time, machine: m, open } = machine(seed)
    const store = open()
    const told: string[] = []
    for (const key of ['a', 'b', 'c']) void store.commit([put(key), put(`${key}2`)]).then(() => told.push(key))
    await time.run(1)
    m.kill()
    const keys = [...m.disk.values.keys()]
    expect(keys).toEqual(['a', 'a2', 'b', 'b2', 'c', 'c2'].slice(0, keys.length))
    expect(keys.length % 2).toBe(0)
    kept.add(keys.length / 2)
    await time.run(1_000)
    expect(told).toEqual([])
    expect([...m.disk.values.keys()]).toEqual(keys)
  }
  expect([...kept].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3])
})

test('an agent that has been killed writes nothing more, while the next one does', async () => {
  const { time, machine: m, open } = machine(1)
  const dead = open()
  m.kill()
  const store = open()
  void dead.commit([put('dead')])
  void store.commit([put('alive')])
  await time.run(1_000)
  expect([...m.disk.values.keys()]).toEqual(['alive'])
})

test('a timer of an agent that has been killed does not ring', async () => {
  const { time, machine: m } = machine(1)
  const rung: string[] = []
  m.clock(m.boot()).after(10, () => rung.push('dead'))
  m.kill()
  m.clock(m.boot()).after(10, () => rung.push('alive'))
  await time.run(100)
  expect(rung).toEqual(['alive'])
})

test('a backup brings back what was there when it was made', async () => {
  const { time, machine: m, open } = machine(1)
  const store = open()
  void store.commit([put('old')])
  await time.run(100)
  const backup = m.disk.copy()
  void store.commit([put('new')])
  await time.run(200)
  expect(() => m.disk.restore(backup)).toThrow('an agent has the disk open')
  m.kill()
  m.disk.restore(backup)
  expect([...m.disk.values.keys()]).toEqual(['old'])
})

test('a flipped record is found when it is read, and a failed write at once; the agent is told once', async () => {
  const { time, machine: m, failures, open } = machine(1)
  const store = open()
  void store.commit([put('a')])
  await time.run(100)
  expect(m.disk.flip()).toBe('a')
  const read = store.get('a').catch((error: unknown) => error)
  await time.run(200)
  expect(await read).toMatchObject({ code: 'ERR_STORE_CORRUPT' })
  expect(failures).toMatchObject([{ code: 'ERR_STORE_CORRUPT' }])
  m.kill()

  const next = open()
  m.disk.failWrites()
  const written = next.commit([put('b')]).catch((error: unknown) => error)
  await time.run(300)
  expect(await written).toMatchObject({ code: 'ERR_STORE_FAILED' })
  expect(failures.map(({ code }) => code)).toEqual(['ERR_STORE_CORRUPT', 'ERR_STORE_FAILED'])
})

test('a disk that lies loses what it has acknowledged', async () => {
  const { time, machine: m, open } = machine(1, { lies: true })
  let resolved = false
  void open()
    .commit([put('a')])
    .then(() => (resolved = true))
  await time.run(1)
  expect(resolved).toBe(true)
  m.kill()
  expect([...m.disk.values.keys()]).toEqual([])
})
