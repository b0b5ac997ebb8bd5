/**
 * What of a replicant grows with what is written to it: whatever it becomes, what is read of it is what was written, nothing stays behind of what went,
 * and a step writes what it has added. States are drawn, and written and read as agents do it.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { syncCodec } from '../../../../../protocols/sync/codec.ts'
import { MemoryStore } from '../../../../../sims/world/memory-store.ts'
import { newLife } from '../../../../../src/core/oplog/life.ts'
import { newCore, newLocalState, type Replica } from '../../../../../src/runtime/replication/replica.ts'
import { LIVE_TOGETHER } from '../../../../../src/runtime/replication/store/growing-records.ts'
import { encodeSealed } from '../../../../../src/runtime/replication/store/records.ts'
import {
  changedRecords,
  loadRecords,
  operationKey,
} from '../../../../../src/runtime/replication/store/replica-records.ts'
import type { Operation } from '../../../../../src/core/oplog/index.ts'
import type { KeptRequest } from '../../../../../src/runtime/replication/write/kept-requests.ts'
import { sha256 } from '../scripted.ts'

const NAME = { service: 'inventory', kind: 'items', name: 'x' }
const PREFIX = 'replication/replicant/inventory/items/x/'
const INCARNATION = '1790000000000-0123456789abcdef'
const COUNT = LIVE_TOGETHER * 2 + 20
const ids = Array.from({ length: COUNT }, (_, place) => ({
  stamp: { ms: 1_790_000_000_001 + place, counter: 0 },
  dot: { site: 'paris', incarnation: INCARNATION, number: place + 1 },
}))
const [born] = ids as [(typeof ids)[number]]
/** Another life, of a create at another site. */
const other = { stamp: born.stamp, dot: { ...born.dot, site: 'rennes' } }
const operations = ids.map((id): Operation => ({ ...id, replicant: NAME, life: born, type: 'merge', context: [] }))
const signature = new Uint8Array(64)
const LOCAL = newLocalState()

/** A store that has all operations already. */
function stored(): MemoryStore {
  return new MemoryStore(
    new Map(
      operations.map(operation => [
        operationKey(PREFIX, operation.dot),
        encodeSealed({ bytes: syncCodec.encodeOperation(operation), signature }),
      ]),
    ),
  )
}

const place = fc.integer({ min: 0, max: COUNT })
/** Some of a list, in its order: from one place to another, without one. */
const part = fc.record({ from: place, to: place, without: place })
type Part = Readonly<Record<'from' | 'to' | 'without', number>>
const partOf = <T>(all: readonly T[], { from, to, without }: Part): T[] =>
  all.slice(Math.min(from, to), Math.max(from, to)).filter((_, at) => at !== without)

const TEXTS = ids.map((_, at) => JSON.stringify(['', `a/b ${at}%`, 'f'.repeat(64), 'reset']))
/** Operations with keys, which are forgotten: what is remembered of those that are held is what they say themselves. */
const keyed = ids.map(({ stamp, dot }) => ({ stamp, dot: { ...dot, number: dot.number + COUNT } }))
const KEYS = TEXTS.map((text, at) => [text, keyed[at] ?? born] as const)
const EXECUTED = keyed.map((id, at) =>
  at % 3 === 0 ? { ...id, idempotency: { principal: '', key: `k${at}`, request: 'r' } } : id,
)
const REQUESTS = ids.map(({ dot }, at): KeptRequest => ({ key: `["","k${at}"]`, dot, request: 'r', at }))

interface State {
  readonly live: Part
  readonly keys: Part
  readonly keysOfOther: Part | undefined
  readonly executed: Part
  readonly requests: Part
}
const state: fc.Arbitrary<State> = fc.record({
  live: part,
  keys: part,
  keysOfOther: fc.option(part, { nil: undefined }),
  executed: part,
  requests: part,
})

function replicaOf({ live, keys, keysOfOther, executed, requests }: State): Replica {
  const core = newCore(NAME, 'paris')
  const lives = [
    { ...newLife(born), live: partOf(operations, live), keys: new Map(partOf(KEYS, keys)) },
    ...(keysOfOther === undefined ? [] : [{ ...newLife(other), keys: new Map(partOf(KEYS, keysOfOther)) }]),
  ]
  const local = {
    ...LOCAL,
    executed: { life: born, operations: partOf(EXECUTED, executed), context: [born.dot] },
    requests: partOf(REQUESTS, requests),
  }
  return { ...fresh(), core: { ...core, replicant: { ...core.replicant, lives } }, local }
}

