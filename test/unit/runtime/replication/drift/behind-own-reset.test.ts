/** An operation that says what a resource is, and that only the application knows: what is merged behind it is known all the same. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { SERVICE, VARIANTS, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

test('a field that is never shown is part of a repair', async () => {
  const glue = simGlue(VARIANTS.restoring)
  const lab = await Lab.of(MEMBERS, { glue: () => glue })
  for (const site of MEMBERS) lab.world.site(site).application.hides.set('secret', true)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  expect(await lab.ask('a', 'POST /items/x/restore', { n: 2 })).toMatchObject({ status: 201 })
  await lab.pass(5_000)
  expect(await lab.ask('a', 'PATCH /items/x', { m: 3, secret: 's' })).toMatchObject({ status: 200 })
  await lab.pass(5_000)
  lab.world.site('b').application.write(SERVICE, '/items/x', { id: 'x', by: 'somebody' })
  await lab.pass(120_000)
  for (const site of MEMBERS) {
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 2, m: 3, secret: 's' })
  }
  lab.assertSound()
})
