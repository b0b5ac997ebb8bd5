/**
 * The scenarios of replication that need no IDs of the application, as absolute examples: what the applications of all sites have in
 * the end. Real replicators, the real codec and the real interpreter of glue; simulated disks, links, clocks and applications.
 */
import { afterEach, describe, expect, test } from 'vitest'
import { MAX_KEPT_LIVES, MAX_LIVES } from '../../../../src/core/oplog/index.ts'
import { ABC, Lab } from './lab.ts'

let lab: Lab

const start = async (...names: string[]): Promise<void> => void (lab = await Lab.of(names))
/** No agent of the world has failed, whatever the test expected. */
afterEach(() => lab.assertSound())

describe('two sites', () => {
  test('a create at either is on both', async () => {
    await start('a', 'b')
    const members = ['a', 'b']
    expect(await lab.ask('a', 'POST /items', { id: 'purple', n: 1 }, { members })).toMatchObject({ status: 201 })
    expect(await lab.ask('b', 'POST /items', { id: 'violet', n: 2 }, { members })).toMatchObject({ status: 201 })
    await lab.pass(5_000)
    expect(lab.all('purple')).toEqual({ a: { id: 'purple', n: 1 }, b: { id: 'purple', n: 1 } })
    expect(lab.all('violet')).toEqual({ a: { id: 'violet', n: 2 }, b: { id: 'violet', n: 2 } })
  })

  test('an update at the other, without a scope, changes both', async () => {
    await start('a', 'b')
    await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
    await lab.pass(5_000)
    expect(await lab.ask('b', 'PUT /items/x', { n: 2 })).toMatchObject({ status: 200 })
    await lab.pass(5_000)
    expect(lab.all('x')).toEqual({ a: { id: 'x', n: 2 }, b: { id: 'x', n: 2 } })
  })
})

test('what was deleted does not come back when a cut-off site returns', async () => {
  await start('a', 'b', 'c')
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(5_000)
  lab.cut('c')
  expect(await lab.ask('a', 'DELETE /items/x')).toMatchObject({ status: 204 })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: undefined, b: undefined, c: { id: 'x', n: 1 } })
  await lab.heal()
  expect(lab.all('x')).toEqual({ a: undefined, b: undefined, c: undefined })
})

test('merges of the same field on two sides of a cut: the same at both', async () => {
  await start('a', 'b')
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  lab.cut('b')
  await lab.ask('a', 'PATCH /items/x', { f: 1 })
  await lab.pass(100)
  await lab.ask('b', 'PATCH /items/x', { f: 2 })
  await lab.heal()
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1, f: 2 }, b: { id: 'x', n: 1, f: 2 } })
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees', conflicts: [] })
})

test('PUT beside a delete: absent at both, the body is a conflict', async () => {
  await start('a', 'b')
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  lab.cut('b')
  await lab.ask('a', 'DELETE /items/x')
  await lab.pass(100)
  await lab.ask('b', 'PUT /items/x', { n: 2 })
  await lab.heal()
  expect(lab.all('x')).toEqual({ a: undefined, b: undefined })
  for (const site of ['a', 'b']) {
    const status = await lab.status(site, 'x')
    expect(status?.conflicts.map(({ why, operation }) => [why, operation.type, operation.dot.site])).toEqual([
      ['deleted', 'replace', 'b'],
    ])
  }
})

test('create, PUT 1, PUT 2 need no repair anywhere', async () => {
  await start('a', 'b', 'c')
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.ask('a', 'PUT /items/x', { n: 1 })
  await lab.ask('a', 'PUT /items/x', { n: 2 })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 2 }, b: { id: 'x', n: 2 }, c: { id: 'x', n: 2 } })
  expect(lab.told.filter(({ event }) => event.kind === 'diverged')).toEqual([])
})

