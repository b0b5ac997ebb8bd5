/**
 * Resources that were made past Cheops, at one site or several, become replicants: nothing is sent where they show the same, and what
 * differs is shown, or overwritten where that was asked for. Real replicators in the simulated world; the applications are looked at.
 */
import { afterEach, expect, test } from 'vitest'
import { SERVICE, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

const MEMBERS = ['a', 'b']

/** What the applications have before anything is replicated. */
async function before(of: Readonly<Record<string, object>>): Promise<void> {
  lab = await Lab.of(['a', 'b'])
  for (const [site, body] of Object.entries(of))
    lab.world.site(site).application.write(SERVICE, '/items/x', { id: 'x', ...body })
}

const state = async (site: string) => (await lab.status(site, 'x'))?.state

test('what two sites have, and shows the same, is one from then on, and nothing was sent', async () => {
  await before({ a: { n: 1 }, b: { n: 1 } })
  await lab.adopt('a', 'x', MEMBERS, 'same')
  await lab.pass(5_000)
  expect([await state('a'), await state('b'), lab.effects('a', 'x'), lab.effects('b', 'x')]).toEqual([
    'agrees',
    'agrees',
    [],
    [],
  ])
  await lab.ask('b', 'PUT /items/x', { n: 2 })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 2 }, b: { id: 'x', n: 2 } })
  await lab.ask('a', 'DELETE /items/x')
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: undefined, b: undefined })
})

test('where it is not there it is made', async () => {
  await before({ a: { n: 1 } })
  await lab.adopt('a', 'x', MEMBERS, 'same')
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 } })
  expect(lab.effects('a', 'x')).toEqual([])
})

test('what differs is left alone, and shown', async () => {
  await before({ a: { n: 1 }, b: { n: 7 } })
  await lab.adopt('a', 'x', MEMBERS, 'same')
  await lab.pass(5_000)
  expect([await state('a'), await state('b'), lab.read('b', 'x')]).toEqual(['agrees', 'unbound', { id: 'x', n: 7 }])
})

test('what the definition says that applications name is refused, with what it may say for instances that have it under one name', async () => {
  const definition = `
glue: 1
application: numbered
kinds:
  item: {collection: /items, resource: "/items/{id}", id: {at: /id, from: server}}
`
  lab = await Lab.of(['a', 'b'], { glue: () => simGlue(definition) })
  for (const { application } of lab.world.sites) application.write(SERVICE, '/items/x', { id: 'x', n: 1 })
  await expect(lab.adopt('a', 'x', MEMBERS, 'same')).rejects.toThrow(/from: either/)
})

test('or overwritten', async () => {
  await before({ a: { n: 1 }, b: { n: 7 } })
  await lab.adopt('a', 'x', MEMBERS, 'all')
  await lab.pass(5_000)
  expect([await state('b'), lab.read('b', 'x'), lab.effects('b', 'x')]).toEqual(['agrees', { id: 'x', n: 1 }, ['PUT']])
})

test('a member that comes when it was written to since adopts all the same', async () => {
  await before({ a: { n: 1 }, b: { n: 1 } })
  lab.cut('b')
  await lab.adopt('a', 'x', MEMBERS, 'same')
  for (const n of [2, 3]) await lab.ask('a', 'PUT /items/x', { n })
  await lab.heal()
  expect([await state('b'), lab.read('b', 'x')]).toEqual(['agrees', { id: 'x', n: 3 }])
})

test('both sides of a cut adopt: one replicant, with the clash shown', async () => {
  await before({ a: { n: 1 }, b: { n: 1 } })
  lab.cut('b')
  await lab.adopt('a', 'x', MEMBERS, 'same')
  await lab.adopt('b', 'x', MEMBERS, 'same')
  await lab.heal()
  expect([await state('a'), await state('b'), lab.all('x')]).toEqual([
    'agrees',
    'agrees',
    { a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 } },
  ])
})

test.each([
  ['what is not there', {}, 'ERR_REPLICANT_NOT_FOUND'],
  ['members without the site that has it', { members: ['b'] }, 'ERR_REPLICANT_MEMBERS'],
] as const)('%s is refused', async (_, { members = MEMBERS }: { members?: readonly string[] }, code) => {
  await before(code === 'ERR_REPLICANT_NOT_FOUND' ? {} : { a: { n: 1 } })
  await expect(lab.adopt('a', 'x', members, 'same')).rejects.toMatchObject({ code })
  expect(await lab.status('a', 'x')).toBeUndefined()
})

test('what is replicated already is refused', async () => {
  lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members: MEMBERS })
  await expect(lab.adopt('a', 'x', MEMBERS, 'same')).rejects.toMatchObject({ code: 'ERR_REPLICANT_BOUND' })
})

test('a crash of the member in the middle, and it is adopted all the same', async () => {
  await before({ a: { n: 1 }, b: { n: 7 } })
  await lab.adopt('a', 'x', MEMBERS, 'all')
  await lab.restart('b')
  await lab.restart('a')
  await lab.pass(30_000)
  expect([await state('a'), await state('b'), lab.read('b', 'x')]).toEqual(['agrees', 'agrees', { id: 'x', n: 1 }])
})

test('what is larger than an operation may be is adopted too: the others get it from the site whose application has it', async () => {
  const lab = await Lab.of(['a', 'b'])
  lab.world.site('a').application.write(SERVICE, '/items/x', { id: 'x', text: 'y'.repeat(100_000) })
  await lab.adopt('a', 'x', ['a', 'b'], 'same')
  await lab.pass(30_000)
  expect(lab.read('b', 'x')).toEqual({ id: 'x', text: 'y'.repeat(100_000) })
  expect(lab.pieces.filter(({ from }) => from === 'b')).toEqual([])
  for (const site of ['a', 'b']) expect((await lab.status(site, 'x'))?.missingBodies).toEqual([])
  lab.assertSound()
})
