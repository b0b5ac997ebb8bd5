/** Somebody changes a resource past Cheops at all members: they all look for a state, know so of each other, and one says what there is. Real replicators, simulated world. */
import { expect, test } from 'vitest'
import { ABC, Lab } from '../lab.ts'

const { members: SITES } = ABC

test.each([
  ['at once', 0, 'm'],
  ['one after the other', 300, 'm'],
  ['each seconds after the other', 8_000, 'm'],
  ['each a minute after the other', 60_000, 'm'],
  ['each seconds after the other, in what was written', 8_000, 'n'],
] as const)('what was changed at all members, %s, is said by one of them', async (_when, betweenMs, field) => {
  const lab = await Lab.of(SITES)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(20_000)
  for (const site of SITES) {
    lab.world.site(site).application.write('warehouse', '/items/x', { id: 'x', n: 1, [field]: site })
    await lab.pass(betweenMs)
  }
  await lab.pass(180_000)
  const shown = new Set(Object.values(lab.all('x')).map(each => JSON.stringify(each)))
  expect([...shown]).toHaveLength(1)
  for (const site of SITES) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  lab.assertSound()
})