test('a member that was cut off gets only the last PUT', async () => {
  await start('a', 'b', 'c')
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(5_000)
  lab.cut('c')
  await lab.pass(15_000)
  for (let n = 1; n <= 20; n++) await lab.ask('a', 'PUT /items/x', { n })
  await lab.heal()
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 20 }, b: { id: 'x', n: 20 }, c: { id: 'x', n: 20 } })
  expect(lab.effects('c', 'x')).toEqual(['POST', 'PUT'])
})

test('a member that never heard of it gets the state, created', async () => {
  await start('a', 'b', 'c')
  lab.cut('c')
  await lab.pass(15_000)
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.ask('a', 'PUT /items/x', { n: 1 })
  await lab.pass(2_000)
  await lab.ask('b', 'PATCH /items/x', { f: 1 })
  await lab.heal()
  expect(lab.read('c', 'x')).toEqual({ id: 'x', n: 1, f: 1 })
  expect(lab.effects('c', 'x')).toEqual(['POST', 'PATCH'])
})

test('a name that is not ours is untouched, and the clash is shown', async () => {
  await start('a', 'b')
  lab.world.site('b').application.write('warehouse', '/items/x', { id: 'x', owner: 'somebody' })
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', owner: 'somebody' } })
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'unbound' })
  expect(await lab.ask('b', 'PUT /items/x', { n: 2 })).toMatchObject({ code: 'ERR_REPLICANT_UNBOUND' })
  await lab.ask('a', 'DELETE /items/x')
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: undefined, b: { id: 'x', owner: 'somebody' } })
  expect(lab.effects('b', 'x')).toEqual([])
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'unbound' })
})

test('two creates of one name across a cut: one replicant, the greater life, the clash is shown', async () => {
  await start('a', 'b', 'c')
  lab.cut('c')
  await lab.pass(10_000)
  await lab.ask('a', 'POST /items', { id: 'x', by: 'a' }, { members: ['a', 'b'] })
  await lab.pass(100)
  await lab.ask('c', 'POST /items', { id: 'x', by: 'c' }, { members: ['b', 'c'] })
  await lab.heal()
  const all = { id: 'x', by: 'c' }
  expect(lab.all('x')).toEqual({ a: all, b: all, c: all })
  for (const site of ['a', 'b', 'c'])
    expect(await lab.status(site, 'x'), site).toMatchObject({
      members: ['a', 'b', 'c'],
      conflicts: [{ why: 'other-life' }],
    })
})

test('credentials of a client are used at its site only', async () => {
  await start('a', 'b')
  const headers = ['Authorization', 'Bearer for-an-hour']
  await lab.ask('a', 'POST /items', { id: 'x' }, { members: ['a', 'b'], headers })
  await lab.pass(5_000)
  const writes = (site: string) => lab.world.site(site).application.requests.filter(({ method }) => method === 'POST')
  expect(writes('a').map(({ authority }) => authority)).toEqual([{ client: expect.arrayContaining(headers) }])
  expect(writes('b').map(({ authority, headers: sent }) => [authority, sent.join().includes('Bearer')])).toEqual([
    ['agent', false],
  ])
})

test('what the application refuses is void: its answer is the client’s, and nobody else sees it', async () => {
  await start('a', 'b')
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  expect(await lab.ask('a', 'POST /items', { id: 'x', n: 2 }, { members: ['a', 'b'] })).toMatchObject({
    status: 409,
    accepted: { outcome: 'void', operation: undefined },
  })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 } })
})

test('one idempotency key twice at one site is one operation; with another request it is refused', async () => {
  await start('a', 'b')
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  const first = await lab.ask('a', 'PATCH /items/x', { f: 1 }, { key: 'k' })
  const second = await lab.ask('a', 'PATCH /items/x', { f: 1 }, { key: 'k' })
  expect(second.accepted).toMatchObject({ isRepeated: true, operation: first.accepted?.operation })
  expect(lab.effects('a', 'x')).toEqual(['POST', 'PATCH'])
  expect(await lab.ask('a', 'PATCH /items/x', { f: 2 }, { key: 'k' })).toMatchObject({ code: 'ERR_IDEMPOTENCY_KEY' })
})

