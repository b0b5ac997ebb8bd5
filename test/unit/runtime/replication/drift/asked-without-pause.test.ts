/** Who lacks what only a copy can bring, and shows nothing that is surely wrong, asks for that with pauses, and is answered soon. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { SERVICE, VARIANTS, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

test('where one request went to two members that were cut off from each other, they agree within seconds, after a few questions', async () => {
  const glue = simGlue(VARIANTS.plain)
  const lab = await Lab.of(MEMBERS, { glue: () => glue })
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  lab.cut('a')
  const add = (site: string) => lab.ask(site, 'POST /items/x/lines', { line: 1 }, { key: 'k' })
  await lab.ask('b', 'POST /items/x/count', { by: 1 })
  await lab.pass(1_000)
  // The earlier one counts, and b has carried out the same: it has nothing left to do, and does not read anew what it shows.
  expect(await add('a')).toMatchObject({ status: 201 })
  await lab.pass(1_000)
  expect(await add('b')).toMatchObject({ status: 201 })
  await lab.pass(5_000)
  // a hears of all first, and says that it looks before b has heard what it has written itself.
  const heldAt = (site: string) =>
    lab.replicators
      .get(site)
      ?.inspect({ service: SERVICE, kind: 'item', name: 'x' }, ({ core }) => core.replicant.lives[0]?.live.length)
  lab.world.wire.healAll()
  while ((await heldAt('a')) === 2) await lab.pass(5)
  lab.world.wire.cut('a', 'b')
  await lab.pass(300)
  expect(await heldAt('b')).toBe(3)
  const before = lab.states.length
  await lab.heal(15_000)
  expect(lab.states.length - before).toBeLessThan(30)
  for (const site of MEMBERS) {
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 1, count: 1, lines: [{ line: 1 }] })
  }
  lab.assertSound()
})
