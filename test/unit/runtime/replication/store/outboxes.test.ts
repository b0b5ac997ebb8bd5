/** What waits for each site is what was told and not yet received: real outboxes on a store in memory. */
import { expect, test } from 'vitest'
import { appendTogether } from '../../../../../src/runtime/journal/journal.ts'
import { MAX_UNRECEIVED_ENTRIES } from '../../../../../src/runtime/replication/limits.ts'
import { ALL_OF_IT, Outboxes, standsFor } from '../../../../../src/runtime/replication/store/outboxes.ts'
import { MemoryStore } from '../../../../support/memory-store.ts'
import { ABC, Lab } from '../lab.ts'
import { HERE, INCARNATION, Scripted, entries, hello } from '../scripted.ts'

const [EARLIER, LATER] = ['1763800000000-9f86d081884c7d65', '1763800001000-9f86d081884c7d65']

async function tell(store: MemoryStore, outboxes: Outboxes, site: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const outbox = outboxes.present(site)
    const writes = outboxes.begin(site, outbox)
    await appendTogether(store, [{ journal: outbox.journal, value: new Uint8Array([0]) }], writes)
  }
  outboxes.news([site])
}

test('entries are counted over all outboxes of a site, and no longer when they were received', async () => {
  const store = new MemoryStore()
  const earlier = new Outboxes(store, EARLIER, { monotonic: () => 0 })
  await tell(store, earlier, 'site2', 20)
  await tell(store, earlier, 'site3', 1)
  const later = new Outboxes(store, LATER, { monotonic: () => 0 })
  await later.open()
  await tell(store, later, 'site2', 3)
  expect(['site2', 'site3'].map(site => [site, later.length(site)])).toEqual([
    ['site2', 23],
    ['site3', 1],
  ])

  const [old, current] = later.of('site2')
  await old?.journal.trim(18)
  await current?.journal.trim(current.journal.next)
  expect(['site2', 'site3'].map(site => [site, later.length(site)])).toEqual([
    ['site2', 3],
    ['site3', 1],
  ])
})

test('how long the oldest entry waits is told, from the start on for what an earlier run has left', async () => {
  const store = new MemoryStore()
  await tell(store, new Outboxes(store, EARLIER, { monotonic: () => 0 }), 'site2', 2)
  let now = 1_000
  const outboxes = new Outboxes(store, LATER, { monotonic: () => now })
  await outboxes.open()
  expect([outboxes.length('site2'), outboxes.lagMs('site2'), outboxes.lagMs('site3')]).toEqual([2, 0, 0])
  for (; now < 1_600; now++) await tell(store, outboxes, 'site2', 1)
  expect([outboxes.length('site2'), outboxes.lagMs('site2')]).toEqual([602, 600])

  const [old, current] = outboxes.of('site2')
  await old?.journal.trim(old.journal.next)
  expect(outboxes.lagMs('site2')).toBeGreaterThan(590)
  await current?.journal.trim(501)
  // Of so many moments some are forgotten.
  expect(outboxes.lagMs('site2')).toBeLessThanOrEqual(100)
  expect(outboxes.lagMs('site2')).toBeGreaterThan(80)
  await current?.journal.trim(601)
  expect([outboxes.length('site2'), outboxes.lagMs('site2')]).toEqual([0, 0])
})

test('a replicant that is asked for again and again waits once, or twice where other things are known of it', async () => {
  await using here = await Scripted.start()
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  const created = here.create('paris', 'mug', ['paris', HERE])
  paris.says(entries(1, here.signed(created)))
  await paris.next('received')
  here.replicator.connected('paris')
  const to = await here.to('paris')
  to.says({ kind: 'welcome', version: 0, site: 'paris', incarnation: INCARNATION, cursors: [] })
  const { replicant } = created
  // The first ones are told at once, up to what may be under way, which is not received here; the rest waits.
  for (let n = 0; n < 3 * MAX_UNRECEIVED_ENTRIES; n++)
    to.says({ kind: 'want', replicant, lives: n % 2 === 0 ? [] : [here.knowledge(created)] })
  // It is answered when all before it was heard.
  to.says({ kind: 'audit', seed: 1, from: 0, count: 1 })
  await to.next('symbols')
  expect(await here.count('replication/outbox/paris/')).toBeLessThan(1.5 * MAX_UNRECEIVED_ENTRIES)
})

