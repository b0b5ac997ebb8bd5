/** Items of a list of which all that is left is the application's own: how many there are is not. */
import { expect, test } from 'vitest'
import { DEFINITION, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const glue = simGlue(`${DEFINITION}    server-set: [/lines/-/seq]\n`)

test('what was taken away past Cheops is found', async () => {
  const lab = await Lab.of(['a', 'b'], { glue: () => glue })
  const written = { id: 'x', lines: [{ seq: 1 }, { seq: 2 }] }
  await lab.ask('a', 'POST /items', written, { members: ['a', 'b'] })
  await lab.pass(10_000)
  lab.world.site('b').application.write('warehouse', '/items/x', { id: 'x', lines: [] })
  await lab.pass(1_800_000)
  expect(lab.read('b', 'x')).toMatchObject({ lines: [{}, {}] })
  for (const site of ['a', 'b']) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  lab.assertSound()
})
