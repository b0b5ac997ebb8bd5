/**
 * Shows that a change of a service at a running agent happens wholly or not at all: a taken port or a file that cannot be
 * changed leaves the service, its listener, the file and `expose` as they were; that an endpoint never leads back to a
 * listener of the agent, those that came at run time included; and that what others could read of the data folder is closed.
 * How: a real agent in this process, asked through its control, in a folder that was made open to others.
 */
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import { startAgent } from '../../../src/node.ts'
import type { RunningAgent } from '../../../src/ports/running-agent.ts'

const FILE = `# ours
mesh: m
site: a
data: data
listen: ["127.0.0.1:0"]
ingress: {listen: "127.0.0.1:0"}
admin: {listen: "127.0.0.1:0"}
log: {level: error}
services:
  - name: app
    endpoint: http://127.0.0.1:1
    listen: 127.0.0.1:0
`
const signal = new AbortController().signal
let folder: string
let file: string
let agent: RunningAgent

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-services-'))
  file = path.join(folder, 'cheops.yaml')
  await writeFile(file, FILE)
  const data = path.join(folder, 'data')
  await mkdir(path.join(data, 'libp2p'), { recursive: true })
  await writeFile(path.join(data, 'admin.token'), 'token')
  await chmod(data, 0o755)
  await chmod(path.join(data, 'libp2p'), 0o755)
  await chmod(path.join(data, 'admin.token'), 0o644)
  const config = loadConfig({ file, env: {}, flags: {}, cwd: folder, terminal: false })
  agent = await startAgent(config, { configFile: file })
})
afterAll(async () => {
  await agent.stop()
  await rm(folder, { recursive: true, force: true })
})

const app = () => agent.control.services().find(({ name }) => name === 'app')
const answers = async (url: string | undefined) => (await fetch(`${url ?? ''}/x`)).status === 503

test('what stood open of the data folder is closed to others', async () => {
  const modes = await Promise.all(
    ['data', 'data/libp2p', 'data/store', 'data/admin.token', 'data/peer.key'].map(
      async name => (await stat(path.join(folder, name))).mode & 0o777,
    ),
  )
  expect(modes).toEqual([0o700, 0o700, 0o700, 0o600, 0o600])
})

test('a taken port leaves all as it was', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => taken.once('listening', resolve))
  const { port } = taken.address() as AddressInfo
  const before = app()
  const wider = {
    name: 'app',
    endpoint: 'http://127.0.0.1:2',
    expose: { sites: ['*'], methods: ['*'], paths: ['/**'] },
  }
  const change = agent.control.addService({ ...wider, listen: `127.0.0.1:${String(port)}` }, { signal, save: true })
  await expect(change).rejects.toMatchObject({ code: 'ERR_LISTEN_TAKEN' })
  taken.close()
  expect(app()).toEqual(before)
  expect(await answers(before?.address)).toBe(true)
  expect(await readFile(file, 'utf8')).toBe(FILE)
})

test('TLS files that are missing leave all as it was', async () => {
  const before = app()
  const tls = { cert: 'none.crt', key: 'none.key' }
  const given = { name: 'app', endpoint: 'http://127.0.0.1:2', listen: '127.0.0.1:0', tls }
  await expect(agent.control.addService(given, { signal, save: false })).rejects.toMatchObject({
    code: 'ERR_CONFIG_READ',
  })
  expect(app()).toEqual(before)
  expect(await answers(before?.address)).toBe(true)
})

test('a file that cannot be changed leaves all as it was, whether a service is added, changed or removed', async () => {
  const before = agent.control.services()
  const listening = agent.control.status().listeners
  await writeFile(file, 'services: {not: a list}\n')
  const refused = { code: 'ERR_ADMIN_SAVE' }
  const options = { signal, save: true }
  const given = { endpoint: 'http://127.0.0.1:2', listen: '127.0.0.1:0', expose: { sites: ['*'] } }
  await expect(agent.control.addService({ ...given, name: 'new' }, options)).rejects.toMatchObject(refused)
  await expect(agent.control.addService({ ...given, name: 'app' }, options)).rejects.toMatchObject(refused)
  await expect(agent.control.removeService('app', options)).rejects.toMatchObject(refused)
  await writeFile(file, FILE)
  expect(agent.control.services()).toEqual(before)
  expect(agent.control.status().listeners).toEqual(listening)
  expect(await answers(app()?.address)).toBe(true)
})

test('a service that keeps its port keeps its listener, one that moves leaves the old one, one that is removed both', async () => {
  const given = { name: 'app', endpoint: 'http://127.0.0.1:3', listen: '127.0.0.1:0' }
  const { address: first } = app() ?? {}
  expect((await agent.control.addService(given, { signal, save: true })).address).toBe(first)
  expect(await readFile(file, 'utf8')).toContain('http://127.0.0.1:3')
  const moved = await agent.control.addService({ ...given, listen: '[::1]:0' }, { signal, save: false })
  expect(moved.address).toMatch(/^http:\/\/\[::1\]:/)
  expect(await answers(moved.address)).toBe(true)
  await expect(fetch(first ?? '')).rejects.toThrow(/fetch failed/)
  await agent.control.removeService('app', { signal, save: false })
  await expect(fetch(moved.address)).rejects.toThrow(/fetch failed/)
})

test('a change leaves what it does not name, and what is new needs an endpoint', async () => {
  const given = { endpoint: 'http://127.0.0.1:4', hosts: ['parts.example'], doubt: 'skip' }
  await agent.control.changeService('parts', given, { signal, save: true })
  const expose = { sites: ['b'], methods: ['GET'], paths: ['/**'] }
  const changed = await agent.control.changeService('parts', { expose }, { signal, save: true })
  expect([changed.endpoint, changed.expose]).toEqual(['http://127.0.0.1:4', expose])
  const saved = await readFile(file, 'utf8')
  for (const text of ['parts.example', 'doubt: skip', '- b']) expect(saved).toContain(text)
  await agent.control.changeService('parts', { expose: null }, { signal, save: true })
  expect(await readFile(file, 'utf8')).not.toContain('expose')
  await expect(agent.control.changeService('part', { expose }, { signal, save: true })).rejects.toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message: expect.stringMatching(/offers no "part" yet.*mean "parts"/) as string,
  })
  await agent.control.removeService('parts', { signal, save: true })
})

test('an endpoint is never one of the listeners, however it is written', async () => {
  const late = await agent.control.addService(
    { name: 'late', endpoint: 'http://127.0.0.1:3', listen: '127.0.0.1:0' },
    { signal, save: false },
  )
  for (const url of [agent.ready.ingress, agent.ready.admin, late.address]) {
    const { port } = new URL(url)
    for (const host of ['127.0.0.1', 'localhost.', '127.1', '0x7f.1', '[::ffff:127.0.0.1]', '0.0.0.0']) {
      const change = agent.control.addService(
        { name: 'loop', endpoint: `http://${host}:${port}` },
        { signal, save: false },
      )
      await expect(change, `${host}:${port}`).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' })
    }
  }
})
