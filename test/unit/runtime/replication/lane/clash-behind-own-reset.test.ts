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

test.each(['PUT /items/x', 'POST /items/x/restore'])(
  'whoever has it takes it away: it is made, behind %s',
  async request => {
    const lab = await Lab.of(['a', 'b'], { glue: () => simGlue(VARIANTS.restoring) })
    const { application } = lab.world.site('b')
    application.write(SERVICE, '/items/x', { id: 'x', of: 'somebody' })
    await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a'] })
    await lab.ask('a', request, { n: 2 })
    await lab.pass(5_000)
    await lab.changeMembers('a', 'x', ['b'], [])
    await lab.pass(30_000)
    expect(await lab.status('b', 'x')).toMatchObject({ state: 'unbound' })
    application.write(SERVICE, '/items/x', undefined)
    await lab.restart('b')
    await lab.ask('a', 'PATCH /items/x', { m: 1 })
    await lab.pass(3_600_000)
    expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees' })
    expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 2, m: 1 })
    lab.assertSound()
  },
)
