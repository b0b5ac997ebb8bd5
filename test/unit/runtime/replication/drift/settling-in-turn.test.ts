/**
 * An application that answers 202 and does it later, in any order: each change waits for the one before it, and no longer than that takes. Real replicators, simulated
 * world.
 */
import { expect, test } from 'vitest'
import { ABC, Lab } from '../lab.ts'

const { members: SITES } = ABC
const PLAIN = { type: 'application/json' }

/** All have it; c is cut off. */
async function withoutC(): Promise<Lab> {
  const lab = await Lab.of(SITES)
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(60_000)
  lab.cut('c')
  return lab
}

/** What c is sent next is taken on, and done so much later each. */
function late(lab: Lab, delaysMs: readonly number[]): void {
  const { application } = lab.world.site('c')
  for (const delayMs of delaysMs)
    application.failNext({ kind: 'accepted', delayMs }, ({ method }) => method === 'PATCH')
}

/** Until c shows a number, at most an hour. @returns milliseconds */
async function until(lab: Lab, n: number): Promise<number> {
  const from = lab.world.time.now
  while (lab.read('c', 'x')?.['n'] !== n && lab.world.time.now - from < 3_600_000) await lab.pass(100)
  return lab.world.time.now - from
}

test.each([
  ['merge patches and PATCHes of plain JSON', {}, PLAIN],
  ['merge patches', {}, {}],
  ['PATCHes of plain JSON', PLAIN, PLAIN],
])('of %s each waits until the one before it is shown', async (_what, ofA, ofB) => {
  const lab = await withoutC()
  for (const n of [1, 3, 5, 7]) {
    expect(await lab.ask('a', 'PATCH /items/x', { n, [`f${n}`]: n }, ofA)).toMatchObject({ status: 200 })
    await lab.pass(5_000)
    expect(await lab.ask('b', 'PATCH /items/x', { n: n + 1 }, ofB)).toMatchObject({ status: 200 })
    await lab.pass(5_000)
  }
  late(lab, [2_000, 10, 5_000, 100, 4_000, 50, 3_000, 10])
  lab.world.wire.healAll()
  await lab.pass(300_000)
  for (const site of SITES) expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 8, f1: 1, f3: 3, f5: 5, f7: 7 })
  for (const site of SITES) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  lab.assertSound()
})

test('many changes that come a second later each take a few seconds each', async () => {
  const lab = await withoutC()
  const many = 20
  for (let n = 1; n <= many; n++) {
    await lab.ask('a', 'PATCH /items/x', { n }, PLAIN)
    await lab.pass(1_000)
  }
  late(
    lab,
    Array.from({ length: many }, () => 1_000),
  )
  lab.world.wire.healAll()
  expect(await until(lab, many)).toBeLessThan(many * 2_500)
  lab.assertSound()
})
