import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { reservePort } from '../../support/ports.ts'

export type Thing = Readonly<Record<string, unknown>>

/**
 * What it does with the next request that changes something: nothing, for ever; nothing, and breaks off; carries it out, and breaks off;
 * carries it out, and answers what is no HTTP; nothing, with this status; carries it out, and answers only after so many milliseconds.
 */
export type Fault =
  'hang' | 'break-before' | 'break-after' | 'garbage-after' | { readonly status: number } | { readonly lateMs: number }

/** How Cheops knows it: adding to a list and counting are operations of their own. */
export const LEDGER_GLUE = `
glue: 1
application: ledger
kinds:
  thing:
    collection: /things
    resource: /things/{id}
    id: {at: /id, from: client}
    operations:
      add: {method: POST, path: "/things/{id}/lines", replay: true}
      increment: {method: POST, path: "/things/{id}/increments", replay: true}
      book: {method: POST, path: "/things/{id}/bookings", replay: false}
`

/**
 * A REST application of one site, with what the scenarios write: things with a list of lines, a number that is counted up, and bookings that
 * may be made once only. POST /things, GET, PUT, PATCH (RFC 7396, one level), DELETE /things/{id}; POST /things/{id}/lines,
 * /things/{id}/increments `{by}`, /things/{id}/bookings. 404 and 409 as REST has them.
 */
export class LedgerApplication implements AsyncDisposable {
  readonly faults: Fault[] = []
  /** Method and path of what was carried out, in order. */
  readonly carriedOut: string[] = []
  /** Credentials that came with them. */
  readonly authorizations: (string | undefined)[] = []
  readonly things = new Map<string, Thing>()
  readonly #server: Server
  #port = 0

  constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy())
    })
  }

  async listen(): Promise<string> {
    this.#port = await reservePort()
    await this.open()
    return `http://127.0.0.1:${this.#port}`
  }

  /** It serves again, where it did before. */
  async open(): Promise<void> {
    await new Promise<void>(resolve => this.#server.listen(this.#port, '127.0.0.1', resolve))
  }

  /** Nobody listens any more; what it has it keeps. */
  async shut(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shut()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request
    const sent = await text(request)
    const fault = method === 'GET' ? undefined : this.faults.shift()
    if (fault === 'hang') return
    if (fault === 'break-before') return void request.socket.destroy()
    if (typeof fault === 'object' && 'status' in fault) return answer(response, fault.status, { error: 'no' })
    const [status, body] = this.#act(method, url, sent === '' ? {} : (JSON.parse(sent) as Thing))
    if (method !== 'GET' && status < 300) {
      this.carriedOut.push(`${method} ${url}`)
      this.authorizations.push(request.headers.authorization)
    }
    if (fault === 'break-after') return void request.socket.destroy()
    if (fault === 'garbage-after') return void request.socket.end('\u0000\u0001 this is no HTTP \r\n\r\n')
    if (fault !== undefined) await new Promise(resolve => setTimeout(resolve, fault.lateMs))
    answer(response, status, body)
  }

  #act(method: string, url: string, body: Thing): readonly [status: number, body: unknown] {
    const [, , name, below] = url.split('/').map(decodeURIComponent)
    if (name === undefined) {
      if (method === 'GET') return [200, [...this.things.values()]]
      const id = String(body['id'])
      if (this.things.has(id)) return [409, { error: `${id} is there` }]
      return [201, this.#put(id, body)]
    }
    const thing = this.things.get(name)
    if (thing === undefined) return [404, { error: `there is no ${name}` }]
    if (below !== undefined) return [200, this.#put(name, changed(thing, below, body))]
    if (method === 'GET') return [200, thing]
    if (method === 'PUT') return [200, this.#put(name, body)]
    if (method === 'PATCH') return [200, this.#put(name, { ...thing, ...body })]
    this.things.delete(name)
    return [204, undefined]
  }

  #put(id: string, body: Thing): Thing {
    const thing = { ...body, id }
    this.things.set(id, thing)
    return thing
  }
}

function changed(thing: Thing, below: string, body: Thing): Thing {
  if (below === 'increments') return { ...thing, n: Number(thing['n'] ?? 0) + Number(body['by']) }
  const list = Array.isArray(thing[below]) ? (thing[below] as unknown[]) : []
  return { ...thing, [below]: [...list, body['line']] }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}
