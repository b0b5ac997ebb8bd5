/**
 * Lists of replicants come in pages that follow each other without gap or repetition, look at a bounded number of records each, and
 * load only what they must. How: records in a store in memory, and a replicator that answers from constants and is watched.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { replicantText } from '../../../../../src/core/oplog/replicant-text.ts'
import {
  EMPTY_CONTEXT,
  NO_MATRICES,
  admit,
  conflictsOf,
  join,
  newReplicant,
  type Operation,
  type ReplicantName,
} from '../../../../../src/core/oplog/index.ts'
import type { Page, PageQuery } from '../../../../../src/ports/control.ts'
import {
  MAX_PAGE_MS,
  MAX_RECORDS_OF_PAGE,
  ReplicantListing,
} from '../../../../../src/runtime/replication/operator/replicant-listing.ts'
import { encodeCore } from '../../../../../src/runtime/replication/store/records.ts'
import { newCore } from '../../../../../src/runtime/replication/replica.ts'
import type { ReplicaStatus } from '../../../../../src/runtime/replication/operator/replica-status.ts'
import { MemoryStore } from '../../../../support/memory-store.ts'
import { realClock } from '../../../../support/real-time.ts'
import { Lab } from '../lab.ts'

const AGREES: ReplicaStatus = {
  members: ['site1', 'site2'],
  level: 'eventual',
  isPresent: true,
  state: 'agrees',
  isUnchecked: false,
  reason: undefined,
  failing: [],
  conflicts: [],
  conflictsForgotten: 0,
  missingBodies: [],
  detail: undefined,
}
const PURPLE: ReplicantName = { service: 'inventory', kind: 'items', name: 'purple' }
const signal = new AbortController().signal

/**
 * @param others records of each replicant beside the core
 * @param takesMs how long it takes to load one
 */
function listingOf(
  names: readonly ReplicantName[],
  others = 1,
  status = (): ReplicaStatus | undefined => AGREES,
  takesMs = 0,
) {
  const values = new Map<string, Uint8Array>()
  for (const name of names) {
    const prefix = `replication/replicant/${[name.service, name.kind, name.name].map(encodeURIComponent).join('/')}`
    values.set(`${prefix}/core`, encodeCore(newCore(name, 'site1')))
    for (let n = 0; n < others; n++)
      values.set(`${prefix}/operation/site1/1/${String(n).padStart(14, '0')}`, new Uint8Array())
  }
  const loaded: ReplicantName[] = []
  let now = 0
  const replicas = {
    status: async (name: ReplicantName) => {
      loaded.push(name)
      now += takesMs
      return status()
    },
    wait: async () => [],
  }
  return { listing: new ReplicantListing(new MemoryStore(values), replicas, { monotonic: () => now }), loaded }
}

/** All pages, each with the number of its items. */
async function walk<T>(page: (query: PageQuery) => Promise<Page<T>>, limit: number) {
  const [items, sizes]: [T[], number[]] = [[], []]
  let after: string | undefined
  do {
    const got = await page({ after, limit, signal })
    items.push(...got.items)
    sizes.push(got.items.length)
    expect(got.next, 'a page must go further than the one before').not.toBe(after ?? '')
    after = got.next
  } while (after !== undefined)
  return { items, sizes }
}

const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 })

test('whatever the names, each is on exactly one page', async () => {
  const name = fc.record({ service: part, kind: part, name: part })
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(name, { selector: replicantText }),
      fc.integer({ min: 1, max: 4 }),
      async (names, limit) => {
        const { items, sizes } = await walk(query => listingOf(names).listing.list(query), limit)
        expect(items.map(replicantText).toSorted()).toEqual(names.map(replicantText).toSorted())
        expect(
          sizes.slice(0, -1).every(size => size === limit),
          `only the last page is short: ${sizes.join()}`,
        ).toBe(true)
      },
    ),
  )
})

test('what this site is no member of any more is not listed', async () => {
  const { listing, loaded } = listingOf([PURPLE], 1, () => undefined)
  expect(await listing.list({ limit: 1, signal })).toEqual({ items: [], next: undefined })
  expect(loaded).toEqual([PURPLE])
})

test('one page looks at a bounded number of records, and loads nothing that has no conflict', async () => {
  const names = Array.from({ length: 30_000 }, (_, n) => ({
    service: 's',
    kind: 'k',
    name: `n${String(n).padStart(5, '0')}`,
  }))
  const { listing, loaded } = listingOf(names)
  const { sizes } = await walk(query => listing.conflicts(query), 1)
  expect(sizes).toEqual(Array(Math.ceil((2 * names.length) / MAX_RECORDS_OF_PAGE)).fill(0))
  expect(loaded).toEqual([])
})

