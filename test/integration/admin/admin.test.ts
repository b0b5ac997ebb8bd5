// Shows that the admin API asks for its token everywhere but at health and metrics, that its OpenAPI document and its answers
// agree, that errors are problems with a code, that limits hold, and that events are streamed and resumed.
// How: a real server on a free port in front of a fake control, asked by fetch and by raw sockets.
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ADMIN_LIMITS, startAdminServer } from '../../../src/adapters/http/admin/index.ts'
import type { AdminServer } from '../../../src/adapters/http/admin/index.ts'
import { ROUTES } from '../../../src/adapters/http/admin/routes.ts'
import type { EndpointFact } from '../../../src/core/check/index.ts'
import { fakeControl, NOW, silent } from './fake-control.ts'
import type { FakeControl } from './fake-control.ts'
import { OPERATION } from './fake-replication.ts'

let folder: string
let server: AdminServer
let control: FakeControl
let token: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-admin-'))
  control = fakeControl()
  const tokenFile = path.join(folder, 'data', 'admin.token')
  server = await startAdminServer({
    control,
    listen: { host: '127.0.0.1', port: 0 },
    tls: undefined,
    tokenFile,
    logger: silent,
  })
  token = (await readFile(tokenFile, 'utf8')).trim()
})
afterEach(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const ask = (route: string, init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {}) =>
  fetch(server.url + route, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } })

const fill = (route: string) =>
  route
    .replace('{site}/{incarnation}/{number}', OPERATION)
    .replace('{site}', 'site2')
    .replace('{peer}', '12D3KooWsite2')
    .replace('{service}', 'inventory')
    .replace('{kind}', 'items')
    .replace('{name}', 'purple')

interface Document {
  openapi: string
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, { schema: object }> }> }>>
  components: { schemas: Record<string, object> }
}

describe('the token', () => {
  test('is made with 256 bits, readable by its owner only', async () => {
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    expect((await stat(path.join(folder, 'data', 'admin.token'))).mode & 0o777).toBe(0o600)
  })

  test('is needed by every route that is not open, whatever the method, also by routes that do not exist', async () => {
    for (const route of ROUTES) {
      for (const authorization of [
        '',
        'Bearer wrong',
        `Basic ${token}`,
        `Bearer ${token}x`,
        `Bearer ${token.slice(0, -1)}`,
      ]) {
        const answer = await fetch(server.url + fill(route.path), { method: route.method, headers: { authorization } })
        expect([route.path, answer.status]).toEqual([route.path, route.open === true ? 200 : 401])
      }
    }
    expect((await fetch(`${server.url}/v1/nothing`)).status).toBe(401)
    expect((await fetch(`${server.url}/livez`, { method: 'DELETE' })).status).toBe(401)
    expect(ROUTES.filter(route => route.open).map(route => route.path)).toEqual(['/livez', '/readyz', '/metrics'])
  })

  test('an existing one is used, an empty one is refused', async () => {
    const tokenFile = path.join(folder, 'token')
    await writeFile(tokenFile, 'own-token\n')
    const options = { control, listen: { host: '127.0.0.1', port: 0 }, tls: undefined, logger: silent }
    const other = await startAdminServer({ ...options, tokenFile })
    const answer = await fetch(`${other.url}/v1/status`, { headers: { authorization: 'Bearer own-token' } })
    await other.stop()
    expect(answer.status).toBe(200)
    await writeFile(tokenFile, '\n')
    await expect(startAdminServer({ ...options, tokenFile })).rejects.toMatchObject({ code: 'ERR_CONFIG_READ' })
  })
})

