/**
 * A client sends one request with one idempotency key to two members that cannot hear each other, and both carry it out. The ≺-smaller of the two operations counts then, and
 * a member that has carried out the other one has done what it says: whoever waits hears so, and what is written there afterwards has seen it.
 */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import type { Dot } from '../../../../../src/core/oplog/index.ts'
import { LaneBook } from '../../../../../src/runtime/replication/lane/lane-book.ts'
import { ABC, Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

/** @returns operations of both, the one that counts first */
async function askBoth(cut: string): Promise<readonly [Dot, Dot]> {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(5_000)
  lab.cut(cut)
  const first = await lab.ask('a', 'PATCH /items/x', { f: 1 }, { key: 'k' })
  await lab.pass(1_000)
  const second = await lab.ask('b', 'PATCH /items/x', { f: 1 }, { key: 'k' })
  await lab.heal()
  return [first.accepted?.operation as Dot, second.accepted?.operation as Dot]
}

async function outcomes(site: string, operation: Dot): Promise<readonly string[]> {
  const told = await lab.wait(site, 'x', operation, 0, 'all')
  return told.map(({ site: member, outcome }) => `${member} ${outcome}`)
}

describe.each([
  ['b', ['a superseded', 'b applied', 'c superseded']],
  ['a', ['a superseded', 'b applied', 'c applied']],
])('while %s is cut off', (cut, ofSecond) => {
  test('all members have told what came of both, and each has it once', async () => {
    const [first, second] = await askBoth(cut)
    expect(await outcomes('a', first)).toEqual(['a applied', 'b applied', 'c applied'])
    expect(await outcomes('b', second)).toEqual(ofSecond)
    for (const site of ['a', 'b', 'c']) expect(lab.effects(site, 'x'), site).toEqual(['POST', 'PATCH'])
  })

  test.each(['b', 'c'])('a whole body that is written at %s then takes its place', async site => {
    await askBoth(cut)
    expect(await lab.ask(site, 'PUT /items/x', { n: 2, f: 2 })).toMatchObject({ status: 200 })
    await lab.pass(5_000)
    const x = { id: 'x', n: 2, f: 2 }
    expect(lab.all('x')).toEqual({ a: x, b: x, c: x })
  })
})

test('of a whole body the greater one counts, and the next one at the site of the other has seen it: that is no conflict', async () => {
  lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  lab.cut('b')
  await lab.ask('a', 'PUT /items/x', { n: 2 }, { key: 'k' })
  await lab.pass(1_000)
  const second = await lab.ask('b', 'PUT /items/x', { n: 2 }, { key: 'k' })
  await lab.heal()
  expect(await outcomes('b', second.accepted?.operation as Dot)).toEqual(['a applied', 'b applied'])
  expect(await lab.ask('a', 'PUT /items/x', { n: 3 })).toMatchObject({ status: 200 })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 3 }, b: { id: 'x', n: 3 } })
  for (const site of ['a', 'b']) expect((await lab.status(site, 'x'))?.conflicts, site).toEqual([])
})

test('what is here is in question, and nobody can say what it is: a whole body is taken, and has seen the request', async () => {
  lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  lab.cut('b')
  await lab.ask('a', 'PATCH /items/x', { f: 1 }, { key: 'k' })
  await lab.pass(1_000)
  await lab.ask('b', 'PATCH /items/x', { f: 1 }, { key: 'k' })
  await lab.pass(5_000)
  lab.world.site('b').application.write(SERVICE, '/items/x', { id: 'x', n: 9, f: 1 })
  await lab.pass(120_000)
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'diverged' })
  lab.world.site('a').application.stop()
  await lab.heal(20_000)
  expect(await lab.ask('b', 'PUT /items/x', { n: 2, f: 2 })).toMatchObject({ status: 200 })
  lab.world.site('a').application.start()
  await lab.pass(120_000)
  const x = { id: 'x', n: 2, f: 2 }
  expect(lab.all('x')).toEqual({ a: x, b: x })
})

test('a repair from a member that goes on under its own identity, as agents of an earlier version do, keeps what the request says', async () => {
  const now = Reflect.get(LaneBook.prototype, 'nameWhatCounts')
  const earlier = vi.spyOn(LaneBook.prototype, 'nameWhatCounts').mockImplementation(async function (this: LaneBook) {
    if (this.engine.options.site !== 'b') await now.call(this)
  })
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1, f: 0 }, ABC)
  await lab.pass(5_000)
  lab.cut('b')
  await lab.ask('a', 'PATCH /items/x', { f: 1 }, { key: 'k' })
  await lab.pass(1_000)
  await lab.ask('b', 'PATCH /items/x', { f: 1 }, { key: 'k' })
  await lab.heal()
  await lab.pass(60_000)
  lab.cut('a')
  lab.world.site('c').application.write(SERVICE, '/items/x', { id: 'x', n: 7, f: 1 })
  await lab.pass(20 * 60_000)
  await lab.heal(10 * 60_000)
  earlier.mockRestore()
  const x = { id: 'x', n: 1, f: 1 }
  expect(lab.all('x')).toEqual({ a: x, b: x, c: x })
})

test('something else is to be carried out first, and cannot be now: a whole body waits for that', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(5_000)
  lab.cut('a')
  lab.cut('b')
  await lab.ask('a', 'PATCH /items/x', { f: 1 }, { key: 'k' })
  await lab.pass(1_000)
  await lab.ask('b', 'PATCH /items/x', { f: 1 }, { key: 'k' })
  await lab.pass(1_000)
  await lab.ask('c', 'PATCH /items/x', { g: 1 })
  lab.world.site('b').application.rule = ({ method }, body) => (method === 'PATCH' && 'g' in body ? 503 : undefined)
  lab.world.wire.healAll()
  lab.cut('a')
  await lab.pass(30_000)
  await lab.heal(30_000)
  expect(await lab.ask('b', 'PUT /items/x', { n: 2, f: 2 })).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
  lab.world.site('b').application.rule = () => undefined
  await lab.pass(120_000)
  expect(await lab.ask('b', 'PUT /items/x', { n: 2, f: 2 })).toMatchObject({ status: 200 })
  await lab.pass(10_000)
  const x = { id: 'x', n: 2, f: 2 }
  expect(lab.all('x')).toEqual({ a: x, b: x, c: x })
})

/** One request that a and b have taken, of which c hears b alone for a while: the operation of a, which counts. */
async function failedAtC(body: Readonly<Record<string, unknown>>, before: () => void, waitMs: number): Promise<Dot> {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(5_000)
  before()
  lab.cut('a')
  const first = await lab.ask('a', 'PATCH /items/x', body, { key: 'k' })
  await lab.pass(1_000)
  await lab.ask('b', 'PATCH /items/x', body, { key: 'k' })
  await lab.pass(waitMs)
  await lab.heal(3_000)
  return first.accepted?.operation as Dot
}

test('what was refused as the other operation is told to the origin of the one that counts with the answer', async () => {
  const refuse = (): void => {
    lab.world.site('c').application.rule = ({ method }) => (method === 'PATCH' || method === 'PUT' ? 422 : undefined)
  }
  const first = await failedAtC({ f: 1 }, refuse, 5_000)
  const told = await lab.wait('a', 'x', first, 0, 'all')
  expect(told).toContainEqual(expect.objectContaining({ site: 'c', outcome: 'failed', status: 422 }))
  expect((await lab.status('c', 'x'))?.reason).toContain('422')
})
