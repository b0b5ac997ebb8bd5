import { createServer } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { AddressInfo } from 'node:net'

type Thing = Record<string, unknown>

/**
 * A REST application for `/things` that shows something else than it was given: never a password, and all compressed, whatever is asked, unless
 * nobody is to be able to undo it.
 */
export class ShowingApplication implements AsyncDisposable {
  readonly things = new Map<string, Thing>()
  /** Bodies that it was given and could not read. */
  garbage = 0
  readonly #coding: 'gzip' | 'unknown' | undefined
  readonly #server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const [, , name] = decodeURIComponent(request.url ?? '').split('/')
      const [status, answer] = this.#serve(request.method ?? '', name, Buffer.concat(parts))
      const bytes = gzipSync(JSON.stringify(answer))
      const head = { 'Content-Type': 'application/json' }
      if (this.#coding === undefined) response.writeHead(status, head).end(gunzipSync(bytes))
      else response.writeHead(status, { ...head, 'Content-Encoding': this.#coding }).end(bytes)
    })
  })

  private constructor(coding: 'gzip' | 'unknown' | undefined) {
    this.#coding = coding
  }

  static async start(coding?: 'gzip' | 'unknown'): Promise<ShowingApplication> {
    const application = new ShowingApplication(coding)
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

  #serve(method: string, name: string | undefined, bytes: Buffer): [status: number, answer: unknown] {
    let body: Thing = {}
    try {
      if (bytes.length > 0) body = JSON.parse(bytes.toString()) as Thing
    } catch {
      this.garbage++
      return [400, {}]
    }
    if (name === undefined) {
      if (method !== 'POST') return [200, [...this.things.values()].map(shown)]
      const key = String(body['id'])
      if (this.things.has(key)) return [409, {}]
      this.things.set(key, body)
      return [201, shown(body)]
    }
    const thing = this.things.get(name)
    if (thing === undefined) return [404, {}]
    if (method === 'DELETE') this.things.delete(name)
    if (method === 'PUT') this.things.set(name, { ...body, id: name })
    if (method === 'PATCH') this.things.set(name, { ...thing, ...body })
    return [200, shown(this.things.get(name) ?? {})]
  }
}

function shown({ password, ...rest }: Thing): Thing {
  return { ...rest, hasPassword: password !== undefined }
}