describe('the document', () => {
  test('has every route, and every answer is as it says', async () => {
    const document = (await (await ask('/openapi.json')).json()) as Document
    expect(document.openapi).toBe('3.1.0')
    const documented = Object.entries(document.paths).flatMap(([route, methods]) =>
      Object.keys(methods).map(method => `${method.toUpperCase()} ${route}`),
    )
    expect(documented).toEqual(ROUTES.map(({ method, path: route }) => `${method} ${route}`))

    const ajv = new Ajv2020({ strict: false })
    ajv.addSchema({ $id: 'doc', components: document.components })
    for (const route of ROUTES.filter(each => each.path !== '/v1/events' && each.method !== 'DELETE')) {
      const body =
        route.body === undefined
          ? null
          : JSON.stringify(
              route.path.includes('services')
                ? { endpoint: 'http://x:1' }
                : route.path.includes('detach')
                  ? { force: true }
                  : route.path.endsWith('/adopt')
                    ? { scope: 'site1 & site2' }
                    : route.path.endsWith('/cuts')
                      ? { all: true, forMs: 60_000 }
                      : { address: '/ip4/1.2.3.4/tcp/1' },
            )
      const answer = await ask(fill(route.path) + (route.path.endsWith('/resolve') ? '?how=adopt' : ''), {
        method: route.method,
        body,
      })
      expect([route.path, answer.status]).toEqual([route.path, route.answer.status])
      const content = document.paths[route.path]?.[route.method.toLowerCase()]?.responses['200']?.content ?? {}
      const [[type, { schema }] = ['', { schema: {} }]] = Object.entries(content)
      expect(answer.headers.get('content-type')).toContain(type)
      const text = JSON.stringify(schema).replaceAll('"#/', '"doc#/')
      const valid = ajv.compile(JSON.parse(text) as object)
      valid(type === 'application/json' ? await answer.json() : await answer.text())
      expect([route.path, valid.errors]).toEqual([route.path, null])
    }
  })

  test('describes errors as they are', async () => {
    const answer = await ask('/v1/sites/nowhere')
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect([answer.status, await answer.json()]).toEqual([
      404,
      {
        type: 'urn:cheops:problem:ERR_SITE_UNKNOWN',
        title: 'The mesh does not know this site',
        status: 404,
        detail: 'No site is called "nowhere".',
        code: 'ERR_SITE_UNKNOWN',
        hint: 'See "cheops site ls" for the sites that are known here.',
        site: 'nowhere',
      },
    ])
  })
})

