/**
 * What an operator can ask of a real agent about its peers, and what is said when the question makes no sense or nobody is
 * there: the codes that the admin API documents, and never a fault of the agent.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import { startAgent } from '../../../src/node.ts'
import type { RunningAgent } from '../../../src/ports/running-agent.ts'

let agent: RunningAgent
let other: RunningAgent
const folders: string[] = []

async function start(site: string): Promise<RunningAgent> {
  const data = await mkdtemp(path.join(tmpdir(), 'cheops-diagnostics-'))
  folders.push(data)
  const any = '127.0.0.1:0'
  const flags = {
    mesh: 'm',
    site,
    data,
    listen: [any],
    'ingress.listen': any,
    'admin.listen': any,
    'log.level': 'silent',
  }
  return startAgent(loadConfig({ env: {}, flags }))
}

beforeAll(async () => {
  ;[agent, other] = await Promise.all([start('one'), start('two')])
})
afterAll(async () => {
  await Promise.all([agent.stop(), other.stop()])
  await Promise.all(folders.map(folder => rm(folder, { recursive: true, force: true })))
})

const soon = () => ({ signal: AbortSignal.timeout(8_000) })

test('an agent is dialled by host and port, as in the configuration', async () => {
  const [, , host, , port] = (other.ready.addresses[0] ?? '').split('/')
  const peer = await agent.control.dial(`${host}:${port}`, soon())
  expect(peer).toMatchObject({ peerId: other.ready.peerId, site: 'two', direction: 'outbound' })
  expect((await agent.control.ping('two', soon())).rttMs).toBeGreaterThan(0)
})

test.each(['garbage', '', '/ip4/127.0.0.1', 'http://127.0.0.1:1'])('dialling %j is no address', async address => {
  await expect(agent.control.dial(address, soon())).rejects.toMatchObject({ code: 'ERR_ADMIN_INPUT' })
})

test('dialling where nobody answers says so', async () => {
  await expect(agent.control.dial('127.0.0.1:1', soon())).rejects.toMatchObject({ code: 'ERR_ADMIN_DIAL' })
})

test('the DHT is asked for what is a peer, and knows this agent itself', async () => {
  await expect(agent.control.dhtFind('garbage', soon())).rejects.toMatchObject({ code: 'ERR_ADMIN_INPUT' })
  const nobody = '12D3KooWJHSPzbQVh1TWTkRnf8CrgVwn1CV1pUAAQuYki555JnfM'
  await expect(agent.control.dhtFind(nobody, soon())).rejects.toMatchObject({ code: 'ERR_ADMIN_NOT_FOUND' })
  expect((await agent.control.dhtFind('one', soon())).addresses).toEqual(agent.ready.addresses)
})

test('a site is no way from itself, and one that nobody knows is unknown', async () => {
  expect(await agent.control.ping('one', soon())).toEqual({ rttMs: 0 })
  await expect(agent.control.ping('three', soon())).rejects.toMatchObject({ code: 'ERR_SITE_UNKNOWN' })
})
