/**
 * Two clients change the same thing on two sides of a cut, and the application takes only the first of them, in whatever order: what comes second is
 * refused at all members, also where it was taken first. Real replicators in the simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import { Lab } from '../lab.ts'
import type { Dot } from '../../../../../src/core/oplog/index.ts'

const SITES = ['a', 'b', 'c']

let lab: Lab
afterEach(() => lab.assertSound())

/** Each application lets an owner be set once, and answers others with this status. */
async function start(status: number): Promise<Dot | undefined> {
  lab = await Lab.of(SITES)
  for (const site of SITES)
    lab.world.site(site).application.rule = ({ method }, body, shown) =>
      method === 'PATCH' && body['owner'] !== undefined && shown?.['owner'] !== undefined ? status : undefined
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: SITES })
  await lab.pass(5_000)
  lab.cut('c')
  expect((await lab.ask('a', 'PATCH /items/x', { owner: 'ada' })).status).toBe(200)
  const second = await lab.ask('c', 'PATCH /items/x', { owner: 'cleo' })
  expect(second.status).toBe(200)
  await lab.pass(5_000)
  return second.accepted?.operation
}

test.each([409, 422])(
  'what is refused behind what came first (%i) holds up nobody, and all come to the same',
  async status => {
    const second = await start(status)
    const before = lab.effects('c', 'x').length
    await lab.heal(5 * 60_000)
    const owners = SITES.map(site => lab.read(site, 'x')?.['owner'])
    expect(new Set(owners).size, `owners: ${owners.join(', ')}`).toBe(1)
    // Made anew once, and brought to what all have once more at the most.
    expect(lab.effects('c', 'x').slice(before)).toSatisfy((effects: readonly string[]) => effects.length <= 6)
    if (second === undefined) throw new Error('it was not released')
    const told = [...lab.told].filter(
      ({ site, event }) => site === 'c' && event.kind === 'outcome' && event.outcome === 'failed',
    )
    expect(
      told.map(({ event }) => (event.kind === 'outcome' ? event.site : '')).toSorted((x, y) => (x < y ? -1 : 1)),
      'its origin hears where it failed',
    ).toEqual(SITES)
    await lab.pass(30 * 60_000)
    const states = await Promise.all(SITES.map(async site => (await lab.status(site, 'x'))?.state))
    expect(states).toEqual(['agrees', 'agrees', 'agrees'])
    expect((await lab.ask('c', 'PATCH /items/x', { n: 2 })).status).toBe(200)
    await lab.pass(5_000)
    expect(SITES.map(site => lab.read(site, 'x')?.['n'])).toEqual([2, 2, 2])
  },
)

test('while one is refused again and again, what the application shows does not go back to what it was', async () => {
  await start(409)
  lab.world.wire.healAll()
  await lab.pass(3_000)
  const shown = new Set<unknown>()
  for (let second = 0; second < 180; second++) {
    await lab.pass(1_000)
    shown.add(lab.read('c', 'x')?.['owner'])
  }
  expect([...shown]).not.toContain(undefined)
})

test.each([
  ['kept as it is', { how: 'keep' }],
  ['written again where applications take it by now', { how: 'take', write: 'c' }],
] as const)('what nobody has taken is a conflict that all show, and is %s', async (_, choice) => {
  const second = await start(422)
  await lab.heal(5 * 60_000)
  const owners = () => SITES.map(site => lab.read(site, 'x')?.['owner'])
  const [first] = owners()
  expect(first).toSatisfy(owner => owner === 'ada' || owner === 'cleo')
  for (const site of SITES) {
    const conflicts = (await lab.status(site, 'x'))?.conflicts ?? []
    expect(
      conflicts.map(({ operation, why }) => [operation.dot, why]),
      site,
    ).toEqual([[second, 'refused']])
    expect(lab.events(site), site).toContain('conflict')
  }
  // What is changed since is none of it.
  await lab.ask('b', 'PATCH /items/x', { n: 2 })
  await lab.pass(5_000)
  await lab.restart('b')
  expect((await lab.status('b', 'x'))?.conflicts).toHaveLength(1)
  for (const site of SITES) lab.world.site(site).application.rule = () => undefined
  await lab.settleConflicts('a', 'x', choice)
  await lab.pass(60_000)
  const states = await Promise.all(SITES.map(async site => (await lab.status(site, 'x'))?.state))
  expect(states).toEqual(['agrees', 'agrees', 'agrees'])
  for (const site of SITES) expect((await lab.status(site, 'x'))?.conflicts, site).toEqual([])
  expect(owners()).toEqual(SITES.map(() => (choice.how === 'take' ? 'cleo' : first)))
  expect(SITES.map(site => lab.read(site, 'x')?.['n'])).toEqual([2, 2, 2])
})
