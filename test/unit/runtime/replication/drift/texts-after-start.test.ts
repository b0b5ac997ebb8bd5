/**
 * Texts, which no member can look into, after a start at which nothing is known of what applications showed before: these had not let the agents read. Real
 * replicators in the simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import { simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'
import type { Application } from '../../../../../src/ports/application.ts'

const SITES = ['a', 'b', 'c']
const GLUE = simGlue(`
glue: 1
application: texts
kinds:
  item: {collection: /items, resource: "/items/{id}", create: {method: PUT}}
`)
const TEXT = { type: 'text/plain' }

let lab: Lab
/** What each application has by the name. */
let texts: Map<string, string>
let isReadable: boolean
afterEach(() => lab.assertSound())

const keepsTexts = (application: Application, site: string): Application => ({
  request: async request => {
    if (request.path !== '/items/t') return application.request(request)
    // Some answer of the application; what it says is put in its place.
    const answer = await application.request({ ...request, method: 'GET', path: '/items/nothing', body: undefined })
    const text = (status: number, body = '') => ({
      ...answer,
      status,
      rawHeaders: ['Content-Type', TEXT.type],
      body: new TextEncoder().encode(body),
    })
    if (request.method === 'PUT') {
      texts.set(site, new TextDecoder().decode(request.body as Uint8Array))
      return text(200)
    }
    const has = texts.get(site)
    return has === undefined ? text(404) : isReadable ? text(200, has) : text(403)
  },
})

async function writtenUnread(): Promise<void> {
  texts = new Map()
  isReadable = false
  lab = await Lab.of(SITES, { glue: () => GLUE, application: keepsTexts })
  expect((await lab.ask('a', 'PUT /items/t', 'hello', { ...TEXT, members: SITES })).status).toBe(200)
  await lab.pass(60_000)
  isReadable = true
}

const agree = async (text: string): Promise<void> => {
  for (const site of SITES) {
    expect(JSON.parse(texts.get(site) ?? 'null'), site).toBe(text)
    expect(await lab.status(site, 't'), site).toMatchObject({ state: 'agrees', conflicts: [] })
  }
}

test('where each shows what was written all agree, and take writes', async () => {
  await writtenUnread()
  await Promise.all(SITES.map(site => lab.restart(site)))
  await lab.pass(5 * 60_000)
  await agree('hello')
  expect((await lab.ask('b', 'PUT /items/t', 'again', TEXT)).status).toBe(200)
  await lab.pass(60_000)
  await agree('again')
})

test('one that shows something else gets what the others have', async () => {
  await writtenUnread()
  texts.set('b', '"other"')
  await Promise.all(SITES.map(site => lab.restart(site)))
  await lab.pass(5 * 60_000)
  expect(texts.get('b')).toBe('"hello"')
  await agree('hello')
})
