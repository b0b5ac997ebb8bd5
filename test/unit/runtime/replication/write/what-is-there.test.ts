/**
 * A POST of what is there already, which the application answers with success and what it has (Kinto does so): nothing was written, and nobody else
 * writes anything. What does change what is there, and what says what is there already, is an operation. Real replicators in the simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import { ABC, Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

async function started(): Promise<void> {
  lab = await Lab.of(['a', 'b', 'c'])
  for (const { application } of lab.world.sites) application.givesWhatIsThere = true
  await lab.ask('a', 'POST /items', { id: 'nut', n: 1 }, ABC)
  await lab.pass(5_000)
}

test('what was not written at its site is written nowhere', async () => {
  await started()
  const again = await lab.ask('b', 'POST /items', { id: 'nut', n: 5 }, ABC)
  expect(again.status).toBe(200)
  expect(again.accepted?.outcome).toBe('void')
  await lab.pass(20 * 60_000)
  const nut = { id: 'nut', n: 1 }
  expect(lab.all('nut')).toEqual({ a: nut, b: nut, c: nut })
  for (const site of ['a', 'b', 'c']) expect(lab.effects(site, 'nut'), site).toHaveLength(1)
  expect(await lab.ask('b', 'PUT /items/nut', { n: 2 })).toMatchObject({ status: 200 })
})

test('nor where it was made past Cheops', async () => {
  await started()
  lab.world.site('b').application.write('warehouse', '/items/cup', { id: 'cup', n: 1 })
  expect((await lab.ask('b', 'POST /items', { id: 'cup', n: 5 }, ABC)).accepted?.outcome).toBe('void')
  await lab.pass(60_000)
  expect(lab.all('cup')).toEqual({ a: undefined, b: { id: 'cup', n: 1 }, c: undefined })
})

test('what says what is there is one, and so is what changes it', async () => {
  await started()
  expect((await lab.ask('b', 'POST /items', { id: 'nut', n: 1 }, ABC)).accepted?.outcome).toBe('applied')
  await lab.pass(5_000)
  const { application } = lab.world.site('c')
  // A POST that changes what is there, as some have it.
  const changed = application.request.bind(application)
  application.request = async request => {
    const answer = await changed(request)
    if (request.method === 'POST') application.write('warehouse', '/items/nut', { id: 'nut', n: 7 })
    return answer
  }
  expect((await lab.ask('c', 'POST /items', { id: 'nut', n: 7 }, ABC)).accepted?.outcome).toBe('applied')
  await lab.pass(20_000)
  const nut = { id: 'nut', n: 7 }
  expect(lab.all('nut')).toEqual({ a: nut, b: nut, c: nut })
})
