/** Somebody replaces a resource past Cheops at all of its members. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

test('a field that was shown after an operation that only the application knows is not lost by the state that is said then', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', base: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  await lab.ask('a', 'PATCH /items/x', { written: 2 })
  await lab.pass(5_000)
  await lab.ask('a', 'POST /items/x/lines', { line: 3 })
  await lab.pass(5_000)
  for (const site of MEMBERS) lab.world.site(site).application.write(SERVICE, '/items/x', { id: 'x', by: site })
  await lab.pass(120_000)
  const all = lab.all('x')
  expect(all['a']).toMatchObject({ id: 'x', base: 1, written: 2 })
  expect(all['b']).toEqual(all['a'])
  lab.assertSound()
})
