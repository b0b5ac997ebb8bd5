/**
 * An application that takes forms and shows JSON (the keys of etcd): what it shows is nothing that it takes, and put there it would leave an empty value.
 * What was written is sent again as it was. Real replicators in the simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import { simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { headerValue } from '../../../../../src/core/resource/http-head.ts'
import type { Application } from '../../../../../src/ports/application.ts'
import { Lab } from '../lab.ts'

const GLUE = simGlue(`
glue: 1
application: keys
kinds:
  item: {collection: /items, resource: "/items/{id}", create: {method: PUT}}
`)
const FORM = 'application/x-www-form-urlencoded'

/** Of a body that is no form it makes an empty value. */
const takesForms = (application: Application): Application => ({
  request: request => {
    if (request.method === 'PATCH') {
      const body = new TextEncoder().encode('{"more":1}')
      return application.request({ ...request, body })
    }
    if (request.method !== 'PUT') return application.request(request)
    const text = request.body instanceof Uint8Array ? new TextDecoder().decode(request.body) : ''
    const isForm = headerValue(request.headers, 'content-type') === FORM
    // The lab sends a text in quotes.
    const value = isForm ? (new URLSearchParams(String(JSON.parse(text))).get('value') ?? '') : ''
    return application.request({ ...request, body: new TextEncoder().encode(JSON.stringify({ value })) })
  },
})

let lab: Lab
afterEach(() => lab.assertSound())

async function started(members: readonly string[]): Promise<void> {
  lab = await Lab.of(members, { glue: () => GLUE, application: takesForms })
  for (const { application } of lab.world.sites) application.putCreates = true
  await lab.ask('a', 'PUT /items/k', 'value=one', { members, type: FORM })
  await lab.pass(5_000)
  await lab.ask('b', 'PUT /items/k', 'value=two', { type: FORM })
  await lab.pass(5_000)
  expect(Object.values(lab.all('k')).map(shown => shown?.['value'])).toEqual(members.map(() => 'two'))
}

test('what one member shows past Cheops is written there again as it was written', async () => {
  await started(['a', 'b', 'c'])
  lab.world.site('c').application.write('warehouse', '/items/k', { id: 'k', value: 'past' })
  await lab.pass(20 * 60_000)
  const two = { id: 'k', value: 'two' }
  expect(lab.all('k')).toEqual({ a: two, b: two, c: two })
})

test('of two that differ nobody is made empty: both are what was written last', async () => {
  await started(['a', 'b'])
  lab.world.site('b').application.write('warehouse', '/items/k', { id: 'k', value: 'past' })
  await lab.pass(20 * 60_000)
  const two = { id: 'k', value: 'two' }
  expect(lab.all('k')).toEqual({ a: two, b: two })
  for (const site of ['a', 'b']) expect((await lab.status(site, 'k'))?.state, site).toBe('agrees')
  await lab.ask('a', 'PUT /items/k', 'value=three', { type: FORM })
  await lab.pass(20_000)
  expect(Object.values(lab.all('k')).map(shown => shown?.['value'])).toEqual(['three', 'three'])
})

test('nor where it was changed since, of which only the application knows what it does', async () => {
  await started(['a', 'b'])
  await lab.ask('a', 'PATCH /items/k', 'more=1', { type: FORM })
  await lab.pass(5_000)
  for (const site of ['a', 'b'])
    lab.world.site(site).application.write('warehouse', '/items/k', { id: 'k', value: `past ${site}` })
  await lab.pass(20 * 60_000)
  expect(lab.all('k')).toEqual({ a: { id: 'k', value: 'past a' }, b: { id: 'k', value: 'past b' } })
})

test.each([
  ['more', { id: 'k', value: 'two', more: 1 }],
  ['something else', { id: 'k', value: 'past' }],
])('where one shows %s and the other has lost it, that one has what was written last again', async (_, past) => {
  for (const [changed, lost] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    await started(['a', 'b'])
    lab.world.site(changed).application.write('warehouse', '/items/k', past)
    lab.world.site(lost).application.write('warehouse', '/items/k', undefined)
    await lab.pass(60 * 60_000)
    expect(lab.read(lost, 'k')).toEqual({ id: 'k', value: 'two' })
    // What nobody can say anew is shown to differ, if it does.
    const states = await Promise.all(['a', 'b'].map(async site => (await lab.status(site, 'k'))?.state))
    expect(states).toContain('diverged')
    lab.assertSound()
  }
})

test('what nobody can say how to make is missing, and that is shown', async () => {
  const glue = simGlue(`
glue: 1
application: keys
kinds:
  item: {collection: /items, resource: "/items/{id}", id: {at: /id, from: client}}
`)
  const members = ['a', 'b']
  lab = await Lab.of(members, { glue: () => glue, application: takesForms })
  await lab.ask('a', 'POST /items', { id: 'k', value: 'one' }, { members })
  await lab.pass(5_000)
  await lab.ask('b', 'PUT /items/k', 'value=two', { type: FORM })
  await lab.pass(5_000)
  // A PUT makes nothing here, and a POST takes no form.
  lab.world.site('b').application.write('warehouse', '/items/k', undefined)
  await lab.pass(20 * 60_000)
  expect(await lab.status('b', 'k')).toMatchObject({
    state: 'diverged',
    reason: expect.stringMatching(/nobody can say how it was written by now: write the resource with PUT$/) as string,
  })
  expect(lab.events('b').filter(kind => kind === 'agrees')).toEqual([])
})
