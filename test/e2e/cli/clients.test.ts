// Shows that the wrappers run the real client with the scope in its address and give back its exit code, that TLS made by
// `cheops init --tls` is trusted by who has its authority, and that an old Node is told how to get a new one.
// How: clients are small scripts on PATH that tell how they were called; the agent is real.
import { spawnSync } from 'node:child_process'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Bench, PROGRAM } from './harness.ts'
import type { Agent } from './harness.ts'

let bench: Bench
let agent: Agent
beforeAll(async () => {
  bench = await Bench.create()
  await mkdir(path.join(bench.folder, 'bin'))
  const endpoint = await bench.application('one')
  agent = await bench.up(['--mesh', 'demo', '--site', 'site1', '--services', `inventory=${endpoint}`])
})
afterAll(() => bench.close())

async function client(name: string, script: string): Promise<void> {
  const file = path.join(bench.folder, 'bin', name)
  await writeFile(file, `#!/bin/sh\n${script}\n`)
  await chmod(file, 0o755)
}
const withClients = () => ({ PATH: `${path.join(bench.folder, 'bin')}:/usr/bin:/bin` })
const PREFIX = '/~%7Bimage%3A%20site2%7D'

describe('openstack', () => {
  test('gets the address with the scope, its own environment, and gives back its exit code', async () => {
    await client('openstack', 'echo "$OS_AUTH_URL" "$OS_USERNAME" "$@"; exit 7')
    const env = { ...withClients(), OS_USERNAME: 'me', OS_AUTH_URL: 'http://keystone:5000/v3/' }
    const { code, out } = await bench.run(
      ['openstack', '--scope', '{image: site2}', '--', 'image', 'create', '--os-auth-url', 'http://x', 'a b'],
      env,
    )
    const url = `${agent.ready.ingress}${PREFIX}/identity/v3`
    expect([code, out]).toEqual([7, `${url} me --os-auth-url ${url} image create a b\n`])
  })

  test('sites in place of a scope; no scope at all; another name of Keystone', async () => {
    const sites = await bench.run(['openstack', '--sites', 'site2', 'token', 'issue'], withClients())
    expect(sites.out).toContain(`${agent.ready.ingress}/~%7Bsite2%7D/identity/v3`)
    const none = await bench.run(['openstack', '--identity', 'keystone', '--', 'token', 'issue'], withClients())
    expect(none.out).toContain(`${agent.ready.ingress}/keystone/v3 `)
  })

  test('a client that is not installed is 127, with how to get it', async () => {
    const { code, err } = await bench.run(['openstack', '--', 'image', 'list'], { PATH: '/nowhere' })
    expect([code, err]).toMatchObject([127, expect.stringContaining('python3-openstackclient')])
  })

  test('a client that a signal ends is 128 and its number', async () => {
    await client('openstack', 'kill -TERM $$')
    expect((await bench.run(['openstack', '--', 'x'], withClients())).code).toBe(143)
  })
})

