/**
 * One request with one key goes to two members that are cut off from each other, and each has carried out something else besides, so that neither can carry out
 * what the other has: a state that is said has seen the request under both identities. Real replicators in the simulated world.
 */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']
const PLAIN = { type: 'application/json' }

/** What b has carried out before the request came to it; what a has is given. */
async function askedAtBoth(
  before: (lab: Lab) => Promise<unknown>,
  then: (lab: Lab) => void = () => undefined,
  later: (lab: Lab) => Promise<unknown> = () => Promise.resolve(),
): Promise<Lab> {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('b', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  lab.cut('b')
  await before(lab)
  await lab.pass(300)
  const add = (site: string) => lab.ask(site, 'POST /items/x/lines', { line: 1 }, { key: 'k' })
  expect(await add('a')).toMatchObject({ status: 201 })
  await lab.pass(300)
  expect(await lab.ask('b', 'PUT /items/x', { id: 'x', n: 2 })).toMatchObject({ status: 200 })
  await lab.pass(300)
  expect(await lab.ask('b', 'PATCH /items/x', { m: 2 })).toMatchObject({ status: 200 })
  await lab.pass(300)
  await later(lab)
  await lab.pass(300)
  expect(await add('b')).toMatchObject({ status: 201 })
  await lab.pass(300)
  then(lab)
  await lab.heal(60_000)
  return lab
}

async function expectOpen(lab: Lab, shown: object): Promise<void> {
  let expected = shown
  for (const site of MEMBERS) {
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    expect(lab.read(site, 'x'), site).toEqual(expected)
    expect(await lab.ask(site, 'PATCH /items/x', { z: site }), site).toMatchObject({ status: 200 })
    await lab.pass(5_000)
    expected = { ...expected, z: site }
  }
  lab.assertSound()
}

test('who has written the resource over, and more, says a state that is carried out at both', async () => {
  const lab = await askedAtBoth(() => Promise.resolve())
  expect((await lab.status('a', 'x'))?.conflicts).toEqual([])
  await expectOpen(lab, { id: 'x', n: 2, m: 2, lines: [{ line: 1 }] })
})

test.each([
  ['merged', 'PATCH /items/x', { before: true, m: 1 }, { m: 2, before: true, lines: [{ line: 1 }] }],
  ['added', 'POST /items/x/lines', { line: 0 }, { m: 2, lines: [{ line: 1 }, { line: 0 }] }],
])('what was %s at the other member before the request is in the state', async (_what, request, body, shown) => {
  const lab = await askedAtBoth(lab => lab.ask('a', request, body))
  expect((await lab.status('b', 'x'))?.conflicts).toEqual([])
  await expectOpen(lab, { id: 'x', n: 2, ...shown })
})

/** b's application answers so to what its agent asks for so long. @returns when it was asked */
function refuse(lab: Lab, status: number, forMs: number): readonly number[] {
  const at: number[] = []
  const { application } = lab.world.site('b')
  const request = application.request.bind(application)
  const until = lab.world.time.now + forMs
  application.request = async asked => {
    if (asked.method !== 'POST' || asked.authority !== 'agent') return request(asked)
    at.push(lab.world.time.now)
    if (lab.world.time.now > until) return request(asked)
    return { status, reason: '', rawHeaders: [], body: new Uint8Array(), isComplete: true }
  }
  return at
}

test('an application that does not let it be added is not asked without a pause', async () => {
  let asked: readonly number[] = []
  const refuseAll = (lab: Lab): void => void (asked = refuse(lab, 401, 3_600_000))
  const lab = await askedAtBoth(at => at.ask('a', 'POST /items/x/lines', { line: 0 }), refuseAll)
  expect(asked.length).toBeGreaterThan(1)
  expect(asked.length).toBeLessThan(30)
  expect(lab.states.length).toBeLessThan(60)
})

test.each([423, 409, 403])('what is refused with %d for a moment is in the state all the same', async status => {
  const refuseAMoment = (lab: Lab): void => void refuse(lab, status, 3_000)
  const lab = await askedAtBoth(at => at.ask('a', 'POST /items/x/lines', { line: 0 }), refuseAMoment)
  await lab.pass(600_000)
  for (const site of MEMBERS) expect(lab.read(site, 'x')?.['lines'], site).toContainEqual({ line: 0 })
})

test.each([
  ['a merge patch', 'a merge patch', {}, {}],
  ['a merge patch', 'a PATCH of plain JSON', {}, PLAIN],
  ['a PATCH of plain JSON', 'a merge patch', PLAIN, {}],
  ['a PATCH of plain JSON', 'another', PLAIN, PLAIN],
])('of %s that the state is to have seen, and %s that was written later, the later one counts', async (...told) => {
  const [, , ofA, ofB] = told
  const lab = await askedAtBoth(
    at => at.ask('a', 'PATCH /items/x', { v: 'a' }, ofA),
    () => undefined,
    at => at.ask('b', 'PATCH /items/x', { v: 'b' }, ofB),
  )
  expect((await lab.status('b', 'x'))?.conflicts).toEqual([])
  await expectOpen(lab, { id: 'x', n: 2, m: 2, v: 'b', lines: [{ line: 1 }] })
})
