/**
 * Resources beyond 64 KiB that are only ever patched, or that all members have changed past Cheops: a state of them is said as a body that is a
 * file. How: sites with real replicators in the simulated world; what is kept is read from their disks.
 */
import { afterEach, expect, test } from 'vitest'
import { MAX_OPERATIONS_PAST_RESET } from '../../../../../src/core/oplog/index.ts'
import { MAX_HELD_BODY_BYTES, MAX_INLINE_BODY_BYTES } from '../../../../../src/runtime/replication/limits.ts'
import { Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

const SITES = ['a', 'b', 'c']
const text = 'x'.repeat(MAX_INLINE_BODY_BYTES)

async function created(members = SITES): Promise<void> {
  lab = await Lab.of(members)
  expect((await lab.ask('a', 'POST /items', { id: 'x', text }, { members })).status).toBe(201)
  await lab.pass(5_000)
}

/** Patches, each at the next site. @returns the next number */
async function patch(from: number, count: number, sites: readonly string[] = SITES): Promise<number> {
  for (let n = from; n < from + count; n++) {
    const { status, code } = await lab.ask(sites[n % sites.length] ?? 'a', 'PATCH /items/x', { [`f${n % 5}`]: n })
    expect({ n, status, code }).toEqual({ n, status: 200, code: undefined })
    await lab.pass(200)
  }
  return from + count
}

const kept = async (site: string): Promise<number> => (await lab.disk(site, 'x')).live.length
const files = (site: string): number => lab.world.site(site).machine.bodies.size
const states = (site: string): number =>
  lab.told.filter(told => told.site === site && told.event.kind === 'released' && told.event.type === 'state').length
const same = (): unknown => {
  const [first, ...others] = Object.values(lab.all('x'))
  for (const other of others) expect(other).toEqual(first)
  return first
}

test('one that is only patched keeps no more than some operations, and one file or two', async () => {
  await created()
  await patch(1, MAX_OPERATIONS_PAST_RESET + 20, ['a', 'b'])
  await lab.pass(10_000)
  for (const site of SITES) {
    expect(await kept(site), site).toBeLessThan(MAX_OPERATIONS_PAST_RESET)
    expect(files(site), site).toBe(1)
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees', conflicts: [] })
  }
  expect(same()).toMatchObject({ id: 'x', text, f0: 120, f1: 116 })
})

test('a member that was away gets the state, and nothing of what came before it', async () => {
  await created()
  lab.cut('c')
  const next = await patch(1, MAX_OPERATIONS_PAST_RESET + 10, ['a', 'b'])
  await lab.heal(30_000)
  expect(same()).toMatchObject({ text, f0: next - 1 })
  expect(await kept('c')).toBeLessThan(MAX_OPERATIONS_PAST_RESET)
  // And it survives a start.
  await lab.restart('c')
  await patch(next, 3)
  await lab.pass(10_000)
  expect(same()).toMatchObject({ text, f3: next + 2 })
})

test('where there is no room for the file, writes go on, and it is said when there is room', async () => {
  const two = ['a', 'b']
  await created(two)
  for (const site of two) lab.world.site(site).machine.fillBodies()
  const next = await patch(1, MAX_OPERATIONS_PAST_RESET + 10, ['a'])
  expect(states('a')).toBe(0)
  for (const site of two) lab.world.site(site).machine.maxBodiesBytes = 1024 ** 3
  const looks = lab.world.site('a').application.looks.length
  await patch(next, MAX_OPERATIONS_PAST_RESET, ['a'])
  await lab.pass(10_000)
  expect(states('a')).toBe(1)
  // It was not read with each write until then: what an idle lane reads comes besides, once a second.
  expect(lab.world.site('a').application.looks.length - looks).toBeLessThan(MAX_OPERATIONS_PAST_RESET / 2)
  expect(await kept('b')).toBeLessThan(MAX_OPERATIONS_PAST_RESET)
  same()
})

test('members that were all changed past Cheops come together', async () => {
  await created()
  for (const site of SITES)
    lab.world.site(site).application.write('warehouse', '/items/x', { id: 'x', text: `${text}${site}` })
  await lab.pass(10 * 60_000)
  const { text: now } = same() as { text: string }
  expect(SITES.map(site => `${text}${site}`)).toContain(now)
  for (const site of SITES) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
})

test('a site that lets nobody write fetches the state all the same, and sees that it has it', async () => {
  await created()
  // All but whole bodies.
  lab.mayRun = (site, { type }) => site !== 'c' || !['replace', 'state'].includes(type)
  await patch(1, MAX_OPERATIONS_PAST_RESET + 10, ['a', 'b'])
  await lab.pass(10_000)
  expect(same()).toMatchObject({ text })
  expect(await kept('c')).toBeLessThan(MAX_OPERATIONS_PAST_RESET)
  expect(await lab.status('c', 'x')).toMatchObject({ state: 'agrees' })
})

/** Somebody has changed what is too large to be looked into past Cheops, everywhere, and all agents start anew. */
async function largeChangedEverywhere(members: readonly string[]): Promise<void> {
  const huge = 'x'.repeat(MAX_HELD_BODY_BYTES)
  lab = await Lab.of(members)
  expect((await lab.ask('a', 'POST /items', { id: 'x', text: huge }, { members })).status).toBe(201)
  await lab.pass(10_000)
  for (const site of members)
    lab.world.site(site).application.write('warehouse', '/items/x', { id: 'x', text: `${huge}${site}` })
  for (const site of members) await lab.restart(site)
  await lab.pass(180_000)
  for (const site of members) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'diverged' })
}

test('what is too large to be looked into, and changed past Cheops everywhere, is ended by a whole body, also after all have started anew', async () => {
  await largeChangedEverywhere(['a', 'b'])
  // Nobody can tell what it changes.
  expect(await lab.ask('b', 'PATCH /items/x', { n: 1 })).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
  expect(await lab.ask('b', 'PUT /items/x', { n: 2 })).toMatchObject({ status: 200 })
  await lab.pass(60_000)
  expect(same()).toEqual({ id: 'x', n: 2 })
  for (const site of ['a', 'b']) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
})

test('as long as a member has not said that this store is none of before, a whole body is not taken either', async () => {
  await largeChangedEverywhere(['a', 'b', 'c'])
  lab.cut('c')
  await lab.restart('a')
  await lab.pass(20_000)
  expect(await lab.ask('a', 'PUT /items/x', { n: 2 })).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
  await lab.heal()
  expect(await lab.ask('a', 'PUT /items/x', { n: 2 })).toMatchObject({ status: 200 })
  await lab.pass(60_000)
  expect(same()).toEqual({ id: 'x', n: 2 })
})
