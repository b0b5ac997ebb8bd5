/**
 * Members that are silent for long are detached: only by the part that may, neither by a clock that jumps nor by an agent that has just
 * started; and what the detached one did unseen is a conflict when it is back. How: real replicators on virtual time; an hour stands for
 * the month.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mayDetach } from '../../../../../src/runtime/replication/rounds/silent-members.ts'
import { ABC, Lab } from '../lab.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const MONTH_MS = 30 * 24 * HOUR_MS

async function labOf(names: readonly string[]): Promise<Lab> {
  const lab = await Lab.of(names)
  lab.detachAfterMs = HOUR_MS
  for (const name of names) await lab.restart(name)
  return lab
}

async function membersAt(lab: Lab, site: string): Promise<readonly string[] | undefined> {
  return (await lab.status(site, 'x'))?.members
}

test('of two parts at most one may detach the other', () => {
  const sites = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1 })
  fc.assert(
    fc.property(sites, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), (members, sides) => {
      const left = members.filter((_, place) => sides[place])
      const right = members.filter((_, place) => !sides[place])
      expect([mayDetach(members, left), mayDetach(members, right)].filter(may => may)).toHaveLength(1)
    }),
  )
})

test('a member that is silent for long is detached by the others; what it did unseen is a conflict when it is back', async () => {
  const lab = await labOf(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(5_000)
  lab.cut('c')
  await lab.ask('c', 'PUT /items/x', { n: 3 })
  await lab.pass(10_000)
  await lab.ask('a', 'PUT /items/x', { n: 2 })
  await lab.pass(45 * MINUTE_MS)
  expect(await membersAt(lab, 'a')).toEqual(['a', 'b', 'c'])
  await lab.pass(35 * MINUTE_MS)
  expect(await membersAt(lab, 'a')).toEqual(['a', 'b'])
  expect(await membersAt(lab, 'b')).toEqual(['a', 'b'])
  // It hears nobody, and they are more: it detaches none.
  expect(await membersAt(lab, 'c')).toEqual(['a', 'b', 'c'])
  expect(lab.events('c')).not.toContain('detached')
  const detached = { kind: 'detached', replicant: lab.name('x'), sites: ['c'] }
  expect(lab.told.map(({ event }) => event)).toContainEqual(detached)

  await lab.heal()
  await lab.changeMembers('a', 'x', ['c'], [])
  await lab.pass(2 * MINUTE_MS)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 2 }, b: { id: 'x', n: 2 }, c: { id: 'x', n: 2 } })
  const conflicts = (await lab.status('a', 'x'))?.conflicts ?? []
  expect(conflicts.map(({ operation }) => operation.dot.site)).toContain('c')
  lab.assertSound()
}, 120_000)

test('of two the one with the smaller name detaches the other, and is not detached', async () => {
  const lab = await labOf(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  lab.cut('b')
  await lab.pass(80 * MINUTE_MS)
  expect(await membersAt(lab, 'a')).toEqual(['a'])
  expect(await membersAt(lab, 'b')).toEqual(['a', 'b'])
  lab.assertSound()
}, 120_000)

test('a clock that jumps detaches nobody, and a start goes on counting', async () => {
  const lab = await labOf(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(5_000)
  lab.cut('c')
  await lab.pass(30 * MINUTE_MS)
  for (const site of ['a', 'b']) lab.world.site(site).machine.clockOffsetMs += MONTH_MS
  await lab.pass(5 * MINUTE_MS)
  await lab.restart('a')
  await lab.restart('b')
  // Known from before, and tried: not heard.
  for (const site of ['a', 'b']) lab.replicators.get(site)?.connected('c', false)
  await lab.pass(15 * MINUTE_MS)
  expect(await membersAt(lab, 'a')).toEqual(['a', 'b', 'c'])
  // Without what was counted before the start it would take longer than this.
  await lab.pass(30 * MINUTE_MS)
  expect(await membersAt(lab, 'a')).toEqual(['a', 'b'])
  lab.assertSound()
}, 120_000)

test('whoever is heard again begins anew', async () => {
  const lab = await labOf(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(5_000)
  for (let times = 0; times < 3; times++) {
    lab.cut('c')
    await lab.pass(40 * MINUTE_MS)
    await lab.heal(MINUTE_MS)
  }
  expect(await membersAt(lab, 'a')).toEqual(['a', 'b', 'c'])
  expect([...lab.world.site('a').machine.disk.copy().keys()].filter(key => key.includes('/silent/'))).toEqual([])
  lab.assertSound()
}, 120_000)
