/** What an operator has decided of what may be in effect at a store that was set back. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

test.each([
  ['is there', true],
  ['is not there', false],
])('that an operator has decided that it %s ends the doubt at a store that was set back', async (_what, isThere) => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(10_000)
  const site = lab.world.site('a')
  const backup = site.machine.disk.copy()
  expect(await lab.ask('b', 'POST /items/x/lines', { line: 1 })).toMatchObject({ status: 201 })
  await lab.pass(20_000)
  lab.cut('a')
  // Store and application of a come from a backup each: where the application's is the older one, the line is not there.
  const lines = isThere ? { lines: [{ line: 1 }] } : { other: 1 }
  await lab.until(
    site.restart(10, () => {
      site.machine.disk.restore(backup)
      site.application.write('warehouse', '/items/x', { id: 'x', n: 1, ...lines })
    }),
  )
  // Changed past Cheops meanwhile: b cannot give its state either.
  lab.world.site('b').application.write('warehouse', '/items/x', { ...lab.read('b', 'x'), n: 5 })
  await lab.pass(100_000)
  await lab.heal(120_000)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'uncertain' })
  await lab.decide('a', 'x', isThere)
  await lab.pass(1_200_000)
  expect(await lab.status('a', 'x')).not.toMatchObject({ state: 'uncertain' })
  expect(await lab.ask('a', 'PATCH /items/x', { m: 1 })).toMatchObject({ status: 200 })
  lab.assertSound()
})

test('what a backup hands back is held where it may be in the state that was said without it', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(10_000)
  expect(await lab.ask('b', 'POST /items/x/lines', { line: 1 })).toMatchObject({ status: 201 })
  await lab.pass(5_000)
  const [a, b] = [lab.world.site('a'), lab.world.site('b')]
  const backup = b.machine.disk.copy()
  const lines = { id: 'x', n: 1, lines: [{ line: 1 }] }
  expect(lab.read('a', 'x')).toEqual(lines)
  // All that knew of the line have lost it, and a says what its application shows.
  await lab.changeMembers('b', 'x', [], ['b'])
  await lab.pass(5_000)
  await lab.until(a.restart(10, () => a.machine.disk.restore(new Map())))
  await lab.pass(30_000)
  await lab.until(b.restart(10, () => b.machine.disk.restore(backup)))
  await lab.pass(60_000)
  expect(lab.read('a', 'x')).toEqual(lines)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'uncertain' })
  await lab.decide('a', 'x', true)
  await lab.pass(10_000)
  expect(lab.read('a', 'x')).toEqual(lines)
  // What is written from now on is new.
  expect(await lab.ask('a', 'POST /items/x/lines', { line: 2 })).toMatchObject({ status: 201 })
  lab.assertSound()
})