function fresh(): Replica {
  const plain = { name: NAME, prefix: PREFIX, draft: undefined, draftBytes: undefined, seen: undefined }
  const core = newCore(NAME, 'paris')
  return { ...plain, core, local: LOCAL, prepared: undefined, isOld: false, isBegunAnew: false, run: { checked: true } }
}

const load = (store: MemoryStore) => loadRecords({ store, codec: syncCodec, hash: sha256, site: 'paris' }, NAME, PREFIX)

async function keysIn(store: MemoryStore, kind: string): Promise<number> {
  let count = 0
  for await (const _ of store.iterate({ prefix: `${PREFIX}${kind}/` })) count++
  return count
}

test('what is read is what was written last, and nothing is left of what was before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(state, { minLength: 1, maxLength: 6 }), async states => {
      const store = stored()
      let before = fresh()
      for (const drawn of states) {
        const now = replicaOf(drawn)
        await store.commit(changedRecords(now, before))
        before = now
        const { core, local, isOld } = await load(store)
        expect(isOld).toBe(false)
        expect(core.replicant.lives).toEqual(now.core.replicant.lives)
        expect(local).toEqual(now.local)
        const { keys, keysOfOther, executed, requests } = drawn
        const counts = [keys, keysOfOther].map(each => (each === undefined ? 0 : partOf(KEYS, each).length))
        expect(await keysIn(store, 'key')).toBe((counts[0] ?? 0) + (counts[1] ?? 0))
        expect(await keysIn(store, 'executed')).toBe(Math.max(0, partOf(EXECUTED, executed).length - 1))
        expect(await keysIn(store, 'request')).toBe(partOf(REQUESTS, requests).length)
      }
      await store.commit(changedRecords(fresh(), before))
      for (const kind of ['key', 'live', 'executed', 'request']) expect(await keysIn(store, kind)).toBe(0)
    }),
    { numRuns: 25 },
  )
})

test('a step writes what it has added, whatever there was before', () => {
  const all = { from: 0, without: COUNT }
  const stateOf = (to: number): Replica =>
    replicaOf({
      live: { ...all, to },
      keys: { ...all, to },
      keysOfOther: undefined,
      executed: { ...all, to },
      requests: { ...all, to },
    })
  const costOf = (to: number): { readonly records: number; readonly bytes: number } => {
    const before = stateOf(to)
    const next = stateOf(to + 1)
    const writes = changedRecords(next, before)
    const bytes = writes.reduce(
      (sum, write) => sum + write.key.length + (write.kind === 'put' ? write.value.length : 0),
      0,
    )
    return { records: writes.length, bytes }
  }
  const few = costOf(4)
  // Core, local, a key, what is executed, the request.
  expect(few.records).toBe(5)
  expect(costOf(100).records).toBe(5)
  expect(costOf(LIVE_TOGETHER * 2 + 10).records).toBe(6)
  // Ten bytes for each operation that counts, up to some.
  for (const count of [100, LIVE_TOGETHER, LIVE_TOGETHER * 2 + 10])
    expect(costOf(count).bytes).toBeLessThan(few.bytes + LIVE_TOGETHER * 2 * 10)
})

test('what an earlier version has in the core and local records is read, and put into records of its own by the next step', async () => {
  const store = stored()
  const some: Part = { from: 0, to: 10, without: COUNT }
  const replica = replicaOf({ live: some, keys: some, keysOfOther: some, executed: some, requests: some })
  const { replicant } = replica.core
  const dots = (list: readonly Operation[]) => list.map(({ dot }) => dot)
  const core = {
    version: 2,
    name: NAME,
    lives: replicant.lives.map(life => ({ ...life, keys: [...life.keys], live: dots(life.live) })),
    waiting: [],
    clock: replicant.clock,
  }
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
  const { executed, requests } = replica.local
  await store.commit([
    { kind: 'put', key: `${PREFIX}core`, value: json(core) },
    { kind: 'put', key: `${PREFIX}local`, value: json({ version: 2, executed, requests }) },
  ])
  const old = await load(store)
  expect(old).toMatchObject({ isOld: true, local: { executed, requests } })
  expect(old.core.replicant.lives).toEqual(replicant.lives)
  const loaded = { ...fresh(), ...old }
  await store.commit(changedRecords(loaded, loaded))
  const now = await load(store)
  expect(now).toMatchObject({ isOld: false, local: { executed, requests } })
  expect(now.core.replicant.lives).toEqual(replicant.lives)
  expect(await keysIn(store, 'key')).toBe(20)
})
