/** A site has lost its disk, and what its application shows may not be sent once more. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

test.each([
  ['the resource and a line', 'a'],
  ['a line', 'b'],
])('who has written %s copies what was written since its disk was lost', async (_what, creator) => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask(creator, 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  expect(await lab.ask('a', 'POST /items/x/lines', { line: 1 })).toMatchObject({ status: 201 })
  await lab.pass(5_000)
  const site = lab.world.site('a')
  const back = site.restart(10_000, () => site.machine.disk.restore(new Map()))
  expect(await lab.ask('b', 'POST /items/x/lines', { line: 2 })).toMatchObject({ status: 201 })
  await lab.until(back)
  await lab.pass(60_000)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees' })
  expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 1, lines: [{ line: 1 }, { line: 2 }] })
  expect(await lab.ask('a', 'PATCH /items/x', { m: 1 })).toMatchObject({ status: 200 })
  lab.assertSound()
})

test('what another application has by the name is of somebody else, whatever was written here before', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('b', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  await lab.ask('a', 'POST /items/x/lines', { line: 1 })
  await lab.pass(5_000)
  const site = lab.world.site('a')
  const back = site.restart(10_000, () => site.machine.disk.restore(new Map()))
  const others = { id: 'x', owner: 'somebody else', n: 77, lines: [{ line: 5 }] }
  site.application.write('warehouse', '/items/x', others)
  await lab.until(back)
  await lab.pass(60_000)
  expect(lab.read('a', 'x'), 'an operator decides').toEqual(others)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'unbound' })
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees' })
  lab.assertSound()
})
