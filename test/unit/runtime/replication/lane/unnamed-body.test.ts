/**
 * A member that was away while a resource was made has only a body that does not say its name (PUT of what its path names), and a definition, as the built-in one, that knows several
 * places for it: how it is made there, another member shows. Real replicators, simulated world.
 */
import { expect, test } from 'vitest'
import { DEFINITION, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const SITES = ['a', 'b', 'c']
const SEVERAL_PLACES = DEFINITION.replace(
  'id: {at: /id, from: client}',
  'id: {at: [/id, /name], from: client}\n    create: {method: POST, also: [PUT]}',
)

test.each([
  ['while nothing more is written', 0],
  ['while it is written again and again', 30],
])('%s', async (_, writes) => {
  const lab = await Lab.of(SITES, { glue: () => simGlue(SEVERAL_PLACES) })
  lab.cut('c')
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members: SITES })
  await lab.ask('a', 'PUT /items/x', { n: 1 })
  await lab.pass(1_000)
  lab.world.wire.healAll()
  for (let n = 0; n < writes; n++) {
    expect((await lab.ask('b', 'PUT /items/x', { n })).status).toBe(200)
    await lab.pass(1_000)
  }
  await lab.pass(60_000)
  for (const site of SITES) {
    expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: writes === 0 ? 1 : writes - 1 })
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  }
})
