/**
 * Replication through real agents: three of them in this process, with real streams and stores, and an instance of the sample
 * application `inventory` behind each. What is expected is read from the applications themselves, past Cheops; `Prefer: wait`
 * tells when there is something to read.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import { startAgent } from '../../../src/node.ts'
import type { RunningAgent } from '../../../src/ports/running-agent.ts'
import { startInventory } from '../../../sims/apps/inventory.ts'

type Name = 'site1' | 'site2' | 'site3'
const NAMES: readonly Name[] = ['site1', 'site2', 'site3']

const applications = new Map<Name, Awaited<ReturnType<typeof startInventory>>>()
const agents = new Map<Name, RunningAgent>()
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-replication-'))
  for (const name of NAMES) applications.set(name, await startInventory({ name }))
  for (const name of NAMES) await up(name)
  await vi.waitUntil(async () => {
    const pairs = NAMES.flatMap(from => NAMES.map(to => ask(from, 'GET', '/items', { scope: to })))
    return (await Promise.all(pairs)).every(({ status }) => status === 200)
  }, 10_000)
})

afterAll(async () => {
  for (const agent of agents.values()) await agent.stop()
  for (const application of applications.values()) await application.stop()
  await rm(folder, { recursive: true, force: true })
})

async function up(name: Name): Promise<void> {
  const any = '127.0.0.1:0'
  const bootstrap = [...agents.values()].flatMap(({ ready }) => ready.addresses)
  const flags = {
    mesh: 'replication',
    site: name,
    data: path.join(folder, name),
    listen: [any],
    bootstrap,
    'ingress.listen': any,
    'admin.listen': any,
    'log.level': 'silent',
    'heartbeat.intervalMs': '200',
    services: [
      `{name: inventory, endpoint: "${applications.get(name)?.url}", expose: {sites: ["*"], methods: ["*"], paths: ["/**"]}}`,
    ],
  }
  agents.set(name, await startAgent(loadConfig({ env: {}, flags })))
}

async function down(name: Name): Promise<void> {
  await agents.get(name)?.stop()
  agents.delete(name)
}

interface Asked {
  readonly scope?: string
  readonly body?: object
  readonly headers?: Record<string, string>
}

async function ask(site: Name, method: string, resource: string, { scope, body, headers }: Asked = {}) {
  const answer = await fetch(`${agents.get(site)?.ready.ingress}/inventory${resource}`, {
    method,
    headers: {
      ...(scope !== undefined && { 'Cheops-Scope': scope }),
      ...(body !== undefined && {
        'Content-Type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

const WAIT = { Prefer: 'wait=20' }

/** What each application has by this name; undefined where it has nothing. */
async function everywhere(id: string): Promise<(Record<string, unknown> | undefined)[]> {
  return Promise.all(
    NAMES.map(async name => {
      const answer = await fetch(`${applications.get(name)?.url}/items/${id}`)
      if (answer.status === 404) return undefined
      const { warehouse: _, ...item } = (await answer.json()) as Record<string, unknown>
      return item
    }),
  )
}

test('a resource created on two sites is on both, and on no other; each site says what it came to', async () => {
  const scope = 'site1 & site2'
  const answer = await ask('site1', 'POST', '/items', { scope, body: { id: 'purple', n: 1 }, headers: WAIT })
  expect(answer.status, answer.text).toBe(201)
  expect(JSON.parse(answer.text)).toEqual({ id: 'purple', n: 1, warehouse: 'site1' })
  expect(answer.headers.get('Cheops-Sites')).toMatch(/^site1;s=applied(;c=\d+)?, site2;s=applied(;c=\d+)?$/)
  expect(answer.headers.get('Cheops-Operation')).toMatch(/^site1\/\d+-[0-9a-f]{16}\/\d+$/)
  expect(answer.headers.get('Cheops-Level')).toBe('eventual')
  expect(await everywhere('purple')).toEqual([{ id: 'purple', n: 1 }, { id: 'purple', n: 1 }, undefined])
})

