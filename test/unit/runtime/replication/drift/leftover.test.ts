/**
 * What an application has under a name whose resource was deleted. Somebody makes it past Cheops, or a store has lost what its application had
 * carried out: in the simulated world with real replicators, and what the applications have and the sites say is looked at.
 */
import { afterEach, expect, test } from 'vitest'
import { Lab } from '../lab.ts'
import type { Resolution } from '../../../../../src/runtime/replication/operator/operator-actions.ts'

const MEMBERS = { members: ['a', 'b'] }
/** Two rounds of all that is replicated. */
const ROUNDS_MS = 180_000
let lab: Lab

afterEach(() => lab.assertSound())

/** An item at a and b that was deleted, and something by its name at b. */
async function outsiderAtB(): Promise<void> {
  lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
  await lab.ask('a', 'DELETE /items/x')
  await lab.pass(5_000)
  lab.world.site('b').application.write('warehouse', '/items/x', { id: 'x', n: 'outsider' })
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees', isPresent: false })
  await lab.pass(ROUNDS_MS)
}

const resolve = (how: Resolution): Promise<void> | undefined =>
  lab.replicators.get('b')?.operator.resolveUnbound(lab.name('x'), how)

test('what somebody makes under a deleted name is not touched, is shown as unbound, and no more when it is gone', async () => {
  await outsiderAtB()
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'unbound', isPresent: false })
  expect(lab.events('b').filter(kind => kind === 'unbound')).toEqual(['unbound'])
  expect(lab.all('x')).toEqual({ a: undefined, b: { id: 'x', n: 'outsider' } })
  lab.world.site('b').application.write('warehouse', '/items/x', undefined)
  await lab.pass(ROUNDS_MS)
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees', isPresent: false })
  // The name is free.
  await lab.ask('b', 'POST /items', { id: 'x', n: 2 }, MEMBERS)
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 2 }, b: { id: 'x', n: 2 } })
})

test.each([
  ['adopt', { id: 'x', n: 'outsider' }],
  ['replace', undefined],
] as const)('an operator says %s of it', async (how, then) => {
  await outsiderAtB()
  await lab.until(Promise.resolve(resolve(how)))
  await lab.pass(ROUNDS_MS)
  expect(lab.all('x')).toEqual({ a: then, b: then })
  for (const site of ['a', 'b']) expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees' })
})

test.each([
  ['is deleted when it is what was created', { id: 'x', n: 1 }, undefined, 'agrees'],
  ['is shown as unbound when it is something else', { id: 'x', n: 2 }, { id: 'x', n: 2 }, 'unbound'],
] as const)('what the application of a lost disk has of it %s', async (_name, has, then, state) => {
  lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
  await lab.pass(5_000)
  lab.cut('b')
  await lab.pass(10_000)
  await lab.ask('a', 'DELETE /items/x')
  const { machine, application } = lab.world.site('b')
  application.write('warehouse', '/items/x', has)
  await lab.until(lab.world.site('b').restart(10, () => machine.disk.restore(new Map())))
  await lab.heal(ROUNDS_MS)
  expect(lab.read('b', 'x')).toEqual(then)
  expect(await lab.status('b', 'x')).toMatchObject({ state, isPresent: false })
})
