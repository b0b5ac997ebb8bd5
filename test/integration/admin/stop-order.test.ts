/**
 * How an agent starts and stops as a whole, in this process with a real store and real listeners: a start that fails leaves
 * nothing open, and those who watch an agent learn that it stops while it still answers.
 */
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import http from 'node:http'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import { startAgent } from '../../../src/node.ts'
import { reservePort } from '../../support/ports.ts'
import type { AgentEvent } from '../../../src/ports/control.ts'

let ends: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const end of ends.toReversed()) await end()
  ends = []
})

async function configOf(flags: Record<string, string | readonly string[]>) {
  const data = await mkdtemp(path.join(tmpdir(), 'cheops-stop-'))
  ends.push(() => rm(data, { recursive: true, force: true }))
  const any = '127.0.0.1:0'
  const base = {
    mesh: 'm',
    site: 'a',
    data,
    listen: [any],
    'ingress.listen': any,
    'admin.listen': any,
    'log.level': 'silent',
  }
  return loadConfig({ env: {}, flags: { ...base, ...flags } })
}

test('a start that fails at the last listener leaves none open', async () => {
  const taken = net.createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  ends.push(() => void taken.close())
  const ingress = await reservePort()
  const service = `{name: app, endpoint: "http://127.0.0.1:1", listen: "127.0.0.1:${(taken.address() as net.AddressInfo).port}"}`
  const config = await configOf({ 'ingress.listen': `127.0.0.1:${ingress}`, services: [service] })
  await expect(startAgent(config)).rejects.toMatchObject({ code: 'ERR_LISTEN_TAKEN' })
  const client = net.connect(ingress, '127.0.0.1')
  const [error] = await once(client, 'error')
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
})

test('while the last request ends, events and readiness say that the agent stops', async () => {
  const asked = Promise.withResolvers<http.ServerResponse>()
  const app = http.createServer((_request, answer) => asked.resolve(answer)).listen(0, '127.0.0.1')
  await once(app, 'listening')
  ends.push(() => void app.close())
  const endpoint = `http://127.0.0.1:${(app.address() as net.AddressInfo).port}`
  const agent = await startAgent(await configOf({ services: [`{name: app, endpoint: "${endpoint}"}`] }))
  ends.push(() => agent.stop())
  const token = (await readFile(agent.ready.adminTokenFile, 'utf8')).trim()

  const events = await fetch(`${agent.ready.admin}/v1/events`, { headers: { Authorization: `Bearer ${token}` } })
  const seen: AgentEvent[] = []
  agent.control.onEvent(event => seen.push(event))
  const answer = fetch(`${agent.ready.ingress}/app/slow`)
  const held = await asked.promise
  const stopped = agent.stop()
  expect(seen.map(({ type }) => type)).toContain('agent.stopping')
  expect((await fetch(`${agent.ready.admin}/readyz`)).status).toBe(503)
  held.end('done')
  expect(await (await answer).text()).toBe('done')
  await stopped
  expect(await events.text()).toContain('agent.stopping')
})
