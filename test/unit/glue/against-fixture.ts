/** For tests of `cheops glue check --against`: an application on loopback, and a definition of one kind that is tried on it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkGlueFile, type GlueCheckOptions } from '../../../src/glue/index.ts'

export interface Listening extends Disposable {
  readonly url: string
}

export async function listen(serve: RequestListener): Promise<Listening> {
  const server = createServer(serve)
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  const close = () => server.close().closeAllConnections()
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.dispose]: close }
}

/**
 * Tries a definition on a running application.
 * @param kind what it says of the kind `item` besides its paths, indented by four
 * @param paths indented likewise
 * @returns the report, and its errors and warnings, each as "severity path: message"
 */
export async function checkKind(
  url: string,
  kind: string,
  options: GlueCheckOptions = {},
  paths = 'collection: /items\n    resource: /items/{id}',
) {
  const folder = await mkdtemp(join(tmpdir(), 'cheops-glue-'))
  try {
    const file = join(folder, 'a.yaml')
    await writeFile(file, `glue: 1\napplication: a\nkinds:\n  item:\n    ${paths}\n    ${kind}\n`)
    const report = await checkGlueFile(file, { against: url, ...options })
    const found = report.findings.filter(f => f.severity !== 'note').map(f => `${f.severity} ${f.path}: ${f.message}`)
    return { report, found }
  } finally {
    await rm(folder, { recursive: true })
  }
}

export type Item = Readonly<Record<string, unknown>>

/** What a body calls its ID. */
export function idOf({ id }: Item): string | undefined {
  return typeof id === 'string' ? id : undefined
}

/** What a plain application is asked. */
export interface Asked {
  readonly method: string
  /** Undefined for the collection. */
  readonly id: string | undefined
  readonly body: Item
  readonly headers: NodeJS.Dict<string | string[]>
  readonly items: Map<string, Item>
}

export type Reply = readonly [status: number, body?: unknown, headers?: Record<string, string>]

/** It takes IDs and gives them, lists, and has PUT for what is there. */
function plain({ method, id, body, items }: Asked): Reply {
  if (id === undefined) {
    if (method === 'GET') return [200, [...items.values()]]
    const name = idOf(body) ?? 'server-7'
    if (items.has(name)) return [409]
    items.set(name, { ...body, id: name })
    return [201, items.get(name)]
  }
  const item = items.get(id)
  if (item === undefined) return [404]
  if (method === 'GET') return [200, item]
  if (method === 'DELETE') return items.delete(id) ? [204] : [404]
  if (method === 'PUT') return [200, items.set(id, { ...body, id }).get(id)]
  return [405]
}

/**
 * Tries a kind on a plain application that answers some requests in another way.
 * @param odd what it does instead; undefined: what a plain one does
 * @param before what is there already, by ID
 * @returns what was found, what is there afterwards, and what was asked ("METHOD /path")
 */
export async function tryOn(
  kind: string,
  odd: (asked: Asked) => Reply | 'nothing' | undefined,
  before: Readonly<Record<string, Item>> = {},
  options: GlueCheckOptions = {},
) {
  const items = new Map(Object.entries(before))
  const requests: string[] = []
  using application = await listen((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const id = /^\/items\/(.+)$/.exec(url)?.[1]
      const text = Buffer.concat(chunks).toString()
      const asked: Asked = { method, id, body: JSON.parse(text === '' ? '{}' : text) as Item, headers, items }
      const reply = odd(asked) ?? plain(asked)
      requests.push(`${method} ${url}`)
      if (reply === 'nothing') return
      const [status, body, more] = reply
      response.writeHead(status, more).end(body === undefined ? undefined : JSON.stringify(body))
    })
  })
  const { report, found } = await checkKind(application.url, kind, options)
  return { report, found, items, requests, url: application.url }
}
