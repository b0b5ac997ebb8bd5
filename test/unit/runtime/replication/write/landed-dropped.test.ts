import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

test('what a member had in doubt lands after it was dropped: the next change is not put on top of it', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  const { application } = lab.world.site('b')
  application.failNext({ kind: 'late-effect', delayMs: 2_150 }, ({ method }) => method === 'POST')
  expect(await lab.ask('a', 'POST /items/x/lines', { line: 1 })).toMatchObject({ status: 201 })
  await lab.pass(500)
  expect(await lab.ask('a', 'PUT /items/x', { id: 'x', n: 2 })).toMatchObject({ status: 200 })
  while (!application.effects.some(({ method }) => method === 'PUT')) await lab.pass(5)
  while (!application.effects.some(({ late }) => late !== undefined)) await lab.pass(5)
  expect(await lab.ask('a', 'POST /items/x/lines', { line: 2 })).toMatchObject({ status: 201 })
  await lab.pass(30)
  expect(application.effects.filter(({ added }) => added !== undefined).length).toBe(1)
  await lab.pass(60_000)
  for (const site of MEMBERS) {
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 2, lines: [{ line: 2 }] })
  }
  lab.assertSound()
})
