/** A create that says in its query that nothing may be there (Elasticsearch: `PUT /items/k?op_type=create`). */
import { expect, test } from 'vitest'
import { simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import type { Application, ApplicationAnswer } from '../../../../../src/ports/application.ts'
import { Lab } from '../lab.ts'

const GLUE = simGlue(`
glue: 1
application: search
kinds:
  item: {collection: /items, resource: "/items/{id}", create: {method: PUT}}
`)
const EXISTS: ApplicationAnswer = {
  status: 409,
  reason: '',
  rawHeaders: [],
  body: new TextEncoder().encode('{"error":"version conflict, document already exists"}'),
  isComplete: true,
}

const createsOnly = (application: Application): Application => ({
  request: async request => {
    if (request.method !== 'PUT') return application.request(request)
    const [path = '', query = ''] = request.path.split('?')
    if (new URLSearchParams(query).get('op_type') === 'create') {
      const there = await application.request({ ...request, method: 'GET', path, body: undefined, headers: [] })
      if (there.status === 200) return EXISTS
    }
    return application.request({ ...request, path })
  },
})

test.each([
  ['at one member', ['c']],
  ['at two members, each in another way', ['b', 'c']],
  ['at all members, each in another way', ['a', 'b', 'c']],
])('what was made by a create that says so, and changed past Cheops %s, is put right', async (_where, sites) => {
  const members = ['a', 'b', 'c']
  const lab = await Lab.of(members, { glue: () => GLUE, application: createsOnly })
  for (const { application } of lab.world.sites) application.putCreates = true
  await lab.ask('a', 'PUT /items/k?op_type=create', { id: 'k', value: 'one' }, { members })
  await lab.pass(5_000)
  const one = { id: 'k', value: 'one' }
  expect(lab.all('k')).toEqual({ a: one, b: one, c: one })
  for (const site of sites)
    lab.world.site(site).application.write('warehouse', '/items/k', { id: 'k', value: `past ${site}` })
  await lab.pass(40 * 60_000)
  for (const site of members) expect(lab.read(site, 'k')).toEqual(lab.read('a', 'k'))
  for (const site of members) expect(await lab.status(site, 'k'), site).toMatchObject({ state: 'agrees' })
})