test.each([
  ['as much as is known soon', MAX_PAGE_MS / 10, 10],
  ['one at least', MAX_PAGE_MS * 3, 1],
])('a page that takes long ends with %s, and the next goes on behind it', async (_what, takesMs, size) => {
  const names = Array.from({ length: 25 }, (_, n) => ({ ...PURPLE, name: `n${String(n).padStart(2, '0')}` }))
  const { listing, loaded } = listingOf(names, 1, () => AGREES, takesMs)
  const { items, sizes } = await walk(query => listing.list(query), 1_000)
  expect(items.map(({ name }) => name)).toEqual(names.map(({ name }) => name))
  expect(loaded).toHaveLength(25)
  expect(sizes.slice(0, 2)).toEqual([size, size])
})

test('the signal ends it', async () => {
  const { listing } = listingOf([PURPLE])
  await expect(listing.list({ limit: 1, signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'ERR_ADMIN_TIMEOUT',
  })
})

test('one that is not there is not found', async () => {
  const { listing } = listingOf([PURPLE])
  await expect(listing.show({ ...PURPLE, name: 'blue' })).rejects.toMatchObject({
    code: 'ERR_REPLICANT_NOT_FOUND',
  })
  expect(await listing.show(PURPLE)).toEqual({
    ...PURPLE,
    members: ['site1', 'site2'],
    state: 'agrees',
    reason: undefined,
    deleted: false,
    detail: undefined,
    failing: [],
    missingBodies: [],
    conflicts: [],
    operations: [],
  })
})

/** Written at a site after `seen`, at a moment; a create begins a life. */
function written(type: string, site: string, ms: number, seen: readonly Operation[] = []): Operation {
  const dot = { site, incarnation: '1763800000000-9f86d081884c7d65', number: ms }
  const stamp = { ms, counter: 0 }
  const life = seen[0]?.life ?? { stamp, dot }
  const previous = seen.findLast(other => other.dot.site === site)?.dot
  return {
    dot,
    stamp,
    replicant: PURPLE,
    life,
    type,
    context: seen.reduce((context, other) => join(context, [other.dot]), EMPTY_CONTEXT),
    ...(previous !== undefined && { previous }),
    ...(type === 'create' && { members: { added: ['site1', 'site2'], removed: [] } }),
    payload: {
      method: 'PUT',
      path: '/items/purple',
      headers: [],
      body: { bytes: new TextEncoder().encode('hunter2') },
    },
  }
}

const create = written('create', 'site1', 1)
const replace = written('replace', 'site2', 2, [create])
const remove = written('delete', 'site1', 3, [create])
const late = written('replace', 'site2', 5, [create])
const overwrite = written('replace', 'site1', 3, [create])
const other = written('create', 'site2', 4)

test.each([
  { what: 'a write that was deleted', operations: [create, replace, remove], lost: [[2, 'deleted', 3]] },
  {
    what: 'a write beside a delete, though it is later',
    operations: [create, remove, late],
    lost: [[5, 'deleted', 3]],
  },
  { what: 'a write that was replaced', operations: [create, replace, overwrite], lost: [[2, 'replaced', 3]] },
  { what: 'a name that was created twice', operations: [create, other], lost: [[1, 'other-life', 4]] },
])('$what is shown with what counts instead, and without its body', async ({ operations, lost }) => {
  let replicant = newReplicant(PURPLE, 'site1')
  for (const operation of operations) replicant = admit(replicant, operation, NO_MATRICES).replicant
  const core = encodeCore({ replicant })
  const store = new MemoryStore(new Map([['replication/replicant/inventory/items/purple/core', core]]))
  const status = { ...AGREES, conflicts: conflictsOf(replicant.lives) }
  const listing = new ReplicantListing(store, { status: async () => status, wait: async () => [] }, realClock)
  const { items } = await listing.conflicts({ limit: 1, signal })
  const number = (text: string | undefined): number => Number(text?.split('/').at(-1))
  expect(items.map(({ operation, why, against }) => [number(operation), why, number(against)])).toEqual(lost)
  expect(JSON.stringify(items)).not.toMatch(/payload|bytes|hunter2/)
})

test('a site called "core" and a resource called "core" are names like others', async () => {
  const lab = await Lab.of(['a', 'core'])
  await lab.ask('a', 'POST /items', { id: 'core', n: 1 }, { members: ['a', 'core'] })
  await lab.pass(5_000)
  for (const site of ['a', 'core']) {
    await lab.restart(site)
    await lab.pass(90_000)
  }
  await lab.ask('core', 'PUT /items/core', { n: 2 })
  await lab.pass(5_000)
  expect(lab.all('core')).toEqual({ a: { id: 'core', n: 2 }, core: { id: 'core', n: 2 } })
  lab.assertSound()
})
