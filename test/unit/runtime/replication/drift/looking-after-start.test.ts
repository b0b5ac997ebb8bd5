/** A site that looks for the state of another one goes on with that after a start. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

test('who differs and finds nobody is put right though it was started anew meanwhile', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  // Each changes a part of what it was changed to past Cheops before anybody reads that.
  for (const site of MEMBERS) lab.world.site(site).application.write(SERVICE, '/items/x', { id: 'x', by: site })
  await lab.ask('b', 'POST /items/x/lines', { line: 2 })
  await lab.pass(1_000)
  lab.world.wire.cut('a', 'b')
  await lab.pass(4_000)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'diverged' })
  await lab.restart('a')
  await lab.heal(120_000)
  for (const site of MEMBERS) expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees' })
  expect(lab.read('a', 'x')).toEqual(lab.read('b', 'x'))
  lab.assertSound()
})
