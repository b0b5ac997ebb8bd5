/**
 * The origin of a create with an idempotency key ends while its application is at it, and the client asks another member with the same key: that is one
 * resource, at whichever of them it was made, and no member is locked. How: sites in the simulated world; agents end as `kill -9` ends them.
 */
import { expect, test } from 'vitest'
import { ABC, Lab } from '../lab.ts'

const SITES = ['a', 'b', 'c']
const ASKED = { ...ABC, key: 'create' }
const BODY = { id: 'x', n: 1 }

/** `a` has made x and ends before it is told so; the client has asked `b` meanwhile. */
async function askedTwice(): Promise<Lab> {
  const lab = await Lab.of(SITES)
  const { application } = lab.world.site('a')
  application.failNext({ kind: 'late-answer', delayMs: 4_000 }, ({ method }) => method === 'POST')
  const first = lab.begin('a', 'POST /items', BODY, ASKED)
  first.catch(() => undefined)
  await lab.pass(1_000)
  lab.world.site('a').kill()
  expect(lab.read('a', 'x'), 'its application has made it').toEqual(BODY)
  expect(await lab.ask('b', 'POST /items', BODY, ASKED)).toMatchObject({ status: 201 })
  await lab.pass(3_000)
  return lab
}

async function expectSame(lab: Lab, value: unknown): Promise<void> {
  expect(lab.all('x')).toEqual({ a: value, b: value, c: value })
  for (const site of SITES) {
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    expect(lab.counts(site), site).toMatchObject({ conflicts: 0, diverged: 0 })
  }
}

async function expectOne(lab: Lab, value: unknown): Promise<void> {
  await expectSame(lab, value)
  for (const site of SITES) {
    const again = await lab.ask(site, 'POST /items', BODY, ASKED)
    expect(again.accepted?.isRepeated, site).toBe(true)
  }
  for (const [place, site] of SITES.entries())
    expect(await lab.ask(site, 'PATCH /items/x', { last: place }), site).toMatchObject({ status: 200 })
  await lab.pass(5_000)
  const last = { ...(value as object), last: 2 }
  expect(lab.all('x')).toEqual({ a: last, b: last, c: last })
  lab.assertSound()
}

test('what was changed at the other meanwhile stays, and the origin has made it once', async () => {
  const lab = await askedTwice()
  await lab.ask('b', 'PATCH /items/x', { f: 1 })
  await lab.until(lab.world.site('a').start())
  await lab.pass(60_000)
  expect(lab.effects('a', 'x')).toEqual(['POST', 'PATCH'])
  await expectOne(lab, { ...BODY, f: 1 })
})

test('an origin that starts again cut off takes it for its own, and all come together when the cut heals', async () => {
  const lab = await askedTwice()
  lab.cut('a')
  await lab.until(lab.world.site('a').start())
  await lab.pass(30_000)
  expect(await lab.ask('a', 'POST /items', BODY, ASKED)).toMatchObject({ accepted: { isRepeated: true } })
  await lab.heal(60_000)
  await expectOne(lab, BODY)
})

test('what was deleted at the other meanwhile does not come back with the origin', async () => {
  const lab = await askedTwice()
  await lab.ask('b', 'DELETE /items/x')
  await lab.until(lab.world.site('a').start())
  await lab.pass(60_000)
  expect(lab.all('x')).toEqual({ a: undefined, b: undefined, c: undefined })
  expect(lab.effects('a', 'x')).toEqual(['POST', 'DELETE'])
  lab.assertSound()
})

test('a PUT that was sent elsewhere too is not done again on top of what came after it there', async () => {
  const lab = await Lab.of(SITES)
  await lab.ask('a', 'POST /items', BODY, ABC)
  await lab.pass(3_000)
  lab.world.site('a').application.failNext({ kind: 'late-answer', delayMs: 4_000 }, ({ method }) => method === 'PUT')
  lab.begin('a', 'PUT /items/x', { n: 2 }, { key: 'put' }).catch(() => undefined)
  await lab.pass(1_000)
  lab.world.site('a').kill()
  expect(await lab.ask('b', 'PUT /items/x', { n: 2 }, { key: 'put' })).toMatchObject({ status: 200 })
  expect(await lab.ask('b', 'PUT /items/x', { n: 3 })).toMatchObject({ status: 200 })
  await lab.until(lab.world.site('a').start())
  await lab.pass(60_000)
  await expectSame(lab, { id: 'x', n: 3 })
  lab.assertSound()
})
