/**
 * Semantics of Kubernetes, with the glue that a user would write, and what `kubectl` sends at two sites: versions that belong to one cluster, fields
 * that its controllers set, patches of each kind, server-side apply, dry runs, objects that stay for a while when they are deleted. How: two
 * agents as processes before two fake API servers, read past Cheops. Needs `npm run build`.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { CLUSTER_GLUE, Cluster } from './applications/cluster.ts'
import type { Fields } from './applications/served.ts'
import { ProcessMesh } from './process-mesh.ts'

const WAIT = { Prefer: 'wait=20' }
const SCOPE = { 'Cheops-Scope': 'a & b', ...WAIT }
const MERGE = { 'Content-Type': 'application/merge-patch+json' }
const clusters = [new Cluster('node-a'), new Cluster('node-b')] as const
let folder: string
let mesh: ProcessMesh

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-cluster-'))
  const glue = path.join(folder, 'cluster.yaml')
  await writeFile(glue, CLUSTER_GLUE)
  const [a, b] = await Promise.all(clusters.map(cluster => cluster.listen()))
  const services = (endpoint = '') => ({ services: [{ name: 'cluster', endpoint, glue }] })
  mesh = await ProcessMesh.start(['a', 'b'], { a: services(a), b: services(b) })
})
afterAll(async () => {
  await mesh[Symbol.asyncDispose]()
  for (const cluster of clusters) await cluster[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

interface Shown extends Fields {
  readonly metadata: Fields
  readonly spec: Fields
}

async function ask(site: string, method: string, target: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${mesh.url(site, 'cluster')}/api/v1/namespaces/default${target}`, {
    method,
    headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Shown }
}

async function atBoth(...asked: Parameters<typeof ask>): Promise<void> {
  const [site, method, target, body, headers] = asked
  const answer = await ask(site, method, target, body, { ...WAIT, ...headers })
  expect(answer.headers.get('Cheops-Sites'), `${method} ${target}: ${JSON.stringify(answer.body)}`).toMatch(
    /^a;s=applied\S*, b;s=applied\S*$/,
  )
}

const have = (name: string) => clusters.map(cluster => cluster.item(`default/pods/${name}`))
const both = (labels: Fields, spec: Fields) => [
  { labels, spec },
  { labels, spec },
]

async function standsWell(name: string): Promise<void> {
  await vi.waitFor(
    async () => {
      for (const site of ['a', 'b'])
        expect(await mesh.command(site, 'replicant', 'show', `cluster/pods/default%2F${name}`), site).toMatchObject({
          state: 'agrees',
          conflicts: [],
        })
    },
    { timeout: 20_000, interval: 500 },
  )
}

test('each way to change an object comes to the same in both clusters, whatever their versions and controllers are at', async () => {
  const pod = { metadata: { name: 'web', labels: { app: 'x' } }, spec: { replicas: 1 } }
  await atBoth('a', 'POST', '/pods', pod, SCOPE)
  // `kubectl replace`: what was read, with its version, changed. The status is written meanwhile, by each site's own controller.
  await vi.waitFor(async () => {
    const read = (await ask('b', 'GET', '/pods/web')).body
    await atBoth('b', 'PUT', '/pods/web', { ...read, spec: { replicas: 2 } })
  })
  expect(have('web')).toEqual(both({ app: 'x' }, { replicas: 2 }))
  // The version of another cluster is as wrong here as it is without Cheops.
  const { body } = await ask('a', 'GET', '/pods/web')
  const stale = await ask('b', 'PUT', '/pods/web', { ...body, spec: { replicas: 3 } })
  expect([stale.status, stale.headers.get('Cheops-Outcome'), stale.body['reason']]).toEqual([409, 'void', 'Conflict'])
  await atBoth(
    'a',
    'PATCH',
    '/pods/web?fieldManager=kubectl',
    { metadata: { labels: { tier: 'front' } } },
    { 'Content-Type': 'application/strategic-merge-patch+json' },
  )
  await atBoth('b', 'PATCH', '/pods/web', { metadata: { labels: { app: null } } }, MERGE)
  expect(have('web')).toEqual(both({ tier: 'front' }, { replicas: 2 }))
  const steps = [{ op: 'replace', path: '/spec/replicas', value: 7 }]
  await atBoth('a', 'PATCH', '/pods/web', steps, { 'Content-Type': 'application/json-patch+json' })
  const applied = { metadata: { name: 'web', labels: { by: 'apply' } }, spec: { replicas: 8 } }
  const type = { 'Content-Type': 'application/apply-patch+yaml' }
  await atBoth('b', 'PATCH', '/pods/web?fieldManager=kubectl', applied, type)
  expect(have('web')).toEqual(both({ tier: 'front', by: 'apply' }, { replicas: 8 }))
  const dry = await ask('b', 'PUT', '/pods/web?dryRun=All', { metadata: { name: 'web' }, spec: { replicas: 99 } })
  expect([dry.status, dry.headers.get('Cheops-Outcome')]).toEqual([200, null])
  expect(have('web')).toEqual(both({ tier: 'front', by: 'apply' }, { replicas: 8 }))

  const read = await ask('a', 'GET', '/pods/web', undefined, SCOPE)
  expect(read.headers.get('Cheops-Sites')).toBe('a;s=agrees;c=200, b;s=agrees;c=200')
  const listed = await ask('b', 'GET', '/pods', undefined, SCOPE)
  expect(listed.body['items']).toMatchObject([{ metadata: { name: 'web', annotations: { sites: ['b', 'a'] } } }])
  await standsWell('web')
})

test('what controllers write below an object stays at their own cluster', async () => {
  await atBoth('a', 'POST', '/pods', { metadata: { name: 'busy' }, spec: {} }, SCOPE)
  await ask('a', 'PATCH', '/pods/busy/status', { status: { phase: 'Running' } }, MERGE)
  expect((await ask('a', 'GET', '/pods/busy')).body['status']).toEqual({ phase: 'Running' })
  expect((await ask('b', 'GET', '/pods/busy')).body['status']).not.toHaveProperty('phase')
  await standsWell('busy')
})

test('one name made on both sides of a cut is one object, the later one, and the other is shown', async () => {
  mesh.cut('a', 'b')
  const make = (site: string, n: number) =>
    ask(site, 'POST', '/pods', { metadata: { name: 'twice' }, spec: { n } }, { 'Cheops-Scope': 'a & b' })
  expect((await make('a', 1)).status).toBe(201)
  expect((await make('b', 2)).status).toBe(201)
  mesh.heal()
  await vi.waitFor(() => expect(have('twice')).toEqual(both({}, { n: 2 })), 40_000)
  await vi.waitFor(async () => {
    const { items } = (await mesh.command('a', 'conflict', 'ls')) as { items: readonly Fields[] }
    expect(items).toMatchObject([{ replicant: { name: 'default/twice' }, type: 'create', site: 'a' }])
  }, 20_000)
})

test('an object that stays for a while is deleted at both; one that is made anew waits where the old one still goes', async () => {
  const pod = { metadata: { name: 'slow', finalizers: ['example.org/drain'] }, spec: { n: 1 } }
  await atBoth('a', 'POST', '/pods', pod, SCOPE)
  await atBoth('a', 'DELETE', '/pods/slow')
  expect(have('slow')).toMatchObject([{ isGoing: true }, { isGoing: true }])
  const early = await ask('a', 'POST', '/pods', { metadata: { name: 'slow' }, spec: { n: 2 } }, SCOPE)
  expect([early.status, early.headers.get('Cheops-Outcome')]).toEqual([409, 'void'])
  // The controller of one site is faster.
  clusters[0].finalize('default/pods/slow')
  const made = await ask(
    'a',
    'POST',
    '/pods',
    { metadata: { name: 'slow' }, spec: { n: 2 } },
    { 'Cheops-Scope': 'a & b' },
  )
  expect(made.status).toBe(201)
  await vi.waitFor(() => expect(have('slow')).toEqual(both({}, { n: 2 })), 20_000)
  await standsWell('slow')
})

test('server-side apply of what does not exist makes it in both clusters, and changes it afterwards', async () => {
  const apply = { 'Content-Type': 'application/apply-patch+yaml' }
  const target = '/pods/applied?fieldManager=kubectl'
  const pod = (n: number) => ({ metadata: { name: 'applied', labels: { app: 'y' } }, spec: { n } })
  await atBoth('a', 'PATCH', target, pod(1), { ...SCOPE, ...apply })
  expect(have('applied')).toEqual(both({ app: 'y' }, { n: 1 }))
  // As it was sent, with the field manager.
  for (const cluster of clusters)
    expect(cluster.asked.at(-1)).toContain('PATCH /api/v1/namespaces/default/pods/applied?')
  await atBoth('b', 'PATCH', target, pod(2), apply)
  expect(have('applied')).toEqual(both({ app: 'y' }, { n: 2 }))
  await standsWell('applied')
  const dry = await ask('a', 'PATCH', '/pods/dry?dryRun=All', pod(1), { ...SCOPE, ...apply })
  expect([dry.status, dry.headers.get('Cheops-Outcome')]).toEqual([201, null])
  expect(have('dry')).toEqual([undefined, undefined])
  // The application makes nothing of any other patch, and its own answer says so.
  const merge = await ask('a', 'PATCH', '/pods/merged', pod(1), { ...SCOPE, ...MERGE })
  expect([merge.status, merge.headers.get('Cheops-Outcome'), merge.body['reason']]).toEqual([404, 'void', 'NotFound'])
  expect(have('merged')).toEqual([undefined, undefined])
})