test('waiting tells what became of it at each site', async () => {
  await start('a', 'b', 'c')
  lab.cut('c')
  await lab.pass(10_000)
  const { accepted } = await lab.ask('a', 'POST /items', { id: 'x' }, ABC)
  const operation = accepted?.operation
  if (operation === undefined) throw new Error('it was not released')
  const outcomes = async (require: 'all' | 'quorum') =>
    (await lab.wait('a', 'x', operation, 20, require)).map(({ site, outcome }) => [site, outcome])
  const cut = [
    ['a', 'applied'],
    ['b', 'applied'],
    ['c', 'pending'],
  ]
  expect(await outcomes('quorum')).toEqual(cut)
  expect(await outcomes('all')).toEqual(cut)
  await lab.heal()
  expect((await outcomes('all'))[2]).toEqual(['c', 'applied'])
})

test('a refusal that may pass is tried again; one that is meant is shown, and blocks nobody', async () => {
  await start('a', 'b')
  const { application } = lab.world.site('b')
  const isPost = ({ method }: { method: string }) => method === 'POST'
  application.failNext({ kind: 'refuse', status: 503 }, isPost)
  application.failNext({ kind: 'refuse', status: 403 }, isPost)
  application.failNext({ kind: 'refuse', status: 422 }, ({ method }) => method === 'PATCH')
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  const refused = await lab.ask('a', 'PATCH /items/x', { f: 1 })
  await lab.ask('a', 'PATCH /items/x', { g: 1 })
  await lab.pass(20_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1, f: 1, g: 1 }, b: { id: 'x', n: 1, g: 1 } })
  const operation = refused.accepted?.operation
  if (operation === undefined) throw new Error('it was not released')
  expect(await lab.wait('a', 'x', operation, 1, 'all')).toMatchObject([
    { site: 'a', outcome: 'applied', status: 200 },
    { site: 'b', outcome: 'failed', status: 422 },
  ])
})

test('a member is added, and later removed', async () => {
  await start('a', 'b', 'c')
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.ask('a', 'PUT /items/x', { n: 2 })
  await lab.pass(5_000)
  await lab.changeMembers('b', 'x', ['c'], [])
  await lab.ask('a', 'PATCH /items/x', { f: 1 })
  await lab.pass(20_000)
  const now = { id: 'x', n: 2, f: 1 }
  expect(lab.all('x')).toEqual({ a: now, b: now, c: now })
  await lab.changeMembers('a', 'x', [], ['c'])
  await lab.pass(5_000)
  await lab.ask('a', 'PUT /items/x', { n: 3 })
  await lab.pass(20_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 3 }, b: { id: 'x', n: 3 }, c: now })
  expect(await lab.status('c', 'x')).toBeUndefined()
})

describe('a store that is set back', () => {
  test('alone, the application is ahead: no second action, and what others have is not ignored', async () => {
    await start('a', 'b')
    await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
    await lab.pass(10_000)
    const site = lab.world.site('a')
    const backup = site.machine.disk.copy()
    await lab.ask('a', 'PUT /items/x', { n: 2 })
    await lab.pass(10_000)
    await lab.until(site.restart(10, () => site.machine.disk.restore(backup)))
    await lab.pass(30_000)
    expect(lab.all('x')).toEqual({ a: { id: 'x', n: 2 }, b: { id: 'x', n: 2 } })
    expect(lab.effects('a', 'x')).toEqual(['POST', 'PUT'])
    expect(await lab.ask('a', 'PUT /items/x', { n: 3 })).toMatchObject({ status: 200 })
    await lab.pass(10_000)
    expect(lab.all('x')).toEqual({ a: { id: 'x', n: 3 }, b: { id: 'x', n: 3 } })
  })

  test('while cut off, and written on: nothing that others acknowledged is lost unseen', async () => {
    await start('a', 'b')
    await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
    await lab.pass(10_000)
    const site = lab.world.site('a')
    const backup = site.machine.disk.copy()
    await lab.ask('a', 'PATCH /items/x', { f: 'before' })
    await lab.pass(10_000)
    lab.cut('a')
    await lab.until(
      site.restart(10, () => {
        site.machine.disk.restore(backup)
        site.application.write('warehouse', '/items/x', { id: 'x', n: 1 })
      }),
    )
    await lab.pass(10_000)
    expect(await lab.ask('a', 'PATCH /items/x', { g: 'after' })).toMatchObject({ status: 200 })
    await lab.heal(90_000)
    const both = { id: 'x', n: 1, f: 'before', g: 'after' }
    expect(lab.all('x')).toEqual({ a: both, b: both })
  })
})