describe('routes', () => {
  test('sites keep numbers that JSON cannot hold', async () => {
    const [first] = (await (await ask('/v1/sites')).json()) as { recordNumber: string; self: boolean }[]
    expect(first).toMatchObject({ recordNumber: '9007199254740993', self: true })
  })

  test.each([
    ['limit=0', 400],
    ['limit=1001', 400],
    ['limit=many', 400],
    ['after=nothing', 400],
    ['after=a/b/%F4%8F%BF%BF', 400],
    ['after=inventory/items/a%252Fb&limit=1000', 200],
  ])('replicants?%s answers %i', async (query, status) => {
    for (const route of ['/v1/replicants', '/v1/conflicts'])
      expect([route, (await ask(`${route}?${query}`)).status]).toEqual([route, status])
  })

  test('a page is what was asked for; a kind may have slashes', async () => {
    await ask('/v1/replicants?after=inventory/items/purple&limit=7')
    await ask('/v1/replicants')
    expect(control.calls).toEqual(['replicants inventory/items/purple 7', 'replicants - 100'])
    expect((await ask('/v1/replicants/kubernetes/v1%2FPod/purple')).status).toBe(200)
    const missing = await ask('/v1/replicants/inventory/items/blue')
    expect([missing.status, ((await missing.json()) as { code: string }).code]).toEqual([
      404,
      'ERR_REPLICANT_NOT_FOUND',
    ])
  })

  test('services of all sites, with endpoints of the own ones only', async () => {
    const list = (await (await ask('/v1/services')).json()) as { site: string; endpoint?: string }[]
    expect(list.map(({ site, endpoint }) => [site, endpoint])).toEqual([
      ['site1', 'http://127.0.0.1:9001'],
      ['site2', undefined],
      ['site3', undefined],
    ])
  })

  test('a site is forgotten', async () => {
    expect((await ask('/v1/sites/site3', { method: 'DELETE' })).status).toBe(204)
    expect(control.calls).toContain('forget site3')
    expect((await ask('/v1/sites/site1', { method: 'DELETE' })).status).toBe(404)
  })

  test.each([
    [{ sites: ['site2'] }, 400],
    [{ forMs: 5_000 }, 400],
    [{ forMs: 5_000, sites: ['site2'], all: true }, 400],
    [{ forMs: 5_000, sites: 'site2' }, 400],
    [{ forMs: '5s', all: true }, 400],
    [{ forMs: 5_000, sites: ['site9'] }, 404],
    [{ forMs: 5_000, sites: ['site2'] }, 200],
  ])('cutting off %o answers %i', async (body, status) => {
    const answer = await ask('/v1/cuts', { method: 'POST', body: JSON.stringify(body) })
    expect(answer.status).toBe(status)
    expect(control.calls.includes('cut site2 5000')).toBe(status === 200)
  })

  test('cuts are listed, and shown by the status while they hold; joining ends one or all', async () => {
    const cut = (body: object) => ask('/v1/cuts', { method: 'POST', body: JSON.stringify(body) })
    await cut({ forMs: 5_000, sites: ['site2', 'site3'] })
    expect(await (await ask('/v1/cuts/site2', { method: 'DELETE' })).json()).toMatchObject([{ site: 'site3' }])
    expect(await (await ask('/v1/cuts')).json()).toMatchObject([{ site: 'site3' }])
    expect(await (await ask('/v1/cuts', { method: 'DELETE' })).json()).toEqual([])
  })

  test('a service comes and goes', async () => {
    const put = await ask('/v1/services/orders?save=true', {
      method: 'PUT',
      body: '{"endpoint":"http://127.0.0.1:9002"}',
    })
    expect([put.status, control.saved]).toEqual([200, ['orders']])
    expect((await ask('/v1/services/orders', { method: 'DELETE' })).status).toBe(204)
    expect((await ask('/v1/services/orders', { method: 'DELETE' })).status).toBe(404)
  })

  test.each([
    ['PUT', '/v1/services/orders', '{"endpoint":"nothing"}', 400, 'ERR_CONFIG_INVALID'],
    ['PUT', '/v1/services/orders', '[]', 400, 'ERR_ADMIN_INPUT'],
    ['PUT', '/v1/services/orders', '{', 400, 'ERR_ADMIN_INPUT'],
    ['PUT', '/v1/services/orders?save=perhaps', '{}', 400, 'ERR_ADMIN_INPUT'],
    ['POST', '/v1/peers', '{}', 400, 'ERR_ADMIN_INPUT'],
    ['POST', '/v1/peers', '{"address":"x"}', 400, 'ERR_ADMIN_INPUT'],
    ['POST', '/v1/sites/site3/ping', null, 503, 'ERR_SITE_UNREACHABLE'],
    ['POST', '/v1/status', null, 405, 'ERR_ADMIN_METHOD'],
    ['GET', '/v1/sites/', null, 404, 'ERR_ADMIN_NOT_FOUND'],
    ['GET', '/v1/sites/%zz', null, 404, 'ERR_ADMIN_NOT_FOUND'],
    ['GET', '/v1/sites/a%2Fb', null, 404, 'ERR_SITE_UNKNOWN'],
    ['GET', '/', null, 404, 'ERR_ADMIN_NOT_FOUND'],
    ['PUT', '/v1/services/orders', 'x'.repeat(65_537), 413, 'ERR_ADMIN_BODY_SIZE'],
  ])('%s %s with %.20s is %i %s', async (method, route, body, status, code) => {
    const answer = await ask(route, { method, body })
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([status, code])
  })

  test('a body at the bound is read', async () => {
    const body = JSON.stringify({ endpoint: 'http://x:1' }).padEnd(65_536)
    expect((await ask('/v1/services/orders', { method: 'PUT', body })).status).toBe(200)
  })

  test('an agent that hangs is given up after the time that was asked for', async () => {
    const answer = await ask('/v1/sites/site1/ping', { method: 'POST', headers: { 'cheops-timeout': '50' } })
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([504, 'ERR_ADMIN_TIMEOUT'])
  })

  test('so is what does not end with its signal', async () => {
    control.forgetSite = () => new Promise(() => {})
    const answer = await ask('/v1/sites/site3', { method: 'DELETE', headers: { 'cheops-timeout': '50' } })
    expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
      504,
      'No answer within 50 ms; what was begun may still be done.',
    ])
  })

  test('what nobody waits for any more is aborted', async () => {
    const gone = new AbortController()
    const asked = ask('/v1/sites/site1/ping', { method: 'POST', signal: gone.signal })
    setTimeout(() => {
      gone.abort()
    }, 100)
    await expect(asked).rejects.toThrow(/aborted/)
    await expect.poll(() => control.calls).toEqual(['ping aborted'])
  })
})

