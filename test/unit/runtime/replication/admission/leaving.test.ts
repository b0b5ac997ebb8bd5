/**
 * A site that leaves keeps what only it still holds until another member has told that it holds that too, and gives up after a month, in words. How:
 * real replicators on virtual time, cut off, killed and with disks that are lost.
 */
import { expect, test } from 'vitest'
import { leavesOfReplicant } from '../../../../../src/core/oplog/index.ts'
import { ABC, Lab } from '../lab.ts'

const MONTH_MS = 30 * 24 * 3_600_000

/** Whether a site still keeps what it held of x when it left. */
async function keeps(lab: Lab, site: string): Promise<boolean> {
  const replicator = lab.replicators.get(site)
  if (replicator === undefined) throw new Error(`no agent runs at ${site}`)
  return lab.until(
    replicator.inspect(lab.name('x'), ({ core }) =>
      leavesOfReplicant(core.replicant).some(leave => leave.site === site),
    ),
  )
}

test('a member whose disk is lost gets back from who has left what only that one still held', async () => {
  const lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.ask('a', 'PATCH /items/x', { of: 'a' })
  await lab.pass(5_000)
  const { machine } = lab.world.site('a')
  await lab.until(
    lab.world.site('a').restart(10_000, () => {
      machine.disk.restore(new Map())
      // Nobody has noticed yet.
      void lab.changeMembers('b', 'x', [], ['b'])
    }),
  )
  expect(await keeps(lab, 'b')).toBe(true)
  await lab.heal()
  expect(await keeps(lab, 'b')).toBe(false)
  expect(lab.told).toContainEqual({ site: 'b', event: { kind: 'left', replicant: lab.name('x'), givenUp: 0 } })
  // The only member, whose application has both, says so in a state: nobody else could give one.
  const { live, knowledge } = await lab.disk('a', 'x')
  expect(live).toHaveLength(1)
  expect(knowledge).toContain('@0.2')
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees', conflicts: [] })
  expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 1, of: 'a' })
  expect(await lab.ask('a', 'PATCH /items/x', { more: 1 })).toMatchObject({ status: 200 })
  expect(await lab.status('b', 'x')).toBeUndefined()
  lab.assertSound()
}, 60_000)

test('what one member wrote and only another that leaves has got is handed over to the third', async () => {
  const lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(5_000)
  lab.cut('a')
  await lab.ask('c', 'PATCH /items/x', { of: 'c' })
  await lab.pass(5_000)
  lab.cut('b')
  lab.cut('c')
  await lab.changeMembers('b', 'x', [], ['b'])
  await lab.pass(60_000)
  expect(await keeps(lab, 'b')).toBe(true)
  // Of a and b, c is not there.
  lab.world.wire.heal('a', 'b')
  lab.world.wire.heal('b', 'a')
  await lab.pass(40_000)
  expect(await keeps(lab, 'b')).toBe(false)
  expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 1, of: 'c' })
  await lab.heal()
  expect((await lab.status('c', 'x'))?.members).toEqual(['a', 'c'])
  lab.assertSound()
}, 60_000)

test('a large body that only who has left still has is fetched from there', async () => {
  const lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  lab.cut('b')
  const filler = 'x'.repeat(100_000)
  await lab.ask('b', 'PUT /items/x', { n: 2, filler })
  await lab.changeMembers('b', 'x', [], ['b'])
  await lab.heal()
  expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 2, filler })
  expect(await keeps(lab, 'b')).toBe(false)
  lab.assertSound()
}, 60_000)

test('what nobody has told for a month that it holds is given up, and that is said', async () => {
  const lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  lab.cut('b')
  await lab.ask('b', 'PATCH /items/x', { of: 'b' })
  await lab.changeMembers('b', 'x', [], ['b'])
  // It was off for so long: a clock that jumps while the agent runs is not believed.
  lab.world.site('b').machine.clockOffsetMs = MONTH_MS - 60_000
  await lab.restart('b')
  await lab.pass(30_000)
  expect(await keeps(lab, 'b')).toBe(true)
  lab.world.site('b').machine.clockOffsetMs = MONTH_MS + 60_000
  await lab.restart('b')
  await lab.pass(120_000)
  expect(await keeps(lab, 'b')).toBe(false)
  expect(lab.told).toContainEqual({ site: 'b', event: { kind: 'left', replicant: lab.name('x'), givenUp: 2 } })
  lab.assertSound()
}, 60_000)
