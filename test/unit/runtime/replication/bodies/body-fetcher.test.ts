/** Who gives bodies slowly, or names them with a false length, keeps nobody else's from coming: the real fetcher and records, sources that the test makes. */
import { createHash } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { MemoryBlobs } from '../../../../../sims/world/memory-blobs.ts'
import { BodyFetcher, type BodyFetcherParts } from '../../../../../src/runtime/replication/bodies/body-fetcher.ts'
import { BodyRecords } from '../../../../../src/runtime/replication/bodies/body-records.ts'
import { MAX_FETCHES_FROM_ONE } from '../../../../../src/runtime/replication/limits.ts'
import { Commit } from '../../../../../src/runtime/replication/store/commit.ts'
import { MemoryStore } from '../../../../support/memory-store.ts'
import { realClock, realRandom } from '../../../../support/real-time.ts'
import { CheopsError } from '../../../../../src/errors.ts'
import type { Operation } from '../../../../../src/core/oplog/index.ts'

const BODY = new Uint8Array(100_000)
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const INCARNATION = '1763762400000-0000000000000001'

function naming(site: string, name: string, hash: string, length: number): Operation {
  const dot = { site, incarnation: INCARNATION, number: 1 }
  const stamp = { ms: 1, counter: 0 }
  const payload = { method: 'PUT', path: `/items/${name}`, headers: [], body: { hash, length } }
  const replicant = { service: 'shop', kind: 'items', name }
  return { dot, stamp, life: { stamp, dot }, replicant, type: 'create', context: [], payload }
}

type Fetch = BodyFetcherParts['options']['bodySource']['fetch']

/** A fetcher whose sources are all connected, and give what the test says. */
function fetcherOf(
  blobs: MemoryBlobs,
  records: BodyRecords,
  operations: ReadonlyMap<string, Operation>,
  fetch: Fetch,
): BodyFetcher {
  const parts = {
    options: {
      site: 'here',
      clock: realClock,
      random: realRandom,
      onEvent: () => undefined,
      mayRun: () => true,
      blobs,
      bodySource: {
        pieceBytes: 1 << 24,
        fetch,
      },
    },
    replicas: {
      with: async ({ name }: { name: string }, use: (replica: unknown) => unknown) => {
        const operation = operations.get(name)
        const changes = [{ site: operation?.dot.site, member: true, by: operation?.life, told: [], held: [] }]
        const life = { life: operation?.life, live: [operation], conflicts: [], outside: [], membership: [], changes }
        return use({ core: { replicant: { lives: [life], waiting: [] } }, draft: undefined })
      },
      commit: async (change: (commit: Commit) => void) => {
        const received = new Commit()
        change(received)
        received.done(error => expect.unreachable(String(error)))
      },
    },
    records,
    isConnected: () => true,
    nowMs: () => realClock.now(),
    kick: () => undefined,
    onWhole: () => undefined,
    onFault: (error: unknown) => expect.fail(String(error)),
  }
  return new BodyFetcher(parts as unknown as BodyFetcherParts)
}

test('four bodies of one site that drip leave room for one of another', async () => {
  const blobs = new MemoryBlobs(new Map(), { hash: sha256, maxBytes: 1e9 })
  const records = new BodyRecords(new MemoryStore(), blobs, realClock, () => undefined)
  const commit = new Commit()
  const operations = new Map<string, Operation>()
  for (const [name, site] of [
    ['m1', 'mallory'],
    ['m2', 'mallory'],
    ['m3', 'mallory'],
    ['m4', 'mallory'],
    ['good', 'paris'],
  ] as const) {
    const hash = site === 'paris' ? sha256(BODY) : sha256(new TextEncoder().encode(name))
    const operation = naming(site, name, hash, BODY.length)
    operations.set(name, operation)
    records.refer(commit, operation, 'operation')
  }
  const asked: string[] = []
  const fetcher = fetcherOf(blobs, records, operations, async function* (site, _, signal) {
    asked.push(site)
    if (site === 'paris') yield BODY
    else await new Promise(resolve => signal.addEventListener('abort', resolve))
  })
  fetcher.look()
  await vi.waitFor(() => expect(blobs.find(sha256(BODY)).kind).toBe('whole'))
  expect(asked.filter(site => site === 'mallory')).toHaveLength(MAX_FETCHES_FROM_ONE)
  fetcher.stop()
})

test('a false length of a hash is not that of who names it rightly', () => {
  const blobs = new MemoryBlobs(new Map(), { hash: sha256, maxBytes: 1e9 })
  const records = new BodyRecords(new MemoryStore(), blobs, realClock, () => undefined)
  const hash = sha256(BODY)
  const commit = new Commit()
  records.refer(commit, naming('mallory', 'x', hash, 1), 'operation')
  records.refer(commit, naming('paris', 'x', hash, BODY.length), 'operation')
  const missing = records.missingOf({ service: 'shop', kind: 'items', name: 'x' })
  expect(missing.map(({ length }) => length)).toEqual([1, BODY.length])
})

test('a link that is cut again and again, and carries something each time, is not waited for longer each time', async () => {
  const blobs = new MemoryBlobs(new Map(), { hash: sha256, maxBytes: 1e9 })
  const records = new BodyRecords(new MemoryStore(), blobs, realClock, () => undefined)
  const operation = naming('paris', 'large', sha256(BODY), BODY.length)
  records.refer(new Commit(), operation, 'operation')
  const fetcher = fetcherOf(blobs, records, new Map([['large', operation]]), async function* (_, { from, to }) {
    yield BODY.subarray(from, Math.min(to, from + BODY.length / 10))
    throw new CheopsError('ERR_SITE_UNREACHABLE', 'cut')
  })
  fetcher.look()
  // Ten pauses that grew would take more than a minute.
  await vi.waitFor(() => expect(blobs.find(sha256(BODY)).kind).toBe('whole'), 6_000)
  fetcher.stop()
}, 10_000)
