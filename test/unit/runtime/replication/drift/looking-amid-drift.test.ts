/** What is told of what a site shows while it is changed past Cheops, and looks for a state. Real replicators in the simulated world. */
import { expect, test, vi } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import type { Replicator } from '../../../../../src/runtime/replication/replicator.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

test('who was changed past Cheops, and looks, is not told to show what it did before: none would say what the resource is', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(6_000)
  const change = (fields: object): void =>
    lab.world.site('a').application.write(SERVICE, '/items/x', { ...lab.read('a', 'x'), ...fields })
  // Nobody has read since, and what an addition does only the application knows: this is taken for what it shows.
  change({ n: 'o' })
  await lab.pass(3_000)
  expect(await lab.ask('b', 'POST /items/x/lines', { line: 1 })).toMatchObject({ status: 201 })
  await lab.pass(1_000)
  lab.cut('b')
  await lab.pass(1_000)
  change({ m: 'o' })
  await lab.pass(1_000)
  expect(await lab.ask('a', 'POST /items/x/lines', { line: 2 }, { key: 'k' })).toMatchObject({
    code: 'ERR_REPLICANT_LOCKED',
  })
  await lab.pass(300)
  await lab.heal(60_000)
  for (const site of MEMBERS) {
    expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 1, lines: [{ line: 1 }] })
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  }
  expect(await lab.ask('a', 'POST /items/x/lines', { line: 2 }, { key: 'k' })).toMatchObject({ status: 201 })
  lab.assertSound()
})

test('who looked, and shows again what it did, is compared with who has told something else meanwhile', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(6_000)
  const write = (site: string, value: object): void =>
    lab.world.site(site).application.write(SERVICE, '/items/x', { id: 'x', ...value })
  expect(await lab.ask('b', 'PATCH /items/x', { n: 2 })).toMatchObject({ status: 200 })
  await lab.pass(200)
  lab.cut('a')
  write('b', { n: 'o' })
  await lab.pass(60_000)
  write('a', { n: 3 })
  await lab.pass(120_000)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'diverged' })
  // It is told what b shows, and b gives nothing just then.
  const gives = vi.spyOn(lab.replicators.get('b') as Replicator, 'stateFor').mockResolvedValue(undefined)
  lab.world.wire.healAll()
  await lab.pass(2_000)
  write('a', { n: 2 })
  await lab.pass(20_000)
  gives.mockRestore()
  await lab.pass(600_000)
  for (const site of MEMBERS) {
    expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 2 })
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  }
  lab.assertSound()
})
