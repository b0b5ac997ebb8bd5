/** Who goes on with what was changed past Cheops is `diverged` until somebody has compared that, and holds up nobody. Real replicators, simulated world. */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

const MINUTE_MS = 60_000

/** Somebody changes what `site` has, past Cheops, and it is found there. */
async function change(lab: Lab, ...sites: readonly string[]): Promise<void> {
  for (const site of sites)
    lab.world.site(site).application.write('warehouse', '/items/x', { ...lab.read(site, 'x'), m: 7 })
  await lab.pass(3 * MINUTE_MS)
  for (const site of sites) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'diverged' })
}

async function made(members: readonly string[], cut: string): Promise<Lab> {
  const lab = await Lab.of(members)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members })
  await lab.ask('a', 'POST /items/x/lines', { line: 1 })
  await lab.pass(MINUTE_MS)
  lab.cut(cut)
  return lab
}

test('whoever needs a state, of the only one that shows it, and that was changed and written on, has it within a minute', async () => {
  const lab = await made(['a', 'b'], 'b')
  await change(lab, 'a')
  await lab.ask('a', 'PATCH /items/x', { t: 1 })
  await lab.pass(MINUTE_MS)
  lab.world.site('b').application.write('warehouse', '/items/x', undefined)
  await lab.heal(MINUTE_MS)
  expect(await lab.ask('b', 'PATCH /items/x', { u: 1 })).toMatchObject({ status: 200 })
  await lab.pass(MINUTE_MS)
  const lines = [{ line: 1 }]
  for (const site of ['a', 'b']) {
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 1, m: 7, t: 1, u: 1, lines })
  }
  lab.assertSound()
})

test('of two that were changed alike, as a third one is away, both agree once they have told what they show', async () => {
  const lab = await made(['a', 'b', 'c'], 'c')
  await change(lab, 'a', 'b')
  await lab.ask('a', 'PATCH /items/x', { t: 1 })
  await lab.pass(MINUTE_MS)
  for (const site of ['a', 'b']) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  await lab.heal(MINUTE_MS)
  for (const site of ['a', 'b', 'c']) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  expect(new Set(Object.values(lab.all('x')).map(each => JSON.stringify(each))).size).toBe(1)
  lab.assertSound()
})

test('a restart before what was written on top was read forgets nothing of that', async () => {
  const lab = await made(['a', 'b'], 'b')
  await change(lab, 'a')
  await lab.ask('a', 'PATCH /items/x', { t: 1 })
  await lab.restart('a')
  await lab.pass(5 * MINUTE_MS)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'diverged' })
  await lab.heal(MINUTE_MS)
  for (const site of ['a', 'b']) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  lab.assertSound()
})
