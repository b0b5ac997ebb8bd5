// Shows what each command answers and with which exit code, how it finds its agent and token, and what it says when it
// cannot ask. How: the command line in this process, against a real admin server in front of a fake control.
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startAdminServer } from '../../../src/adapters/http/admin/index.ts'
import type { AdminServer } from '../../../src/adapters/http/admin/index.ts'
import { main } from '../../../src/cli/main.ts'
import { OPERATION } from './fake-replication.ts'
import { fakeControl, NOW, silent } from './fake-control.ts'
import type { FakeControl } from './fake-control.ts'

let folder: string
let server: AdminServer
let control: FakeControl
let tokenFile: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-cli-'))
  control = fakeControl()
  tokenFile = path.join(folder, 'admin.token')
  server = await startAdminServer({
    control,
    listen: { host: '127.0.0.1', port: 0 },
    tls: undefined,
    tokenFile,
    logger: silent,
  })
})
afterEach(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Run {
  readonly env?: Record<string, string>
  readonly stdin?: string
  readonly interrupted?: AbortSignal
  readonly onOutput?: (text: string) => void
}

async function run(argv: readonly string[], { env, stdin, interrupted, onOutput }: Run = {}) {
  const [stdout, stderr, input] = [new PassThrough(), new PassThrough(), new PassThrough()]
  let [out, err] = ['', '']
  stdout.on('data', chunk => {
    out += String(chunk)
    onOutput?.(out)
  })
  stderr.on('data', chunk => {
    err += String(chunk)
  })
  input.end(stdin ?? '')
  const code = await main(argv, {
    stdout,
    stderr,
    stdin: input,
    env: env ?? { HOME: folder, CHEOPS_ADMIN: server.url, CHEOPS_TOKEN_FILE: tokenFile },
    cwd: folder,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    interrupted: interrupted ?? new AbortController().signal,
  })
  return { code, out, err }
}

describe('answers', () => {
  test.each([
    [['status'], 0, /mesh +demo[^]*site3 +down[^]*to other sites +0 +7/],
    [['site', 'ls'], 0, /^SITE .*\nsite1 .*\nsite2 .*\nsite3 /],
    [['site', 'show', 'site2'], 0, /record +number 9007199254740993/],
    [['site', 'show', 'site9'], 2, /^$/],
    [['site', 'rm', 'site3'], 0, /^site3 is forgotten here\n$/],
    [['site', 'rm', 'site1'], 2, /^$/],
    [['site', 'rm', 'site2'], 1, /^$/],
    [['site', 'rm', 'site2', '--force'], 0, /^site2 is forgotten here\n$/],
    [['site', 'ping', 'site2', '-n', '1'], 0, /^site2: 12\.3 ms\n$/],
    [['site', 'ping', 'site3', '-n', '1'], 2, /^site3: site3 is down\.\n$/],
    [['site', 'ping', 'site1', '-n', '1', '--timeout', '2s'], 2, /No answer within 1800 ms/],
    [
      ['site', 'cut', 'site2', '--for', '90s'],
      0,
      /^Cut off from here: site2 for 1 min 30 s more\n"cheops site join" ends it before\.\n$/,
    ],
    [['site', 'cut', '--all'], 0, /^Cut off from here: all other sites for 5 min more\n/],
    [['site', 'cut', 'site9'], 2, /^$/],
    [['site', 'cut'], 1, /^$/],
    [['site', 'cut', 'site2', '--all'], 1, /^$/],
    [['site', 'cut', 'site2', '--for', '2h'], 1, /^$/],
    [['site', 'join'], 0, /^No site is cut off from here\.\n$/],
    [['peer', 'ls'], 0, /site2 +outbound +12 ms/],
    [['peer', 'dial', '/ip4/10.0.0.2/tcp/4078'], 0, /site2/],
    [['peer', 'dial', 'nothing'], 2, /^$/],
    [['dht', 'get', 'site2'], 0, /record +number 7/],
    [['dht', 'get', 'site3'], 2, /^$/],
    [['dht', 'find', 'site2'], 0, /^\/ip4\/10\.0\.0\.2\/tcp\/4078\n$/],
    [['service', 'ls'], 0, /inventory +site1 +alive +rest +http:\/\/127\.0\.0\.1:9001/],
    [['service', 'rm', 'nothing'], 2, /^$/],
    [
      ['replicant', 'ls'],
      0,
      /^STATE .*\ndiverged +1 +inventory\/items\/purple +site1, site2\nfailing +0 +kubernetes\/v1\/Pod\/a%2Fb%25 +site1\n\n.*purple is diverged: the application answers 500 .*\n.* is not carried out at site3: ERR_FORWARD_NOT_EXPOSED\n\nERR_FORWARD_NOT_EXPOSED: The site does not let other sites do this/,
    ],
    [['replicant', 'ls', '--limit', '1'], 0, /\n\nThere are more: --after inventory\/items\/purple\n$/],
    [
      ['replicant', 'ls', '--service', 'kubernetes'],
      0,
      /^STATE .*\nfailing .*\n\nkubernetes.* is not carried out at site3/,
    ],
    [['replicant', 'ls', '--state', 'diverged'], 0, /^STATE .*\ndiverged .*\n\ninventory\/items\/purple is diverged/],
    [['replicant', 'ls', '--state', 'Diverged'], 1, /^$/],
    [['replicant', 'ls', '--service', 'orders', '--unwell'], 0, /^Nothing is listed\.\n$/],
    [['conflict', 'ls', '--service', 'orders'], 0, /^There is no conflict\.\n$/],
    [
      ['replicant', 'ls', '--after', 'inventory/items/purple'],
      0,
      /^STATE .*\nfailing .*\n\n.* is not carried out at site3/,
    ],
    [
      ['replicant', 'show', 'inventory/items/purple'],
      0,
      /members +site1, site2\nstate +diverged[^]*replaced: another write counts\n[^]*WRITTEN HERE +TOLD\nsite1\/.* applied \(200\) at site1; pending at site2\n$/,
    ],
    [['replicant', 'show', 'inventory/items/blue'], 2, /^$/],
    [['replicant', 'show', 'purple'], 1, /^$/],
    [
      ['conflict', 'ls'],
      0,
      /inventory\/items\/purple +replaced +replace +2025-11-22T10:00:00Z +site2\/1763800000000-9f86d081884c7d65\/7\n\nreplaced: another write counts\n/,
    ],
    [
      ['replicant', 'history', 'inventory/items/purple'],
      0,
      /^FATE +WRITTEN +OPERATION\nconflict +2025-11-22T10:00:00Z +site2\/.*\/9\n[^]*\nexecuted .*\n +replace PUT \/items\/purple \(17 bytes\)\n +applied \(200\) at site1; pending at site2\n\nsite2\/.*\/9 conflict: another write counts\n\n4 older ones are left out\.\n$/,
    ],
    [['replicant', 'history', 'inventory/items/blue'], 2, /^$/],
    [
      ['operation', 'show', OPERATION],
      0,
      /replicant +inventory\/items\/purple\nwritten +2025-11-22T10:00:00\.000Z at site1\n[^]*site1 +2025-.* applied \(200\)\nsite2 +– +pending\n$/,
    ],
    [['operation', 'show', 'site1/1763800000000-9f86d081884c7d65/4'], 2, /^$/],
    [['operation', 'show', 'purple'], 1, /^$/],
    [
      ['operation', 'watch', OPERATION],
      2,
      /^2025-11-22T10:00:00\.000Z +\S+ +site1 +applied \(200\)\n– +\S+ +site2 +pending\n2025-11-22T10:00:01\.000Z +\S+ +site2 +failed \(507\)\nNothing more will come by itself: failed \(507\) at site2\.\n$/,
    ],
    [
      ['replicant', 'detach', 'site3'],
      2,
      /^inventory\/items\/purple +site1\/.*\ninventory\/items\/red +site1\/.*\nsite3 is no member of 2 replicants any more\.\nIt is the only member of inventory\/items\/alone: /,
    ],
    [['replicant', 'detach', 'site2'], 2, /^$/],
    [['replicant', 'detach', 'site3', 'purple'], 1, /^$/],
    [
      ['replicant', 'attach', 'site3'],
      0,
      /^inventory\/items\/purple +site1\/.*\ninventory\/items\/red +site1\/.*\nsite3 is a member of 2 replicants more\.\n$/,
    ],
    [['replicant', 'attach', 'site3', 'inventory/items/purple'], 0, /site3 is a member of 1 replicant more\.\n$/],
    [['replicant', 'attach', 'site9', 'inventory/items/purple'], 2, /^$/],
    [['replicant', 'attach', 'site3', 'purple'], 1, /^$/],
    [['replicant', 'repair', 'inventory/items/purple'], 0, /shows what the other member has\n$/],
    [['replicant', 'repair', 'inventory/items/purple', '--from', 'site3'], 2, /no member could be reached/],
    [['replicant', 'repair', 'inventory/items/purple', '--from', 'site4'], 2, /not connected yet.*: site4; try again/],
    [['conflict', 'resolve', 'inventory/items/purple', '--adopt'], 0, /^inventory\/items\/purple: what is here is the/],
    [['conflict', 'resolve', 'inventory/items/purple', '--leave'], 2, /^$/],
    [['conflict', 'resolve', 'inventory/items/purple', '--adopt', '--leave'], 1, /^$/],
    [
      ['conflict', 'resolve', 'inventory/items/purple', '--keep'],
      0,
      /^inventory\/items\/purple: what counts stays, .*\nsettled: site1\//,
    ],
    [['conflict', 'resolve', 'inventory/items/purple', '--take', 'site2'], 0, /the write that had lost is carried out/],
    [['conflict', 'resolve', 'inventory/items/purple', '--take', 'site9'], 2, /^$/],
    [['conflict', 'resolve', 'inventory/items/purple', '--keep', '--take', 'site2'], 1, /^$/],
    [['conflict', 'resolve', 'purple', '--keep'], 1, /^$/],
    [
      ['replicant', 'adopt', 'inventory/items/purple', '--sites', 'site1,site2'],
      0,
      /^inventory\/items\/purple: one on site1, site2, by site1\/\S+\n$/,
    ],
    [
      ['replicant', 'adopt', 'inventory/items/locked', '--sites', 'site1,site2'],
      0,
      /: one on site1, site2, .*\n  The application shows nobody \/password: .* written once more/,
    ],
    [['replicant', 'adopt', 'inventory/items/blue', '--sites', 'site1,site2'], 2, /^$/],
    [
      ['replicant', 'adopt', 'inventory/items/blue', 'inventory/items/purple', '--scope', 'site1 & site2'],
      2,
      /^inventory\/items\/purple/,
    ],
    [['replicant', 'adopt', 'inventory/items/purple'], 1, /^$/],
    [
      ['conflict', 'resolve', 'inventory/items/purple', '--done'],
      0,
      /: the write in doubt took effect\nsettled: site1\//,
    ],
    [['conflict', 'resolve', 'inventory/items/purple', '--undone'], 2, /^$/],
    [['check'], 0, /√ The agent serves[^]*All is well/],
    [['scope', 'explain', 'site1', 'or', 'site2', '--service', 'inventory'], 0, /first of site1, site2/],
    [['scope', 'explain', 'site9', '--service', 'inventory'], 2, /ERR_SCOPE_UNKNOWN_SITE/],
    [['version'], 0, /^client .*\nagent +0\.1\.0 on Node v24\.21\.0, site site1 of mesh demo\n$/],
  ])('%j ends with %i', async (argv, code, out) => {
    const result = await run(argv)
    expect([result.code, result.err.includes('should not have happened')]).toEqual([code, false])
    expect(result.out).toMatch(out)
    expect(result.out + result.err).not.toBe('')
  })

  test.each([
    ['status'],
    ['site ls'],
    ['site show site2'],
    ['peer ls'],
    ['dht get site2'],
    ['dht find site2'],
    ['service ls'],
    ['replicant ls'],
    ['replicant show inventory/items/purple'],
    ['replicant history inventory/items/purple'],
    [`operation show ${OPERATION}`],
    [`operation body ${OPERATION}`],
    ['replicant detach site3'],
    ['conflict ls'],
    ['check'],
    ['version'],
    ['scope explain site1'],
    ['context ls'],
  ])('%s -o json is JSON, and -o yaml the same', async line => {
    const { parse } = await import('yaml')
    const json = await run([...line.split(' '), '-o', 'json'])
    const yaml = await run([...line.split(' '), '-o', 'yaml'])
    expect(parse(yaml.out)).toEqual(JSON.parse(json.out))
  })

  test('an error in a check is 2', async () => {
    control.facts = {
      agent: 'serving',
      bootstrap: [{ address: '/ip4/1.2.3.4/tcp/1', result: 'handshake', detail: 'reset' }],
    }
    const { code, out } = await run(['check'])
    expect(code).toBe(2)
    expect(out).toContain('[mesh-key]')
  })

  test('a service is added with paths as the agent sees them, and saved', async () => {
    const { code, out } = await run([
      'service',
      'add',
      'orders',
      '--endpoint',
      'http://127.0.0.1:9002/',
      '--expose-sites',
      'site2,site3',
      '--expose-methods',
      'GET',
      '--glue',
      './orders.glue.yaml',
      '--save',
    ])
    expect([code, out]).toEqual([
      0,
      'orders is offered at http://127.0.0.1:8079/orders; exposed to site2, site3: GET of /**\n',
    ])
    expect(control.saved).toEqual(['orders'])
    expect(control.services().at(-1)).toMatchObject({ expose: { sites: ['site2', 'site3'], methods: ['GET'] } })
  })

  test('who offers a service that another site describes otherwise is told so', async () => {
    const { code, out } = await run(['service', 'add', 'inventory', '--unset', 'expose'])
    expect([code, out]).toEqual([
      0,
      'inventory is offered at http://127.0.0.1:8079/inventory; no other site may use it\n' +
        'At site2 inventory is described by other glue: what is replicated there and here needs the same definition at each\n',
    ])
  })

  test('a service that is wrong is refused before anybody is asked', async () => {
    const { code, err } = await run(['service', 'add', 'orders', '--endpoint', 'nothing'], { env: { HOME: folder } })
    expect([code, err.includes('endpoint must be an http')]).toEqual([1, true])
  })

  test('events stream until interrupted', async () => {
    const stop = new AbortController()
    const event = { type: 'site.joined', subject: 'site4', detail: 'It said hello.\u001b[0m', at: NOW }
    const running = run(['events'], { interrupted: stop.signal, onOutput: () => stop.abort() })
    const timer = setInterval(() => control.emit(event), 20)
    const { code, out } = await running
    clearInterval(timer)
    expect([code, out.split('\n')[0]]).toEqual([
      0,
      '2025-11-22T10:00:00.000Z  site.joined                 site4                     It said hello.\\u001b[0m',
    ])
  })

  test('events begin with those that were kept, and end behind them if nothing shall follow', async () => {
    for (const n of [1, 2, 3])
      control.emit({ type: 'replication.diverged', subject: `s/k/${n}`, detail: 'why', at: NOW })
    const { code, out, err } = await run(['events', '--last', '2', '--no-follow'])
    expect([code, err]).toEqual([0, ''])
    expect(out.split('\n').map(line => line.slice(line.indexOf('  ') + 2))).toEqual([
      `${'replication.diverged'.padEnd(26)}  ${'s/k/2'.padEnd(24)}  why`,
      `${'replication.diverged'.padEnd(26)}  ${'s/k/3'.padEnd(24)}  why`,
      '',
    ])
    expect((await run(['events', '--last', '1001'])).code).toBe(1)
  })
  test('events end with 1 when the agent does', async () => {
    const running = run(['events', '-o', 'json'], { onOutput: () => void server.stop() })
    const timer = setInterval(() => control.emit({ type: 'x', subject: 's', detail: 'd', at: NOW }), 20)
    const { code, out } = await running
    clearInterval(timer)
    expect([code, JSON.parse(out.split('\n')[0] ?? '')]).toMatchObject([1, { type: 'x', subject: 's' }])
  })
})

describe('which agent', () => {
  test('without the token it could not ask: 1, and what to do', async () => {
    const { code, err } = await run(['status'], { env: { HOME: folder, CHEOPS_ADMIN: server.url } })
    expect([code, err]).toEqual([
      1,
      'cheops: The request carries no valid token. (ERR_ADMIN_UNAUTHORIZED)\n  Give the file with its token: --token-file FILE or CHEOPS_TOKEN_FILE. "cheops up" prints where it stands.\n',
    ])
  })

  test('a context by name, then as the current one; flags are stronger', async () => {
    const env = { HOME: folder }
    const add = ['context', 'add', 'edge', '--agent', `${server.url}/`, '--token-file', 'admin.token']
    expect(await run(add, { env })).toMatchObject({ code: 0 })
    const file = path.join(folder, '.config/cheops/contexts.yaml')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await run(['site', 'ls', '--agent', 'edge'], { env })).code).toBe(0)
    expect((await run(['site', 'ls'], { env })).code).toBe(0)
    expect((await run(['context', 'ls'], { env })).out).toMatch(/^\* +edge +http:/m)
    expect((await run(['site', 'ls', '--agent', 'http://127.0.0.1:1'], { env })).code).toBe(1)
    expect((await run(['site', 'ls', '--agent', 'egde'], { env })).err).toContain('did you mean "edge"?')
    await run(['context', 'use'], { env })
    expect((await run(['context', 'ls'], { env })).out).not.toContain('*')
    await run(['context', 'rm', 'edge'], { env })
    expect(await readFile(file, 'utf8')).not.toContain('edge')
  })

  test('the one local agent, by its ready file; several have to be named; a dead one does not count', async () => {
    const env = { HOME: folder }
    const ready = async (site: string, pid: number) => {
      const data = path.join(folder, 'data', site)
      await mkdir(data, { recursive: true })
      await writeFile(
        path.join(data, 'ready.json'),
        JSON.stringify({ site, pid, admin: server.url, adminTokenFile: tokenFile }),
      )
    }
    await ready('site1', process.pid)
    // Above what Linux gives out.
    await ready('dead', 2 ** 30)
    expect((await run(['status'], { env })).code).toBe(0)
    expect((await run(['status', '--agent', server.url], { env })).code).toBe(0)
    await ready('site2', process.pid)
    const { code, err } = await run(['status'], { env })
    expect([code, err.includes('Several agents run here (site1, site2)')]).toEqual([1, true])
    expect((await run(['status', '--agent', 'site2'], { env })).code).toBe(0)
  })

  test('something else at the address', async () => {
    const other = http.createServer((_, response) => response.writeHead(404).end('nothing')).listen(0, '127.0.0.1')
    await new Promise(resolve => other.once('listening', resolve))
    const url = `http://127.0.0.1:${String((other.address() as AddressInfo).port)}`
    const { code, err } = await run(['status', '--agent', url])
    other.close()
    expect([code, err]).toMatchObject([1, expect.stringContaining('is it the address of the ingress?')])
  })

  test('an agent that does not answer is given up in time', async () => {
    const silence = http.createServer(() => {}).listen(0, '127.0.0.1')
    await new Promise(resolve => silence.once('listening', resolve))
    const url = `http://127.0.0.1:${String((silence.address() as AddressInfo).port)}`
    const { code, err } = await run(['status', '--agent', url, '--timeout', '200ms'])
    silence.closeAllConnections()
    silence.close()
    expect([code, err]).toMatchObject([
      1,
      expect.stringMatching(
        /took the connection and did not answer within 0\.2 s\. .*\n {2}Something runs there and says nothing/,
      ),
    ])
  })
})

