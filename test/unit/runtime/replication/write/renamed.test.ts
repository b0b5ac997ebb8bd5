/**
 * A change after which the application has the resource under another name, since its name is one of its fields: it is refused where it was asked for, nobody
 * else hears of it, and the resource is put back there under its own name. Real replicators in the simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import { simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { ABC, Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

test('a rename stays at its site, and is no operation that fails later', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  for (const { application } of lab.world.sites) application.renames = true
  await lab.ask('a', 'POST /items', { id: 'bob', n: 1 }, ABC)
  await lab.pass(5_000)
  expect(await lab.ask('a', 'PATCH /items/bob', { id: 'rob', n: 2 })).toMatchObject({ code: 'ERR_REPLICANT_RENAMED' })
  await lab.pass(10_000)
  const bob = { id: 'bob', n: 1 }
  expect(lab.all('bob'), 'bob is what all others know').toEqual({ a: bob, b: bob, c: bob })
  expect(lab.all('rob')).toEqual({ a: { id: 'rob', n: 2 }, b: undefined, c: undefined })
  await lab.pass(20 * 60_000)
  expect(lab.told.filter(({ event }) => event.kind === 'outcome' && event.outcome === 'failed')).toEqual([])
  expect(await lab.ask('b', 'PATCH /items/bob', { n: 3 })).toMatchObject({ status: 200 })
  await lab.pass(5_000)
  expect(Object.values(lab.all('bob')).map(shown => shown?.['n'])).toEqual([3, 3, 3])
})

test('where only Location says the new name, too', async () => {
  const definition = `
glue: 1
application: warehouse
kinds:
  item: {collection: /items, resource: "/items/{id}", id: {at: /path, from: client}, conditions: if-match}
`
  lab = await Lab.of(['a', 'b'], { glue: () => simGlue(definition) })
  for (const { application } of lab.world.sites) {
    application.renames = true
    application.hides.set('id', true)
  }
  await lab.ask('a', 'POST /items', { path: 'bob', id: 'bob', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  expect(await lab.ask('a', 'PATCH /items/bob', { id: 'rob' })).toMatchObject({ code: 'ERR_REPLICANT_RENAMED' })
  await lab.pass(10_000)
  expect(lab.all('bob')).toMatchObject({ a: { n: 1 }, b: { n: 1 } })
  expect(lab.read('b', 'rob')).toBe(undefined)
})

test('a change that says its own name, or another that the application does not take, is one', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'bob', n: 1 }, ABC)
  await lab.pass(5_000)
  expect(await lab.ask('a', 'PATCH /items/bob', { id: 'bob', n: 2 })).toMatchObject({ status: 200 })
  expect(await lab.ask('b', 'PATCH /items/bob', { id: 'rob', n: 3 })).toMatchObject({ status: 200 })
  await lab.pass(5_000)
  expect(Object.values(lab.all('bob')).map(shown => shown?.['n'])).toEqual([3, 3, 3])
})

test('what was done at its origin is done, also where its application refuses it when all is made once more', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  const { accepted } = await lab.ask('a', 'PATCH /items/x', { n: 2 })
  const operation = accepted?.operation
  if (operation === undefined) throw new Error('it was not released')
  await lab.pass(5_000)
  for (const { application } of lab.world.sites) {
    application.rule = ({ method }) => (method === 'PATCH' ? 422 : undefined)
    application.write('warehouse', '/items/x', undefined)
  }
  await lab.pass(20 * 60_000)
  expect(lab.effects('a', 'x').length, 'it was made once more').toBeGreaterThan(2)
  const sites = await lab.wait('a', 'x', operation, 0, 'all')
  expect(sites.find(({ site }) => site === 'a')?.outcome).toBe('applied')
})
