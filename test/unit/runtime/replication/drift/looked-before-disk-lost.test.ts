/** A member looks for a state, and whoever it has told so loses its disk: it is told once more, else each waits for the other for ever. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

test('that all look is known again, and the one that is to say what the resource is does so', async () => {
  const lab = await Lab.of(MEMBERS)
  const [a, b] = [lab.world.site('a'), lab.world.site('b')]
  await lab.ask('a', 'POST /items', { id: 'x', base: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  await lab.ask('b', 'POST /items/x/lines', { line: 1 })
  await lab.pass(20_000)
  const backup = a.machine.disk.copy()
  // What b has received by then says that the disk of a was set back.
  await lab.ask('a', 'POST /items', { id: 'y' }, { members: MEMBERS })
  await lab.pass(2_000)
  lab.cut('b')
  await lab.ask('a', 'POST /items/x/lines', { line: 2 })
  await lab.pass(2_000)
  await lab.until(a.restart(10, () => a.machine.disk.restore(backup)))
  b.application.stop()
  await lab.pass(5_000)
  lab.world.wire.healAll()
  await lab.pass(20_000)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'diverged' })
  b.application.start()
  await lab.until(
    b.restart(10, () => {
      b.machine.disk.restore(new Map())
      b.application.write(SERVICE, '/items/x', { id: 'x', base: 1, by: 'b', lines: [{ line: 1 }] })
    }),
  )
  await lab.pass(120_000)
  // Its line may not be sent twice, and whether it is there nobody can tell.
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'uncertain' })
  await lab.decide('b', 'x', true)
  await lab.pass(120_000)
  expect(lab.read('b', 'x')).toEqual(lab.read('a', 'x'))
  for (const site of MEMBERS) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  lab.assertSound()
})
