/** The definition of Toxiproxy as it stands in the README of the glue, on applications as Toxiproxy is; but that its paths are those of the lab. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import type { Application, ApplicationAnswer } from '../../../../../src/ports/application.ts'
import { Lab } from '../lab.ts'

const readme = readFileSync(join(import.meta.dirname, '../../../../../src/glue/README.md'), 'utf8')
const text = /```yaml\n(glue: 1\napplication: toxiproxy\n[^]*?)```/.exec(readme)?.[1] ?? ''
const glue = simGlue(text.replaceAll('/proxies', '/items').replace('  proxy:', '  item:'))

interface Proxy {
  readonly name: string
  readonly listen: string
  readonly upstream: string
  readonly enabled: boolean
  readonly toxics: object[]
}
const SITES = ['a', 'b', 'c']

async function start() {
  const stores: Record<string, Map<string, Proxy>> = {}
  const toxiproxy = (_: Application, site: string): Application => {
    const proxies = new Map<string, Proxy>()
    stores[site] = proxies
    const answer = (status: number, value?: unknown): ApplicationAnswer => ({
      status,
      reason: '',
      rawHeaders: ['content-type', 'application/json'],
      isComplete: true,
      body: value === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(value)),
    })
    const serve = (method: string, name: string | undefined, body: Partial<Proxy>): ApplicationAnswer => {
      if (name === undefined) {
        if (method === 'GET') return answer(200, Object.fromEntries(proxies))
        if (method !== 'POST') return answer(405)
        if (body.name === undefined || body.upstream === undefined)
          return answer(400, { error: 'missing required field' })
        if (proxies.has(body.name)) return answer(409, { error: 'proxy already exists' })
        const { name: id, listen = '', upstream, enabled = true } = body
        proxies.set(id, { name: id, listen, upstream, enabled, toxics: [] })
        return answer(201, proxies.get(id))
      }
      const proxy = proxies.get(name)
      if (method !== 'GET' && method !== 'POST' && method !== 'PATCH' && method !== 'DELETE') return answer(405)
      if (proxy === undefined) return answer(404, { error: 'proxy not found' })
      if (method === 'DELETE') {
        proxies.delete(name)
        return answer(204)
      }
      if (method !== 'GET')
        Object.assign(
          proxy,
          Object.fromEntries(
            Object.entries(body).filter(([field]) => ['listen', 'upstream', 'enabled'].includes(field)),
          ),
        )
      return answer(200, proxy)
    }
    return {
      request: asked => {
        const name = /^\/items\/([^/?]+)$/.exec(asked.path)?.[1]
        const body =
          asked.body === undefined
            ? {}
            : (JSON.parse(new TextDecoder().decode(asked.body as Uint8Array) || '{}') as Partial<Proxy>)
        return Promise.resolve(serve(asked.method, name, body))
      },
    }
  }
  const lab = await Lab.of(SITES, { glue: () => glue, application: toxiproxy })
  await lab.ask(
    'a',
    'POST /items',
    { name: 'x', listen: '127.0.0.1:7000', upstream: '127.0.0.1:9' },
    { members: SITES },
  )
  await lab.pass(10_000)
  const at = (site: string): Proxy | undefined => stores[site]?.get('x')
  const states = async () => Promise.all(SITES.map(async site => (await lab.status(site, 'x'))?.state))
  return { lab, at, states, stores }
}

test.each([false, true])('toxics stay at one site (updated before: %s)', async isUpdated => {
  const { lab, at, states } = await start()
  if (isUpdated) expect((await lab.ask('b', 'POST /items/x', { upstream: '127.0.0.1:10' })).status).toBe(200)
  await lab.pass(10_000)
  at('b')?.toxics.push({ name: 'slow', type: 'latency' })
  await lab.pass(1_800_000)
  expect(at('b')?.toxics).toHaveLength(1)
  for (const site of ['a', 'c']) expect(at(site)?.toxics).toEqual([])
  expect(await states()).toEqual(['agrees', 'agrees', 'agrees'])
})

test('an update reaches all, and is there after what was lost is made anew', async () => {
  const { lab, at, states, stores } = await start()
  expect((await lab.ask('b', 'POST /items/x', { upstream: '127.0.0.1:10', enabled: false })).status).toBe(200)
  await lab.pass(10_000)
  for (const site of SITES) expect(at(site), site).toMatchObject({ upstream: '127.0.0.1:10', enabled: false })
  stores['c']?.clear()
  await lab.pass(600_000)
  expect(at('c')).toMatchObject({ upstream: '127.0.0.1:10', enabled: false })
  // All instances are started anew, and have nothing in memory.
  for (const site of SITES) stores[site]?.clear()
  await lab.pass(1_800_000)
  for (const site of SITES) expect(at(site), site).toMatchObject({ upstream: '127.0.0.1:10', enabled: false })
  expect(await states()).toEqual(['agrees', 'agrees', 'agrees'])
})

test('updates on both sides of a cut come to the same', async () => {
  const { lab, at, states } = await start()
  lab.cut('c')
  await lab.pass(5_000)
  await lab.ask('c', 'POST /items/x', { upstream: '127.0.0.1:11' })
  await lab.pass(1_000)
  await lab.ask('a', 'POST /items/x', { upstream: '127.0.0.1:12', enabled: false })
  await lab.pass(5_000)
  await lab.heal(300_000)
  for (const site of SITES) expect(at(site), site).toMatchObject({ upstream: '127.0.0.1:12', enabled: false })
  expect(await states()).toEqual(['agrees', 'agrees', 'agrees'])
})
