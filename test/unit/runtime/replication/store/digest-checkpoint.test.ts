/**
 * What a start knows of all replicants without reading them: noted when nothing changes and at a stop, gone with the first change, and not
 * believed where somebody else may have written since. In the simulated world, with real replicators; looks at all records are counted before
 * the disks. That what was noted is right is seen by the other site, whose digest must be the same, before and after further changes.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { compareIncarnations, openIncarnation } from '../../../../../src/core/membership/incarnation.ts'
import { checkpointWrite, readCheckpoint } from '../../../../../src/runtime/replication/store/digest-checkpoint.ts'
import { CHECKPOINT_QUIET_MS } from '../../../../../src/runtime/replication/limits.ts'
import { MemoryStore } from '../../../../support/memory-store.ts'
import { Lab } from '../lab.ts'
import type { Store } from '../../../../../src/ports/store.ts'

const MEMBERS = { members: ['a', 'b'] }
const NAMES = ['x', 'y', 'z']
const NO_OTHERS = { failing: [], withheld: { replicants: 0, from: [] } }
const ALL = 'replication/replicant/'

let lab: Lab
/** How often all records of a were looked at. */
let looks: number
const stores = new Map<string, Store>()

function watched(store: Store, site: string): Store {
  stores.set(site, store)
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)
      if (name !== 'iterate') return typeof value === 'function' ? value.bind(target) : value
      return (range: Parameters<Store['iterate']>[0]) => {
        if (site === 'a' && range.prefix === ALL) looks++
        return target.iterate(range)
      }
    },
  })
}

beforeEach(async () => {
  lab = await Lab.of(['a', 'b'], { store: watched })
  for (const id of NAMES) await lab.ask('a', 'POST /items', { id, n: 0 }, MEMBERS)
  await lab.pass(10_000)
})
afterEach(() => lab.assertSound())

/** Kills the agent of a and starts it. @returns how often it has looked at all records by then */
async function killed(meanwhile: () => Promise<void> = async () => undefined): Promise<number> {
  looks = 0
  await meanwhile()
  await lab.restart('a')
  await lab.pass(200)
  expect(lab.counts('a')).toEqual({ replicants: 3, conflicts: 0, diverged: 0, undecided: 0, ...NO_OTHERS })
  return looks
}

async function expectAgreement(): Promise<void> {
  await lab.pass(10_000)
  for (const site of ['a', 'b']) expect(lab.peers(site), site).toMatchObject([{ digest: 'agrees' }])
}

const quiet = (): Promise<void> => lab.pass(2 * CHECKPOINT_QUIET_MS + 1_000)

test('a start after a kill reads all records only where something has changed within the last minutes', async () => {
  expect(await killed()).toBe(1)
  await expectAgreement()
  await quiet()
  expect(await killed()).toBe(0)
  // That one has changed nothing either.
  expect(await killed()).toBe(0)
  await expectAgreement()
  await lab.ask('b', 'PUT /items/x', { n: 1 })
  await expectAgreement()
  expect(await killed()).toBe(1)
  await expectAgreement()
})

test('a stop notes what is counted, whenever it was changed', async () => {
  await lab.ask('a', 'PUT /items/y', { n: 1 })
  await lab.stop('a')
  expect(await killed()).toBe(0)
  await lab.ask('a', 'PUT /items/z', { n: 1 })
  await expectAgreement()
})

test('a conflict is remembered', async () => {
  lab.cut('a')
  for (const site of ['a', 'b']) await lab.ask(site, 'PUT /items/x', { n: site })
  await lab.heal()
  const before = lab.counts('a')
  expect(before).toEqual({ replicants: 3, conflicts: 1, diverged: 0, undecided: 0, ...NO_OTHERS })
  await quiet()
  looks = 0
  await lab.restart('a')
  await lab.pass(200)
  expect(looks).toBe(0)
  expect(lab.counts('a')).toEqual(before)
})

test('one that is not of the run before is not believed: an agent that does not know of it may have written', async () => {
  await quiet()
  const looked = await killed(async () => {
    const store = stores.get('a')
    const own = new TextDecoder().decode(await store?.get('replication/incarnation'))
    const later = openIncarnation(0, new Uint8Array(8), own)
    expect(compareIncarnations(later, own)).toBeGreaterThan(0)
    await lab.until(
      store?.commit([{ kind: 'put', key: 'replication/incarnation', value: new TextEncoder().encode(later) }]) ??
        Promise.resolve(),
    )
  })
  expect(looked).toBe(1)
  await expectAgreement()
})

test('what is read is what was written', async () => {
  const store = new MemoryStore()
  const put = (key: string, value: string) => ({ kind: 'put', key, value: new TextEncoder().encode(value) }) as const
  const [x, y] = NAMES.map(name => ({ service: 'inventory', kind: 'items', name }))
  if (x === undefined || y === undefined) throw new Error('there are names')
  const sums = new Map([
    ['b', { count: 2, sum: 2n ** 256n - 1n }],
    ['c', { count: 0, sum: 0n }],
  ])
  const checkpoint = { replicants: 7, sums, waiting: [x], unwell: [x, y] }
  await store.commit([checkpointWrite('1-a', checkpoint)])
  expect(await readCheckpoint(store)).toBeUndefined()
  await store.commit([put('replication/incarnation-before', '1-a')])
  expect(await readCheckpoint(store)).toEqual(checkpoint)
  await store.commit([put('replication/incarnation-before', '2-a')])
  expect(await readCheckpoint(store)).toBeUndefined()
})
