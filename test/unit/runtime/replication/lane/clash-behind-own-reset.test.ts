/** An operation of the application's own says what a resource is, and a member has something else by its name: that is shown, and an operator decides. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { SERVICE, VARIANTS, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

test('what has the name at a new member is nobody’s to change', async () => {
  const lab = await Lab.of(['a', 'b'], { glue: () => simGlue(VARIANTS.restoring) })
  const others = { id: 'x', of: 'somebody' }
  lab.world.site('b').application.write(SERVICE, '/items/x', others)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a'] })
  await lab.ask('a', 'POST /items/x/restore', { n: 2 })
  await lab.pass(5_000)
  const restored = lab.read('a', 'x')
  await lab.changeMembers('a', 'x', ['b'], [])
  await lab.pass(30_000)
  expect(lab.all('x')).toEqual({ a: restored, b: others })
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'unbound' })
  expect(await lab.ask('b', 'PATCH /items/x', { n: 3 })).toMatchObject({ code: 'ERR_REPLICANT_UNBOUND' })
  lab.assertSound()
})

test('what has it is what the other member shows: it is the resource', async () => {
  const lab = await Lab.of(['a', 'b'], { glue: () => simGlue(VARIANTS.restoring) })
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a'] })
  await lab.ask('a', 'POST /items/x/restore', { n: 2 })
  await lab.pass(5_000)
  await lab.changeMembers('a', 'x', ['b'], [])
  await lab.pass(30_000)
  expect(lab.read('b', 'x')).toEqual(lab.read('a', 'x'))
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees' })
  lab.assertSound()
})
