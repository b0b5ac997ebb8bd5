/**
 * What is away at all members, though nobody has deleted it through Cheops: with what it stood below, or since it expires. Both are an end. What all have lost once is not.
 * Real replicators in the simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import { MAX_MADE_ANEW } from '../../../../../src/runtime/replication/limits.ts'
import { DEFINITION, SERVICE, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { ABC, Lab } from '../lab.ts'

const BELOW = `${DEFINITION}  part:
    collection: /items/{item}/parts
    resource: /items/{item}/parts/{id}
    id: {at: /id, from: client}
`
const NOBODY = { a: undefined, b: undefined, c: undefined }
const HOUR = 3_600_000

let lab: Lab
afterEach(() => lab.assertSound())

test.each([
  ['also when that is there again', true],
  ['as long as that is not there', false],
])('what was deleted with the resource that it belonged to does not come back, %s', async (_, again) => {
  lab = await Lab.of(['a', 'b', 'c'], { glue: () => simGlue(BELOW) })
  for (const { application } of lab.world.sites) application.cascades = true
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  const made = await lab.ask('a', 'POST /items/x/parts', { id: 'p', n: 1 }, ABC)
  expect(made).toMatchObject({ status: 201 })
  await lab.pass(5_000)
  expect(lab.all('x/parts/p')).toMatchObject({ a: { n: 1 }, b: { n: 1 }, c: { n: 1 } })
  await lab.ask('b', 'DELETE /items/x')
  await lab.pass(5_000)
  expect(lab.all('x/parts/p'), 'the applications delete it').toEqual(NOBODY)
  if (again) await lab.ask('c', 'POST /items', { id: 'x', n: 2 }, ABC)
  for (let time = 0; time < 12; time++) {
    await lab.pass(HOUR / 12)
    expect(lab.all('x/parts/p')).toEqual(NOBODY)
  }
  expect(lab.all('x')).toEqual(again ? Object.fromEntries(ABC.members.map(site => [site, { id: 'x', n: 2 }])) : NOBODY)
  for (const site of ABC.members)
    expect(lab.counts(site), site).toMatchObject({ conflicts: 0, diverged: 0, undecided: 0 })
  if (!again) return
  // It is free.
  expect(await lab.ask('b', 'POST /items/x/parts', { id: 'p', n: 3 }, ABC)).toMatchObject({ status: 201 })
  await lab.pass(5_000)
  expect(lab.all('x/parts/p')).toMatchObject({ a: { n: 3 }, b: { n: 3 }, c: { n: 3 } })
})

function loseAll(): void {
  for (const { application } of lab.world.sites) application.write(SERVICE, '/items/x', undefined)
}

test('what all have lost is made anew, and no loss deletes it: what goes away time and again is shown, until somebody says what it is', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('b', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(5_000)
  const all = { a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 }, c: { id: 'x', n: 1 } }
  for (let time = 0; time < MAX_MADE_ANEW; time++) {
    loseAll()
    await lab.pass(HOUR)
    expect(lab.all('x'), `loss ${time + 1}`).toEqual(all)
  }
  loseAll()
  await lab.pass(HOUR)
  expect(lab.all('x')).toEqual(NOBODY)
  expect(await lab.status('a', 'x')).toMatchObject({
    state: 'diverged',
    isPresent: true,
    reason: expect.stringContaining('delete it at this site'),
  })
  // Asked elsewhere, nobody knows whether that application hides it from the client.
  expect(await lab.ask('b', 'DELETE /items/x')).toMatchObject({ status: 404, accepted: { outcome: 'void' } })
  expect(await lab.ask('a', 'DELETE /items/x')).toMatchObject({ status: 404, accepted: { outcome: 'applied' } })
  await lab.pass(60_000)
  for (const site of ABC.members)
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees', isPresent: false, conflicts: [] })
})

test('what all lose of what was written after the end of what it stands below is made anew', async () => {
  lab = await Lab.of(['a', 'b', 'c'], { glue: () => simGlue(BELOW) })
  for (const { application } of lab.world.sites) application.cascades = true
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(5_000)
  await lab.ask('b', 'DELETE /items/x')
  await lab.pass(60_000)
  // It is there again at each site by itself, and not replicated.
  for (const { application } of lab.world.sites) application.write(SERVICE, '/items/x', { id: 'x', n: 5 })
  expect(await lab.ask('a', 'POST /items/x/parts', { id: 'p', n: 1 }, ABC)).toMatchObject({ status: 201 })
  await lab.pass(20_000)
  for (const { application } of lab.world.sites) application.write(SERVICE, '/items/x/parts/p', undefined)
  await lab.pass(2 * HOUR)
  expect(lab.all('x/parts/p')).toMatchObject({ a: { n: 1 }, b: { n: 1 }, c: { n: 1 } })
})

test('nobody says that it has ended while a member that was cut off may have written it', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  lab.world.site('c').application.putCreates = true
  await lab.ask('b', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(5_000)
  loseAll()
  await lab.pass(HOUR)
  expect(lab.all('x'), 'made anew once').toMatchObject({ a: { n: 1 }, b: { n: 1 }, c: { n: 1 } })
  lab.cut('b')
  loseAll()
  await lab.pass(HOUR)
  // All have told that they look, or will; what c writes now nobody knows of.
  lab.cut('c')
  expect(await lab.ask('c', 'PUT /items/x', { id: 'x', n: 77 })).toMatchObject({ status: 201 })
  await lab.pass(60_000)
  for (const [from, to] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const)
    lab.world.wire.heal(from, to)
  await lab.pass(HOUR)
  expect(await lab.status('a', 'x'), 'without c').toMatchObject({ isPresent: true })
  await lab.heal()
  await lab.pass(HOUR)
  expect(lab.all('x')).toMatchObject({ a: { n: 77 }, b: { n: 77 }, c: { n: 77 } })
  expect((await lab.status('a', 'x'))?.conflicts).toEqual([])
})

test.each([[['a']], [['a', 'b', 'c']]])(
  'what all of %j have lost, and may not be made anew, is shown, and a DELETE where that is said ends it',
  async members => {
    lab = await Lab.of(['a', 'b', 'c'])
    await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members })
    await lab.pass(5_000)
    expect(await lab.ask('a', 'POST /items/x/lines', { line: 1 })).toMatchObject({ status: 201 })
    await lab.pass(20_000)
    loseAll()
    await lab.pass(HOUR)
    // What an action does beside its resource would be done once more.
    expect(lab.all('x')).toEqual(NOBODY)
    expect(await lab.status('a', 'x')).toMatchObject({
      state: 'diverged',
      isPresent: true,
      reason: expect.stringMatching(/may not be done twice: delete it at this site/),
    })
    expect(await lab.ask('a', 'DELETE /items/x')).toMatchObject({ status: 404, accepted: { outcome: 'applied' } })
    await lab.pass(60_000)
    for (const site of members)
      expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees', isPresent: false, conflicts: [] })
    expect(await lab.ask('a', 'POST /items', { id: 'x', n: 2 }, { members })).toMatchObject({ status: 201 })
  },
)

test('the only member, whose store was set back, takes a deletion though who says so is a member no more', async () => {
  lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  expect(await lab.ask('b', 'POST /items/x/lines', { line: 1 })).toMatchObject({ status: 201 })
  await lab.pass(20_000)
  await lab.changeMembers('a', 'x', [], ['a'])
  await lab.pass(5_000)
  const b = lab.world.site('b')
  const backup = b.machine.disk.copy()
  // a hears of what b has written elsewhere.
  await lab.ask('b', 'POST /items', { id: 'y', n: 1 }, { members: ['a', 'b'] })
  expect(await lab.ask('b', 'DELETE /items/x')).toMatchObject({ status: 204 })
  await lab.pass(5_000)
  await lab.until(b.restart(10, () => b.machine.disk.restore(backup)))
  await lab.pass(60_000)
  expect(lab.events('b')).toContain('set-back')
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'diverged', isPresent: true })
  expect(await lab.ask('b', 'DELETE /items/x')).toMatchObject({ status: 404, accepted: { outcome: 'applied' } })
  await lab.pass(10_000)
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees', isPresent: false })
})
