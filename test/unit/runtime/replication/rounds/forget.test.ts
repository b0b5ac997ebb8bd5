/**
 * What a site lets go of: the tombstone of a deletion that all members have had for thirty days, and with it the name; an idempotency
 * key a day after all have the operation. Not before, and not while a member has not acknowledged. How: the real replicators on
 * virtual time; what is left is read from the disk.
 */
import { expect, test } from 'vitest'
import { REREAD_EVERY_MS } from '../../../../../src/runtime/replication/limits.ts'
import { Lab } from '../lab.ts'

const MEMBERS = { members: ['a', 'b'] }
const DAY_MS = 24 * 60 * 60 * 1000

/** Keys on the disk of a site that are of a replicant. */
async function keysOf(lab: Lab, site: string, name: string): Promise<readonly string[]> {
  await lab.pass(5_000)
  const { disk } = lab.world.site(site).machine
  return [...disk.copy().keys()].filter(key => key.startsWith('replication/') && key.includes(`/${name}`))
}

/** All clocks go on by days, and what is under way ends. */
async function later(lab: Lab, ms: number): Promise<void> {
  await lab.pass(5_000)
  // All are off for so long: a clock that jumps while an agent runs is not believed.
  for (const { machine } of lab.world.sites) machine.clockOffsetMs += ms
  for (const { name } of lab.world.sites) await lab.restart(name)
}

/** The round of each site comes to all that it holds, the first one after a start only to look at it. */
async function forget(lab: Lab): Promise<void> {
  await lab.pass(2 * REREAD_EVERY_MS + 30_000)
}

test('a deleted name leaves nothing behind, thirty days after all members have had the deletion', async () => {
  const lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
  await lab.ask('b', 'PUT /items/x', { n: 2 })
  await lab.ask('a', 'DELETE /items/x')
  await later(lab, 29 * DAY_MS)
  await forget(lab)
  expect(await keysOf(lab, 'a', 'x')).toContainEqual(expect.stringMatching(/\/core$/))
  await later(lab, 2 * DAY_MS)
  await forget(lab)
  expect(await keysOf(lab, 'a', 'x')).toEqual([])
  expect(await keysOf(lab, 'b', 'x')).toEqual([])

  // And the name can be used again, also after a start.
  await lab.restart('b')
  await lab.ask('b', 'POST /items', { id: 'x', n: 3 }, MEMBERS)
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 3 }, b: { id: 'x', n: 3 } })
  lab.assertSound()
})

test('a large body that was kept as a conflict goes with what it was kept for', async () => {
  const lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
  await lab.pass(5_000)
  lab.cut('b')
  await lab.ask('b', 'PUT /items/x', { text: 'x'.repeat(100_000) })
  await lab.ask('a', 'DELETE /items/x')
  await lab.heal()
  const bodies = (): readonly number[] => lab.world.sites.map(({ machine }) => machine.bodies.size)
  expect(bodies()).toEqual([1, 1])
  await later(lab, 31 * DAY_MS)
  await forget(lab)
  expect(await keysOf(lab, 'a', 'x')).toEqual([])
  expect(bodies()).toEqual([0, 0])
  lab.assertSound()
})

test('a deletion that a member has not had stays, however old it is; it is told, and then forgotten', async () => {
  const lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
  await lab.pass(5_000)
  lab.cut('b')
  await lab.ask('a', 'DELETE /items/x')
  await later(lab, 40 * DAY_MS)
  await forget(lab)
  expect(await keysOf(lab, 'a', 'x')).toContainEqual(expect.stringMatching(/\/core$/))
  await lab.heal()
  expect(lab.all('x')).toEqual({ a: undefined, b: undefined })
  await forget(lab)
  expect(await keysOf(lab, 'a', 'x')).toEqual([])
  lab.assertSound()
})

test('an idempotency key is one for a day, and may then be used again', async () => {
  const lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', lines: [] }, MEMBERS)
  const add = () => lab.ask('a', 'POST /items/x/lines', { line: 1 }, { key: 'k' })
  await add()
  await later(lab, DAY_MS / 2)
  await forget(lab)
  await add()
  expect(lab.read('a', 'x')).toEqual({ id: 'x', lines: [{ line: 1 }] })
  // What stands in the schedule keeps its key.
  await lab.ask('b', 'PUT /items/x', { lines: [] })
  await later(lab, 2 * DAY_MS)
  await forget(lab)
  expect(await add()).toMatchObject({ accepted: { isRepeated: false } })
  await lab.pass(5_000)
  expect(lab.read('b', 'x')).toEqual({ id: 'x', lines: [{ line: 1 }] })
  lab.assertSound()
})
