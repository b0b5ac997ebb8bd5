/**
 * The records of a replicant on disk: what a step writes, and that what earlier versions wrote is read and brought to the present one.
 * The records of version 1 stand here as that version wrote them.
 */
import { expect, test } from 'vitest'
import { syncCodec } from '../../../../../protocols/sync/codec.ts'
import { MemoryStore } from '../../../../../sims/world/memory-store.ts'
import { NO_MATRICES, admit, newReplicant, type Operation } from '../../../../../src/core/oplog/index.ts'
import {
  changedRecords,
  loadRecords,
  operationKey,
} from '../../../../../src/runtime/replication/store/replica-records.ts'
import { encodeSealed } from '../../../../../src/runtime/replication/store/records.ts'
import { newLocalState, type Replica } from '../../../../../src/runtime/replication/replica.ts'
import type { StoreWrite } from '../../../../../src/ports/store.ts'
import { sha256 } from '../scripted.ts'

const NAME = { service: 'inventory', kind: 'items', name: 'x' }
const PREFIX = 'replication/replicant/inventory/items/x/'
const INCARNATION = '1790000000000-0123456789abcdef'
const dot = (number: number) => ({ site: 'paris', incarnation: INCARNATION, number })
const stamp = { ms: 1_790_000_000_001, counter: 0 }
const life = { stamp, dot: dot(1) }
const create: Operation = {
  ...life,
  replicant: NAME,
  life,
  type: 'create',
  context: [],
  payload: { method: 'POST', path: '/items', headers: [], body: { bytes: new Uint8Array([123, 125]) } },
  members: { added: ['paris', 'rennes'], removed: [] },
}
const draft: Operation = { ...create, dot: dot(2), type: 'replace', previous: dot(1), context: [dot(1)] }
const { members: _, ...replace } = draft
const sealed = { bytes: syncCodec.encodeOperation(create), signature: new Uint8Array(64).fill(7) }
const outcomes = [{ dot: dot(1), sites: [{ site: 'paris', outcome: 'applied' as const, at: 5, status: 201 }] }]
const executed = { life, operations: [life], context: [dot(1)] }

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const load = (store: MemoryStore) => loadRecords({ store, codec: syncCodec, hash: sha256, site: 'paris' }, NAME, PREFIX)
const replicaOf = async (store: MemoryStore): Promise<Replica> => {
  const { isNew, ...records } = await load(store)
  return {
    ...records,
    name: NAME,
    prefix: PREFIX,
    seen: undefined,
    prepared: undefined,
    isBegunAnew: false,
    run: { checked: isNew },
  }
}
const keysOf = (writes: readonly StoreWrite[]): readonly string[] =>
  writes.map(({ kind, key }) => `${kind} ${key.slice(PREFIX.length)}`)
const OUTCOMES = `outcomes/paris/${INCARNATION}/00000000000001`

/** As version 1 wrote it: acknowledgements in the core, outcomes and draft in the local record, operations by text. */
function version1(): MemoryStore {
  const text = `${INCARNATION}/1/paris`
  const core = {
    version: 1,
    name: NAME,
    lives: [
      {
        life,
        knowledge: [dot(1)],
        holes: [],
        droppers: [{ type: 'create', reset: true, greatest: life, context: [] }],
        changes: ['paris', 'rennes'].map(site => ({ site, by: life, member: true, held: [], told: [] })),
        keys: [],
        conflictsForgotten: 0,
        live: [text],
        conflicts: [],
        outside: [],
        membership: [],
      },
    ],
    waiting: [],
    clock: stamp,
    acknowledgements: [['rennes', { knowledge: [[text, [dot(1)]]], clock: stamp }]],
  }
  const local = { version: 1, executed, bound: true, unbound: false, answersTell: true, hash: 'h', outcomes }
  const doubt = { draft: { before: 'h', uncertain: true } }
  return new MemoryStore(
    new Map([
      [operationKey(PREFIX, dot(1)), encodeSealed(sealed)],
      [`${PREFIX}core`, json(core)],
      [`${PREFIX}local`, json({ ...local, ...doubt })],
      [`${PREFIX}draft`, syncCodec.encodeOperation(replace)],
    ]),
  )
}

const EXPECTED = {
  core: {
    replicant: { ...admit(newReplicant(NAME, 'paris'), create, NO_MATRICES).replicant },
    acknowledgements: new Map([
      ['rennes', { knowledge: new Map([[`${INCARNATION}/1/paris`, [dot(1)]]]), clock: stamp }],
    ]),
  },
  local: {
    ...newLocalState(),
    executed,
    bound: true,
    answersTell: true,
    hash: 'h',
    outcomes,
    draft: { before: 'h', uncertain: true },
  },
  draft: replace,
}

