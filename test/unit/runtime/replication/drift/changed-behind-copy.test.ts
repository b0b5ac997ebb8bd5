/** What is changed past Cheops just after it was put right, before anybody has read that, is no field of the application's own. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { DEFINITION, SERVICE, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { ABC, Lab } from '../lab.ts'

const PLAIN = { type: 'application/json' }
const ALL = simGlue(`${DEFINITION}    compare: all\n`)

/** Nobody can be sure of what it comes to; a has just got the state of another member, since somebody had changed it there. */
async function putRight(lab: Lab): Promise<object | undefined> {
  await lab.ask('a', 'POST /items', { id: 'x', n: 1, f: 0 }, ABC)
  await lab.pass(6_000)
  await lab.ask('b', 'PATCH /items/x', { m: 2 }, PLAIN)
  await lab.pass(8_000)
  const shown = lab.read('b', 'x')
  lab.world.site('a').application.write(SERVICE, '/items/x', { ...shown, n: 'theirs' })
  await lab.pass(6_000)
  // The next write has the readings of all compared.
  await lab.ask('c', 'PATCH /items/x', { m: 3 })
  for (let times = 0; lab.read('a', 'x')?.['n'] !== 1; times++) {
    expect(times).toBeLessThan(10_000)
    await lab.pass(10)
  }
  return lab.read('b', 'x')
}

test.each([
  ['what was written is compared', {}],
  ['all is compared', { glue: () => ALL }],
])('it is put right once more, where %s', async (_what, plant) => {
  const lab = await Lab.of(ABC.members, plant)
  const shown = await putRight(lab)
  lab.world.site('a').application.write(SERVICE, '/items/x', { ...shown, f: 'theirs' })
  await lab.pass(120_000)
  for (const site of ABC.members) {
    expect(lab.read(site, 'x'), site).toEqual(shown)
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  }
  lab.assertSound()
})

test('what is another one each time is left after the second time, and shown', async () => {
  const lab = await Lab.of(ABC.members)
  await putRight(lab)
  const { application } = lab.world.site('a')
  const copies = (): number => lab.effects('a', 'x').filter(method => method === 'PUT').length
  const before = copies()
  // As an application that puts a value of its own in the place of what it was given, a moment later.
  for (let ms = 0; ms < 600_000; ms += 100) {
    if (lab.read('a', 'x')?.['f'] === 0) application.write(SERVICE, '/items/x', { ...lab.read('a', 'x'), f: 'own' })
    await lab.pass(100)
  }
  expect(copies() - before).toBe(1)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'diverged' })
  lab.assertSound()
})
