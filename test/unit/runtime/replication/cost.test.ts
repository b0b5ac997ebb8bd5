/**
 * What a write costs: how many entries are told to others, which records it writes, and how often applications are asked. Counted in the
 * codec, before the disks and before the applications, of sites in the simulated world.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { syncCodec } from '../../../../protocols/sync/codec.ts'
import { ABC, Lab } from './lab.ts'
import { TELL_EVERY_MS } from '../../../../src/runtime/replication/limits.ts'
import type { Application } from '../../../../src/ports/application.ts'
import type { Store, StoreWrite } from '../../../../src/ports/store.ts'

let lab: Lab
/** Entries that were read, by kind. */
let told: Record<string, number>
/** Records that were written at each site, by what they are, and bytes. */
let written: Record<string, Record<string, number>>
let commits: Record<string, number>
let bytes: number
/** Methods with which applications were asked, by site. */
let asked: Record<string, string[]>

function forget(): void {
  told = {}
  written = { a: {}, b: {}, c: {} }
  commits = { a: 0, b: 0, c: 0 }
  bytes = 0
  asked = { a: [], b: [], c: [] }
}

function counted(store: Store, site: string): Store {
  const commit = (writes: readonly StoreWrite[]): Promise<void> => {
    commits[site] = (commits[site] ?? 0) + 1
    for (const write of writes) {
      const record = write.key.replace(/^replication.(replicant.[^/]*.[^/]*.[^/]*.)?/, '').replace(/\/.*/, '')
      const all = (written[site] ??= {})
      if (write.kind === 'put') all[record] = (all[record] ?? 0) + 1
      bytes += write.key.length + (write.kind === 'put' ? write.value.length : 0)
    }
    return store.commit(writes)
  }
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = name === 'commit' ? commit : Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** A site whose application takes so much longer. */
let slow: { readonly site: string; readonly ms: number } | undefined

const heard = (application: Application, site: string): Application => ({
  request: async request => {
    asked[site]?.push(request.method)
    if (slow?.site === site) await new Promise<void>(resolve => void lab.world.time.after(slow?.ms ?? 0, resolve))
    return application.request(request)
  },
})

beforeEach(async () => {
  forget()
  slow = undefined
  const { decodeEntry } = syncCodec
  vi.spyOn(syncCodec, 'decodeEntry').mockImplementation(bytes => {
    const entry = decodeEntry(bytes)
    told[entry.kind] = (told[entry.kind] ?? 0) + 1
    return entry
  })
  lab = await Lab.of(['a', 'b', 'c'], { store: counted, application: heard })
  forget()
})
afterEach(() => {
  vi.restoreAllMocks()
  lab.assertSound()
})

test('a create is told to each other member once, by its origin; and what shows as it was written nobody mentions', async () => {
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(900)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 0 }, b: { id: 'x', n: 0 }, c: { id: 'x', n: 0 } })
  expect(told).toEqual({ operation: 2, acknowledgement: 4 })
  await lab.pass(120_000)
  expect(told).toEqual({ operation: 2, acknowledgement: 4 })
})

test('who shows something else tells both others, hears from both what they show, and tells when it is mended', async () => {
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(900)
  lab.world.site('b').application.write('warehouse', '/items/x', { id: 'x', n: 'outsider' })
  told = {}
  await lab.pass(120_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 0 }, b: { id: 'x', n: 0 }, c: { id: 'x', n: 0 } })
  // b tells both twice; the others answer it once at least. Nobody tells both others more than twice.
  const { acknowledgement = 0, ...others } = told
  expect(others).toEqual({})
  expect(acknowledgement).toBeGreaterThanOrEqual(2 + 2 + 2)
  expect(acknowledgement).toBeLessThanOrEqual(3 * 2 * 2)
  for (const site of ['a', 'b', 'c']) expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees' })
})

test('a create whose origin is cut off from a member comes to it by another', async () => {
  lab.world.wire.cut('a', 'c')
  lab.world.wire.cut('c', 'a')
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(30_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 0 }, b: { id: 'x', n: 0 }, c: { id: 'x', n: 0 } })
})

test('a PUT writes each record as often as it changes', async () => {
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(5_000)
  forget()
  await lab.ask('a', 'PUT /items/x', { n: 1 })
  await lab.pass(900)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 }, c: { id: 'x', n: 1 } })
  expect(told).toEqual({ operation: 2, acknowledgement: 4 })
  const { outbox: atA, cursor: _, ...origin } = written['a'] ?? {}
  expect(origin).toEqual({ draft: 1, due: 1, operation: 1, core: 1, local: 1, outcomes: 3, acknowledged: 2 })
  expect(atA).toBeGreaterThanOrEqual(2)
  for (const site of ['b', 'c']) {
    const { outbox, cursor: _, ...member } = written[site] ?? {}
    // Intent and what came of it; the words of its origin and of the other member.
    expect(member).toEqual({ due: 1, operation: 1, core: 1, intent: 1, local: 1, acknowledged: 2 })
    // What it holds and what came of it is one word to its origin.
    expect(outbox).toBeGreaterThanOrEqual(2)
  }
  // Draft and release; the words of two members; what was told goes.
  expect(commits['a']).toBeLessThanOrEqual(2 + 4 + 2)
  expect(bytes).toBeLessThan(16_000)
})

