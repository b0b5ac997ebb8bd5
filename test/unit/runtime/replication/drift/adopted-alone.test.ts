/** The only member of what was adopted: what lands there past Cheops before its application was read again. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { DEFINITION, SERVICE, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const glue = simGlue(`${DEFINITION}    compare: written\n`)

test.each(['all', 'written'])('a replace that was given up is no silent change, compare: %s', async compare => {
  const lab = await Lab.of(['a'], compare === 'all' ? {} : { glue: () => glue })
  const { application } = lab.world.site('a')
  application.write(SERVICE, '/items/x', { id: 'x', by: 'somebody' })
  await lab.adopt('a', 'x', ['a'], 'same')
  await lab.pass(5_000)
  application.failNext({ kind: 'late-effect', delayMs: 6_000 }, ({ method }) => method === 'PUT')
  await lab.ask('a', 'PUT /items/x', { n: 1 })
  await lab.pass(180_000)
  expect(lab.events('a')).toContain('drift')
  expect(lab.read('a', 'x')).toMatchObject({ id: 'x', by: 'somebody' })
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees' })
  lab.assertSound()
})

test('what is not compared may change', async () => {
  const lab = await Lab.of(['a'], { glue: () => glue })
  const { application } = lab.world.site('a')
  application.write(SERVICE, '/items/x', { id: 'x', by: 'somebody' })
  await lab.adopt('a', 'x', ['a'], 'same')
  await lab.pass(5_000)
  application.write(SERVICE, '/items/x', { id: 'x', by: 'somebody', seen: 1 })
  await lab.pass(180_000)
  expect(lab.events('a')).not.toContain('drift')
  expect(lab.read('a', 'x')).toEqual({ id: 'x', by: 'somebody', seen: 1 })
  lab.assertSound()
})
