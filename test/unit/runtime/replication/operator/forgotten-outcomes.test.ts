/** A member loses its disk, and tells of all that it carries out again: of what its origin remembers no outcomes of any more that is no news. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { MAX_KNOWN_OUTCOMES } from '../../../../../src/runtime/replication/limits.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b', 'c']

test('no member is said to hold up what it has carried out long ago', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  for (let n = 0; n < MAX_KNOWN_OUTCOMES + 20; n++) {
    await lab.ask('a', 'PATCH /items/x', { [`f${n}`]: n })
    await lab.pass(300)
  }
  await lab.pass(300_000)
  expect((await lab.status('a', 'x'))?.failing).toEqual([])
  const { machine, application } = lab.world.site('b')
  await lab.until(
    lab.world.site('b').restart(10, () => {
      machine.disk.restore(new Map())
      application.write('warehouse', '/items/x', undefined)
    }),
  )
  await lab.pass(900_000)
  for (const site of MEMBERS) {
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    expect(lab.read(site, 'x'), site).toEqual(lab.read('a', 'x'))
  }
  expect((await lab.status('a', 'x'))?.failing).toEqual([])
  lab.assertSound()
})
