/**
 * What a site counts of its replicants is what it shows of each, at every time, and nothing before it knows. In the simulated world, with
 * real replicators; the listing of all replicants is what is compared with.
 */
import { afterEach, expect, test } from 'vitest'
import { syncCodec } from '../../../../../protocols/sync/codec.ts'
import { SharedDigests } from '../../../../../src/runtime/replication/sync/shared-digests.ts'
import { Unwell } from '../../../../../src/runtime/replication/operator/unwell.ts'
import { Lab } from '../lab.ts'

const MEMBERS = { members: ['a', 'b'] }
const NAMES = ['x', 'y', 'z']
const NO_OTHERS = { failing: [], withheld: { replicants: 0, from: [] } }
let lab: Lab

afterEach(() => lab.assertSound())

async function shown(site: string) {
  const all = (await Promise.all(NAMES.map(name => lab.status(site, name)))).filter(status => status !== undefined)
  return {
    replicants: all.length,
    conflicts: all.reduce((sum, { conflicts }) => sum + conflicts.length, 0),
    diverged: all.filter(({ state }) => state === 'diverged').length,
    undecided: all.filter(({ state }) => state === 'unbound' || state === 'uncertain').length,
    ...NO_OTHERS,
  }
}

/** Expects it at both, and that it is what is shown of each. */
async function expectCounts(expected: Awaited<ReturnType<typeof shown>>): Promise<void> {
  for (const site of ['a', 'b']) {
    expect(lab.counts(site), site).toEqual(expected)
    expect(await shown(site), site).toEqual(expected)
  }
}

async function startAgain(): Promise<void> {
  for (const site of ['a', 'b']) await lab.restart(site)
  await lab.heal()
}

test('conflicts and replicants are counted as they come and go, and anew after a start', async () => {
  lab = await Lab.of(['a', 'b'])
  expect(lab.counts('a')).toEqual({ replicants: 0, conflicts: 0, diverged: 0, undecided: 0, ...NO_OTHERS })
  for (const id of NAMES) await lab.ask('a', 'POST /items', { id, n: 0 }, MEMBERS)
  await lab.pass(5_000)
  await expectCounts({ replicants: 3, conflicts: 0, diverged: 0, undecided: 0, ...NO_OTHERS })
  lab.cut('a')
  for (const id of ['x', 'y'])
    for (const site of ['a', 'b'])
      expect(await lab.ask(site, `PUT /items/${id}`, { n: site })).toMatchObject({ status: 200 })
  await lab.heal()
  await expectCounts({ replicants: 3, conflicts: 2, diverged: 0, undecided: 0, ...NO_OTHERS })
  await startAgain()
  await expectCounts({ replicants: 3, conflicts: 2, diverged: 0, undecided: 0, ...NO_OTHERS })
  // At a both have been in effect, so that whoever writes there has seen both.
  expect(await lab.ask('a', 'PUT /items/x', { n: 9 })).toMatchObject({ status: 200 })
  await lab.pass(5_000)
  await expectCounts({ replicants: 3, conflicts: 1, diverged: 0, undecided: 0, ...NO_OTHERS })
  await lab.changeMembers('a', 'y', [], ['b'])
  await lab.heal()
  expect(lab.counts('b')).toEqual({ replicants: 2, conflicts: 0, diverged: 0, undecided: 0, ...NO_OTHERS })
  expect(await shown('b')).toEqual({ replicants: 2, conflicts: 0, diverged: 0, undecided: 0, ...NO_OTHERS })
  expect(lab.counts('a')).toEqual(await shown('a'))
})

test('a replica that differs is counted until it is repaired, also after a start', async () => {
  lab = await Lab.of(['a', 'b'])
  for (const id of NAMES) await lab.ask('a', 'POST /items', { id, n: 1 }, MEMBERS)
  await lab.pass(5_000)
  lab.cut('a')
  const site = lab.world.site('a')
  await lab.until(site.restart(10, () => site.application.write('warehouse', '/items/x', { id: 'x', n: 'outsider' })))
  await lab.pass(1_000)
  await lab.ask('a', 'PUT /items/x', { n: 2 })
  expect(lab.counts('a')).toEqual({ replicants: 3, conflicts: 0, diverged: 1, undecided: 0, ...NO_OTHERS })
  await lab.restart('a')
  await lab.pass(1_000)
  expect(lab.counts('a')).toEqual({ replicants: 3, conflicts: 0, diverged: 1, undecided: 0, ...NO_OTHERS })
  await lab.heal()
  await expectCounts({ replicants: 3, conflicts: 0, diverged: 0, undecided: 0, ...NO_OTHERS })
})

