/**
 * An application that answers 406 to whoever does not ask for its own media type, in its own version: replicated by a definition that has the
 * agent say so (`agent-headers`), and found out by `glue check --against` without. How: two agents, at each an instance that notes what
 * was asked without that.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkGlueFile } from '../../../src/glue/index.ts'
import { Mesh, WAIT } from './mesh.ts'

const TYPE = 'application/vnd.shelf.v2+json'
const glueWith = (headers: string) => `
glue: 1
application: shelf
${headers}
kinds:
  book:
    collection: /books
    resource: /books/{id}
    create: { method: PUT }
    example: { title: probe }
`
const SITES = ['site1', 'site2']

interface Shelf {
  readonly url: string
  readonly books: Map<string, string>
  /** Requests that did not say what they want. */
  readonly refused: string[]
  close(): void
}

async function startShelf(): Promise<Shelf> {
  const books = new Map<string, string>()
  const refused: string[] = []
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const body = Buffer.concat(chunks).toString()
      const answer = (status: number, text?: string) => response.writeHead(status, { 'Content-Type': TYPE }).end(text)
      if (headers.accept !== TYPE || headers['x-shelf-version'] !== '2') {
        refused.push(`${method} ${url}`)
        return answer(406)
      }
      const known = books.get(url)
      if (url === '/books') return answer(200, `[${[...books.values()].join()}]`)
      if (method === 'PUT') books.set(url, body)
      if (method === 'DELETE') books.delete(url)
      if (method === 'GET' || method === 'DELETE') return answer(known === undefined ? 404 : 200, known)
      return answer(known === undefined ? 201 : 200, body)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, books, refused, close: () => server.close().closeAllConnections() }
}

let folder: string
let glue: string
let mesh: Mesh
let shelves: readonly Shelf[]

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-agent-headers-'))
  glue = path.join(folder, 'shelf.glue.yaml')
  await writeFile(glue, glueWith(`agent-headers: { Accept: ${TYPE}, X-Shelf-Version: '2' }`))
  shelves = [await startShelf(), await startShelf()]
  const service = (place: number) =>
    `{name: shelf, endpoint: "${shelves[place]?.url}", glue: ${JSON.stringify(glue)}, expose: {sites: ["*"], methods: ["*"], paths: ["/**"]}}`
  mesh = await Mesh.start(SITES, { site1: { services: [service(0)] }, site2: { services: [service(1)] } })
}, 60_000)
afterAll(async () => {
  await mesh[Symbol.asyncDispose]()
  for (const shelf of shelves) shelf.close()
  await rm(folder, { recursive: true, force: true })
})

test('what the agent asks by itself says what is wanted: reads, compares, and writes at members', async () => {
  const ask = async (site: string, method: string, body?: object) => {
    const answer = await fetch(`${mesh.ingress(site)}/shelf/books/a`, {
      method,
      headers: {
        ...WAIT,
        ...(method === 'DELETE' ? {} : { 'Cheops-Scope': 'site1 & site2' }),
        Accept: TYPE,
        'X-Shelf-Version': '2',
        'Content-Type': TYPE,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    expect([answer.ok, answer.headers.get('Cheops-Sites')], await answer.text()).toEqual([
      true,
      expect.stringMatching(/^site1;s=applied\S*, site2;s=applied\S*$/),
    ])
  }
  const have = () => shelves.map(({ books }) => JSON.parse(books.get('/books/a') ?? 'null') as unknown)
  await ask('site1', 'PUT', { title: 'one' })
  expect(have()).toEqual([{ title: 'one' }, { title: 'one' }])
  await ask('site2', 'PUT', { title: 'two' })
  expect(have()).toEqual([{ title: 'two' }, { title: 'two' }])
  await ask('site1', 'DELETE')
  expect(have()).toEqual([null, null])
  expect(shelves.map(({ refused }) => refused)).toEqual([[], []])
})

test('the check on an instance says what is missing, and nothing with it', async () => {
  const bare = path.join(folder, 'bare.glue.yaml')
  await writeFile(bare, glueWith(''))
  const url = shelves[0]?.url ?? ''
  const told = async (file: string) =>
    (await checkGlueFile(file, { against: url })).findings.map(({ message }) => message)
  expect((await told(bare)).join()).toContain('406')
  expect(await told(glue)).toEqual([])
})
