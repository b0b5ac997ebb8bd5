/** A resource that is changed past Cheops at all members, again and again, each time long after the last one was settled. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']
const HOURS_MS = 2 * 3_600_000

test.each([
  ['to the same', true],
  ['each to something else', false],
])('changed at all members past Cheops every two hours, %s: each time a state is said', async (_how, isSame) => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members: MEMBERS })
  await lab.pass(60_000)
  for (let n = 1; n <= 4; n++) {
    for (const site of MEMBERS)
      lab.world
        .site(site)
        .application.write('warehouse', '/items/x', { id: 'x', n: n * 10 + (isSame || site === 'a' ? 0 : 1) })
    await lab.pass(HOURS_MS)
    expect(lab.read('b', 'x'), `the ${n}th time`).toEqual(lab.read('a', 'x'))
    for (const site of MEMBERS)
      expect(await lab.status(site, 'x'), `${site}, the ${n}th time`).toMatchObject({ state: 'agrees' })
  }
  lab.assertSound()
})
