/**
 * A step is taken as a whole or not at all. Random steps on a real store of replicants, in any of which something throws, before, between and behind its
 * changes: then memory is as it was before, and in the end it is what another run reads from the disk.
 */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { syncCodec } from '../../../../../protocols/sync/codec.ts'
import { MemoryBlobs } from '../../../../../sims/world/memory-blobs.ts'
import { simHash } from '../../../../../sims/world/replication/sim-bodies.ts'
import { NO_MATRICES, admit, type Operation } from '../../../../../src/core/oplog/index.ts'
import { BodyRecords } from '../../../../../src/runtime/replication/bodies/body-records.ts'
import { Outboxes } from '../../../../../src/runtime/replication/store/outboxes.ts'
import { MAX_CACHED_REPLICAS } from '../../../../../src/runtime/replication/limits.ts'
import { ReplicasStore } from '../../../../../src/runtime/replication/store/replicas-store.ts'
import { MemoryStore } from '../../../../support/memory-store.ts'
import type { ReplicationOptions } from '../../../../../src/runtime/replication/context.ts'
import type { Replica } from '../../../../../src/runtime/replication/replica.ts'
import type { Commit } from '../../../../../src/runtime/replication/store/commit.ts'

const [HERE, NAMES, SITES] = ['paris', ['mug', 'cup'], ['rome', 'lyon', 'nowhere']]
const INCARNATION = '1763800000000-9f86d081884c7d65'
const nameOf = (name: string) => ({ service: 'shop', kind: 'items', name })
const LARGE = { hash: simHash(new Uint8Array(8)), length: 8 }

/** Throws when it is written: JSON has no such numbers. */
const POISON = 1n

function operationOf(name: string, number: number): Operation {
  const dot = { site: 'rome', incarnation: INCARNATION, number }
  const stamp = { ms: 1, counter: number }
  const life = { stamp: { ms: 1, counter: 1 }, dot: { ...dot, number: 1 } }
  const payload = { method: 'PUT', path: `/items/${name}`, headers: [], body: LARGE }
  const written = { dot, stamp, replicant: nameOf(name), life, payload }
  if (number === 1) return { ...written, type: 'create', context: [], members: { added: [HERE, 'rome'], removed: [] } }
  const previous = { ...dot, number: number - 1 }
  return { ...written, type: 'replace', previous, context: [previous] }
}

/** One run of a site on a disk. */
class Run {
  readonly replicas: ReplicasStore
  readonly bodies: BodyRecords
  readonly outboxes: Outboxes
  /** After so many calls of what is handed in something throws. */
  faultAfter = Infinity

  constructor(store: MemoryStore) {
    const risk = (): boolean => {
      if (this.faultAfter-- <= 0) throw new TypeError('a fault that nobody has thought of')
      return true
    }
    const clock = { now: () => 0, monotonic: () => 0, after: () => ({ cancel: () => undefined }) }
    const blobs = new MemoryBlobs(new Map([[LARGE.hash, { kind: 'whole', content: new Uint8Array(8) }]]), {
      hash: simHash,
      maxBytes: 1e9,
    })
    blobs.hold(LARGE.hash)
    this.outboxes = new Outboxes(store, `176380000${String(Run.#next++ % 10)}000-9f86d081884c7d65`, clock)
    this.bodies = new BodyRecords(store, blobs, clock, error => expect.unreachable(String(error)))
    const codec = {
      ...syncCodec,
      knowledgeHash: (...of: Parameters<typeof syncCodec.knowledgeHash>) => risk() && syncCodec.knowledgeHash(...of),
    }
    const options = {
      site: HERE,
      store,
      clock,
      codec,
      logger: { error: (_: unknown, text: string) => expect.unreachable(text) },
      isSite: (site: string) => risk() && site !== 'nowhere',
      mayRun: () => risk(),
    }
    this.replicas = new ReplicasStore(options as unknown as ReplicationOptions, this.outboxes)
  }

  static #next = 0

  async open(): Promise<void> {
    await this.outboxes.open()
    await this.bodies.open()
    for await (const known of this.replicas.allStored()) this.replicas.digests.count(known)
    this.replicas.digests.complete()
  }

  /** All that is known in memory, as it can be read from a disk too. */
  async known(): Promise<unknown> {
    this.faultAfter = Infinity
    const { replicas, bodies, outboxes } = this
    const all = await Promise.all(
      NAMES.map(name =>
        replicas.with(nameOf(name), replica => {
          replicas.lookAt(replica)
          const { core, draft, draftBytes, isOld } = replica
          const { acknowledges: _, ...local } = replica.local
          const body = { replicant: nameOf(name), ...LARGE }
          const isHere = bodies.isHere(nameOf(name), LARGE)
          return { core: { ...core }, local, draft, draftBytes, isOld, isNamed: bodies.isNamed(body), isHere }
        }),
      ),
    )
    const due: string[] = []
    for await (const { name } of replicas.allDue()) due.push(name)
    const waiting = SITES.map(site =>
      outboxes.of(site).map(({ incarnation, journal }) => [incarnation, journal.first, journal.next]),
    )
    const digests = SITES.map(site => replicas.digests.of(site) ?? 'unknown')
    return { all, due, waiting, digests, missing: new Set(bodies.missing()), replicants: replicas.digests.replicants }
  }

  /** What of it a step that was not taken must leave, besides. */
  get counted(): unknown {
    const { replicas, outboxes } = this
    const { changes, hasCheckpoint, digests, unwell } = replicas
    const numbers = SITES.map(site => [digests.changesOf(site), outboxes.of(site).map(({ wholes }) => [...wholes])])
    return { changes, hasCheckpoint, numbers, sites: outboxes.sites, unwell: unwell.names }
  }
}

