/**
 * What becomes of a replica that was changed past Cheops while its agent was down: two real agents with real streams and stores, and
 * an instance of the sample application behind each, behind a proxy that counts reads. What is expected is read from the applications
 * themselves.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import { startAgent } from '../../../src/node.ts'
import { startInventory } from '../../../sims/apps/inventory.ts'
import type { AddressInfo } from 'node:net'
import type { RunningAgent } from '../../../src/ports/running-agent.ts'

type Name = 'site1' | 'site2'
const NAMES: readonly Name[] = ['site1', 'site2']
const SCOPE = 'site1 & site2'
/** Within which a replica is equal to the others again once they can be reached. */
const REPAIRED_WITHIN_MS = 20_000

const applications = new Map<Name, Awaited<ReturnType<typeof watched>>>()
const agents = new Map<Name, RunningAgent>()
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-repair-'))
  for (const name of NAMES) applications.set(name, await watched(name))
})

beforeEach(async () => {
  for (const name of NAMES) if (!agents.has(name)) await up(name)
  await met()
}, 30_000)

afterAll(async () => {
  for (const agent of agents.values()) await agent.stop()
  for (const application of applications.values()) await application.stop()
  await rm(folder, { recursive: true, force: true })
})

/** An instance of the application; `url` passes Cheops by, the agent is given `watchedUrl`. */
async function watched(name: Name) {
  const { url, stop } = await startInventory({ name })
  const reads = new Map<string, number>()
  const proxy = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = 'GET', url: target = '/', headers } = request
      const type = headers['content-type']
      fetch(`${url}${target}`, {
        method,
        ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
        ...(type !== undefined && { headers: { 'content-type': type } }),
      })
        .then(async answer => {
          const body = Buffer.from(await answer.arrayBuffer())
          if (method === 'GET') reads.set(target, (reads.get(target) ?? 0) + 1)
          response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' })
          response.end(body)
        })
        .catch(() => response.destroy())
    })
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  return {
    url,
    watchedUrl: `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`,
    readsOf: (id: string) => reads.get(`/items/${id}`) ?? 0,
    stop: async () => {
      proxy.closeAllConnections()
      await new Promise(resolve => proxy.close(resolve))
      await stop()
    },
  }
}

async function up(name: Name): Promise<void> {
  const any = '127.0.0.1:0'
  const flags = {
    mesh: 'repair',
    site: name,
    data: path.join(folder, name),
    listen: [any],
    bootstrap: [...agents.values()].flatMap(({ ready }) => ready.addresses),
    'ingress.listen': any,
    'admin.listen': any,
    'log.level': 'silent',
    'heartbeat.intervalMs': '200',
    services: [
      `{name: inventory, endpoint: "${applications.get(name)?.watchedUrl}", expose: {sites: ["*"], methods: ["*"], paths: ["/**"]}}`,
    ],
  }
  agents.set(name, await startAgent(loadConfig({ env: {}, flags })))
}

async function down(name: Name): Promise<void> {
  await agents.get(name)?.stop()
  agents.delete(name)
}

/** Both see each other. */
function met(): Promise<unknown> {
  return vi.waitUntil(
    () =>
      agents.get('site1')?.control.membership.site('site2')?.liveness === 'alive' &&
      agents.get('site2')?.control.membership.site('site1')?.liveness === 'alive',
    40_000,
  )
}