const DEAD: EndpointFact = {
  service: 'inventory',
  endpoint: 'http://127.0.0.1:9001',
  state: 'refused',
  detail: 'the connection was refused',
}

test('applications of the own site are asked where that is wanted', async () => {
  control.facts = { agent: 'serving', endpoints: [DEAD] }
  type Service = { site: string; name: string; instance?: unknown }
  const listed = async (query: string) => (await (await ask(`/v1/services${query}`)).json()) as Service[]
  const { state, detail } = DEAD
  expect((await listed('?look=true')).map(({ site, instance }) => [site, instance])).toEqual([
    ['site1', { state, detail }],
    ['site2', undefined],
    ['site3', undefined],
  ])
  expect((await listed('')).every(({ instance }) => instance === undefined)).toBe(true)
})

describe('health', () => {
  test('readiness follows the checks and names what fails', async () => {
    expect(await (await fetch(`${server.url}/readyz?verbose`)).text()).toBe(
      "[+] agent-serving: The agent serves\n[+] site-name: Nobody else uses this site's name\nok\n",
    )
    // An application that is down is said, without its address, and the agent is ready: it does all else.
    control.facts = { agent: 'serving', endpoints: [DEAD] }
    const said = await fetch(`${server.url}/readyz?verbose`)
    expect([said.status, await said.text()]).toEqual([
      200,
      '[+] agent-serving: The agent serves\n[!] app-answers: inventory does not answer: the connection was refused\nok\n',
    ])
    expect(await (await fetch(`${server.url}/readyz`)).text()).toBe('ok\n')
    control.facts = { agent: 'stopping', endpoints: [] }
    const answer = await fetch(`${server.url}/readyz`)
    expect([answer.status, await answer.text()]).toEqual([503, '[-] agent-serving: The agent is stopping\nnot ready\n'])
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)
  })

  test('metrics come in the format of Prometheus', async () => {
    const answer = await fetch(`${server.url}/metrics`)
    expect([answer.headers.get('content-type'), await answer.text()]).toEqual([
      'text/plain; version=0.0.4',
      'cheops_up 1\n',
    ])
  })
})

describe('events', () => {
  const event = (subject: string) => ({ type: 'site.joined', subject, detail: 'It said hello.', at: NOW })

  async function read(headers: Record<string, string>, count: number): Promise<{ id: number; subject: string }[]> {
    const stop = new AbortController()
    const answer = await ask('/v1/events', { headers, signal: stop.signal })
    const found: { id: number; subject: string }[] = []
    let text = ''
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString()
      if (text.includes(': events of')) control.emit(event('now'))
      for (const line of text.split('\n').slice(0, -1)) {
        if (line.startsWith('data: ')) found.push(JSON.parse(line.slice(6)) as { id: number; subject: string })
      }
      text = text.slice(text.lastIndexOf('\n') + 1)
      if (found.length >= count) break
    }
    stop.abort()
    return found
  }

  test('come as they happen, and again from behind the last that was read', async () => {
    control.emit(event('before'))
    const [first] = await read({}, 1)
    expect(first?.subject).toBe('now')
    control.emit(event('missed'))
    const again = await read({ 'last-event-id': String(first?.id) }, 2)
    expect(again.map(each => each.subject)).toEqual(['missed', 'now'])
  })

  test('end when the server stops', async () => {
    const answer = await ask('/v1/events')
    const text = answer.text()
    await server.stop()
    expect(await text).toContain(': events of a Cheops agent')
  })
})

