/**
 * An application that is slow, takes one connection at a time and drops any beyond: twenty clients at two sites write to it at once, and none
 * is told 503, though most wait for their turn for much longer than a connection may take. How: two agents with `connections: 1`, and a
 * time for connections that is shorter than the line; what is expected is read from the applications.
 */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'

const PLACES = 1
const ANSWER_AFTER_MS = 40
const SITES = ['site1', 'site2']

interface Slow {
  readonly url: string
  readonly items: Map<string, string>
  /** Connections that it did not take. */
  dropped: number
  close(): void
}

async function startSlow(): Promise<Slow> {
  const items = new Map<string, string>()
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      setTimeout(() => {
        const { method, url = '' } = request
        const known = items.get(url)
        if (method === 'PUT') items.set(url, Buffer.concat(chunks).toString())
        const status = method === 'PUT' ? (known === undefined ? 201 : 200) : known === undefined ? 404 : 200
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(items.get(url))
      }, ANSWER_AFTER_MS)
    })
  })
  server.maxConnections = PLACES
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const slow = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    items,
    dropped: 0,
    close: () => server.close().closeAllConnections(),
  }
  server.on('drop', () => slow.dropped++)
  return slow
}

let mesh: Mesh
let applications: readonly Slow[]

beforeAll(async () => {
  applications = [await startSlow(), await startSlow()]
  const site = (place: number) => ({
    services: [
      `{name: slow, endpoint: "${applications[place]?.url}", connections: ${PLACES}, expose: {sites: ["*"], methods: ["*"], paths: ["/**"]}}`,
    ],
    flags: { 'timeouts.connectMs': '300' },
  })
  mesh = await Mesh.start(SITES, { site1: site(0), site2: site(1) })
}, 60_000)
afterAll(async () => {
  await mesh[Symbol.asyncDispose]()
  for (const application of applications) application.close()
})

test('twenty at once: all have their turn, and no connection too many is tried', async () => {
  const write = async (writer: number): Promise<string[]> => {
    const told: string[] = []
    for (let time = 0; time < 2; time++) {
      const answer = await fetch(`${mesh.ingress(SITES[writer % 2] ?? '')}/slow/items/${writer}`, {
        method: 'PUT',
        headers: { ...WAIT, 'Cheops-Scope': 'site1 & site2', 'Content-Type': 'application/json' },
        body: JSON.stringify({ time }),
      })
      told.push(`${answer.ok ? 'ok' : `${answer.status} ${await answer.text()}`} ${answer.headers.get('Cheops-Sites')}`)
    }
    return told
  }
  const told = (await Promise.all(Array.from({ length: 20 }, (_, writer) => write(writer)))).flat()
  expect(told.filter(each => !/^ok site1;s=applied\S*, site2;s=applied\S*$/.test(each))).toEqual([])
  for (const { items, dropped } of applications) {
    expect(dropped).toBe(0)
    expect([...items.values()]).toEqual(Array.from({ length: 20 }, () => '{"time":1}'))
  }
}, 90_000)