test('a write costs as much after many others as after few, also where clients send keys', async () => {
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.ask('a', 'POST /items', { id: 'y', n: 0 }, ABC)
  await lab.pass(5_000)
  const costOf = async (from: number, count: number, request: string): Promise<number> => {
    for (let n = from; n < from + count; n++) {
      if (n === from + count - 1) forget()
      await lab.ask('a', request, { n }, { key: `${request} ${n}` })
      await lab.pass(500)
    }
    return bytes
  }
  for (const request of ['PUT /items/x', 'PATCH /items/y']) {
    const few = await costOf(1, 8, request)
    // Ten bytes for each of the patches, at three sites.
    expect(await costOf(9, 70, request), request).toBeLessThan(few + 70 * 10 * 3 + 1_000)
  }
})

test('writes that come close together are told and received together', async () => {
  const names = Array.from({ length: 60 }, (_, place) => `x${place}`)
  for (const id of names) await lab.ask('a', 'POST /items', { id, n: 0 }, ABC)
  await lab.pass(5_000)
  forget()
  const began = lab.world.time.now
  await Promise.all(names.map(name => lab.ask('a', `PUT /items/${name}`, { n: 1 })))
  const ms = lab.world.time.now - began
  await lab.pass(900)
  for (const name of names)
    expect(lab.all(name)).toEqual({ a: { id: name, n: 1 }, b: { id: name, n: 1 }, c: { id: name, n: 1 } })
  expect(told).toEqual({ operation: 120, acknowledgement: 240 })
  // One record of a cursor for each message: what the writes take, and as long again until they are carried out everywhere, two senders each.
  for (const site of ['a', 'b', 'c'])
    expect(written[site]?.['cursor']).toBeLessThanOrEqual(2 * 2 * (ms / TELL_EVERY_MS + 2))
})

test('a member that has seen what its application answers does not read before it replaces', async () => {
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(5_000)
  await lab.ask('a', 'PUT /items/x', { n: 1 })
  await lab.pass(5_000)
  forget()
  await lab.ask('a', 'PUT /items/x', { n: 2 })
  await lab.pass(500)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 2 }, b: { id: 'x', n: 2 }, c: { id: 'x', n: 2 } })
  expect(asked).toEqual({ a: ['PUT'], b: ['PUT'], c: ['PUT'] })
  // What is received is intended with it: that, what came of it, the word of the other member, and what was told goes at two sites.
  for (const site of ['b', 'c']) expect(commits[site]).toBeLessThanOrEqual(2 + 1 + 2)
})

test('that answers tell is seen by what is read before a replace, also where no lane is idle for long', async () => {
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  for (let n = 1; n <= 2; n++) {
    await lab.pass(300)
    await lab.ask('a', 'PUT /items/x', { n })
  }
  await lab.pass(300)
  forget()
  await lab.ask('a', 'PUT /items/x', { n: 3 })
  await lab.pass(300)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 3 }, b: { id: 'x', n: 3 }, c: { id: 'x', n: 3 } })
  expect(asked).toEqual({ a: ['PUT'], b: ['PUT'], c: ['PUT'] })
})

test('what an outsider has changed or deleted there meanwhile is found by the precondition, and read', async () => {
  for (const id of ['x', 'y']) await lab.ask('a', 'POST /items', { id, n: 0 }, ABC)
  await lab.pass(5_000)
  for (const id of ['x', 'y']) await lab.ask('a', `PUT /items/${id}`, { n: 1 })
  await lab.pass(5_000)
  const { application } = lab.world.site('b')
  application.write('warehouse', '/items/x', { id: 'x', n: 'outsider' })
  application.write('warehouse', '/items/y', undefined)
  forget()
  for (const id of ['x', 'y']) await lab.ask('a', `PUT /items/${id}`, { n: 2 })
  await lab.pass(5_000)
  expect(asked['b']).toContain('GET')
  for (const id of ['x', 'y']) expect(lab.all(id)).toEqual({ a: { id, n: 2 }, b: { id, n: 2 }, c: { id, n: 2 } })
})

test('a member that was cut off carries out of many writes only what still counts', async () => {
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(5_000)
  lab.cut('c')
  for (let n = 1; n <= 40; n++) await lab.ask(n % 2 === 0 ? 'a' : 'b', 'PUT /items/x', { n })
  await lab.pass(1_000)
  forget()
  await lab.heal(30_000)
  expect(lab.read('c', 'x')).toEqual({ id: 'x', n: 40 })
  // What was on its way when the links were cut, and of all the rest the last.
  expect(asked['c']?.filter(method => method === 'PUT').length).toBeLessThan(10)
})

test('a member whose application is slow carries out of many writes only some, and the last', async () => {
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(5_000)
  forget()
  slow = { site: 'c', ms: 500 }
  for (let n = 1; n <= 40; n++) await lab.ask('a', 'PUT /items/x', { n })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 40 }, b: { id: 'x', n: 40 }, c: { id: 'x', n: 40 } })
  expect(asked['c']?.filter(method => method === 'PUT').length).toBeLessThan(10)
})