describe('limits', () => {
  const port = () => Number(new URL(server.url).port)
  const asks = async (socket: Socket, request: string): Promise<string> => {
    socket.write(request)
    return String(((await once(socket, 'data')) as [Buffer])[0])
  }
  const LIVEZ = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n'

  test('idle connections shut nobody out: the one that has been idle for longest makes room', async () => {
    const sockets: Socket[] = []
    for (let i = 0; i < ADMIN_LIMITS.connections; i++) {
      const socket = connect(port(), '127.0.0.1')
      sockets.push(socket)
      await once(socket, 'connect')
    }
    // The first has had a request since, so it is no longer the oldest.
    const [first, second] = sockets
    if (first === undefined || second === undefined) throw new Error('no sockets')
    expect(await asks(first, LIVEZ)).toContain('200 OK')
    const closed = once(second.resume(), 'close')
    const beyond = connect(port(), '127.0.0.1')
    expect(await asks(beyond, LIVEZ)).toContain('200 OK')
    await closed
    expect(await asks(first, LIVEZ)).toContain('200 OK')
    expect(sockets.filter(socket => !socket.destroyed)).toHaveLength(ADMIN_LIMITS.connections - 1)
    for (const socket of [...sockets, beyond]) socket.destroy()
  })

  test('as many connections with a request as said, and not one more', async () => {
    const events = `GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`
    const sockets = Array.from({ length: ADMIN_LIMITS.connections }, () => connect(port(), '127.0.0.1'))
    for (const answer of await Promise.all(sockets.map(socket => asks(socket, events))))
      expect(answer).toContain('200 OK')
    const beyond = connect(port(), '127.0.0.1')
    await once(beyond.resume(), 'close')
    expect(sockets.filter(socket => !socket.destroyed)).toHaveLength(ADMIN_LIMITS.connections)
    for (const socket of sockets) socket.destroy()
  })

  test('a reader of events that reads nothing is cut off', async () => {
    const idle = connect(Number(new URL(server.url).port), '127.0.0.1')
    idle.on('error', () => {})
    idle.write(`GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`)
    await once(idle, 'data')
    idle.pause()
    // Far more than the system buffers on the way; at the latest the last write is beyond the bound.
    for (let i = 0; i < 512; i++) control.emit({ type: 'x', subject: 's', detail: 'x'.repeat(65_536), at: NOW })
    let received = 0
    idle.on('data', (chunk: Buffer) => {
      received += chunk.length
    })
    idle.resume()
    await once(idle, 'close')
    expect(received).toBeLessThan(512 * 65_536)
  })

  test('a head that is too large is 431', async () => {
    const answer = await ask('/v1/status', { headers: { 'x-large': 'x'.repeat(16_384) } })
    expect(answer.status).toBe(431)
  })

  test('a client that never ends its head is cut off', async () => {
    const slow = await startAdminServer({
      control,
      listen: { host: '127.0.0.1', port: 0 },
      tls: undefined,
      tokenFile: path.join(folder, 'slow.token'),
      logger: silent,
      headMs: 200,
    })
    const socket = connect(Number(new URL(slow.url).port), '127.0.0.1')
    socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n')
    const chunks = await socket.toArray()
    await slow.stop()
    expect(Buffer.concat(chunks as Buffer[]).toString()).toContain('408')
  })
})
