/** After a start nothing is said of an application that was not looked at: what agreed before does as far as is known. Real replicators in the simulated world. */
import { afterEach, expect, test } from 'vitest'
import { Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

test('until its application was looked at, or written to, it says so', async () => {
  lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees', isUnchecked: false })
  await lab.restart('b')
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees', isUnchecked: true })
  await lab.pass(180_000)
  expect(await lab.status('b', 'x'), 'by its turn').toMatchObject({ state: 'agrees', isUnchecked: false })
  await lab.ask('a', 'DELETE /items/x')
  await lab.pass(5_000)
  await lab.restart('b')
  expect(await lab.status('b', 'x'), 'nothing is to be read').toMatchObject({ isPresent: false, isUnchecked: false })
})
