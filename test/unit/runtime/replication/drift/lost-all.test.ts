/** An application that has lost all that it had, as one that keeps nothing and was started anew: it has it back soon. Real replicators, simulated world. */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']
const MANY = 400

test('a site whose application has lost hundreds of resources has them back within half a minute', async () => {
  const lab = await Lab.of(MEMBERS)
  const names = Array.from({ length: MANY }, (_, n) => `n${n}`)
  for (const id of names) await lab.ask('a', 'POST /items', { id, n: 1 }, { members: MEMBERS })
  await lab.pass(60_000)
  const { application } = lab.world.site('b')
  for (const name of names) application.write('warehouse', `/items/${name}`, undefined)
  const gone = (): readonly string[] => names.filter(name => lab.read('b', name) === undefined)
  expect(gone()).toHaveLength(MANY)
  // The first is found by the round, at the latest, or by whoever reads or writes it.
  for (let seconds = 0; gone().length === MANY; seconds++) {
    expect(seconds, 'seconds until the first is back').toBeLessThan(90)
    await lab.pass(1_000)
  }
  await lab.pass(30_000)
  expect(gone()).toEqual([])
  lab.assertSound()
})

test.each([
  ['a', 'PATCH /items/x', { n: 2 }, { id: 'x', n: 2 }],
  ['a', 'POST /items/x/lines', { line: 1 }, { id: 'x', n: 1, lines: [{ line: 1 }] }],
  ['b', 'PATCH /items/x', { n: 2 }, { id: 'x', n: 1 }],
] as const)(
  'what was lost is back soon where a change at %s comes upon it (%s)',
  async (at, request, body, expected) => {
    const lab = await Lab.of(MEMBERS)
    await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
    await lab.pass(5_000)
    lab.world.site('b').application.write('warehouse', '/items/x', undefined)
    const { code } = await lab.ask(at, request, body)
    // Its own application has refused it with 404, and is not believed.
    expect(code).toBe(at === 'b' ? 'ERR_REPLICANT_LOCKED' : undefined)
    await lab.pass(15_000)
    for (const site of MEMBERS) {
      expect(lab.read(site, 'x'), site).toEqual(expected)
      expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    }
    lab.assertSound()
  },
)

test('what was written under load, and not read since, is back soon too while clients go on', async () => {
  const lab = await Lab.of(MEMBERS)
  const names = Array.from({ length: 200 }, (_, n) => `n${n}`)
  for (const id of names) await lab.ask('b', 'POST /items', { id, n: 1 }, { members: MEMBERS })
  await lab.pass(20_000)
  // More than are read back under load.
  for (const id of names) await lab.ask('b', `PATCH /items/${id}`, { n: 2 })
  const { application } = lab.world.site('b')
  for (const name of names) application.write('warehouse', `/items/${name}`, undefined)
  const gone = (): readonly string[] => names.filter(name => lab.read('b', name) === undefined)
  for (let seconds = 0; gone().length > 0; seconds++) {
    expect(seconds, `${gone().length} are not back`).toBeLessThan(8)
    for (const id of gone().slice(0, 100)) await lab.ask('b', `PATCH /items/${id}`, { n: 3 })
    await lab.pass(1_000)
  }
  lab.assertSound()
})

test('changes of one site to many that were lost do not wait for each other', async () => {
  const lab = await Lab.of(MEMBERS)
  const names = Array.from({ length: 20 }, (_, n) => `n${n}`)
  for (const id of names) await lab.ask('a', 'POST /items', { id, n: 1 }, { members: MEMBERS })
  await lab.pass(10_000)
  for (const name of names) lab.world.site('b').application.write('warehouse', `/items/${name}`, undefined)
  for (const name of names) await lab.ask('a', `PATCH /items/${name}`, { n: 2 })
  await lab.pass(20_000)
  expect(names.filter(name => lab.read('b', name)?.['n'] !== 2)).toEqual([])
  lab.assertSound()
})

test('what is away for a moment, and was so long before, is not made anew at once', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members: MEMBERS })
  await lab.pass(5_000)
  const { application } = lab.world.site('b')
  for (const n of [1, 2]) {
    const before = lab.read('b', 'x')
    const { length } = lab.effects('b', 'x')
    application.write('warehouse', '/items/x', undefined)
    expect(await lab.ask('a', 'PATCH /items/x', { n })).toMatchObject({ status: 200 })
    // As one that is just being started.
    await lab.pass(2_000)
    application.write('warehouse', '/items/x', before)
    await lab.pass(600_000)
    expect(lab.effects('b', 'x').slice(length), `time ${n}`).toEqual(['PATCH'])
    expect(lab.read('b', 'x')).toEqual({ id: 'x', n })
  }
  lab.assertSound()
})
