/**
 * What another site refuses before its application sees a byte: strangers, what it does not expose, what goes round in
 * circles; and what a scope can name that is not there. Each as a problem that says so to the client.
 */
import { describe, expect, test } from 'vitest'
import { setUpChains } from '../../support/chain.ts'
import { isWhole } from '../../support/raw-http.ts'
import type { Expose } from '../../../src/config.ts'
import { serviceConfig } from '../../support/two-sites.ts'
import { ok, problemOf, request } from '../../support/scoped-request.ts'

const { chain, client } = setUpChains()

describe('expose', () => {
  const expose = { sites: ['site1'], methods: ['GET', 'POST'], paths: ['/items/**'] }

  async function send(
    given: Parameters<typeof request>[1],
    exposed: Expose | 'nothing' = expose,
  ): Promise<{ answer: string; seen: number }> {
    const { app, sites } = await chain(ok)
    const endpoint = `http://127.0.0.1:${app.port}`
    await sites.services.site2.add(serviceConfig({ endpoint, expose: exposed === 'nothing' ? undefined : exposed }))
    const answer = await client(sites.port).send(request('site2', given)).until(isWhole, 'it')
    return { answer, seen: app.received.length }
  }

  test.each([
    ['what is exposed', {}],
    ['another method that is', { method: 'POST', body: 'hi' }],
    ['a path below', { path: '/app/items/1/parts?x=../' }],
  ])('%s passes', async (_what, given) => {
    const { answer, seen } = await send(given)
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(seen).toBe(1)
  })

  test.each([
    ['another method', { method: 'DELETE' }, expose],
    ['another path', { path: '/app/secrets' }, expose],
    ['a path that begins alike', { path: '/app/items2' }, expose],
    ['a path with an encoded slash', { path: '/app/items/x%2fy' }, expose],
    ['a path with an empty segment', { path: '/app/items//1' }, expose],
    ['another site', {}, { ...expose, sites: ['site3'] }],
    ['anything, where nothing is exposed,', {}, 'nothing' as const],
    ['an upgrade', { path: '/app/x', headers: 'Connection: upgrade\r\nUpgrade: x\r\n' }, expose],
    ['a body, which is not read', { method: 'PUT', body: 'x'.repeat(1_000_000) }, expose],
  ])('%s is refused by the other site', async (_what, given, exposed) => {
    const { answer, seen } = await send(given, exposed)
    expect(problemOf(answer)).toEqual({ status: 403, code: 'ERR_FORWARD_NOT_EXPOSED', site: 'site2' })
    expect(answer).not.toMatch(/retry-after/i)
    expect(seen).toBe(0)
  })

  test('at home everything is open: expose is for other sites', async () => {
    const { app, sites } = await chain(ok)
    const service = serviceConfig({ endpoint: `http://127.0.0.1:${app.port}`, expose: undefined })
    await sites.services.site1.add(service)
    const answer = await client(sites.port)
      .send(request('site1', { method: 'DELETE' }))
      .until(isWhole, 'it')
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  })
})

test('a peer that is no member gets nothing', async () => {
  const { app, client: open } = await chain(ok, { isMember: false })
  const answer = await open().send(request('site2')).until(isWhole, 'it')
  expect(problemOf(answer)).toMatchObject({ status: 403, code: 'ERR_FORWARD_NOT_MEMBER' })
  expect(app.received).toEqual([])
})

test.each([
  ['15', 200, ''],
  ['16', 508, 'ERR_FORWARD_LOOP'],
  ['999', 508, 'ERR_FORWARD_LOOP'],
])('baggage that has passed %s agents: %d', async (hops, status, code) => {
  const { app, client: open } = await chain(ok)
  for (const site of ['site1', 'site2']) {
    const answer = await open()
      .send(request(site, { headers: `baggage: cheops-hops=${hops}\r\n` }))
      .until(isWhole, 'it')
    expect(answer.startsWith(`HTTP/1.1 ${status} `)).toBe(true)
    if (code !== '') expect(problemOf(answer)).toMatchObject({ code })
  }
  expect(app.received.length > 0).toBe(status === 200)
})

test.each([
  ['site9', 404, 'ERR_SCOPE_UNKNOWN_SITE'],
  ['{app: site1', 400, 'ERR_SCOPE_SYNTAX'],
  ['', 400, 'ERR_SCOPE_SYNTAX'],
  ['{nothing: site1}', 404, 'ERR_SCOPE_UNKNOWN_SERVICE'],
  ['site1 & site2', 501, 'ERR_SCOPE_COLLABORATION'],
  ['site1 % site2', 501, 'ERR_SCOPE_COLLABORATION'],
  ['site1 & site2 % site1', 400, 'ERR_SCOPE_SYNTAX'],
])('the scope %j: %d', async (scope, status, code) => {
  const { app, client: open } = await chain(ok)
  const answer = await open().send(request(scope)).until(isWhole, 'it')
  expect(problemOf(answer)).toEqual({ status, code, site: 'site1' })
  expect(answer).not.toMatch(/retry-after/i)
  expect(app.received).toEqual([])
})

describe('a service', () => {
  test.each([
    ['that no site offers', 'nothing', undefined, 'ERR_SERVICE_UNKNOWN'],
    ['that this site does not offer', 'there', undefined, 'ERR_SERVICE_NOT_LOCAL'],
    ['that the site of the scope does not offer', 'there', 'site1', 'ERR_SCOPE_SERVICE_NOT_AT_SITE'],
  ])('%s: 404', async (_what, service, scope, code) => {
    const { client: open } = await chain(ok, {
      site1: [],
      site2: [{ name: 'there', endpoint: 'http://127.0.0.1:9' }],
    })
    const header = scope === undefined ? '' : `Cheops-Scope: ${scope}\r\n`
    const answer = await open().send(`GET /${service}/x HTTP/1.1\r\nHost: h\r\n${header}\r\n`).until(isWhole, 'it')
    expect(problemOf(answer)).toEqual({ status: 404, code, site: 'site1' })
  })
})
