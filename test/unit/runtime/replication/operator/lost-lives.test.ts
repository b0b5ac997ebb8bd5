/** What became of writes whose life has lost, at members that never ran it: they say so, and whoever waits for it hears the end. Real replicators in the simulated world. */
import { afterEach, expect, test } from 'vitest'
import { ABC, Lab, type Answer } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

async function outcomes(site: string, { accepted }: Answer): Promise<Readonly<Record<string, string>>> {
  if (accepted?.operation === undefined) throw new Error('it was not released')
  const sites = await lab.wait(site, 'x', accepted.operation, 0, 'all')
  return Object.fromEntries(sites.map(told => [told.site, told.outcome]))
}

test('a life that has lost is superseded where it was never run, whoever has written to it', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  lab.cut('c')
  const made = await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(2_000)
  const patched = await lab.ask('b', 'PATCH /items/x', { m: 1 })
  await lab.pass(3_000)
  const won = await lab.ask('c', 'POST /items', { id: 'x', n: 2 }, ABC)
  await lab.pass(3_000)
  expect(await outcomes('a', made), 'nothing is said of who is cut off').toEqual({
    a: 'applied',
    b: 'applied',
    c: 'pending',
  })
  await lab.heal()
  await lab.pass(120_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 2 }, b: { id: 'x', n: 2 }, c: { id: 'x', n: 2 } })
  expect(await outcomes('a', made)).toEqual({ a: 'applied', b: 'applied', c: 'superseded' })
  expect(await outcomes('b', patched)).toEqual({ a: 'applied', b: 'applied', c: 'superseded' })
  expect(await outcomes('c', won)).toEqual({ a: 'applied', b: 'applied', c: 'applied' })
  expect(lab.events('a').filter(kind => kind === 'done')).toHaveLength(1)
})

test('the life of who was cut off has lost: the others have never run it', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  lab.cut('c')
  const lost = await lab.ask('c', 'POST /items', { id: 'x', n: 2 }, ABC)
  const patched = await lab.ask('c', 'PATCH /items/x', { m: 2 })
  await lab.pass(3_000)
  const made = await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.heal()
  await lab.pass(120_000)
  for (const answer of [lost, patched])
    expect(await outcomes('c', answer)).toEqual({ a: 'superseded', b: 'superseded', c: 'applied' })
  expect(await outcomes('a', made)).toEqual({ a: 'applied', b: 'applied', c: 'applied' })
})

test('what was deleted and made anew while a member was cut off was deleted there too', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  lab.cut('c')
  const first = await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(2_000)
  const ended = await lab.ask('b', 'DELETE /items/x')
  await lab.pass(2_000)
  const second = await lab.ask('a', 'POST /items', { id: 'x', n: 2 }, ABC)
  await lab.heal()
  await lab.pass(120_000)
  expect(await outcomes('a', first)).toEqual({ a: 'applied', b: 'applied', c: 'superseded' })
  expect(await outcomes('b', ended)).toEqual({ a: 'applied', b: 'applied', c: 'superseded' })
  expect(await outcomes('a', second)).toEqual({ a: 'applied', b: 'applied', c: 'applied' })
})

test('what was carried out before its life has lost stays applied', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  lab.cut('c')
  const made = await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(2_000)
  const lost = await lab.ask('c', 'POST /items', { id: 'x', n: 2 }, ABC)
  await lab.heal()
  await lab.restart('b')
  await lab.pass(120_000)
  expect(await outcomes('a', made)).toEqual({ a: 'applied', b: 'applied', c: 'superseded' })
  expect(await outcomes('c', lost)).toEqual({ a: 'applied', b: 'applied', c: 'applied' })
})
