/**
 * Figure 2a of the paper, with two services that know nothing of Cheops: service A needs `foo2` of service B, and its own call
 * goes where the scope of the original request says, whichever of the four ways it comes out, and whatever A passes on of
 * what it got. Also nested, in circles, and with B's site away.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, callingApp, passOn } from '../../support/calling-app.ts'
import type { Call, CallingApp } from '../../support/calling-app.ts'
import { setUpChains } from '../../support/chain.ts'
import type { SiteName, TwoSites } from '../../support/two-sites.ts'

const { sites: startSites, atEnd } = setUpChains()

let folder: string
let glue: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cheops-test-'))
  glue = join(folder, 'tokens.glue.yaml')
  await writeFile(
    glue,
    `glue: 1
application: tokens
correlate: [{in: x-auth-token, out: x-subject-token}, x-request-id]
kinds:
  item: {collection: /items, resource: "/items/{id}"}
`,
  )
})
afterAll(() => rm(folder, { recursive: true }))

type Calls = (site: SiteName, sites: TwoSites) => (request: IncomingMessage) => Call | undefined

interface Mesh {
  readonly sites: TwoSites
  readonly apps: Readonly<Record<'a' | 'b' | 'c', Readonly<Record<SiteName, CallingApp>>>>
}

/** Services a, b and c at both sites; `calls` says what each of them calls. */
async function mesh(calls: Partial<Record<'a' | 'b' | 'c', Calls>>, config = {}): Promise<Mesh> {
  const late: { sites?: TwoSites } = {}
  const start = async (service: 'a' | 'b' | 'c', site: SiteName): Promise<CallingApp> => {
    const app = await callingApp(`${service} of ${site}`, request =>
      late.sites === undefined ? undefined : calls[service]?.(site, late.sites)(request),
    )
    atEnd(app.stop)
    return app
  }
  const both = async (service: 'a' | 'b' | 'c'): Promise<Record<SiteName, CallingApp>> => ({
    site1: await start(service, 'site1'),
    site2: await start(service, 'site2'),
  })
  const apps = { a: await both('a'), b: await both('b'), c: await both('c') }
  const listen = { host: '127.0.0.1', port: 0 }
  const services = (site: SiteName) =>
    (['a', 'b', 'c'] as const).map(name => ({
      name,
      endpoint: `http://127.0.0.1:${apps[name][site].port}`,
      hosts: [`${name}.example`],
      listen,
      glue,
    }))
  const sites = await startSites({ site1: services('site1'), site2: services('site2'), ...config })
  late.sites = sites
  return { sites, apps }
}

const ingress = (sites: TwoSites, site: SiteName): number => (site === 'site1' ? sites.port : sites.port2)

/** How A reaches B: each as if B stood there. */
const WAYS_OUT: Record<string, (site: SiteName, sites: TwoSites, service: string) => Call> = {
  'path prefix': (site, sites, service) => ({ port: ingress(sites, site), path: `/${service}/items/foo2` }),
  'HTTP proxy': (site, sites, service) => ({
    port: ingress(sites, site),
    path: `http://${service}.example/items/foo2`,
  }),
  Host: (site, sites, service) => ({
    port: ingress(sites, site),
    path: '/items/foo2',
    headers: { Host: `${service}.example` },
  }),
  'own listener': (site, sites, service) => ({ port: sites.ownPort(site, service), path: '/items/foo2' }),
}

/** What A passes on. */
const PROPAGATIONS: Record<string, (request: IncomingMessage) => Record<string, string>> = {
  baggage: request => passOn(request, 'baggage'),
  'traceparent only': request => passOn(request, 'traceparent'),
  'x-request-id only': request => passOn(request, 'x-request-id'),
  'x-auth-token as x-subject-token': request => ({
    'x-subject-token': String(request.headers['x-auth-token']),
    'x-auth-token': 'of the service itself',
  }),
}

const CASES = Object.keys(WAYS_OUT).flatMap(way => Object.keys(PROPAGATIONS).map(passes => ({ way, passes })))

describe.each(CASES)('A calls by $way and passes on $passes', ({ way, passes }) => {
  const calls: Calls = (site, sites) => request => {
    const out = WAYS_OUT[way]?.(site, sites, 'b') as Call
    return { ...out, headers: { ...out.headers, ...PROPAGATIONS[passes]?.(request) } }
  }

  test.each([
    ['{a: site1, b: site2}', 'a of site1', 'b of site2'],
    ['{a: site2, b: site1}', 'a of site2', 'b of site1'],
    ['{a: site2, b: site2}', 'a of site2', 'b of site2'],
    // What the scope does not name stays local to whoever calls.
    ['{a: site2}', 'a of site2', 'b of site2'],
    ['{b: site2}', 'a of site1', 'b of site2'],
  ])('%s', async (scope, a, b) => {
    const { sites, apps } = await mesh({ a: calls })
    const headers = { 'Cheops-Scope': scope, 'X-Auth-Token': 'of the user' }
    const { status, body } = await ask({ port: sites.port, path: '/a/make', headers })
    expect(status).toBe(200)
    expect([body.by, body.called?.status, body.called?.body.by]).toEqual([a, 200, b])
    expect(body.called?.body.url).toBe('/items/foo2')
    // One request at A, one at B, and none anywhere else.
    const got = [apps.a, apps.b, apps.c].flatMap(each => [each.site1.seen.length, each.site2.seen.length])
    expect(got.reduce((sum, each) => sum + each)).toBe(2)
  })
})

