// Shows the life of an agent by hand: init, check, up, ask, stop; two that find each other; and that `cheops check` finds
// what is wrong at a real agent. How: the built program as processes, with free ports and applications of the test's own.
import { execFile } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Bench, PROGRAM } from './harness.ts'
import type { Agent } from './harness.ts'

let bench: Bench
beforeAll(async () => {
  bench = await Bench.create()
})
afterAll(() => bench.close())

const mode = async (file: string) => ((await stat(path.join(bench.folder, file))).mode & 0o777).toString(8)

describe('before an agent runs', () => {
  test('init writes a configuration and keys that only their owner can read, and nothing twice', async () => {
    const first = await bench.run(['init', '--site', 'site1', '--service', 'inventory=http://127.0.0.1:1', '--systemd'])
    expect([first.code, first.err]).toEqual([0, ''])
    expect(first.out).toContain("This site's peer ID is 12D3KooW")
    expect(await Promise.all(['mesh.key', 'data/site1/peer.key', 'data/site1', 'cheops.yaml'].map(mode))).toEqual([
      '600',
      '600',
      '700',
      '644',
    ])
    expect(await readFile(path.join(bench.folder, 'mesh.key'), 'utf8')).toMatch(
      /^\/key\/swarm\/psk\/1\.0\.0\/\n\/base16\/\n[0-9a-f]{64}\n$/,
    )
    expect(await readFile(path.join(bench.folder, 'cheops.service'), 'utf8')).toContain(
      `up --config ${bench.folder}/cheops.yaml`,
    )

    const key = await readFile(path.join(bench.folder, 'data/site1/peer.key'))
    const second = await bench.run(['init', '--site', 'site1'])
    expect([second.code, second.err]).toMatchObject([1, expect.stringContaining('cheops.yaml exists already')])
    const forced = await bench.run(['init', '--site', 'site1', '--force'])
    expect([forced.code, await readFile(path.join(bench.folder, 'data/site1/peer.key'))]).toEqual([0, key])
  })

  test('what is wrong on the command line of init leaves nothing behind', async () => {
    const { code, err } = await bench.run(['init', 'wrong', '--site', 'and'])
    expect([code, err]).toMatchObject([1, expect.stringContaining('a word of the scope language')])
    await expect(stat(path.join(bench.folder, 'wrong/cheops.yaml'))).rejects.toThrow(/ENOENT/)
  })

  test('check finds a port that is taken, an application that is down, a bootstrap address that nobody answers', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => taken.once('listening', resolve))
    const port = String((taken.address() as AddressInfo).port)
    await writeFile(
      path.join(bench.folder, 'bad.yaml'),
      `mesh: demo\nsite: site1\nlisten: ["127.0.0.1:0"]\nmeshKey: nowhere.key\nbootstrap: ["127.0.0.1:1"]\ningress: {listen: "127.0.0.1:${port}"}\nadmin: {listen: "127.0.0.1:0"}\nservices: [{name: inventory, endpoint: "http://127.0.0.1:1"}]\n`,
    )
    const { code, out } = await bench.run(['check', '--config', 'bad.yaml', '-o', 'json'])
    taken.close()
    const errors = (JSON.parse(out) as { id: string; level: string }[]).filter(({ level }) => level === 'error')
    expect([code, errors.map(({ id }) => id)]).toEqual([2, ['files', 'port-free', 'app-answers', 'bootstrap']])
    const up = await bench.run(['up', '--config', 'bad.yaml'])
    expect([up.code, up.err]).toMatchObject([1, expect.stringContaining('The mesh key')])
  })

  test('check finds that fewer files may be open than the limits need, and a token in the clear', async () => {
    const listen = 'listen: ["127.0.0.1:0"]\ningress: {listen: "127.0.0.1:0"}\nadmin: {listen: "0.0.0.0:0"}\n'
    await writeFile(path.join(bench.folder, 'few.yaml'), `mesh: demo\nsite: site1\n${listen}`)
    const warnings = async (limit: string) => {
      const command = [`--nofile=${limit}`, process.execPath, PROGRAM, 'check', '-c', 'few.yaml', '-o', 'json']
      const { stdout } = await promisify(execFile)('prlimit', command, { cwd: bench.folder })
      return (JSON.parse(stdout) as { id: string; level: string }[]).filter(({ level }) => level === 'warning')
    }
    expect((await warnings('1024')).map(({ id }) => id)).toEqual(['open-files', 'listener-clear'])
    expect((await warnings('16384')).map(({ id }) => id)).toEqual(['listener-clear'])
  })

  test('up without a configuration says what is missing', async () => {
    const { code, err } = await bench.run(['up', '--config', '/dev/null'])
    expect(code).toBe(1)
    expect(err).toContain('site is missing (or CHEOPS_SITE, or --site)')
  })
})