test('one idempotency key at two sites across a cut is one operation', async () => {
  await start('a', 'b')
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  lab.cut('b')
  await lab.ask('a', 'PATCH /items/x', { f: 1 }, { key: 'k' })
  await lab.pass(1_000)
  await lab.ask('b', 'PATCH /items/x', { f: 1 }, { key: 'k' })
  await lab.heal()
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1, f: 1 }, b: { id: 'x', n: 1, f: 1 } })
  for (const site of ['a', 'b']) expect(lab.effects(site, 'x'), site).toEqual(['POST', 'PATCH'])
})

test('one idempotency key with two bodies across a cut is two operations: each is known by its body, a third is refused', async () => {
  await start('a', 'b')
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  lab.cut('b')
  const first = await lab.ask('a', 'PATCH /items/x', { f: 1 }, { key: 'k' })
  await lab.pass(1_000)
  const second = await lab.ask('b', 'PATCH /items/x', { g: 2 }, { key: 'k' })
  await lab.heal()
  const both = { id: 'x', n: 1, f: 1, g: 2 }
  expect(lab.all('x')).toEqual({ a: both, b: both })
  for (const site of ['a', 'b'] as const) {
    const again = await lab.ask(site, 'PATCH /items/x', { f: 1 }, { key: 'k' })
    expect(again.accepted).toMatchObject({ isRepeated: true, operation: first.accepted?.operation })
    const other = await lab.ask(site, 'PATCH /items/x', { g: 2 }, { key: 'k' })
    expect(other.accepted).toMatchObject({ isRepeated: true, operation: second.accepted?.operation })
    const third = await lab.ask(site, 'PATCH /items/x', { h: 3 }, { key: 'k' })
    expect(third).toMatchObject({ code: 'ERR_IDEMPOTENCY_KEY' })
  }
  expect(lab.all('x')).toEqual({ a: both, b: both })
})