test('all seven steps', async () => {
  const calls: Calls = (_site, sites) => request => ({
    port: sites.port,
    path: '/b/items/foo2',
    headers: { ...passOn(request, 'baggage', 'traceparent'), 'X-Own': 'A asks' },
  })
  const { sites, apps } = await mesh({ a: calls })
  // 1: the client asks the agent of Site1. 7: it gets A's answer.
  const scope = '{a: site1, b: site2}'
  const answer = await ask({
    port: sites.port,
    path: '/a/things?x=1',
    headers: { 'Cheops-Scope': scope, 'X-Client': '1' },
  })
  expect(answer.status).toBe(200)
  expect(answer.headers['cheops-site']).toBe('site1')
  // 2: A gets the request as it was, and a context that it can pass on.
  const [atA] = apps.a.site1.seen
  expect(atA?.url).toBe('/things?x=1')
  expect(atA?.headers).toMatchObject({ 'x-client': '1', baggage: expect.stringContaining('cheops-scope=') as string })
  expect(atA?.headers).not.toHaveProperty('cheops-scope')
  // 3 to 5: its call is intercepted, forwarded, and reaches B of Site2 as A sent it, one agent deeper.
  const [atB] = apps.b.site2.seen
  expect(atB?.url).toBe('/items/foo2')
  expect(atB?.headers).toMatchObject({ 'x-own': 'A asks', traceparent: atA?.headers.traceparent })
  expect(atB?.headers.baggage).toMatch(/cheops-hops=2/)
  expect(Object.keys(atB?.headers ?? {}).filter(name => name.startsWith('cheops-'))).toEqual([])
  // 6: A gets B's answer, and learns from which site.
  expect(answer.body.called).toMatchObject({
    status: 200,
    headers: { 'cheops-site': 'site2' },
    body: { by: 'b of site2' },
  })
  expect(sites.traffic.site1.counts()).toMatchObject({ local: { total: 1 }, forwarded: { total: 1 } })
  expect(sites.traffic.site2.counts()).toMatchObject({ local: { total: 0 }, received: { total: 1 } })
})

test('errors, statuses and headers of B pass to A unchanged', async () => {
  const calls: Calls = (_site, sites) => request => ({
    port: sites.port,
    path: '/b/~nothing/%2F?q=%20',
    headers: passOn(request, 'baggage'),
  })
  const { sites, apps } = await mesh({ a: calls })
  await ask({ port: sites.port, path: '/a/', headers: { 'Cheops-Scope': '{a: site1, b: site2}' } })
  expect(apps.b.site2.seen[0]?.url).toBe('/~nothing/%2F?q=%20')
})

test('nested two deep: A to B to C, each where the scope says', async () => {
  const to =
    (service: string): Calls =>
    (site, sites) =>
    request => ({ port: ingress(sites, site), path: `/${service}/x`, headers: passOn(request, 'baggage') })
  const { sites } = await mesh({ a: to('b'), b: to('c') })
  const scopes = ['site1', 'site2'].flatMap(a =>
    ['site1', 'site2'].flatMap(b => ['site1', 'site2'].map(c => [a, b, c])),
  )
  for (const [a, b, c] of scopes) {
    const scope = `{a: ${a}, b: ${b}, c: ${c}}`
    const { body } = await ask({ port: sites.port, path: '/a/', headers: { 'Cheops-Scope': scope } })
    const order = [body.by, body.called?.body.by, body.called?.body.called?.body.by]
    expect(order).toEqual([`a of ${a}`, `b of ${b}`, `c of ${c}`])
  }
})

test.each([
  ['at one site', '{a: site1}'],
  ['between the sites', '{a: site1, b: site2}'],
])('services that call each other in a circle end in 508, %s', async (_what, scope) => {
  const to =
    (service: string): Calls =>
    (site, sites) =>
    request => ({ port: ingress(sites, site), path: `/${service}/x`, headers: passOn(request, 'baggage') })
  const { sites, apps } = await mesh(scope.includes('b') ? { a: to('b'), b: to('a') } : { a: to('a') })
  let { status, body } = await ask({ port: sites.port, path: '/a/', headers: { 'Cheops-Scope': scope } })
  let depth = 0
  for (; body.called !== undefined; depth++) ({ status, body } = body.called)
  expect(status).toBe(508)
  expect(body).toMatchObject({ code: 'ERR_FORWARD_LOOP' })
  expect(depth).toBe(16)
  const seen = Object.values(apps).flatMap(each => [...each.site1.seen, ...each.site2.seen])
  expect(seen).toHaveLength(16)
})

test("with B's site away A gets a problem, and can tell its own client", async () => {
  const calls: Calls = (_site, sites) => request => ({
    port: sites.port,
    path: '/b/items/foo2',
    headers: passOn(request, 'baggage'),
  })
  const { sites, apps } = await mesh({ a: calls })
  sites.cut()
  atEnd(sites.restore)
  const { body } = await ask({ port: sites.port, path: '/a/', headers: { 'Cheops-Scope': '{a: site1, b: site2}' } })
  expect(body.called?.status).toBe(503)
  expect(body.called?.body).toMatchObject({ code: 'ERR_SITE_UNREACHABLE' })
  expect(apps.b.site1.seen).toEqual([])
})
