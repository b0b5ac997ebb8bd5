/** A member that was changed past Cheops asks another one whose agent has just started: that one looks first, and then says what the resource is. */
import { expect, test } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']
const MADE = { id: 'x', n: 1 }

test.each([0, 200, 500, 2_000])('%i ms after the start', async ms => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', MADE, { members: MEMBERS })
  await lab.pass(60_000)
  await lab.restart('a')
  await lab.pass(ms)
  lab.world.site('b').application.write(SERVICE, '/items/x', { ...MADE, more: 1 })
  await lab.pass(3_600_000)
  expect(lab.all('x')).toEqual({ a: MADE, b: MADE })
  for (const site of MEMBERS) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  lab.assertSound()
})
