/**
 * Level `none`: the record of a resource reaches all members, is kept over a restart, and has nothing executed anywhere; real replicators
 * in the simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import { Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())
const AB = ['a', 'b']

test('the record is known at all members, and nobody carries anything out', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.record('a', 'x', { is: 'created', members: AB })
  await lab.pass(5_000)
  const status = { level: 'none', members: AB, isPresent: true, state: 'agrees', conflicts: [] }
  for (const site of AB) expect(await lab.status(site, 'x')).toMatchObject(status)
  expect(await lab.status('c', 'x')).toBeUndefined()
  expect(lab.all('x')).toEqual({ a: undefined, b: undefined, c: undefined })
  await lab.restart('b')
  expect(await lab.status('b', 'x')).toMatchObject(status)
  await lab.record('b', 'x', { is: 'deleted' })
  await lab.pass(5_000)
  for (const site of AB) expect(await lab.status(site, 'x')).toMatchObject({ level: 'none', isPresent: false })
  for (const site of AB) expect(lab.effects(site, 'x')).toEqual([])
})

test('two clients that make it in the same moment make one life', async () => {
  lab = await Lab.of(AB)
  const created = { is: 'created', members: AB } as const
  const first = await lab.record('a', 'x', created)
  expect(await lab.record('a', 'x', { is: 'created', members: ['b', 'a'] })).toEqual(first)
  await lab.pass(5_000)
  for (const site of AB)
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees', members: AB, conflicts: [] })
  expect(lab.events('a').filter(kind => kind === 'released')).toHaveLength(1)
})

test('what is logged is not recorded as what is not, nor the other way round', async () => {
  lab = await Lab.of(AB)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: AB })
  await lab.pass(5_000)
  const created = { is: 'created', members: AB } as const
  await expect(lab.record('b', 'x', created)).rejects.toMatchObject({ code: 'ERR_REPLICANT_LEVEL' })
  await expect(lab.record('b', 'y', { is: 'deleted' })).rejects.toMatchObject({ code: 'ERR_REPLICANT_NOT_FOUND' })
  await lab.ask('a', 'DELETE /items/x')
  await lab.pass(5_000)
  // Its life has ended: the name may have another level.
  await lab.record('b', 'x', created)
  await lab.pass(5_000)
  expect(await lab.status('a', 'x')).toMatchObject({ level: 'none', isPresent: true })
  await lab.record('a', 'x', { is: 'deleted' })
  await lab.pass(5_000)
  expect(await lab.ask('b', 'POST /items', { id: 'x', n: 2 }, { members: AB })).toMatchObject({ status: 201 })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 2 }, b: { id: 'x', n: 2 } })
  expect(await lab.status('a', 'x')).toMatchObject({ level: 'eventual', state: 'agrees' })
})
