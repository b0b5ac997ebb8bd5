/**
 * A request on a resource whose create is still under way at its site: the application has made it, and has not answered. Whether it is replicated is not known before that, and
 * what passed meanwhile as if it were not was lost again at the next repair. How: two agents with real stores and streams; what is expected is read from the applications.
 */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'

const JSON_TYPE = { 'Content-Type': 'application/json' }
const SCOPE = 'site1 & site2'

/** Keeps items; answers creates only when it is let, with the status that is said then. */
class Reluctant {
  readonly items = new Map<string, Record<string, unknown>>()
  /** What it was asked to change and has answered, in this order. */
  readonly done: string[] = []
  isHolding = false
  #answer = Promise.withResolvers<number>()
  readonly #server = http.createServer((request, response) => void this.#serve(request, response))

  async start(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  hold(): void {
    this.isHolding = true
    this.#answer = Promise.withResolvers()
  }

  answer(status: number): void {
    this.isHolding = false
    this.#answer.resolve(status)
  }

  close(): void {
    this.#server.close().closeAllConnections()
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = '', url = '' } = request
    const said = await text(request)
    const body = said === '' ? {} : (JSON.parse(said) as Record<string, unknown>)
    const id = method === 'POST' ? String(body['id']) : (url.split('/')[2] ?? '')
    let status = method === 'POST' || this.items.has(id) ? 200 : 404
    if (method === 'POST') {
      this.items.set(id, body)
      if (this.isHolding) status = await this.#answer.promise
      if (status >= 400) this.items.delete(id)
    } else if (method === 'DELETE') this.items.delete(id)
    else if (method === 'PATCH' && status === 200) this.items.set(id, { ...this.items.get(id), ...body })
    else if (method === 'PUT') this.items.set(id, body)
    if (method !== 'GET') this.done.push(`${method} ${id}`)
    response.writeHead(status, JSON_TYPE).end(JSON.stringify(this.items.get(id) ?? {}))
  }
}

const [first, second] = [new Reluctant(), new Reluctant()]
let mesh: Mesh
beforeAll(async () => {
  const site = async (application: Reluctant) => ({
    services: [
      `{name: items, endpoint: "${await application.start()}", expose: {sites: ["*"], methods: ["*"], paths: ["/**"]}}`,
    ],
  })
  mesh = await Mesh.start(['site1', 'site2'], { site1: await site(first), site2: await site(second) })
}, 120_000)
afterAll(async () => {
  await mesh[Symbol.asyncDispose]()
  for (const application of [first, second]) application.close()
})

const ask = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${mesh.ingress('site1')}/items${path}`, {
    method,
    headers: {
      'Content-Type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      ...headers,
    },
    ...(method !== 'DELETE' && { body: JSON.stringify(body) }),
  })

/** @returns the answer to a create that has been under way while `request` was asked, and that to the request */
async function meanwhile(id: string, status: number, request: () => Promise<Response>): Promise<[Response, Response]> {
  first.hold()
  const create = ask('POST', '/items', { id, n: 1 }, { 'Cheops-Scope': SCOPE, ...WAIT })
  await vi.waitFor(() => expect(first.items.has(id), 'the application has made it').toBe(true), { timeout: 10_000 })
  const asked = request()
  // Its agent knows of the request: what stands behind it in the same lane waits as well.
  const answered = await Promise.race([
    asked.then(() => 'answered'),
    ask('GET', `/items/${id}`, undefined).then(() => 'waits'),
  ])
  expect(answered, 'a request on what may not be there yet').toBe('waits')
  first.answer(status)
  return [await create, await asked]
}

test.each([
  ['PATCH', { n: 1, f: 'patched' }],
  ['PUT', { f: 'patched' }],
  ['DELETE', undefined],
] as const)('%s waits for the create, and is for all members', async (method, left) => {
  const id = `made-${method}`
  const [created, answer] = await meanwhile(id, 201, () =>
    ask(method, `/items/${id}`, method === 'PUT' ? { id, f: 'patched' } : { f: 'patched' }, WAIT),
  )
  expect([created.status, answer.status]).toEqual([201, 200])
  expect(answer.headers.get('Cheops-Operation')).toMatch(/^site1/)
  expect(answer.headers.get('Cheops-Sites')).toMatch(/site2;s=applied/)
  expect(first.done.filter(each => each.endsWith(id))).toEqual([`POST ${id}`, `${method} ${id}`])
  const expected = left === undefined ? undefined : { id, ...left }
  expect([first.items.get(id), second.items.get(id)]).toEqual([expected, expected])
})

test('where the application has refused the create in the end, the request is for it alone, as without Cheops', async () => {
  const [created, answer] = await meanwhile('refused', 422, () => ask('PATCH', '/items/refused', { f: 1 }))
  expect([created.status, answer.status]).toEqual([422, 404])
  expect(answer.headers.get('Cheops-Operation')).toBeNull()
})