test('a name that belongs to something else is counted until somebody decides, also after a start', async () => {
  lab = await Lab.of(['a', 'b'])
  lab.world.site('b').application.write('warehouse', '/items/x', { id: 'x', theirs: true })
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
  await lab.pass(5_000)
  expect(lab.counts('b')).toEqual({ replicants: 1, conflicts: 0, diverged: 0, undecided: 1, ...NO_OTHERS })
  await lab.restart('b')
  await lab.pass(5_000)
  expect(lab.counts('b')).toEqual({ replicants: 1, conflicts: 0, diverged: 0, undecided: 1, ...NO_OTHERS })
  await lab.changeMembers('b', 'x', [], ['b'])
  await lab.pass(5_000)
  expect(lab.counts('b')).toEqual({ replicants: 0, conflicts: 0, diverged: 0, undecided: 0, ...NO_OTHERS })
})

test('nothing is said before all that is stored was looked at', async () => {
  lab = await Lab.of(['a', 'b'])
  const unwell = new Unwell('a')
  expect(unwell.count([])).toBeUndefined()
  unwell.complete()
  expect(unwell.count(['left alone'])).toEqual({ conflicts: 0, diverged: 1, undecided: 0, ...NO_OTHERS })
  expect(new SharedDigests('a', syncCodec).replicants).toBeUndefined()
})

test('what a member does not let is counted at both until it does, also after a start', async () => {
  lab = await Lab.of(['a', 'b'])
  const isLet = new Set<string>()
  lab.mayRun = (site, { type }) => site !== 'b' || isLet.has(type)
  const none = { conflicts: 0, diverged: 0, undecided: 0 }
  const heldAtA = (...names: string[]) => ({
    ...none,
    ...NO_OTHERS,
    replicants: 2,
    failing: [{ site: 'b', replicants: names.length, errors: ['ERR_FORWARD_NOT_EXPOSED'], statuses: [] }],
  })
  const failingAtA = async (name: string) => (await lab.status('a', name))?.failing
  for (const id of ['x', 'y']) await lab.ask('a', 'POST /items', { id, n: 0 }, MEMBERS)
  await lab.pass(5_000)
  const withheld = { ...none, ...NO_OTHERS, replicants: 0, withheld: { replicants: 2, from: ['a'] } }
  for (const start of [false, true]) {
    if (start) await startAgain()
    expect(lab.counts('a')).toEqual(heldAtA('x', 'y'))
    expect(lab.counts('b')).toEqual(withheld)
    expect(await lab.status('b', 'x')).toBeUndefined()
    expect(await failingAtA('x')).toMatchObject([{ site: 'b', error: 'ERR_FORWARD_NOT_EXPOSED' }])
  }
  isLet.add('create')
  await lab.ask('a', 'PUT /items/x', { n: 1 })
  await lab.pass(120_000)
  // What is not let is held up for longer than an application that does not answer, and is not taken for that; y is there.
  expect(lab.counts('a')).toEqual(heldAtA('x'))
  expect(lab.behind('b')).toMatchObject({ behind: 0 })
  isLet.add('replace')
  await lab.pass(120_000)
  expect(lab.counts('a')).toEqual({ ...none, ...NO_OTHERS, replicants: 2 })
  expect(lab.counts('b')).toEqual({ ...none, ...NO_OTHERS, replicants: 2 })
  expect(await failingAtA('x')).toEqual([])
  expect(lab.all('x')).toMatchObject({ a: { n: 1 }, b: { n: 1 } })
})

test('why one is diverged stays with it, also after a start, and follows what stands in the way', async () => {
  lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, MEMBERS)
  await lab.pass(5_000)
  lab.mayRun = (site, { type }) => site !== 'b' || type !== 'replace'
  await lab.ask('a', 'PUT /items/x', { n: 1 })
  await lab.pass(5_000)
  const why = { state: 'diverged', reason: 'this site does not let a do that (expose)' }
  expect(await lab.status('b', 'x')).toMatchObject(why)
  await startAgain()
  expect(await lab.status('b', 'x')).toMatchObject(why)
  lab.mayRun = () => true
  await lab.pass(120_000)
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees', reason: undefined })
})