test('what is changed and deleted at one member without a scope is so at the other', async () => {
  await ask('site2', 'POST', '/items', { scope: 'site1 & site2', body: { id: 'violet', n: 1 }, headers: WAIT })
  const replaced = await ask('site1', 'PUT', '/items/violet', { body: { n: 2 }, headers: WAIT })
  expect(replaced.status, replaced.text).toBe(200)
  expect(await everywhere('violet')).toEqual([{ id: 'violet', n: 2 }, { id: 'violet', n: 2 }, undefined])

  const merged = await ask('site2', 'PATCH', '/items/violet', { body: { colour: 'blue' }, headers: WAIT })
  expect(merged.status, merged.text).toBe(200)
  expect((await everywhere('violet')).slice(0, 2)).toEqual(Array(2).fill({ id: 'violet', n: 2, colour: 'blue' }))

  const deleted = await ask('site1', 'DELETE', '/items/violet', { headers: WAIT })
  expect(deleted.status, deleted.text).toBe(204)
  expect(await everywhere('violet')).toEqual([undefined, undefined, undefined])
})

test('a site that is no member has the request carried out by one that is', async () => {
  const scope = '{inventory: site1 & site2}'
  const answer = await ask('site3', 'POST', '/items', { scope, body: { id: 'green' }, headers: WAIT })
  expect(answer.status, answer.text).toBe(201)
  expect(['site1', 'site2']).toContain(answer.headers.get('Cheops-Site'))
  expect(await everywhere('green')).toEqual([{ id: 'green' }, { id: 'green' }, undefined])
  expect((await ask('site3', 'GET', '/items/green', { scope })).status).toBe(200)
})

test('what was changed while a member was away is there when it comes back', async () => {
  await ask('site1', 'POST', '/items', { scope: 'site1 & site3', body: { id: 'away', n: 0 }, headers: WAIT })
  await down('site3')
  for (let n = 1; n <= 5; n++) expect((await ask('site1', 'PUT', '/items/away', { body: { n } })).status).toBe(200)
  await ask('site1', 'POST', '/items', { scope: 'site1 & site3', body: { id: 'born-away' } })
  await up('site3')
  await vi.waitFor(async () => {
    expect((await everywhere('away'))[2]).toEqual({ id: 'away', n: 5 })
    expect((await everywhere('born-away'))[2]).toEqual({ id: 'born-away' })
  }, 20_000)
  // And it writes on, in its new incarnation.
  const answer = await ask('site3', 'PUT', '/items/away', { body: { n: 6 }, headers: WAIT })
  expect(answer.status, answer.text).toBe(200)
  expect((await everywhere('away'))[0]).toEqual({ id: 'away', n: 6 })
})

test('a request that the application refuses is refused to the client, and nobody else sees it', async () => {
  const scope = 'site1 & site2'
  const refused = await ask('site1', 'POST', '/items', { scope, body: { id: 'a/b' }, headers: WAIT })
  expect(refused.status).toBeGreaterThanOrEqual(400)
  expect(refused.status).toBeLessThan(500)
  await ask('site1', 'POST', '/items', { scope, body: { id: 'stable', n: 1 }, headers: WAIT })
  const bad = await ask('site2', 'PUT', '/items/stable', { body: { id: 'other' } })
  expect([bad.status, bad.headers.get('Cheops-Outcome')]).toEqual([400, 'void'])
  expect((await everywhere('stable')).slice(0, 2)).toEqual(Array(2).fill({ id: 'stable', n: 1 }))
})

test.each([
  { what: 'a create without a name', body: { n: 1 }, scope: 'site1 & site2', code: 'ERR_REPLICANT_UNNAMED' },
  {
    what: 'other members than it has',
    id: 'purple',
    body: { n: 9 },
    scope: 'site1 & site3',
    code: 'ERR_REPLICANT_MEMBERS',
  },
])('$what: $code, and nothing is done', async ({ id, body, scope, code }) => {
  const answer = await ask('site1', id === undefined ? 'POST' : 'PUT', id === undefined ? '/items' : `/items/${id}`, {
    scope,
    body,
  })
  expect([answer.status, answer.headers.get('Cheops-Error')], answer.text).toEqual([422, code])
  expect((await everywhere('purple'))[0]).toEqual({ id: 'purple', n: 1 })
})

test('what is not replicated stays where it was asked for', async () => {
  expect((await ask('site1', 'POST', '/items', { body: { id: 'own', n: 1 } })).status).toBe(201)
  const answer = await ask('site1', 'PUT', '/items/own', { body: { n: 2 } })
  expect([answer.status, answer.headers.get('Cheops-Operation')]).toEqual([200, null])
  expect(await everywhere('own')).toEqual([{ id: 'own', n: 2 }, undefined, undefined])
})
