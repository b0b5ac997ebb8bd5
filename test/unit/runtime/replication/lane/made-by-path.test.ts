/**
 * An application that makes by POST on the resource's own path, and refuses a second one there (users of JupyterHub). Real replicators in the simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import { simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { isSuccess } from '../../../../../src/core/resource/success.ts'
import type { Application } from '../../../../../src/ports/application.ts'
import { Lab } from '../lab.ts'

const GLUE = simGlue(`
glue: 1
application: hub
kinds:
  item: {collection: /items, resource: "/items/{id}", create: {method: POST, on: resource}, compare: written}
`)

/** What it sets by itself it refuses. */
const OWN = 'created'

const makesByPath = (application: Application): Application => ({
  request: async request => {
    const isOnResource = /^\/items\/[^/]+$/.test(request.path)
    if (request.method === 'POST' && !isOnResource) return application.request({ ...request, path: '/nothing' })
    if (request.method === 'PUT') return application.request({ ...request, path: '/nothing' })
    if (request.method !== 'POST') return application.request(request)
    const there = await application.request({ ...request, method: 'GET', body: undefined })
    if (isSuccess(there.status)) return { ...there, status: 409 }
    const said = request.body instanceof Uint8Array ? new TextDecoder().decode(request.body) : ''
    const body = JSON.parse(said === '' ? '{}' : said) as Record<string, unknown>
    if (OWN in body) return { ...there, status: 400 }
    const made = new TextEncoder().encode(JSON.stringify({ ...body, [OWN]: 'today' }))
    return application.request({ ...request, method: 'PUT', body: made })
  },
})

let lab: Lab
afterEach(() => lab.assertSound())

test('it is made at all members, changed, deleted, and made again where it was lost', async () => {
  const members = ['a', 'b', 'c']
  lab = await Lab.of(members, { glue: () => GLUE, application: makesByPath })
  for (const { application } of lab.world.sites) application.putCreates = true
  await lab.ask('a', 'POST /items/k', { admin: true }, { members })
  await lab.pass(5_000)
  expect(Object.values(lab.all('k')).map(shown => shown?.['admin'])).toEqual([true, true, true])
  await lab.ask('b', 'PATCH /items/k', { admin: false })
  await lab.pass(5_000)
  expect(Object.values(lab.all('k')).map(shown => shown?.['admin'])).toEqual([false, false, false])
  lab.world.site('c').application.write('warehouse', '/items/k', undefined)
  await lab.pass(20 * 60_000)
  expect(lab.read('c', 'k')).toMatchObject({ admin: false })
  await lab.ask('c', 'DELETE /items/k')
  await lab.pass(5_000)
  expect(lab.all('k')).toEqual({ a: undefined, b: undefined, c: undefined })
})

test('of two that are made at both sides of a cut one is everywhere, and the other a conflict', async () => {
  const members = ['a', 'b']
  lab = await Lab.of(members, { glue: () => GLUE, application: makesByPath })
  for (const { application } of lab.world.sites) application.putCreates = true
  lab.cut('a')
  await lab.ask('a', 'POST /items/k', { admin: true }, { members })
  await lab.ask('b', 'POST /items/k', { admin: false }, { members })
  await lab.pass(5_000)
  await lab.heal()
  await lab.pass(60_000)
  const { a, b } = lab.all('k')
  expect(a).toEqual(b)
  expect((await lab.status('a', 'k'))?.conflicts).toHaveLength(1)
})

test('one that is made without a body is asked for without one at all members, also where it was lost', async () => {
  const members = ['a', 'b']
  lab = await Lab.of(members, { glue: () => GLUE, application: makesByPath })
  for (const { application } of lab.world.sites) application.putCreates = true
  await lab.ask('a', 'POST /items/k', undefined, { members })
  await lab.pass(5_000)
  expect([lab.read('a', 'k')?.[OWN], lab.read('b', 'k')?.[OWN]]).toEqual(['today', 'today'])
  lab.world.site('b').application.write('warehouse', '/items/k', undefined)
  await lab.pass(20 * 60_000)
  expect(lab.read('b', 'k')?.[OWN]).toBe('today')
  expect((await lab.status('b', 'k'))?.state).toBe('agrees')
})
