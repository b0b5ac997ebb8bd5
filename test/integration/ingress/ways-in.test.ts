/**
 * The four ways in on the wire, and how they keep out of each other's way; what each of them makes of the Host that the
 * application sees; and the scope in the URL in front of each.
 */
import { describe, expect, test } from 'vitest'
import { setUpChains } from '../../support/chain.ts'
import { bodyOfMessage, headOfMessage, isWhole } from '../../support/raw-http.ts'
import type { RawAnswer } from '../../support/raw-http.ts'

const { chain, client } = setUpChains()

const ok: RawAnswer = (socket, got) => {
  if (isWhole(got.slice(got.lastIndexOf('GET ')))) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
}

const named = (port: number) => ({
  name: 'app',
  endpoint: `http://127.0.0.1:${port}/base/`,
  hosts: ['App.Example'],
  listen: { host: '127.0.0.1', port: 0 },
})

describe('each way in reaches the application, with and without a scope', () => {
  test.each(['', '/~site1', '/~{app:%20site2}', '/~%7Bapp%3A%20site2%7D'])('behind %j', async prefix => {
    const made = await chain(ok)
    const service = named(made.app.port)
    const { sites } = await chain(ok, { site1: [service], site2: [service] })
    const requests: [number, string, string][] = [
      [sites.port, `${prefix}/app/x?y`, 'agent:1'],
      [sites.port, `${prefix}/x?y`, 'app.example'],
      [sites.port, `${prefix}/x?y`, 'APP.example:8079'],
      [sites.port, `${prefix}/base/x?y`, `127.0.0.1:${made.app.port}`],
      [sites.port, `http://app.example${prefix}/x?y`, 'app.example'],
      [sites.port, `http://127.0.0.1:${made.app.port}${prefix}/base/x?y`, `127.0.0.1:${made.app.port}`],
      [sites.ownPort('site1', 'app'), `${prefix}/x?y`, 'anything'],
      [sites.ownPort('site1', 'app'), `http://anything${prefix}/x?y`, 'anything'],
    ]
    for (const [port, target, host] of requests) {
      const answer = await client(port).send(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`).until(isWhole, target)
      expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    }
    const lines = made.app.received.join('').match(/^GET .*$/gm) ?? []
    expect(lines).toEqual(requests.map(() => 'GET /base/x?y HTTP/1.1'))
  })
})

test.each([
  ['client', 'anything:1', undefined],
  ['endpoint', undefined, 'anything:1'],
  ['app.internal:81', 'app.internal:81', 'anything:1'],
])('the application is told the Host of endpointHost: %s, at every site', async (endpointHost, host, forwarded) => {
  const made = await chain(ok)
  const service = { ...named(made.app.port), endpointHost }
  const { sites } = await chain(ok, { site1: [service], site2: [service] })
  for (const scope of ['', 'Cheops-Scope: site2\r\n'])
    await client(sites.port).send(`GET /app/x HTTP/1.1\r\nHost: anything:1\r\n${scope}\r\n`).until(isWhole, 'it')
  await client(sites.port).send('GET /app/y HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: b\r\n\r\n').until(isWhole, 'it')
  const heads = made.app.received.join('').split('GET ').slice(1)
  expect(heads).toHaveLength(3)
  for (const head of heads.filter(other => other.startsWith('/base/x '))) {
    expect(head).toContain(`\r\nHost: ${host ?? `127.0.0.1:${made.app.port}`}\r\n`)
    expect(/^X-Forwarded-Host: (.*)$/im.exec(head)?.[1]).toBe(forwarded)
  }
  const other = heads.find(head => head.startsWith('/base/y '))
  expect(/^X-Forwarded-Host: (.*)$/im.exec(other ?? '')?.[1], 'as a proxy before this has said').toBe('b')
})

test('the URL of a request to a proxy says which host is meant, whatever its Host says (RFC 9112, 3.2.2)', async () => {
  const made = await chain(ok)
  const service = named(made.app.port)
  const { sites } = await chain(ok, { site1: [service], site2: [service] })
  for (const scope of ['', 'Cheops-Scope: site2\r\n']) {
    await client(sites.port)
      .send(`GET http://App.Example:80/x HTTP/1.1\r\nX-A: 1\r\nhost: 127.0.0.1:${sites.port}\r\n${scope}\r\n`)
      .until(isWhole, 'it')
  }
  const heads = made.app.received.join('').split('GET ').slice(1)
  expect(heads).toHaveLength(2)
  for (const head of heads) expect(head).toContain('X-A: 1\r\nhost: App.Example:80\r\n')
})

test('an endpoint on the default port does not take over every other port of its host', async () => {
  const made = await chain(ok)
  // A name that never stands for anything (RFC 6761, 6.4).
  const host = 'nowhere.invalid'
  const { sites } = await chain(ok, {
    site1: [{ name: 'web', endpoint: `http://${host}` }, named(made.app.port)],
    config: { timeouts: { connectMs: 100 } },
  })
  const send = (authority: string): Promise<string> =>
    client(sites.port).send(`GET /app/x HTTP/1.1\r\nHost: ${authority}\r\n\r\n`).until(isWhole, 'it')
  expect(await send(`${host}:${sites.port}`)).toMatch(/^HTTP\/1\.1 200 /)
  // Without a port, and with that port, it is meant.
  for (const authority of [host, `${host}:80`]) {
    const refused = JSON.parse(bodyOfMessage(await send(authority))) as { detail: string }
    expect(refused.detail).toMatch(/^web cannot be reached [(]\w+[)]$/)
  }
})

test('"OPTIONS *" is for the server behind, whatever the path of its services', async () => {
  const made = await chain((socket, got) => {
    if (isWhole(got)) socket.write('HTTP/1.1 204 No Content\r\nAllow: GET\r\n\r\n')
  })
  const service = named(made.app.port)
  const { sites } = await chain(ok, { site1: [service], site2: [service] })
  for (const scope of ['', 'Cheops-Scope: site2\r\n']) {
    const answer = await client(sites.port)
      .send(`OPTIONS * HTTP/1.1\r\nHost: app.example\r\n${scope}\r\n`)
      .until(isWhole, 'it')
    expect(headOfMessage(answer)).toContain('Allow: GET')
  }
  expect(made.app.received.join('').match(/^OPTIONS .*$/gm)).toEqual(['OPTIONS * HTTP/1.1', 'OPTIONS * HTTP/1.1'])
})