describe('kubectl', () => {
  test('gets a copy of its configuration with another server, which is removed afterwards', async () => {
    // What "kubectl config view" answers, and then how the real command is called.
    await client(
      'kubectl',
      `if [ "$1" = config ]; then echo "$@" >> asked; echo '{"clusters":[{"name":"c","cluster":{"server":"https://k:6443","certificate-authority-data":"QQ=="}}],"users":[{"name":"u","user":{"token":"t"}}]}'; else stat -c %a "$KUBECONFIG"; cat "$KUBECONFIG"; echo; echo "$@"; exit 3; fi`,
    )
    const before = (await readdir(tmpdir())).filter(name => name.startsWith('cheops-kubectl-'))
    const { code, out } = await bench.run(
      ['kubectl', '--scope', '{image: site2}', '--', 'get', 'pods', '--context', 'dev', '-n', 'a'],
      withClients(),
    )
    const [mode, config, args] = out.split('\n')
    expect([code, mode, args]).toEqual([3, '600', 'get pods -n a'])
    expect(JSON.parse(config ?? '')).toEqual({
      clusters: [{ name: 'c', cluster: { server: `${agent.ready.ingress}${PREFIX}/kubernetes` } }],
      users: [{ name: 'u', user: { token: 't' } }],
    })
    expect(await readFile(path.join(bench.folder, 'asked'), 'utf8')).toContain('--context=dev')
    expect((await readdir(tmpdir())).filter(name => name.startsWith('cheops-kubectl-'))).toEqual(before)
  })

  test('trusts the authority that the context names, as where --ca-file does', async () => {
    await client(
      'kubectl',
      `if [ "$1" = config ]; then echo '{"clusters":[{"name":"c","cluster":{"server":"https://k:6443"}}]}'; else cat "$KUBECONFIG"; fi`,
    )
    const ca = path.join(bench.folder, 'edge-ca.pem')
    await writeFile(ca, '')
    const at = ['--agent', agent.ready.admin, '--token-file', agent.ready.adminTokenFile]
    await bench.run(['context', 'add', 'edge', ...at, '--ca-file', ca], withClients())
    const { out, err } = await bench.run(['kubectl', '--agent', 'edge', '--', 'get', 'pods'], withClients())
    await bench.run(['context', 'rm', 'edge'], withClients())
    expect(err).toContain('http://')
    expect(JSON.parse(out)).toMatchObject({ clusters: [{ cluster: { 'certificate-authority': ca } }] })
  })

  test('whose certificate it takes as it is in its configuration, and as --ca-file says here', async () => {
    await client(
      'kubectl',
      `if [ "$1" = config ]; then echo '{"clusters":[{"name":"c","cluster":{"server":"https://k:6443","insecure-skip-tls-verify":true,"tls-server-name":"k"}}]}'; else cat "$KUBECONFIG"; fi`,
    )
    const ca = path.join(bench.folder, 'ca.crt')
    await writeFile(ca, '')
    const { out } = await bench.run(['kubectl', '--ca-file', ca, '--', 'get', 'pods'], withClients())
    const { cluster } = (JSON.parse(out) as { clusters: [{ cluster: Record<string, unknown> }] }).clusters[0]
    // kubectl takes no authority beside the word that none is needed.
    expect(cluster).toEqual({ server: `${agent.ready.ingress}/kubernetes`, 'certificate-authority': ca })
  })

  test('not installed is 127', async () => {
    expect((await bench.run(['kubectl', '--', 'get', 'pods'], { PATH: '/nowhere' })).code).toBe(127)
  })
})

describe('TLS', () => {
  test('certificates of init are trusted with their authority, and not without; a second site uses the same authority', async () => {
    const made = await bench.run(['init', 'tls', '--site', 'edge1', '--tls', '--host', 'edge1.example.org'])
    expect([made.code, made.err]).toEqual([0, ''])
    const endpoint = await bench.application('secure')
    const secure = await bench.up(['-c', 'tls/cheops.yaml', '--services', `inventory=${endpoint}`])
    expect(secure.ready.admin).toMatch(/^https:/)
    const at = ['--agent', secure.ready.admin, '--token-file', secure.ready.adminTokenFile]
    const untrusted = await bench.run(['status', ...at])
    expect([untrusted.code, untrusted.err]).toMatchObject([1, expect.stringContaining('--ca-file')])
    expect((await bench.run(['status', ...at, '--ca-file', 'tls/tls/ca.pem'])).code).toBe(0)
    const answer = await bench.run(['request', '/inventory/x', ...at], { CHEOPS_CA_FILE: 'tls/tls/ca.pem' })
    expect([answer.code, answer.out]).toMatchObject([0, expect.stringContaining('"name":"secure"')])
    expect((await bench.run(['check', ...at, '--ca-file', 'tls/tls/ca.pem'])).out).toContain('is valid for 396 days')
    await secure.stop()

    await bench.run(['init', 'tls2', '--site', 'edge2', '--tls', '--ca', 'tls/tls'])
    expect(await readFile(path.join(bench.folder, 'tls2/tls/ca.pem'))).toEqual(
      await readFile(path.join(bench.folder, 'tls/tls/ca.pem')),
    )
    const certificate = async (file: string) => new X509Certificate(await readFile(path.join(bench.folder, file)))
    const [authority, issued] = await Promise.all(['tls/tls/ca.pem', 'tls2/tls/edge2.pem'].map(certificate))
    expect([issued?.verify(authority?.publicKey ?? createPublicKey('')), issued?.checkHost('edge2')]).toEqual([
      true,
      'edge2',
    ])
  })
})

test('an old Node is told what to do', () => {
  const pretend = "data:text/javascript,Object.defineProperty(process.versions, 'node', {value: '20.20.2'})"
  const { status, stderr } = spawnSync(process.execPath, ['--import', pretend, PROGRAM, 'status'], { encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toContain('cheops needs Node 24.18 or later')
  expect(stderr).toContain('npx cheops')
})