describe('one agent', () => {
  let agent: Agent
  beforeAll(async () => {
    const endpoint = await bench.application('one')
    agent = await bench.up(['-c', 'cheops.yaml', '--services', `inventory=${endpoint}`])
  })

  test('up prints the addresses that it really has, and the ready file has them', async () => {
    expect(Object.keys(agent.ready)).toEqual([
      'site',
      'peerId',
      'pid',
      'addresses',
      'ingress',
      'admin',
      'adminTokenFile',
      'services',
    ])
    expect(agent.ready.pid).toBe(agent.process.pid)
    for (const address of [
      ...agent.ready.addresses,
      agent.ready.ingress,
      agent.ready.admin,
      ...Object.values(agent.ready.services),
    ]) {
      expect(agent.output()).toContain(address)
    }
    expect(agent.ready.addresses[0]).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/[1-9]\d*\/p2p\/12D3KooW/)
    expect(await mode(path.relative(bench.folder, agent.ready.adminTokenFile))).toBe('600')
    const answer = await fetch(`${agent.ready.services['inventory'] ?? ''}/items`)
    expect(await answer.json()).toEqual({ name: 'one', method: 'GET', url: '/items' })
  })

  test('commands find it by themselves', async () => {
    const status = await bench.run(['status'])
    expect([status.code, status.err]).toEqual([0, ''])
    expect(status.out).toContain(agent.ready.ingress)
    expect((await bench.run(['check'])).out).toContain('All is well.')
    expect((await bench.run(['version'])).out).toContain('site site1 of mesh demo')
  })

  test('request answers from the application, and its exit code follows the status', async () => {
    expect(await bench.run(['request', '/inventory/items'])).toEqual({
      code: 0,
      out: '{"name":"one","method":"GET","url":"/items"}',
      err: '',
    })
    expect((await bench.run(['request', '/inventory/missing'])).code).toBe(2)
    expect((await bench.run(['request', '/nothing/here'])).out).toContain('"code":"ERR_')
  })

  test('health and metrics need no token, the rest does', async () => {
    const ask = async (route: string) => (await fetch(agent.ready.admin + route)).status
    expect(
      await Promise.all(['/livez', '/readyz?verbose', '/metrics', '/v1/status', '/openapi.json'].map(ask)),
    ).toEqual([200, 200, 200, 401, 401])
  })

  test('a service comes, is saved, and goes', async () => {
    const endpoint = await bench.application('late')
    const added = await bench.run(['service', 'add', 'orders', '--endpoint', endpoint, '--save'])
    expect([added.code, added.err]).toEqual([0, ''])
    expect((await bench.run(['request', '/orders/x'])).out).toContain('"name":"late"')
    const file = await readFile(path.join(bench.folder, 'cheops.yaml'), 'utf8')
    expect([file.includes('# Name of the mesh'), file.includes(endpoint)]).toEqual([true, true])
    expect((await bench.run(['service', 'rm', 'orders', '--save'])).code).toBe(0)
    expect((await bench.run(['request', '/orders/x'])).code).toBe(2)
    expect(await readFile(path.join(bench.folder, 'cheops.yaml'), 'utf8')).not.toContain(endpoint)
  })

  test('SIGTERM ends it with 0, and the ready file is gone', async () => {
    expect(await agent.stop('SIGTERM')).toBe(0)
    await expect(stat(path.join(bench.folder, 'data/site1/ready.json'))).rejects.toThrow(/ENOENT/)
    const { code, err } = await bench.run(['status', '--agent', agent.ready.admin])
    expect([code, err]).toMatchObject([1, expect.stringContaining('nothing listens there')])
  })
})