test.each([false, true])(
  'what waits for a site that acknowledges nothing is bounded; it is found by comparing when it comes back; after a start: %s',
  async restarts => {
    const lab = await Lab.of(['a', 'b', 'c'])
    lab.outboxBounds = { entries: 40, bytes: 1_000_000 }
    for (const site of ['a', 'b', 'c']) await lab.restart(site)
    const names = Array.from({ length: 10 }, (_, n) => `x${n}`)
    for (const id of names) await lab.ask('a', 'POST /items', { id, n: 0 }, ABC)
    await lab.pass(20_000)
    lab.cut('b')
    for (let n = 1; n <= 20; n++) for (const id of names) await lab.ask('a', `PUT /items/${id}`, { n })
    await lab.ask('c', 'DELETE /items/x0')
    await lab.ask('c', 'POST /items', { id: 'late', n: 0 }, ABC)
    await lab.pass(5_000)
    const lengths = ['a', 'c'].map(site => lab.peers(site).find(peer => peer.site === 'b')?.outbox ?? 0)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(40)
    if (restarts) for (const site of ['a', 'b']) await lab.restart(site)
    await lab.heal(300_000)
    for (const id of names.slice(1))
      expect(lab.all(id), id).toEqual({ a: { id, n: 20 }, b: { id, n: 20 }, c: { id, n: 20 } })
    expect(lab.all('x0')).toEqual({ a: undefined, b: undefined, c: undefined })
    expect(lab.read('b', 'late')).toEqual({ id: 'late', n: 0 })
    expect(lab.events('a')).not.toContain('set-back')
    expect(lab.peers('a').every(({ outbox }) => outbox === 0)).toBe(true)
    lab.assertSound()
  },
)

test('what waits is bounded by its bytes too', async () => {
  const store = new MemoryStore()
  const outboxes = new Outboxes(store, EARLIER, { monotonic: () => 0 }, { entries: 1_000, bytes: 10_000 })
  const outbox = outboxes.present('site2')
  const writes = outboxes.begin('site2', outbox)
  for (let n = 0; n < 30; n++)
    await appendTogether(store, [{ journal: outbox.journal, value: new Uint8Array(1_000) }], writes)
  outbox.wholes.set('old', { number: 3, is: 'x' }).set('new', { number: 29, is: 'x' })
  expect(await outboxes.shorten('site2')).toBeGreaterThan(20)
  expect([outbox.journal.bytes <= 10_000, outboxes.length('site2') > 5]).toEqual([true, true])
  // What was given up waits no more.
  expect([...outbox.wholes.keys()]).toEqual(['new'])
  expect(await outboxes.shorten('site2')).toBe(0)
  const again = new Outboxes(store, LATER, { monotonic: () => 0 })
  await again.open()
  expect(again.of('site2')[0]?.cut).toBe(outbox.cut)
})

test('of the runs that have left something for a site that is away, the oldest are given up: a hello lists so many', async () => {
  const values = new Map<string, Uint8Array>()
  const store = new MemoryStore(values)
  const bounds = { entries: 1_000, bytes: 1e6, runs: 3 }
  for (let run = 0; run < 6; run++) {
    const outboxes = new Outboxes(store, `176380000${String(run)}000-9f86d081884c7d65`, { monotonic: () => 0 }, bounds)
    await outboxes.open()
    await tell(store, outboxes, 'site2', 2)
    expect(outboxes.of('site2').length).toBe(Math.min(run + 1, 4))
  }
  const [last] = [...values.keys()].filter(key => key.startsWith('replication/outboxes/')).toSorted()
  expect(last).toBe('replication/outboxes/site2/1763800002000-9f86d081884c7d65')
  expect([...values.keys()].filter(key => key.includes('1763800001000'))).toEqual([])
})

test('what stands in memory for what a site knows is short, and another for another', () => {
  const hash = (bytes: Uint8Array): string => `hash of ${bytes.length}`
  const known = Array.from({ length: 10_000 }, (_, number) => ({ site: 'rome', number }))
  expect(standsFor(known, hash)).toBe(`hash of ${JSON.stringify(known).length}`)
  expect(standsFor([], hash)).toBe(ALL_OF_IT)
  expect(standsFor('acknowledged', hash)).not.toBe(ALL_OF_IT)
})
