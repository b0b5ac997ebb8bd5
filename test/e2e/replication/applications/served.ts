import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export interface Asked {
  readonly method: string
  /** Decoded segments. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
}

/** Without a body there is no Content-Type either. */
export interface Answered {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** An application of one site that knows nothing of Cheops: what it is asked, and what it answers. */
export class Served implements AsyncDisposable {
  /** Method and target of what changes something, in order. */
  readonly asked: string[] = []
  readonly #server: Server

  constructor(serve: (asked: Asked) => Answered | Promise<Answered>) {
    this.#server = createServer((request, response) => {
      const answer = async (): Promise<void> => {
        const url = new URL(request.url ?? '/', 'http://application')
        const method = request.method ?? ''
        const { status, headers, body } = await serve({
          method,
          path: url.pathname.split('/').slice(1).map(decodeURIComponent),
          query: url.searchParams,
          headers: request.headers,
          bytes: await buffer(request),
        })
        if (method !== 'GET') this.asked.push(`${method} ${request.url ?? ''} ${status}`)
        const type = body === undefined || Buffer.isBuffer(body) ? {} : { 'content-type': 'application/json' }
        response.writeHead(status, { ...type, ...headers })
        response.end(body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body))
      }
      answer().catch(() => response.destroy())
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

export type Fields = Readonly<Record<string, unknown>>

export const json = ({ bytes }: Asked): Fields => (bytes.length === 0 ? {} : (JSON.parse(bytes.toString()) as Fields))
