/**
 * What of a request says what is to be done travels to the other members: its query and body, whatever its method; not its credentials. What can be
 * told from others only by the query is no resource that can be replicated. How: two agents with real stores and streams, applications of the
 * test's making.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'
import { SmallApplication, type Answer, type Thing, type Told } from './small-application.ts'

const SITES = ['site1', 'site2']
const SCOPE = { 'Cheops-Scope': SITES.join(' & ') }
let mesh: Mesh
let applications: readonly SmallApplication[] = []

afterEach(async () => {
  await mesh[Symbol.asyncDispose]()
  for (const application of applications) await application[Symbol.asyncDispose]()
})

async function start(
  own: (told: Told, things: Map<string, Thing>) => Answer | undefined,
  glue = 'rest',
): Promise<void> {
  applications = await Promise.all(SITES.map(() => SmallApplication.start(own)))
  const services = (site: number): string[] => [
    `{name: small, endpoint: "${applications[site]?.url}", glue: ${JSON.stringify(glue)}, expose: {sites: ["*"], methods: ["*"], paths: ["/**"]}}`,
  ]
  mesh = await Mesh.start(SITES, { site1: { services: services(0) }, site2: { services: services(1) } })
}

async function ask(site: string, method: string, path: string, body?: Thing, headers: Record<string, string> = {}) {
  const answer = await fetch(`${mesh.ingress(site)}/small${path}`, {
    method,
    headers: { ...WAIT, ...(body && { 'Content-Type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  })
  const { status, headers: told } = answer
  return { status, sites: told.get('Cheops-Sites'), warning: told.get('Warning'), text: await answer.text() }
}

const EVERYWHERE = expect.stringMatching(/site1;s=applied.*site2;s=applied/) as string
const changes = () => applications.map(application => application.changes)

test('the query of a create and a PUT, query and body of a DELETE, without API keys', async () => {
  await start(({ method, query, body }) => {
    if (method !== 'DELETE') return undefined
    return query.get('force') === 'true' && body?.['confirm'] === true ? undefined : { status: 400, body: {} }
  })
  const made = await ask('site1', 'POST', '/things?mode=x', { id: 'd', n: 0 }, SCOPE)
  expect(made).toMatchObject({ status: 201, sites: EVERYWHERE })
  const put = await ask('site2', 'PUT', '/things/d?mode=y&api_key=SECRET', { id: 'd', n: 1 })
  expect(put).toMatchObject({ status: 200, sites: EVERYWHERE })
  const gone = await ask('site2', 'DELETE', '/things/d?force=true', { confirm: true })
  expect(gone).toMatchObject({ status: 200, sites: EVERYWHERE })
  expect(changes()).toEqual([
    [
      'POST /things?mode=x {"id":"d","n":0}',
      'PUT /things/d?mode=y {"id":"d","n":1}',
      'DELETE /things/d?force=true {"confirm":true}',
    ],
    [
      'POST /things?mode=x {"id":"d","n":0}',
      'PUT /things/d?mode=y&api_key=SECRET {"id":"d","n":1}',
      'DELETE /things/d?force=true {"confirm":true}',
    ],
  ])
})

test.each([
  ['is refused before it is sent', 400, 'Nothing was sent', []],
  ['is found out by its site alone', 404, 'at this site alone', ['POST /things?tenant=t1 {"id":"x"}']],
])('what only its query tells from others: the create %s', async (_, status, said, sent) => {
  await start(({ method, query, name }, things) => {
    if (!query.has('tenant')) return { status, body: {} }
    return method === 'GET' && name !== undefined && !things.has(name) ? { status: 404, body: {} } : undefined
  })
  const made = await ask('site1', 'POST', '/things?tenant=t1', { id: 'x' }, SCOPE)
  expect([made.status, made.text]).toEqual([422, expect.stringContaining('ERR_REPLICANT_UNREADABLE')])
  expect(made.text).toContain(said)
  expect(changes()).toEqual([sent, []])
})

test('a query is left out of what is refused only as far as it names a version', async () => {
  await start(({ method, query }, things) => {
    if (method !== 'DELETE') return undefined
    if (query.get('children') === 'keep' && query.get('rev') !== '2') return undefined
    return query.has('rev') && things.size > 0 && query.get('rev') === '1' ? undefined : { status: 409, body: {} }
  })
  await ask('site1', 'POST', '/things', { id: 'v' }, SCOPE)
  await ask('site1', 'DELETE', '/things/v?children=keep&rev=1')
  expect(changes().map(each => each.slice(1))).toEqual([
    ['DELETE /things/v?children=keep&rev=1'],
    ['DELETE /things/v?children=keep&rev=1'],
  ])
})

test('what was deleted is created again at once, under the same scope', async () => {
  await start(() => undefined)
  for (let times = 0; times < 5; times++) {
    const made = await ask('site1', 'POST', '/things', { id: 'again', times }, SCOPE)
    expect(made).toMatchObject({ status: 201, sites: EVERYWHERE })
    const gone = await ask('site1', 'DELETE', '/things/again', undefined, { Prefer: 'return=minimal' })
    expect(gone.status).toBe(200)
  }
})

test('a POST that makes something else than what has the name it says is for this site alone, and takes nothing away', async () => {
  let next = 1
  await start(({ method, name, body }, things) => {
    if (method !== 'POST' || name !== undefined) return undefined
    const id = String(next++)
    things.set(id, { ...body, id })
    return { status: 201, body: { ...body, id } }
  })
  const mug = { name: 'mug', color: 'red' }
  expect(await ask('site1', 'PUT', '/things/mug', mug, SCOPE)).toMatchObject({ status: 201, sites: EVERYWHERE })
  const other = await ask('site1', 'POST', '/things', { name: 'mug', note: 'another one' })
  expect(other).toMatchObject({ status: 201, sites: null })
  expect(applications.map(({ things }) => things.get('mug'))).toEqual([
    { id: 'mug', ...mug },
    { id: 'mug', ...mug },
  ])
})

test('a POST without a scope that writes what is replicated here is for all members; one of anything else stays here', async () => {
  // As some have it: a POST of what is there replaces it.
  await start(({ method, name, body }, things) => {
    if (method !== 'POST' || name !== undefined) return undefined
    const id = String(body?.['id'])
    const isNew = !things.has(id)
    things.set(id, body ?? {})
    return { status: isNew ? 201 : 200, body }
  })
  expect(await ask('site1', 'POST', '/things', { id: 'solo', n: 1 }, SCOPE)).toMatchObject({ sites: EVERYWHERE })
  const again = await ask('site2', 'POST', '/things', { id: 'solo', n: 9 })
  expect(again).toMatchObject({ status: 200, sites: EVERYWHERE })
  const own = await ask('site2', 'POST', '/things', { id: 'own', n: 1 })
  expect(own).toMatchObject({ status: 201, sites: null })
  await vi.waitFor(() =>
    expect(applications.map(({ things }) => [...things.values()])).toEqual([
      [{ id: 'solo', n: 9 }],
      [
        { id: 'solo', n: 9 },
        { id: 'own', n: 1 },
      ],
    ]),
  )
})

describe('parts of a resource', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'cheops-parts-'))
    const glue = path.join(folder, 'parts.glue.yaml')
    const kind = '{collection: /things, resource: "/things/{id}", parts: [{query: uploadId}, {body: /chunk}]}'
    await writeFile(glue, `glue: 1\napplication: parts\nkinds:\n  thing: ${kind}\n`)
    await start(() => undefined, glue)
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  test('are refused where it is replicated, and nothing is done', async () => {
    expect(await ask('site1', 'POST', '/things', { id: 'r', n: 0 }, SCOPE)).toMatchObject({ status: 201 })
    const before = changes()
    for (const headers of [{}, SCOPE])
      for (const [target, body] of [
        ['/things/r?uploadId=7', { n: 1 }],
        ['/things/r', { n: 1, chunk: 1 }],
      ] as const) {
        const { status, text } = await ask('site1', 'PUT', target, body, headers)
        expect({ status, text }).toMatchObject({ status: 400, text: expect.stringContaining('ERR_REQUEST_PARTIAL') })
      }
    expect(changes()).toEqual(before)
  })

  test('run at one site where it is not, and a client who names several is told so', async () => {
    const alone = await ask('site1', 'PUT', '/things/new', { id: 'new', n: 1, chunk: 1 })
    expect(alone).toMatchObject({ status: 201, warning: null })
    const both = await ask('site1', 'PUT', '/things/new?uploadId=7', { id: 'new', n: 2 }, SCOPE)
    expect(both).toMatchObject({ status: 200, warning: expect.stringContaining('a part of a resource') })
    expect(changes().map(each => each.length)).toEqual([2, 0])
  })
})
