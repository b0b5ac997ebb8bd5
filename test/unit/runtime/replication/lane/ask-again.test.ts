/** A member that was given no state asks again, a few times: what it could not ask at all, since many others copied at the time, is none of these. */
import { expect, test, vi } from 'vitest'
import { Repairs } from '../../../../../src/runtime/replication/drift/repair.ts'
import { MAX_ASKED_IN_VAIN } from '../../../../../src/runtime/replication/limits.ts'
import { Replicator } from '../../../../../src/runtime/replication/replicator.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

test.each([
  ['nothing else is copied', 0],
  ['it is not its turn for a while', MAX_ASKED_IN_VAIN + 1],
])('who has asked in vain once comes together with the other one: %s', async (_what, turnsOfOthers) => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  lab.cut('a')
  const { application } = lab.world.site('a')
  application.failNext({ kind: 'late-effect', delayMs: 4_000 }, ({ method }) => method === 'POST')
  const add = () => lab.ask('a', 'POST /items/x/lines', { line: 1 }, { key: 'k' })
  expect(await add()).toMatchObject({ accepted: { outcome: 'void' } })
  await lab.pass(5_000)
  for (let times = 0; times < 3; times++) {
    expect(await add()).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
    await lab.pass(2_000)
  }
  const { length } = lab.states
  const until = lab.world.time.now + 60_000
  // Who is asked first is reading its own application just then.
  const { stateFor } = Replicator.prototype
  let isRead = false
  using answers = vi.spyOn(Replicator.prototype, 'stateFor').mockImplementation(function (this: Replicator, ...asked) {
    if (isRead) return stateFor.apply(this, asked)
    isRead = true
    return Promise.resolve(undefined)
  })
  lab.world.wire.healAll()
  while (!lab.states.slice(length).some(({ to, isGiven }) => to === 'a' && !isGiven)) {
    expect(lab.world.time.now, 'a asks for a state').toBeLessThan(until)
    await lab.pass(1)
  }
  const begin = Repairs.prototype.begin
  let left = turnsOfOthers
  using busy = vi.spyOn(Repairs.prototype, 'begin').mockImplementation(function (this: Repairs, replica) {
    return left-- > 0 ? false : begin.call(this, replica)
  })
  await lab.pass(120_000)
  expect(busy.mock.calls.length).toBeGreaterThan(turnsOfOthers)
  expect(answers.mock.calls.length).toBeGreaterThan(1)
  for (const site of MEMBERS) {
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 1 })
  }
  lab.assertSound()
})

test.each([2_000, 30_000])(
  'a member that shows what the two others do not copies their state after a cut of %d ms',
  async cutMs => {
    const members = ['a', 'b', 'c']
    const lab = await Lab.of(members)
    await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members })
    await lab.pass(5_000)
    expect(await lab.ask('c', 'POST /items/x/lines', { line: 2 })).toMatchObject({ status: 201 })
    await lab.pass(220)
    const { application } = lab.world.site('a')
    application.failNext({ kind: 'late-effect', delayMs: 2_100 }, ({ method }) => method === 'POST')
    const add = () => lab.ask('a', 'POST /items/x/lines', { line: 1 }, { key: 'k' })
    expect(await add()).toMatchObject({ accepted: { outcome: 'void' } })
    await lab.pass(150)
    lab.cut('a')
    await lab.pass(700)
    expect(await add()).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
    await lab.pass(cutMs)
    await lab.heal(600_000)
    for (const site of members) {
      expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
      expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 1, lines: [{ line: 2 }] })
    }
    lab.assertSound()
  },
)