async function ask(site: Name, method: string, resource: string, body?: object, headers: Record<string, string> = {}) {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  const answer = await fetch(`${agents.get(site)?.ready.ingress}/inventory/items${resource}`, {
    method,
    headers: { ...(body !== undefined && { 'Content-Type': type }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const { status, headers: answered } = answer
  const [error, warning] = [answered.get('Cheops-Error'), answered.get('Warning')]
  return { status, error, warning, text: await answer.text() }
}

/** Past Cheops. */
async function atApplication(name: Name, method: string, id: string, body?: object): Promise<number> {
  const collection = `${applications.get(name)?.url}/items`
  const { status } = await fetch(method === 'POST' ? collection : `${collection}/${id}`, {
    method,
    ...(body !== undefined && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return status
}

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

async function stateAt(site: Name, name: string): Promise<string | undefined> {
  const detail = await agents.get(site)?.control.replicant({ service: 'inventory', kind: 'items', name })
  return detail?.state
}

/** On both, and read back at both afterwards: from then on an agent can tell whether it is still the same. */
async function replicated(id: string): Promise<void> {
  const answer = await ask('site1', 'POST', '', { id, n: 1 }, { 'Cheops-Scope': SCOPE, Prefer: 'wait=20' })
  expect(answer.status, answer.text).toBe(201)
  expect(await everywhere(id)).toEqual(Array(2).fill({ id, n: 1 }))
  const before = NAMES.map(name => applications.get(name)?.readsOf(id) ?? 0)
  await vi.waitUntil(
    () => NAMES.every((name, place) => (applications.get(name)?.readsOf(id) ?? 0) > (before[place] ?? 0)),
    40_000,
  )
}

/** The site's agent takes the write in the end, and meanwhile says that it cannot. */
async function takesInTheEnd(site: Name, method: string, id: string, body: object): Promise<void> {
  await vi.waitFor(
    async () => {
      const answer = await ask(site, method, `/${id}`, body, { Prefer: 'wait=20' })
      if (answer.status !== 200)
        expect([answer.status, answer.error], answer.text).toEqual([423, 'ERR_REPLICANT_LOCKED'])
      expect(answer.status, answer.text).toBe(200)
    },
    { timeout: REPAIRED_WITHIN_MS, interval: 200 },
  )
}

const CHANGES: readonly (readonly [string, (id: string) => Promise<number>])[] = [
  ['another body', id => atApplication('site2', 'PUT', id, { n: 666 })],
  ['one field more', id => atApplication('site2', 'PUT', id, { n: 1, planted: true })],
  ['no resource any more', id => atApplication('site2', 'DELETE', id)],
]

test.each(CHANGES)(
  '%s: a write at the site itself is made on what the other member has',
  async (what, change) => {
    const id = `own-${what.replaceAll(' ', '-')}`
    await replicated(id)
    await down('site2')
    expect(await change(id)).toBeLessThan(300)
    await up('site2')
    await takesInTheEnd('site2', 'PATCH', id, { colour: 'blue' })
    expect(await everywhere(id)).toEqual(Array(2).fill({ id, n: 1, colour: 'blue' }))
    expect(await Promise.all(NAMES.map(name => stateAt(name, id)))).toEqual(['agrees', 'agrees'])
  },
  60_000,
)

test.each(CHANGES)(
  '%s: a write of the other member arrives on what that one had',
  async (what, change) => {
    const id = `other-${what.replaceAll(' ', '-')}`
    await replicated(id)
    await down('site2')
    expect(await change(id)).toBeLessThan(300)
    expect((await ask('site1', 'PATCH', `/${id}`, { colour: 'red' })).status).toBe(200)
    await up('site2')
    await vi.waitFor(
      async () => {
        expect(await everywhere(id)).toEqual(Array(2).fill({ id, n: 1, colour: 'red' }))
        expect(await stateAt('site2', id)).toBe('agrees')
      },
      { timeout: REPAIRED_WITHIN_MS, interval: 100 },
    )
    await takesInTheEnd('site2', 'PUT', id, { n: 2 })
    expect(await everywhere(id)).toEqual(Array(2).fill({ id, n: 2 }))
  },
  60_000,
)

test('while no other member can be reached it takes no write and says so; when one can, it is equal again', async () => {
  const id = 'alone'
  await replicated(id)
  await down('site2')
  await down('site1')
  expect(await atApplication('site2', 'PUT', id, { n: 666 })).toBe(200)
  await up('site2')
  for (let attempt = 0; attempt < 3; attempt++) {
    const answer = await ask('site2', 'PATCH', `/${id}`, { colour: 'blue' })
    expect([answer.status, answer.error], answer.text).toEqual([423, 'ERR_REPLICANT_LOCKED'])
    expect(await stateAt('site2', id)).toBe('diverged')
  }
  // Nothing is done to what is there by anybody but who put it there.
  expect((await everywhere(id))[1]).toEqual({ id, n: 666 })
  await up('site1')
  await vi.waitFor(
    async () => {
      expect(await everywhere(id)).toEqual(Array(2).fill({ id, n: 1 }))
      expect(await stateAt('site2', id)).toBe('agrees')
    },
    { timeout: 40_000, interval: 100 },
  )
  await takesInTheEnd('site2', 'PATCH', id, { colour: 'blue' })
  expect(await everywhere(id)).toEqual(Array(2).fill({ id, n: 1, colour: 'blue' }))
}, 90_000)

test('where both were changed, who wrote last says what it is, and both take writes again', async () => {
  const id = 'both'
  await replicated(id)
  await down('site1')
  await down('site2')
  expect(await atApplication('site1', 'PUT', id, { n: 111 })).toBe(200)
  expect(await atApplication('site2', 'PUT', id, { n: 222 })).toBe(200)
  await up('site1')
  await up('site2')
  await met()
  await takesInTheEnd('site2', 'PATCH', id, { colour: 'blue' })
  await vi.waitFor(
    async () => {
      expect(await everywhere(id)).toEqual(Array(2).fill({ id, n: 111, colour: 'blue' }))
      expect(await Promise.all(NAMES.map(name => stateAt(name, id)))).toEqual(['agrees', 'agrees'])
    },
    { timeout: REPAIRED_WITHIN_MS, interval: 100 },
  )
}, 60_000)

test('what was never ours under the name stays its own clients’, before and after a start', async () => {
  const id = 'foreign'
  await down('site2')
  expect(await atApplication('site2', 'POST', id, { id, theirs: true })).toBe(201)
  const answer = await ask('site1', 'POST', '', { id, n: 1 }, { 'Cheops-Scope': SCOPE })
  expect(answer.status, answer.text).toBe(201)
  for (let start = 0; start < 2; start++) {
    await up('site2')
    await vi.waitFor(async () => expect(await stateAt('site2', id)).toBe('unbound'), REPAIRED_WITHIN_MS)
    expect((await ask('site1', 'PATCH', `/${id}`, { start })).status).toBe(200)
    // Who says the scope means the resource, who says none what this site has.
    const refused = await ask('site2', 'PATCH', `/${id}`, { colour: 'blue' }, { 'Cheops-Scope': SCOPE })
    expect(refused.error, refused.text).toBe('ERR_REPLICANT_UNBOUND')
    const either = await ask('site2', 'PATCH', `/${id}`, { colour: 'blue' }, { 'Cheops-Scope': 'site2 || site1' })
    expect(either.error, either.text).toBe('ERR_REPLICANT_UNBOUND')
    const own = await ask('site2', 'PATCH', `/${id}`, { own: start })
    expect([own.status, own.warning], own.text).toEqual([
      200,
      expect.stringContaining('is not the one that is replicated'),
    ])
    expect(await everywhere(id)).toEqual([
      { id, n: 1, start },
      { id, theirs: true, own: start },
    ])
    if (start === 0) await down('site2')
  }
  expect((await ask('site2', 'DELETE', `/${id}`)).status).toBe(204)
  expect(await atApplication('site1', 'GET', id)).toBe(200)
}, 60_000)
