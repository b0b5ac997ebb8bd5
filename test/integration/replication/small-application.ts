import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Thing = Record<string, unknown>

/** A request as an application sees it, its body read. */
export interface Told {
  readonly method: string
  /** Of `/things/<name>`; undefined for the collection. */
  readonly name: string | undefined
  readonly query: URLSearchParams
  readonly body: Thing | undefined
}

export interface Answer {
  readonly status: number
  readonly body?: unknown
}

/** A REST application for `/things` whose every answer is the test's; what is undefined is answered as REST has it. */
export class SmallApplication implements AsyncDisposable {
  readonly things = new Map<string, Thing>()
  /** What it was asked to change: method, path and query, and body. */
  readonly changes: string[] = []
  readonly #own: (told: Told, things: Map<string, Thing>) => Answer | undefined
  readonly #server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const method = request.method ?? ''
      const text = Buffer.concat(parts).toString()
      if (method !== 'GET') this.changes.push(`${method} ${request.url ?? ''} ${text}`.trim())
      const url = new URL(request.url ?? '', 'http://application')
      const name = url.pathname.split('/')[2]
      const body = text === '' ? undefined : (JSON.parse(text) as Thing)
      const told = { method, name: name && decodeURIComponent(name), query: url.searchParams, body }
      const answer = this.#own(told, this.things) ?? this.#plain(told)
      response.writeHead(answer.status, { 'Content-Type': 'application/json' })
      response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body))
    })
  })

  private constructor(own: (told: Told, things: Map<string, Thing>) => Answer | undefined) {
    this.#own = own
  }

  static async start(own: (told: Told, things: Map<string, Thing>) => Answer | undefined): Promise<SmallApplication> {
    const application = new SmallApplication(own)
    await new Promise<void>(resolve => void application.#server.listen(0, '127.0.0.1', resolve))
    return application
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>(resolve => void this.#server.close(() => resolve()))
  }

  #plain({ method, name, body }: Told): Answer {
    if (name === undefined) {
      if (method !== 'POST') return { status: 200, body: [...this.things.values()] }
      const id = String(body?.['id'])
      if (this.things.has(id)) return { status: 409, body: {} }
      this.things.set(id, body ?? {})
      return { status: 201, body }
    }
    const thing = this.things.get(name)
    if (method === 'PUT') {
      this.things.set(name, { id: name, ...body })
      return { status: thing === undefined ? 201 : 200, body: this.things.get(name) }
    }
    if (thing === undefined) return { status: 404, body: {} }
    if (method === 'DELETE') this.things.delete(name)
    return { status: 200, body: thing }
  }
}
