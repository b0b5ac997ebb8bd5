/**
 * An application that is told by the query what its body does not say (the flags of keys in Consul): what was lost is made again as it was asked for. Real
 * replicators in the simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import { simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import type { Application, ApplicationAnswer } from '../../../../../src/ports/application.ts'
import { Lab } from '../lab.ts'

const GLUE = simGlue(`
glue: 1
application: keys
kinds:
  item: {collection: /items, resource: "/items/{id}", create: {method: PUT}}
`)

const REFUSED: ApplicationAnswer = {
  status: 412,
  reason: 'Precondition Failed',
  rawHeaders: [],
  body: new TextEncoder().encode('false'),
  isComplete: true,
}

/** Keeps what `flags` says in the query of a PUT; `cas` names a version, of which none is ever the present one but where a test says so. */
const takesQueries =
  (isPresent: () => boolean) =>
  (application: Application): Application => ({
    request: request => {
      if (request.method !== 'PUT') return application.request(request)
      const [path = '', query = ''] = request.path.split('?')
      const said = new URLSearchParams(query)
      if (said.has('cas') && !isPresent()) return Promise.resolve(REFUSED)
      const text = request.body instanceof Uint8Array ? new TextDecoder().decode(request.body) : '{}'
      const body = JSON.stringify({ ...(JSON.parse(text) as object), flags: Number(said.get('flags') ?? 0) })
      return application.request({ ...request, path, body: new TextEncoder().encode(body) })
    },
  })

let lab: Lab
afterEach(() => lab.assertSound())

test.each(['lost', 'changed'])('what was %s past Cheops is put back with the query of what was written', async what => {
  lab = await Lab.of(['a', 'b', 'c'], { glue: () => GLUE, application: takesQueries(() => true) })
  for (const { application } of lab.world.sites) application.putCreates = true
  await lab.ask('a', 'PUT /items/k?flags=1', { id: 'k', value: 'one' }, { members: ['a', 'b', 'c'] })
  await lab.pass(5_000)
  await lab.ask('b', 'PUT /items/k?flags=7', { id: 'k', value: 'two' })
  await lab.pass(5_000)
  const two = { id: 'k', value: 'two', flags: 7 }
  expect(lab.all('k')).toEqual({ a: two, b: two, c: two })
  const past = what === 'lost' ? undefined : { id: 'k', value: 'past', flags: 3 }
  lab.world.site('c').application.write('warehouse', '/items/k', past)
  await lab.pass(20 * 60_000)
  expect(lab.all('k')).toEqual({ a: two, b: two, c: two })
})

test('what is made where it was lost does not name a version that only another site has had', async () => {
  let isPresent = true
  lab = await Lab.of(['a', 'b'], { glue: () => GLUE, application: takesQueries(() => isPresent) })
  for (const { application } of lab.world.sites) application.putCreates = true
  await lab.ask('a', 'PUT /items/k', { id: 'k', value: 'one' }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  await lab.ask('a', 'PUT /items/k?cas=4&flags=7', { id: 'k', value: 'two' })
  await lab.pass(5_000)
  isPresent = false
  lab.world.site('b').application.write('warehouse', '/items/k', undefined)
  await lab.pass(20 * 60_000)
  const two = { id: 'k', value: 'two', flags: 7 }
  expect(lab.all('k')).toEqual({ a: two, b: two })
})

test('what is said anew of members that were all changed past Cheops is said with that query', async () => {
  lab = await Lab.of(['a', 'b'], { glue: () => GLUE, application: takesQueries(() => true) })
  for (const { application } of lab.world.sites) application.putCreates = true
  await lab.ask('a', 'PUT /items/k?flags=7&cas=0', { id: 'k', value: 'one' }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  for (const site of ['a', 'b'])
    lab.world.site(site).application.write('warehouse', '/items/k', { id: 'k', value: `past ${site}`, flags: 7 })
  await lab.pass(20 * 60_000)
  const { a, b } = lab.all('k')
  expect([a?.['flags'], b]).toEqual([7, a])
  expect((await lab.status('a', 'k'))?.state).toBe('agrees')
})
