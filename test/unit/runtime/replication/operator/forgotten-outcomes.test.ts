/** Of what its origin remembers no outcomes of any more: a member that tells of it anew brings no news, and who waits for it goes on waiting. Real replicators in the simulated world. */
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

test('who waits for all goes on waiting for a member of which nothing is known any more', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  lab.world.site('c').application.stop()
  const { accepted } = await lab.ask('a', 'PATCH /items/x', { first: 1 })
  const operation = accepted?.operation
  if (operation === undefined) throw new Error('it was not released')
  for (let n = 0; n < MAX_KNOWN_OUTCOMES + 6; n++) await lab.ask('a', 'PATCH /items/x', { n })
  await lab.pass(5_000)
  let isOver = false
  const waiting = lab.replicators.get('a')?.wait(lab.name('x'), operation, 20, 'all')
  void waiting?.then(() => (isOver = true))
  await lab.pass(15_000)
  expect(isOver, 'after 15 of 20 seconds').toBe(false)
  await lab.pass(10_000)
  expect(isOver, 'after 25 of 20 seconds').toBe(true)
  lab.assertSound()
})
