/**
 * Many requests in flight through one instance of A, each with a scope of its own: the calls of none go where another one's
 * scope says. What cannot be told apart stays local, with a Warning, and is never guessed.
 */
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ask, callingApp, passOn } from '../../support/calling-app.ts'
import type { CallingApp, Told } from '../../support/calling-app.ts'
import { setUpChains } from '../../support/chain.ts'
import type { TwoSites } from '../../support/two-sites.ts'

const { sites: startSites, atEnd } = setUpChains()

const PASSED = ['baggage', 'traceparent', 'x-request-id'] as const

interface Meeting {
  readonly sites: TwoSites
  readonly b: Readonly<Record<'site1' | 'site2', CallingApp>>
}

/**
 * Instances of A that make their calls only once `count` requests are in flight at them, each passing on the header that its
 * URL names.
 */
async function meeting(count: () => number): Promise<Meeting> {
  const late: { sites?: TwoSites } = {}
  let here = 0
  let allHere = Promise.withResolvers<void>()
  const startA = (name: 'site1' | 'site2') =>
    callingApp(`a of ${name}`, async request => {
      const all = allHere
      if (++here === count()) {
        here = 0
        allHere = Promise.withResolvers()
        all.resolve()
      }
      await all.promise
      const port = (name === 'site1' ? late.sites?.port : late.sites?.port2) ?? 0
      return { port, path: `/b${request.url}`, headers: passOn(request, (request.url ?? '').split('/')[1] ?? '') }
    })
  const a = { site1: await startA('site1'), site2: await startA('site2') }
  const b = { site1: await callingApp('site1'), site2: await callingApp('site2') }
  for (const app of [a.site1, a.site2, b.site1, b.site2]) atEnd(app.stop)
  const services = (site: 'site1' | 'site2') => [
    { name: 'a', endpoint: `http://127.0.0.1:${a[site].port}` },
    { name: 'b', endpoint: `http://127.0.0.1:${b[site].port}` },
  ]
  const sites = await startSites({ site1: services('site1'), site2: services('site2') })
  late.sites = sites
  return { sites, b }
}

describe('200 in flight', () => {
  test('do not mix, whatever A passes on', { timeout: 60_000 }, async () => {
    let count = 0
    const { sites, b } = await meeting(() => count)
    const request = fc.record({
      site: fc.constantFrom('site1', 'site2', undefined),
      passed: fc.constantFrom(...PASSED),
    })
    const send = async (each: { site: string | undefined; passed: string }, index: number): Promise<void> => {
      const scope = each.site === undefined ? {} : { 'Cheops-Scope': `{a: site1, b: ${each.site}}` }
      // Those without a scope get no header from Cheops: they bring their own, as a client would.
      const id = each.site === undefined ? { 'x-request-id': `unscoped-${index}` } : {}
      const path = `/a/${each.passed}/${index}`
      const { body } = await ask({ port: sites.port, path, headers: { ...scope, ...id } })
      expect(body.called?.status).toBe(200)
      expect(body.called?.body).toEqual({ by: each.site ?? 'site1', url: `/${each.passed}/${index}` })
      expect(body.called?.headers['cheops-site']).toBe(each.site)
      expect(body.called?.headers).not.toHaveProperty('warning')
    }
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 200, maxLength: 200 }), async requests => {
        count = requests.length
        await Promise.all(requests.map(send))
      }),
      { numRuns: 4 },
    )
    expect(b.site1.seen.length + b.site2.seen.length).toBe(800)
  })

  test('that share an ID under different scopes stay local, with a Warning', async () => {
    const count = 200
    const { sites, b } = await meeting(() => count)
    const answers = await Promise.all(
      Array.from({ length: count }, (_, i) => {
        const scope = `{a: site1, b: site${(i % 2) + 1}}`
        // Ten share each ID; the odd IDs only among those of one scope.
        const group = Math.floor(i / 20) * 2 + (i % 2)
        const shared = group % 4 < 2 ? `mixed-${Math.floor(i / 20)}` : `same-${group}`
        return ask({
          port: sites.port,
          path: `/a/x-request-id/${shared}`,
          headers: { 'Cheops-Scope': scope, 'x-request-id': shared },
        })
      }),
    )
    for (const [i, { body }] of answers.entries()) {
      const called = body.called as NonNullable<Told['called']>
      const isMixed = called.body.url.includes('mixed')
      expect(called.body.by).toBe(isMixed ? 'site1' : `site${(i % 2) + 1}`)
      expect(called.headers.warning !== undefined).toBe(isMixed)
      if (isMixed) expect(called.headers.warning).toMatch(/^299 cheops "/)
    }
    expect(b.site2.seen.length).toBe(50)
  })
})

test('one request with a scope and one without, under the same ID: no guess', async () => {
  const { sites } = await meeting(() => 2)
  const send = (scope: Record<string, string>) =>
    ask({ port: sites.port, path: '/a/x-request-id/1', headers: { ...scope, 'x-request-id': 'r' } })
  // The other way round the second one would pass for a call of the first: it carries what such a call carries.
  const first = send({})
  while (sites.traffic.site1.counts().local.inFlight === 0) await setImmediate()
  const [scoped, unscoped] = await Promise.all([send({ 'Cheops-Scope': '{a: site1, b: site2}' }), first])
  for (const { body } of [scoped, unscoped]) {
    expect(body.called?.body.by).toBe('site1')
    expect(body.called?.headers.warning).toMatch(/^299/)
  }
})

test('the Warning is also on an error: the call may have been meant for a site that has the service', async () => {
  let waiting = Promise.withResolvers<void>()
  let here = 0
  const late: { port?: number } = {}
  const a = await callingApp('a', async request => {
    if (++here === 2) waiting.resolve()
    await waiting.promise
    return { port: late.port ?? 0, path: '/b/', headers: passOn(request, 'x-request-id') }
  })
  const b = await callingApp('b')
  atEnd(a.stop)
  atEnd(b.stop)
  const sites = await startSites({
    site1: [{ name: 'a', endpoint: `http://127.0.0.1:${a.port}` }],
    site2: [
      { name: 'a', endpoint: `http://127.0.0.1:${a.port}` },
      { name: 'b', endpoint: `http://127.0.0.1:${b.port}` },
    ],
  })
  late.port = sites.port
  waiting = Promise.withResolvers()
  const send = (scope: string) =>
    ask({ port: sites.port, path: '/a/', headers: { 'Cheops-Scope': scope, 'x-request-id': 'r' } })
  const answers = await Promise.all([send('{a: site1, b: site2}'), send('{a: site1}')])
  for (const { body } of answers) {
    expect(body.called).toMatchObject({ status: 404, body: { code: 'ERR_SERVICE_NOT_LOCAL' } })
    expect(body.called?.headers.warning).toMatch(/^299 cheops/)
  }
})