test('a clock an hour ahead: what is written after reading wins, everywhere and at once', async () => {
  await start('a', 'b')
  lab.world.site('a').machine.clockOffsetMs = 3_600_000
  await lab.ask('a', 'POST /items', { id: 'x', by: 'a' }, { members: ['a', 'b'] })
  await lab.pass(2_000)
  await lab.ask('b', 'PUT /items/x', { by: 'b' })
  await lab.pass(2_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', by: 'b' }, b: { id: 'x', by: 'b' } })
})

test('a name that was deleted unheard is created an hour later: it exists with the later body', async () => {
  await start('a', 'b')
  lab.cut('b')
  await lab.pass(10_000)
  await lab.ask('a', 'POST /items', { id: 'x', by: 'a' }, { members: ['a', 'b'] })
  await lab.ask('a', 'DELETE /items/x')
  await lab.pass(3_600_000)
  await lab.ask('b', 'POST /items', { id: 'x', by: 'b' }, { members: ['a', 'b'] })
  await lab.heal()
  expect(lab.all('x')).toEqual({ a: { id: 'x', by: 'b' }, b: { id: 'x', by: 'b' } })
})

test('what the origin wrote earlier is waited for before a refusal is final', async () => {
  await start('a', 'b')
  const { application } = lab.world.site('b')
  const isOf =
    (id: string) =>
    ({ body, method }: { method: string; body?: unknown }) =>
      method === 'POST' && body instanceof Uint8Array && new TextDecoder().decode(body).includes(`"${id}"`)
  // The namespace is slow at b, and the pod is refused as long as it is not there.
  for (let times = 0; times < 4; times++) application.failNext({ kind: 'refuse', status: 503 }, isOf('namespace'))
  application.failNext({ kind: 'refuse', status: 404 }, isOf('pod'))
  await lab.ask('a', 'POST /items', { id: 'namespace' }, { members: ['a', 'b'] })
  await lab.ask('a', 'POST /items', { id: 'pod' }, { members: ['a', 'b'] })
  await lab.pass(60_000)
  expect([lab.read('b', 'namespace'), lab.read('b', 'pod')]).toEqual([{ id: 'namespace' }, { id: 'pod' }])
})

test('a third member relays what two that are cut from each other write', async () => {
  await start('a', 'b', 'c')
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(5_000)
  lab.world.wire.cut('a', 'b')
  lab.world.wire.cut('b', 'a')
  await lab.pass(10_000)
  await lab.ask('a', 'PUT /items/x', { n: 2 })
  await lab.pass(30_000)
  // c has acknowledged to b what b lacks, so b asks it.
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 2 }, b: { id: 'x', n: 2 }, c: { id: 'x', n: 2 } })
})

test('conversations that break off all the time lose nothing and do nothing twice', async () => {
  await start('a', 'b')
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members: ['a', 'b'] })
  const accepted: Record<string, number> = {}
  for (let n = 1; n <= 30; n++) {
    const answer = await lab.ask(n % 2 === 0 ? 'a' : 'b', 'PATCH /items/x', { [`f${n}`]: n })
    // Before b has the resource it takes no write of it.
    if (answer.accepted?.outcome === 'applied') accepted[`f${n}`] = n
    lab.world.wire.lose('a', 'b')
    await lab.pass(37)
  }
  await lab.pass(30_000)
  expect(Object.keys(accepted).length).toBeGreaterThan(15)
  const both = { id: 'x', n: 0, ...accepted }
  expect(lab.all('x')).toEqual({ a: both, b: both })
})

test('a name that is created and deleted all the time keeps a few of its lives, and none is locked', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  const lives = (site: string): Promise<number> | undefined =>
    lab.replicators.get(site)?.inspect(lab.name('x'), ({ core }) => core.replicant.lives.length)
  for (let n = 0; n < 3 * MAX_KEPT_LIVES; n++) {
    expect((await lab.ask('a', 'POST /items', { id: 'x', n }, ABC)).status).toBe(201)
    await lab.pass(200)
    expect((await lab.ask('a', 'DELETE /items/x')).status).toBe(204)
    await lab.pass(200)
  }
  await lab.pass(10_000)
  for (const site of ['a', 'b', 'c']) expect(await lives(site), site).toBeLessThanOrEqual(MAX_KEPT_LIVES + 1)
  // While a member is away they stay, and in the end that is said.
  lab.cut('c')
  let refused: string | undefined
  for (let n = 0; refused === undefined && n < 2 * MAX_LIVES; n++) {
    refused = (await lab.ask('a', 'POST /items', { id: 'x', n }, ABC)).code
    await lab.pass(100)
    if (refused === undefined) await lab.ask('a', 'DELETE /items/x')
    await lab.pass(100)
  }
  expect([refused, await lives('a')]).toEqual(['ERR_REPLICANT_LOCKED', MAX_LIVES])
  await lab.heal(60_000)
  expect((await lab.ask('b', 'POST /items', { id: 'x', n: -1 }, ABC)).status).toBe(201)
  await lab.pass(10_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: -1 }, b: { id: 'x', n: -1 }, c: { id: 'x', n: -1 } })
  expect((await lab.status('c', 'x'))?.state).toBe('agrees')
})
