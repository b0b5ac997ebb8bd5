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

test('an answer that shows what was written is believed, where reads come from a cache for a while', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'nut', n: 1 }, ABC)
  await lab.pass(5_000)
  const { application } = lab.world.site('b')
  const asked = application.request.bind(application)
  application.request = async request => {
    if (request.method !== 'POST') return asked(request)
    const answer = await asked({ ...request, method: 'PUT', path: '/items/nut' })
    application.write('warehouse', '/items/nut', { id: 'nut', n: 1 })
    lab.world.time.after(1_000, () => application.write('warehouse', '/items/nut', { id: 'nut', n: 5 }))
    return answer
  }
  expect((await lab.ask('b', 'POST /items', { id: 'nut', n: 5 }, ABC)).accepted?.outcome).toBe('applied')
  await lab.pass(10 * 60_000)
  const nut = { id: 'nut', n: 5 }
  expect(lab.all('nut')).toEqual({ a: nut, b: nut, c: nut })
})

test('a field that nobody has written before may be shown as something else: it counts', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  for (const { application } of lab.world.sites) {
    const asked = application.request.bind(application)
    application.request = async request => {
      const isThere = request.method === 'POST' && application.read('warehouse', '/items/nut') !== undefined
      const answer = await asked(isThere ? { ...request, method: 'PUT', path: '/items/nut' } : request)
      if (answer.status >= 300 || answer.body.length === 0) return answer
      const value = JSON.parse(new TextDecoder().decode(answer.body)) as object
      if (Array.isArray(value)) return answer
      return { ...answer, body: new TextEncoder().encode(JSON.stringify({ ...value, password: '***' })) }
    }
  }
  await lab.ask('a', 'POST /items', { id: 'nut', n: 1 }, ABC)
  await lab.pass(60_000)
  const again = await lab.ask('b', 'POST /items', { id: 'nut', n: 1, password: 'secret' }, ABC)
  expect(again.accepted?.outcome).toBe('applied')
  await lab.pass(10 * 60_000)
  const nut = { id: 'nut', n: 1, password: 'secret' }
  expect(lab.all('nut')).toEqual({ a: nut, b: nut, c: nut })
})