test('a replicant of version 1 is read, and the next step writes all of it anew', async () => {
  const store = version1()
  const replica = await replicaOf(store)
  expect(replica).toMatchObject({ ...EXPECTED, isOld: true })
  const writes = changedRecords(replica, { ...replica })
  expect(keysOf(writes)).toEqual(['put core', 'put local', 'put acknowledged/rennes', `put ${OUTCOMES}`, 'put draft'])
  await store.commit(writes)
  expect(await replicaOf(store)).toMatchObject({ ...EXPECTED, isOld: false })
})

test('a step writes what it has changed, and nothing else', async () => {
  const store = version1()
  await store.commit(changedRecords(await replicaOf(store), await replicaOf(store)))
  const replica = await replicaOf(store)
  const { core, local } = replica
  const after = (change: Partial<Replica>): readonly string[] =>
    keysOf(changedRecords({ ...replica, ...change }, replica))
  expect(after({})).toEqual([])
  expect(after({ local: { ...local, hash: 'h', acknowledges: true } })).toEqual([])
  expect(after({ local: { ...local, hash: undefined } })).toEqual(['put local'])
  expect(after({ local: { ...local, outcomes: [] } })).toEqual([`delete ${OUTCOMES}`])
  expect(after({ local: { ...local, outcomes: [{ dot: dot(1), sites: [] }] } })).toEqual([`put ${OUTCOMES}`])
  expect(after({ core: { ...core, acknowledgements: new Map() } })).toEqual(['delete acknowledged/rennes'])
  expect(after({ core: { ...core, replicant: { ...core.replicant } } })).toEqual(['put core'])
  expect(after({ draft: undefined, draftBytes: undefined })).toEqual(['delete draft'])
  const certain = { ...local, draft: { before: undefined, uncertain: false } }
  expect(after({ local: certain })).toEqual(['put draft'])
  await store.commit(changedRecords({ ...replica, local: certain }, replica))
  expect((await replicaOf(store)).local.draft).toEqual({ before: undefined, uncertain: false })
})

test('an intent is a record of its own, by which the hash before it holds no more', async () => {
  const store = version1()
  await store.commit(changedRecords(await replicaOf(store), await replicaOf(store)))
  const replica = await replicaOf(store)
  const intent = { dot: dot(1), action: 'replace' as const, before: 'h', also: [dot(2)] }
  const intended = { ...replica, local: { ...replica.local, intent, hash: undefined } }
  const begun = changedRecords(intended, replica)
  expect(keysOf(begun)).toEqual(['put intent'])
  await store.commit(begun)
  expect((await replicaOf(store)).local).toMatchObject({ intent, hash: undefined })
  // Nothing else has changed, and the hash on disk must not come back.
  const ended = changedRecords({ ...intended, local: { ...intended.local, intent: undefined } }, intended)
  expect(keysOf(ended)).toEqual(['put local', 'delete intent'])
  await store.commit(ended)
  expect((await replicaOf(store)).local).toMatchObject({ intent: undefined, hash: undefined })
})

test('what others have told is a record of its own; earlier ones had it, and the intent, in the local record', async () => {
  const store = version1()
  const told = [{ site: 'rennes', knowledge: 'k', hash: 'h', diverged: false, fits: true }]
  const intent = { dot: dot(1), action: 'replace' as const, before: 'h' }
  await store.commit(changedRecords(await replicaOf(store), await replicaOf(store)))
  const earlier = { version: 2, executed, bound: true, answersTell: true, told, intent }
  await store.commit([{ kind: 'put', key: `${PREFIX}local`, value: json(earlier) }])
  const replica = await replicaOf(store)
  expect(replica).toMatchObject({ isOld: true, local: { told, intent } })
  const writes = changedRecords(replica, replica)
  expect(keysOf(writes)).toEqual(expect.arrayContaining(['put local', 'put intent', 'put told']))
  await store.commit(writes)
  const now = await replicaOf(store)
  expect(now).toMatchObject({ isOld: false, local: { told, intent } })
  expect(keysOf(changedRecords({ ...now, local: { ...now.local, told: [] } }, now))).toEqual(['delete told'])
})

test('outcomes are read as earlier ones of version 2 have them', async () => {
  const store = version1()
  await store.commit(changedRecords(await replicaOf(store), await replicaOf(store)))
  const told = [...outcomes[0]!.sites, { site: 'rennes', outcome: 'failed' as const, at: 6 }]
  const replica = await replicaOf(store)
  const both = { ...replica, local: { ...replica.local, outcomes: [{ dot: dot(1), sites: told }] } }
  await store.commit(changedRecords(both, replica))
  expect((await replicaOf(store)).local.outcomes).toEqual([{ dot: dot(1), sites: told }])
  const earlier = json({ version: 2, dot: dot(1), sites: told.slice(1) })
  await store.commit([{ kind: 'put', key: `${PREFIX}${OUTCOMES}`, value: earlier }])
  expect((await replicaOf(store)).local.outcomes).toEqual([{ dot: dot(1), sites: told.slice(1) }])
})

test('what is not there is new', async () => {
  expect(await load(new MemoryStore())).toMatchObject({ isNew: true, isOld: false, draft: undefined })
})
