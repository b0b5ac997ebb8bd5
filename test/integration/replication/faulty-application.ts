import http from 'node:http'
import net from 'node:net'
import { text } from 'node:stream/consumers'
import { startInventory } from '../../../sims/apps/inventory.ts'
import { reservePort } from '../../support/ports.ts'

/**
 * What it does with a request that changes something: carries it out and answers; nothing, for ever; carries it out and breaks off;
 * breaks off before; carries it out and answers what is no HTTP; nothing, with 400 or 500; carries it out, with 500.
 */
export type Fault =
  'none' | 'hang' | 'break-after' | 'break-before' | 'garbage-after' | '400-before' | '500-before' | '500-after'

/** The sample application `inventory` behind a front that misbehaves on demand, and that can be shut. */
export class FaultyApplication implements AsyncDisposable {
  readonly url: string
  /** Method and path of what was carried out, in order. */
  readonly carriedOut: string[] = []
  /** Faults of the next requests that change something, first come first; then none. */
  readonly faults: Fault[] = []
  /** Where it is set, whoever does not send it as `X-Token` is sent to a login page (302), whatever is asked. */
  token: string | undefined
  /** Its paths end in a slash: whoever asks without one is sent there (307), as FastAPI and Django do. */
  endsInSlash = false
  /** Connections that were turned away since it was last open. */
  turnedAway = 0
  /** Headers of all requests that reached it. */
  readonly asked: http.IncomingHttpHeaders[] = []
  readonly #port: number
  readonly #inventory: Awaited<ReturnType<typeof startInventory>>
  #server: net.Server | undefined

  private constructor(port: number, inventory: Awaited<ReturnType<typeof startInventory>>) {
    this.#port = port
    this.url = `http://127.0.0.1:${port}`
    this.#inventory = inventory
  }

  static async start(name: string): Promise<FaultyApplication> {
    const application = new FaultyApplication(await reservePort(), await startInventory({ name }))
    await application.open()
    return application
  }

  /** It serves again. */
  async open(): Promise<void> {
    const server = http.createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy())
    })
    await this.#listen(server)
  }

  /** It is there and serves nothing: whoever connects is turned away at once, and counted. */
  async turnAway(): Promise<void> {
    await this.shut()
    this.turnedAway = 0
    await this.#listen(
      net.createServer(socket => {
        this.turnedAway++
        socket.resetAndDestroy()
      }),
    )
  }

  /** Connections are refused. */
  async shut(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    if (server instanceof http.Server) server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }

  async #listen(server: net.Server): Promise<void> {
    this.#server = server
    await new Promise<void>(resolve => server.listen(this.#port, '127.0.0.1', resolve))
  }

  /** As after a crash that came before the disk had it. */
  async lose(id: string): Promise<void> {
    await fetch(`${this.#inventory.url}/items/${id}`, { method: 'DELETE' })
  }

  /** What the application has by a name, past all faults and without the name of the instance; undefined for nothing. */
  async item(id: string): Promise<Record<string, unknown> | undefined> {
    const answer = await fetch(`${this.#inventory.url}/items/${id}`)
    if (answer.status === 404) return undefined
    return withoutWarehouse((await answer.json()) as Record<string, unknown>)
  }

  /** All items, sorted by name, without the name of the instance. */
  async items(): Promise<Record<string, unknown>[]> {
    const items = (await (await fetch(`${this.#inventory.url}/items`)).json()) as Record<string, unknown>[]
    const own = items.map(item => withoutWarehouse(item))
    return own.toSorted((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shut()
    await this.#inventory.stop()
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await text(request)
    this.asked.push(request.headers)
    const method = request.method ?? ''
    const changes = !['GET', 'HEAD', 'OPTIONS'].includes(method)
    const fault = changes ? (this.faults.shift() ?? 'none') : 'none'
    if (this.token !== undefined && request.headers['x-token'] !== this.token)
      return void response.writeHead(302, { Location: '/login' }).end()
    const slashed = request.url?.endsWith('/') === true
    if (this.endsInSlash && !slashed)
      return void response.writeHead(307, { Location: `http://${request.headers.host}${request.url}/` }).end()
    if (fault === 'hang') return
    if (fault === 'break-before') return void request.socket.destroy()
    if (fault === '400-before') return void response.writeHead(400).end('no')
    if (fault === '500-before') return void response.writeHead(500).end('no')
    const type = request.headers['content-type']
    const answer = await fetch(`${this.#inventory.url}${this.endsInSlash ? request.url?.slice(0, -1) : request.url}`, {
      method,
      ...(type !== undefined && { headers: { 'Content-Type': type } }),
      ...(body !== '' && { body }),
    })
    const bytes = Buffer.from(await answer.arrayBuffer())
    if (changes && answer.ok) this.carriedOut.push(`${method} ${request.url}`)
    if (fault === 'break-after') return void request.socket.destroy()
    if (fault === 'garbage-after') return void request.socket.end('\u0000\u0001 this is no HTTP \r\n\r\n')
    if (fault === '500-after') return void response.writeHead(500).end('no')
    response.writeHead(answer.status, { 'Content-Type': answer.headers.get('content-type') ?? 'application/json' })
    response.end(bytes)
  }
}

/** The name of the instance is no property of an item. */
function withoutWarehouse(shown: Record<string, unknown>): Record<string, unknown> {
  const { warehouse: _, ...item } = shown
  return item
}
