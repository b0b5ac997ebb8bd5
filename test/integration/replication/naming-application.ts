import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How it calls what is made by POST: by a number, by its name in small letters and dashes, or by its name, with a number besides. */
export type Naming = 'number' | 'slug' | 'alias'

type Thing = Record<string, unknown>

/** A REST application for `/things` that gives its resources names by itself. */
export class NamingApplication implements AsyncDisposable {
  readonly things = new Map<string, Thing>()
  /** What it was asked to change, in order. */
  readonly changes: string[] = []
  readonly #naming: Naming
  readonly #server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const [, , name] = decodeURIComponent(request.url ?? '').split('/')
      const body = parts.length === 0 ? {} : (JSON.parse(Buffer.concat(parts).toString()) as Thing)
      const [status, answer, location] = this.#serve(request.method ?? '', name, body)
      response.writeHead(status, { 'Content-Type': 'application/json', ...(location && { Location: location }) })
      response.end(answer === undefined ? undefined : JSON.stringify(answer))
    })
  })
  #next = 1

  private constructor(naming: Naming) {
    this.#naming = naming
  }

  static async start(naming: Naming): Promise<NamingApplication> {
    const application = new NamingApplication(naming)
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

  #serve(
    method: string,
    name: string | undefined,
    body: Thing,
  ): [status: number, answer?: unknown, location?: string | undefined] {
    if (method !== 'GET') this.changes.push(`${method} ${name ?? ''}`.trim())
    if (name === undefined && method === 'POST') {
      const key = this.#keyFor(String(body['name']))
      if (this.things.has(key)) return [409, {}]
      const thing = { ...(this.#naming !== 'slug' && { id: this.#next++ }), ...body }
      this.things.set(key, thing)
      return [201, thing, this.#naming === 'alias' ? undefined : `/things/${key}`]
    }
    const thing = this.things.get(name ?? '')
    if (name === undefined || (thing === undefined && method !== 'PUT')) return [name === undefined ? 200 : 404, []]
    if (method === 'PUT') this.things.set(name, { ...(thing && { id: thing['id'] }), ...body })
    if (method === 'DELETE') this.things.delete(name)
    return [200, this.things.get(name) ?? {}]
  }

  #keyFor(name: string): string {
    if (this.#naming === 'number') return String(this.#next)
    return this.#naming === 'slug' ? name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-') : name
  }
}
