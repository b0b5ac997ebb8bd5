/**
 * Applications whose PUT leaves what it does not name, with a definition that says so: what was not named is in the log, so that whoever loses the resource has it
 * back, and what says all that the resource is takes the rest away. Real replicators in the simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import { DEFINITION, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { ABC, Lab } from '../lab.ts'

const SITES = ['a', 'b', 'c']
const everywhere = (value: object) => ({ a: value, b: value, c: value })
let lab: Lab

afterEach(() => lab.assertSound())

async function start(more = ''): Promise<void> {
  const text = `${DEFINITION}    put: merges\n${more}`
  lab = await Lab.of(SITES, { glue: () => simGlue(text) })
  for (const { application } of lab.world.sites) application.putMerges = true
  await lab.ask('a', 'POST /items', { id: 'x', n: 1, colour: 'red' }, ABC)
  await lab.pass(5_000)
}

test.each(['all', 'written'])(
  'a member that loses the resource has what no later PUT has named (compare: %s)',
  async compare => {
    await start(`    compare: ${compare}\n`)
    expect((await lab.ask('b', 'PUT /items/x', { n: 2 })).accepted?.outcome).toBe('applied')
    await lab.pass(30_000)
    expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 2, colour: 'red' }))
    for (const lost of [['c'], SITES]) {
      for (const site of lost) lab.world.site(site).application.write('warehouse', '/items/x', undefined)
      await lab.pass(20 * 60_000)
      expect(lab.all('x'), lost.join()).toEqual(everywhere({ id: 'x', n: 2, colour: 'red' }))
    }
    for (const site of SITES) expect((await lab.status(site, 'x'))?.state).toBe('agrees')
  },
)

test('of PUTs on two sides of a cut each changes what it names', async () => {
  await start()
  lab.cut('c')
  await lab.ask('a', 'PUT /items/x', { n: 2 })
  await lab.ask('c', 'PUT /items/x', { colour: 'blue' })
  await lab.heal()
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 2, colour: 'blue' }))
  expect((await lab.status('a', 'x'))?.conflicts).toEqual([])
})

test('what was written on two sides of a cut is put in order without taking it away, where the application has fields of its own', async () => {
  await start()
  // Nobody writes it, and it is the same at all.
  for (const { application } of lab.world.sites)
    application.write('warehouse', '/items/x', { id: 'x', n: 1, colour: 'red', active: true })
  await lab.ask('a', 'PUT /items/x', { colour: 'green' })
  await lab.pass(1_800_000)
  lab.cut('c')
  await lab.ask('c', 'PUT /items/x', { n: 2 })
  await lab.pass(1_000)
  await lab.ask('a', 'PUT /items/x', { n: 3, size: 4 })
  await lab.heal()
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 3, colour: 'green', size: 4, active: true }))
  for (const site of SITES) {
    expect(lab.effects(site, 'x'), site).not.toContain('DELETE')
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  }
})

test('what is created anew has nothing of what was there before', async () => {
  await start()
  lab.cut('c')
  await lab.ask('a', 'DELETE /items/x')
  await lab.ask('a', 'POST /items', { id: 'x', n: 3 }, ABC)
  await lab.heal()
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 3 }))
})

test('a field that somebody adds past Cheops goes with a repair', async () => {
  await start()
  lab.world.site('b').application.write('warehouse', '/items/x', { id: 'x', n: 1, colour: 'red', more: true })
  await lab.pass(20 * 60_000)
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 1, colour: 'red' }))
})

test('a PUT in doubt is found by what it names', async () => {
  await start()
  lab.world.site('b').application.failNext({ kind: 'crash-after' }, ({ method }) => method === 'PUT')
  expect((await lab.ask('b', 'PUT /items/x', { n: 2 })).accepted?.outcome).toBe('applied')
  await lab.pass(30_000)
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 2, colour: 'red' }))
})