describe('request', () => {
  const seen: { method: string; url: string; headers: http.IncomingHttpHeaders; body: string }[] = []
  let ingress: http.Server
  let url: string
  beforeEach(async () => {
    seen.length = 0
    ingress = http.createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8')
      request.on('data', (chunk: string) => {
        body += chunk
      })
      request.on('end', () => {
        seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
        if (request.url === '/broken') {
          response.writeHead(200, { 'content-length': '100' })
          response.write('half', () => response.destroy())
          return
        }
        response.writeHead(request.url === '/missing' ? 404 : 201, { 'X-A': 'b' }).end('hello')
      })
    })
    ingress.listen(0, '127.0.0.1')
    await new Promise(resolve => ingress.once('listening', resolve))
    url = `http://127.0.0.1:${String((ingress.address() as AddressInfo).port)}`
  })
  afterEach(() => {
    ingress.closeAllConnections()
    ingress.close()
  })

  test('a GET without a body, with scope and the token of the ingress', async () => {
    await writeFile(path.join(folder, 'in.token'), 'ingress-token\n')
    const { code, out } = await run([
      'request',
      '--ingress',
      url,
      '--ingress-token-file',
      'in.token',
      '--sites',
      'a,b',
      '/x?y=1',
    ])
    expect([code, out]).toEqual([0, 'hello'])
    expect(seen[0]).toMatchObject({
      method: 'GET',
      url: '/x?y=1',
      headers: { 'cheops-scope': '{a & b}', 'proxy-authorization': 'Bearer ingress-token' },
    })
    expect(seen[0]?.headers['content-type']).toBeUndefined()
  })

  test('data makes it a POST of JSON; headers and method can be given', async () => {
    await run(['request', '--ingress', url, '-d', '{"a":1}', '/x'])
    await run(['request', '--ingress', url, '-X', 'put', '-H', 'Content-Type: text/plain', '-d', '@-', '/x'], {
      stdin: 'streamed',
    })
    await run(['request', '--ingress', url, '-X', 'POST', '/x'])
    expect(
      seen.map(({ method, headers, body }) => [method, headers['content-type'], headers['content-length'], body]),
    ).toEqual([
      ['POST', 'application/json', '7', '{"a":1}'],
      ['PUT', 'text/plain', undefined, 'streamed'],
      ['POST', undefined, '0', ''],
    ])
  })

  test('-i shows the head; a status of 400 or more is 2; an answer that breaks off is 2', async () => {
    const head = await run(['request', '--ingress', url, '-i', '/missing'])
    expect(head.code).toBe(2)
    expect(head.out).toMatch(/^HTTP\/1\.1 404 Not Found\nX-A: b\n[^]*\n\nhello$/)
    const broken = await run(['request', '--ingress', url, '/broken'])
    expect(broken).toEqual({ code: 2, out: 'half', err: 'cheops: the answer broke off before its end\n' })
  })

  test('nobody there is 1', async () => {
    expect((await run(['request', '--ingress', 'http://127.0.0.1:1', '/x'])).code).toBe(1)
  })
})

test('of sites to be joined none is, where one of them is unknown', async () => {
  await run(['site', 'cut', 'site2', 'site3'])
  const { code, out } = await run(['site', 'join', 'site2', 'site9'])
  expect([code, out]).toEqual([2, ''])
  expect(control.cuts().map(({ site }) => site)).toEqual(['site2', 'site3'])
  expect((await run(['site', 'join', 'site2'])).out).toMatch(/^Still cut off from here: site3 for /)
})
