/**
 * TLS on both sides of an agent: a listener with a certificate, one that asks clients for theirs, applications behind TLS with
 * an authority, a name or a client certificate of their own; and the ingress's token.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import net from 'node:net'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import tls from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ServiceConfig } from '../../../src/config.ts'
import { testAuthorities } from '../../support/certificates.ts'
import type { TestAuthority } from '../../support/certificates.ts'
import { setUpChains } from '../../support/chain.ts'
import { isWhole } from '../../support/raw-http.ts'
import type { RawAnswer } from '../../support/raw-http.ts'

const { chain, sites: startSites, client, atEnd } = setUpChains()

interface Pair {
  readonly cert: string
  readonly key: string
}

let remove: () => Promise<void>
let authorities: Readonly<Record<'own' | 'other', TestAuthority>>
let server: Pair
let user: Pair
let stranger: Pair
beforeAll(async () => {
  ;({ authorities, remove } = await testAuthorities('own', 'other'))
  server = await authorities.own.issue('server.example', ['localhost', '127.0.0.1'])
  user = await authorities.own.issue('user')
  stranger = await authorities.other.issue('user')
})
afterAll(() => remove())

const ok: RawAnswer = (socket, got) => {
  if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
}

const WAYS = [
  { way: 'local', scope: {} },
  { way: 'forwarded', scope: { 'Cheops-Scope': 'site2' } },
] as const

async function ask(port: number, headers: Record<string, string>, given: tls.ConnectionOptions = {}): Promise<string> {
  const ca = readFileSync(authorities.own.ca)
  const request = https.get({ host: '127.0.0.1', port, path: '/app/x', headers, ca, agent: false, ...given })
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  return `${answer.statusCode} ${await text(answer)}`
}

const files = (pair: Pair) => ({ cert: readFileSync(pair.cert), key: readFileSync(pair.key) })

describe.each(WAYS)('a listener with a certificate, $way', ({ scope }) => {
  test('serves clients that know its authority', async () => {
    const { sites } = await chain(ok, { tls: { ...server, clientCA: undefined } })
    expect(await ask(sites.port, scope)).toBe('200 ok')
  })

  test('carries upgrades', async () => {
    const { sites } = await chain(
      (socket, got) => {
        if (got.endsWith('\r\n\r\n'))
          socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhi')
        else if (got.endsWith('ping')) socket.end('pong')
      },
      { tls: { ...server, clientCA: undefined } },
    )
    const socket = tls.connect({ host: '127.0.0.1', port: sites.port, ca: readFileSync(authorities.own.ca) })
    atEnd(() => void socket.destroy())
    const head = Object.entries(scope).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`GET /app/x HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n${head.join('')}\r\n`)
    let received = ''
    socket.on('data', chunk => {
      received += String(chunk)
      if (received.endsWith('hi')) socket.write('ping')
    })
    await once(socket, 'end')
    expect(received).toMatch(/^HTTP\/1\.1 101 [^]*\r\n\r\nhipong$/)
  })
})

describe('a listener with a certificate', () => {
  test('says nothing to those who do not speak TLS, and ends those who say nothing', async () => {
    const options = { tls: { ...server, clientCA: undefined }, config: { timeouts: { headMs: 200 } } }
    const { app, sites } = await chain(ok, options)
    const plain = await client(sites.port).send('GET /app/x HTTP/1.1\r\nHost: h\r\n\r\n').toEnd()
    expect(plain.received).not.toContain('HTTP')
    const silent = await client(sites.port).toEnd()
    expect(silent.received).toBe('')
    expect(app.received).toEqual([])
  })

  test('speaks HTTP/1.1 only, and no TLS older than 1.2', async () => {
    const { sites } = await chain(ok, { tls: { ...server, clientCA: undefined } })
    const connect = async (given: tls.ConnectionOptions): Promise<string> => {
      const socket = tls.connect({
        host: '127.0.0.1',
        port: sites.port,
        ca: readFileSync(authorities.own.ca),
        ...given,
      })
      atEnd(() => void socket.destroy())
      try {
        await once(socket, 'secureConnect')
        return String(socket.alpnProtocol)
      } catch {
        return 'refused'
      }
    }
    expect(await connect({ ALPNProtocols: ['h2', 'http/1.1'] })).toBe('http/1.1')
    expect(await connect({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' })).toBe('refused')
  })

  test('a cut of the answer is seen as one', async () => {
    const { app, sites } = await chain(
      (socket, got) => {
        if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')
      },
      { tls: { ...server, clientCA: undefined } },
    )
    const asked = ask(sites.port, {}).catch((error: unknown) => (error as { code: string }).code)
    while (!isWhole(app.received[0] ?? '')) await new Promise(resolve => setImmediate(resolve))
    await new Promise(resolve => setTimeout(resolve, 20))
    app.sockets[0]?.destroy()
    expect(await asked).toBe('ECONNRESET')
  })

  test('limits connections as a plain one does', async () => {
    const { sites } = await chain(ok, {
      tls: { ...server, clientCA: undefined },
      config: { limits: { connections: 1 } },
    })
    const held = tls.connect({ host: '127.0.0.1', port: sites.port, ca: readFileSync(authorities.own.ca) })
    atEnd(() => void held.destroy())
    await once(held, 'secureConnect')
    expect(await ask(sites.port, {})).toMatch(/^503 .*ERR_REQUEST_CONNECTIONS/)
  })
})

describe('clientCA', () => {
  test.each(WAYS)('serves clients with a certificate of that authority, $way', async ({ scope }) => {
    const { sites } = await chain(ok, { tls: { ...server, clientCA: authorities.own.ca } })
    expect(await ask(sites.port, scope, files(user))).toBe('200 ok')
  })

  test.each([
    ['without a certificate', () => ({})],
    ["with another authority's", () => files(stranger)],
  ])('refuses clients %s in the handshake', async (_what, given) => {
    const { app, sites } = await chain(ok, { tls: { ...server, clientCA: authorities.own.ca } })
    await expect(ask(sites.port, {}, given())).rejects.toThrow(/socket|certificate|ECONNRESET|alert/)
    expect(app.received).toEqual([])
  })
})

describe.each(WAYS)('an application behind TLS, $way', ({ scope }) => {
  async function behind(
    options: https.ServerOptions,
    endpointTLS: Partial<NonNullable<ServiceConfig['endpointTLS']>> | undefined,
    host = '127.0.0.1',
  ): Promise<{ status: number; body: string; seen: () => number }> {
    let seen = 0
    const app = https.createServer(options, (_request, answer) => {
      seen++
      answer.end('ok')
    })
    app.listen(0, '127.0.0.1')
    await once(app, 'listening')
    atEnd(() => {
      app.closeAllConnections()
      app.close()
    })
    const nothing = { ca: undefined, cert: undefined, key: undefined, serverName: undefined }
    const service = {
      name: 'app',
      endpoint: `https://${host}:${(app.address() as AddressInfo).port}`,
      endpointTLS: endpointTLS === undefined ? undefined : { ...nothing, ...endpointTLS },
    }
    const { port } = await startSites({ site1: [service], site2: [service] })
    const request = http.get({ host: '127.0.0.1', port, path: '/app/x', headers: scope, agent: false })
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    return { status: answer.statusCode ?? 0, body: await text(answer), seen: () => seen }
  }
  const keys = () => files(server)

  test('with its authority, by address and by name', async () => {
    expect(await behind(keys(), { ca: authorities.own.ca })).toMatchObject({ status: 200, body: 'ok' })
    expect(await behind(keys(), { ca: authorities.own.ca }, 'localhost')).toMatchObject({ status: 200 })
  })

  test('with a name of its own', async () => {
    const elsewhere = await authorities.own.issue('elsewhere.example')
    const named = { ca: authorities.own.ca, serverName: 'elsewhere.example' }
    expect(await behind(files(elsewhere), named)).toMatchObject({ status: 200, body: 'ok' })
    const refused = await behind(files(elsewhere), { ca: authorities.own.ca })
    expect(refused).toMatchObject({
      status: 503,
      body: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID') as string,
    })
    expect(refused.seen()).toBe(0)
  })

  test.each([
    ['no authority', undefined],
    ['another authority', 'other' as const],
  ])('with %s configured: 503, nothing was sent', async (_what, which) => {
    const { status, body, seen } = await behind(keys(), which === undefined ? undefined : { ca: authorities[which].ca })
    expect(status).toBe(503)
    expect(JSON.parse(body)).toMatchObject({ code: 'ERR_APPLICATION_UNREACHABLE' })
    expect(seen()).toBe(0)
  })

  test('that asks for a certificate gets the one that is configured', async () => {
    const asking = { ...keys(), ca: readFileSync(authorities.own.ca), requestCert: true, rejectUnauthorized: true }
    expect(await behind(asking, { ca: authorities.own.ca, ...user })).toMatchObject({ status: 200, body: 'ok' })
    const without = await behind(asking, { ca: authorities.own.ca })
    expect([502, 503]).toContain(without.status)
    expect(without.seen()).toBe(0)
  })

  test('that does not finish the handshake: 503 in time', async () => {
    const mute = net.createServer(socket => void socket.on('error', () => {})).listen(0, '127.0.0.1')
    await once(mute, 'listening')
    const service = { name: 'app', endpoint: `https://127.0.0.1:${(mute.address() as AddressInfo).port}` }
    const { port } = await startSites({
      site1: [service],
      site2: [service],
      config: { timeouts: { connectMs: 150 } },
    })
    const request = http.get({ host: '127.0.0.1', port, path: '/app/x', headers: scope, agent: false })
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    expect(answer.statusCode).toBe(503)
    expect(await text(answer)).toContain('ERR_APPLICATION_UNREACHABLE')
    mute.close()
  })
})

describe('the token of the ingress', () => {
  const token = 'a-token-of-the-ingress'
  const basic = (text_: string): string => `Basic ${Buffer.from(text_).toString('base64')}`

  test.each([
    ['none', undefined],
    ['another one', 'Bearer another'],
    ['an empty one', 'Bearer '],
    ['another scheme', `Digest ${token}`],
    ['another one as password', basic('user:another')],
    ['it as user', basic(`${token}:`)],
  ])('%s: 407, and the application sees nothing', async (_what, given) => {
    const { app, sites } = await chain(ok, { token })
    const header = given === undefined ? '' : `Proxy-Authorization: ${given}\r\n`
    for (const more of ['', 'Cheops-Scope: site2\r\n', 'Connection: upgrade\r\nUpgrade: x\r\n']) {
      const answer = await client(sites.port)
        .send(`GET /app/x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${token}\r\n${header}${more}\r\n`)
        .until(isWhole, 'it')
      expect(answer).toMatch(/^HTTP\/1\.1 407 [^]*\r\nProxy-Authenticate: /)
      expect(answer).toContain('ERR_REQUEST_TOKEN')
      expect(answer).not.toContain(token)
    }
    expect(app.received).toEqual([])
  })

  test.each([
    ['as bearer', `Bearer ${token}`],
    ['in another case', `bearer ${token}`],
    ['as the password of anybody', basic(`anybody:${token}`)],
  ])('it, %s, passes, and goes no further', async (_what, given) => {
    const { app, sites } = await chain(ok, { token })
    for (const more of ['', 'Cheops-Scope: site2\r\n', 'Connection: proxy-authorization\r\n']) {
      const answer = await client(sites.port)
        .send(
          `GET /app/x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer of-the-user\r\nProxy-Authorization: ${given}\r\n${more}\r\n`,
        )
        .until(isWhole, 'it')
      expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    }
    expect(app.received.join('')).not.toMatch(/proxy-authorization/i)
    expect(app.received.join('').match(/Authorization: Bearer of-the-user/g)).toHaveLength(3)
  })

  test('over TLS too', async () => {
    const { sites } = await chain(ok, { token, tls: { ...server, clientCA: undefined } })
    expect(await ask(sites.port, {})).toMatch(/^407 /)
    expect(await ask(sites.port, { 'Proxy-Authorization': `Bearer ${token}` })).toBe('200 ok')
  })
})