describe('a mesh', () => {
  let one: Agent
  let inventory: string
  const site = (name: string, ...argv: string[]) =>
    bench.up([
      '--mesh',
      'demo',
      '--site',
      name,
      '--mesh-key',
      'shared/mesh.key',
      '--heartbeat-interval-ms',
      '200',
      '--timeouts-dial-ms',
      '1500',
      ...argv,
    ])

  beforeAll(async () => {
    await bench.run(['init', 'shared'])
    inventory = await bench.application('one')
    one = await site('site1', '--services', `{name: inventory, endpoint: "${inventory}", expose: {sites: "*"}}`)
  })

  const bootstrap = () => ['--bootstrap', one.ready.addresses[0] ?? '']
  /** Findings at an agent, asked until they satisfy or the test times out. */
  const findings = async (agent: Agent) => {
    const args = ['check', '-o', 'json', '--agent', agent.ready.admin, '--token-file', agent.ready.adminTokenFile]
    const { code, out } = await bench.run(args)
    const list = JSON.parse(out) as { id: string; level: string }[]
    return { code, bad: list.filter(({ level }) => level !== 'ok').map(({ id, level }) => `${level} ${id}`) }
  }

  test('two agents that were started by hand find each other, and a request is shared', async () => {
    const endpoint = await bench.application('two')
    const two = await site(
      'site2',
      ...bootstrap(),
      '--services',
      `{name: inventory, endpoint: "${endpoint}", expose: {sites: [site1]}}`,
    )
    const at = (agent: Agent) => ['--agent', agent.ready.admin, '--token-file', agent.ready.adminTokenFile]
    await expect
      .poll(async () => (await bench.run(['site', 'ls', ...at(one)])).out, { timeout: 20_000 })
      .toMatch(/site2 +alive .* direct /)
    const shared = await bench.run(['request', '-s', '{inventory: site2}', '/inventory/items', ...at(one)])
    expect(shared).toEqual({ code: 0, out: '{"name":"two","method":"GET","url":"/items"}', err: '' })
    expect((await bench.run(['site', 'ping', 'site2', '-n', '1', ...at(one)])).code).toBe(0)
    // The record is stored once there is somebody to store it at.
    await expect
      .poll(async () => (await bench.run(['dht', 'get', 'site2', ...at(one)])).out, { timeout: 20_000 })
      .toContain(two.ready.peerId)
    expect((await bench.run(['dht', 'find', 'site2', ...at(one)])).out).toContain('/ip4/127.0.0.1/tcp/')
    expect((await bench.run(['peer', 'ls', ...at(one)])).out).toContain(two.ready.peerId)
    expect(await findings(two)).toEqual({ code: 0, bad: [] })

    // A cut is rehearsed: it is seen wherever one looks, and ends when it is told to.
    const sites = async (agent: Agent) => (await bench.run(['site', 'ls', ...at(agent)])).out
    const ask = (agent: Agent, path: string) => fetch(agent.ready.admin + path).then(answer => answer.text())
    const cut = await bench.run(['site', 'cut', '--all', '--for', '10m', ...at(one)])
    expect(cut).toMatchObject({ code: 0, out: expect.stringContaining('all other sites for 10 min more') as string })
    expect(await sites(one)).toMatch(/site2 .* cut off /)
    await expect.poll(() => sites(two), { timeout: 20_000 }).toMatch(/site1 .* none /)
    const refused = await bench.run(['request', '-s', '{inventory: site2}', '/inventory/items', ...at(one)])
    expect(refused).toMatchObject({ code: 2, out: expect.stringContaining('an operator has cut it off') as string })
    expect((await bench.run(['status', ...at(one)])).out).toMatch(
      /\ncut off +all other sites for \d+ min .*"cheops site join"/,
    )
    expect((await findings(one)).bad).toContain('warning cut')
    expect((await bench.run(['events', '--last', '50', '--no-follow', ...at(one)])).out).toContain('site.cut')
    expect(await ask(one, '/metrics')).toContain('\ncheops_mesh_cut_sites 1\n')
    expect(await ask(one, '/readyz?verbose')).toMatch(/\[!\] cut: All other sites are cut off .*\n[^]*\nok\n$/)
    expect((await bench.run(['site', 'join', ...at(one)])).out).toBe('No site is cut off from here.\n')
    await expect.poll(() => sites(one), { timeout: 20_000 }).toMatch(/site2 +alive .* direct /)
    expect((await bench.run(['request', '-s', '{inventory: site2}', '/inventory/items', ...at(one)])).code).toBe(0)

    expect([await two.stop(), two.output()]).toEqual([0, expect.stringContaining('stopping')])
  })

  test('check finds a wrong mesh key', async () => {
    await bench.run(['init', 'other', '--site', 'x'])
    const other = await site('site3', ...bootstrap(), '--mesh-key', 'other/mesh.key')
    await expect.poll(() => findings(other), { timeout: 20_000 }).toEqual({ code: 2, bad: ['error mesh-key'] })
    await other.stop()
  })

  test('check finds a wrong mesh name', async () => {
    const other = await site('site4', ...bootstrap(), '--mesh', 'another')
    await expect.poll(() => findings(other), { timeout: 20_000 }).toEqual({ code: 2, bad: ['error mesh-name'] })
    await other.stop()
  })

  test('check finds a bootstrap address that nobody answers, and an application that is down', async () => {
    const other = await site('site5', '--bootstrap', '127.0.0.1:1', '--services', 'inventory=http://127.0.0.1:1')
    await expect
      .poll(() => findings(other), { timeout: 20_000 })
      .toEqual({ code: 2, bad: ['error app-answers', 'error bootstrap'] })
    await other.stop()
  })

  test('check finds that the name of the site is taken', async () => {
    const other = await site('site1', ...bootstrap(), '--data', 'data/thief')
    await expect.poll(() => findings(other), { timeout: 20_000 }).toEqual({ code: 2, bad: ['error site-name'] })
    await other.stop()
  })

  test('a second signal ends at once', async () => {
    // A request under way holds the first one back.
    const slow = createServer(socket => socket.on('error', () => {})).listen(0, '127.0.0.1')
    await new Promise(resolve => slow.once('listening', resolve))
    const endpoint = `http://127.0.0.1:${String((slow.address() as AddressInfo).port)}`
    const agent = await site('site6', '--services', `hang=${endpoint}`)
    const connected = new Promise(resolve => slow.once('connection', resolve))
    const asked = fetch(`${agent.ready.services['hang'] ?? ''}/x`).catch(() => 'broken off')
    await connected
    agent.process.kill('SIGINT')
    await expect.poll(() => agent.output()).toContain('stopping')
    expect(await agent.stop('SIGINT')).toBe(130)
    slow.close()
    expect(await asked).toBe('broken off')
  })
})
