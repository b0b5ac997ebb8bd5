/** Somebody replaces a resource past Cheops at all of its members. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

test('a field that was shown after an operation that only the application knows is not lost by the state that is said then', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', base: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  await lab.ask('a', 'PATCH /items/x', { written: 2 })
  await lab.pass(5_000)
  await lab.ask('a', 'POST /items/x/lines', { line: 3 })
  await lab.pass(5_000)
  for (const site of MEMBERS) lab.world.site(site).application.write(SERVICE, '/items/x', { id: 'x', by: site })
  await lab.pass(120_000)
  const all = lab.all('x')
  expect(all['a']).toMatchObject({ id: 'x', base: 1, written: 2 })
  expect(all['b']).toEqual(all['a'])
  lab.assertSound()
})

test.each(MEMBERS)(
  'at %s before anybody has read an addition: what its answer had is not lost, beside a field that is never shown',
  async site => {
    const lab = await Lab.of(MEMBERS)
    for (const each of MEMBERS) lab.world.site(each).application.hides.set('secret', true)
    await lab.ask('b', 'POST /items', { id: 'x', base: 1, secret: 'hidden' }, { members: MEMBERS })
    await lab.pass(5_000)
    await lab.ask('a', 'PATCH /items/x', { written: 2 })
    await lab.pass(5_000)
    expect(await lab.ask(site, 'POST /items/x/lines', { line: 3 })).toMatchObject({ status: 201 })
    await lab.pass(300)
    lab.world.site(site).application.write(SERVICE, '/items/x', { id: 'x', by: 'somebody' })
    await lab.pass(60_000)
    const x = { id: 'x', base: 1, secret: 'hidden', written: 2, lines: [{ line: 3 }] }
    expect(lab.all('x')).toEqual({ a: x, b: x })
    for (const each of MEMBERS) expect(await lab.status(each, 'x'), each).toMatchObject({ state: 'agrees' })
    expect(lab.events(site === 'a' ? 'b' : 'a'), 'nobody else doubts').not.toContain('diverged')
    lab.assertSound()
  },
)

test('an application that takes a field away itself a moment after its answer to an operation of its own is none that differs', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('b', 'POST /items', { id: 'x', base: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  await lab.ask('a', 'PATCH /items/x', { draft: true })
  await lab.pass(5_000)
  await lab.ask('a', 'POST /items/x/lines', { line: 3 })
  await lab.pass(300)
  const x = { id: 'x', base: 1, lines: [{ line: 3 }] }
  for (const site of MEMBERS) lab.world.site(site).application.write(SERVICE, '/items/x', x)
  await lab.pass(60_000)
  expect(lab.all('x')).toEqual({ a: x, b: x })
  for (const site of MEMBERS) {
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    expect(lab.events(site), site).not.toContain('diverged')
    expect(lab.events(site), site).not.toContain('drift')
  }
  lab.assertSound()
})