const change = fc.oneof(
  fc.record({
    does: fc.constantFrom('receive', 'name', 'forget', 'received', 'due', 'settle', 'diverge', 'draft', 'release'),
  }),
  fc.record({
    does: fc.constantFrom('operation', 'replicant', 'begin', 'acknowledge'),
    site: fc.constantFrom(...SITES),
  }),
  fc.record({ does: fc.constantFrom('throw', 'poison', 'poison-outbox') }),
)
type Change = (typeof change extends fc.Arbitrary<infer T> ? T : never) & { readonly site?: string }

function carryOut({ does, site = '' }: Change, commit: Commit, replica: Replica, { replicas, bodies }: Run): void {
  const { name } = replica.name
  const { replicant, acknowledgements } = replica.core
  const written = operationOf(name, (replicant.lives[0]?.live.length ?? 0) + 1)
  const first = operationOf(name, 1)
  switch (does) {
    case 'receive':
      commit.core(replica, { replicant: admit(replicant, written, NO_MATRICES).replicant })
      commit.putOperation(replica, written.dot, {
        bytes: syncCodec.encodeOperation(written),
        signature: new Uint8Array(64),
      })
      return
    case 'name':
      return bodies.refer(commit, first, 'operation')
    case 'forget':
      return bodies.forget(commit, first, 'operation')
    case 'received':
      return bodies.received(commit, { replicant: nameOf(name), ...LARGE })
    case 'due':
    case 'settle':
      return replicas.due(commit, replica.name, does === 'due')
    case 'diverge':
      return commit.local(replica, { diverged: !replica.local.diverged })
    case 'draft':
      commit.local(replica, { draft: { before: undefined, uncertain: true } })
      return commit.draft(replica, written, syncCodec.encodeOperation(written))
    case 'release':
      commit.local(replica, { draft: undefined })
      return commit.draft(replica, undefined, undefined)
    case 'operation':
      return commit.tell(site, { kind: 'operation', replicant: replica.name, dot: first.dot })
    case 'replicant':
      return commit.tell(site, { kind: 'replicant', replicant: replica.name, knows: [] })
    case 'begin':
      return commit.begin(site)
    case 'acknowledge': {
      const told = { knowledge: new Map(), clock: { ms: acknowledgements.size, counter: 0 } }
      return commit.core(replica, { acknowledgements: new Map([...acknowledgements, [site, told]]) })
    }
    case 'throw':
      throw new TypeError('the change itself')
    case 'poison':
      return commit.local(replica, { divergedBy: POISON as unknown as string })
    case 'poison-outbox':
      return commit.tell('rome', { kind: 'replicant', replicant: replica.name, knows: [POISON] as never })
  }
}

const step = fc.record({
  changes: fc.array(fc.tuple(fc.constantFrom(...NAMES), change), { minLength: 1, maxLength: 6 }),
  faultAfter: fc.option(fc.nat(4), { nil: Infinity }),
  /** The next one is begun before it is on disk. */
  isWaitedFor: fc.boolean(),
})

test('a step in which something throws, wherever it does, changes nothing; memory is what the disk says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async steps => {
      const store = new MemoryStore()
      const run = new Run(store)
      await run.open()
      const replicas = await Promise.all(NAMES.map(name => run.replicas.acquire(nameOf(name))))
      const given: Promise<unknown>[] = []
      for (const { changes, faultAfter, isWaitedFor } of steps) {
        const before = [await run.known(), run.counted]
        run.faultAfter = faultAfter
        const committed = run.replicas.commit(commit => {
          for (const [name, does] of changes) {
            const replica = replicas[NAMES.indexOf(name)]
            if (replica !== undefined) carryOut(does, commit, replica, run)
          }
        })
        // Whether it is taken stands as soon as it was given.
        run.faultAfter = Infinity
        let isRefused = false
        given.push(
          committed.catch((error: unknown) => {
            expect(String(error)).toMatch(/TypeError/)
            isRefused = true
          }),
        )
        await Promise.resolve()
        if (isRefused) expect([await run.known(), run.counted]).toEqual(before)
        if (isWaitedFor) await committed.catch(() => undefined)
      }
      await Promise.all(given)
      const left = await run.known()
      const next = new Run(store)
      await next.open()
      expect(await next.known()).toEqual(left)
    }),
    { numRuns: 200 },
  )
})

test('a checkpoint that the store has not taken is none', async () => {
  const store = new MemoryStore()
  const { replicas } = new Run(store)
  const write = { kind: 'put', key: 'replication/digests', value: new Uint8Array() } as const
  await replicas.keepCheckpoint(write)
  expect(replicas.hasCheckpoint).toBe(true)
  store.failWrites()
  await expect(replicas.keepCheckpoint(write)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
  expect(replicas.hasCheckpoint).toBe(false)
})

test('what a run has found out of a replicant outlasts it in memory', async () => {
  const run = new Run(new MemoryStore())
  const first = await run.replicas.acquire(nameOf('mug'))
  await run.replicas.commit(commit => commit.local(first, { bound: true }))
  first.run.checked = false
  run.replicas.release(first)
  for (let other = 0; other <= MAX_CACHED_REPLICAS; other++)
    run.replicas.release(await run.replicas.acquire(nameOf(`other${String(other)}`)))
  const again = await run.replicas.acquire(nameOf('mug'))
  expect([again === first, again.run === first.run]).toEqual([false, true])
  const next = new Run(new MemoryStore())
  const started = await next.replicas.acquire(nameOf('mug'))
  expect(started.run === first.run).toBe(false)
})
