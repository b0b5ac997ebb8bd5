/**
 * What is made and deleted while a member is away: there is nothing to do for it when it is back, and it says so, for whoever has deleted it waits to hear of
 * each member. How: sites in the simulated world, one of them cut off; what is known at the origin, and what is asked of the application.
 */
import { afterEach, expect, test } from 'vitest'
import { Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

test('a deletion of what a member has never had is done there too', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  lab.cut('c')
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b', 'c'] })
  await lab.ask('a', 'PUT /items/x', { n: 2 })
  await lab.pass(1_000)
  const { accepted } = await lab.ask('b', 'DELETE /items/x')
  await lab.heal(30_000)
  const { operation } = accepted ?? {}
  if (operation === undefined) throw new Error('the deletion was not accepted')
  const sites = await lab.wait('b', 'x', operation, 5, 'all')
  expect(sites.map(({ site, outcome }) => `${site} ${outcome}`).toSorted()).toEqual([
    'a applied',
    'b applied',
    'c applied',
  ])
  expect(lab.events('b')).toContain('done')
  expect(lab.effects('c', 'x')).toEqual([])
  for (const site of ['a', 'b', 'c'])
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees', failing: [] })
  // And the name is free for everybody.
  expect(await lab.ask('c', 'POST /items', { id: 'x', n: 3 }, { members: ['a', 'b', 'c'] })).toMatchObject({
    status: 201,
  })
  await lab.pass(5_000)
  const now = { id: 'x', n: 3 }
  expect(lab.all('x')).toEqual({ a: now, b: now, c: now })
})
