import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { HttpMessages, httpMessage } from './http-messages.ts'
import type { HttpMessage } from './http-messages.ts'
import { placeOf, sequenceOf } from './items.ts'

export interface ApplicationOptions {
  /** Told of each write that is carried out, before it is answered. */
  readonly onWrite: (place: number, sequence: number, at: number) => void
}

const JSON_TYPE = 'content-type: application/json\r\n'
const ITEM = /^(GET|PUT|DELETE) \/items\/(i\d+) /

/**
 * An application that answers at once: items in memory, POST on `/items`, GET, PUT and DELETE on `/items/<name>`, bodies kept as
 * they came. It runs in the process of the benchmark, so that receipts at all sites and answers to clients have one clock.
 */
export class Application {
  readonly #items = new Map<string, Buffer>()
  readonly #sockets = new Set<Socket>()
  readonly #options: ApplicationOptions
  readonly #server = createServer({ noDelay: true }, socket => this.#serve(socket))
  /** Requests by method since the start. */
  readonly counts = { GET: 0, POST: 0, PUT: 0, DELETE: 0 }

  constructor(options: ApplicationOptions) {
    this.#options = options
  }

  /** @returns its base URL */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  get size(): number {
    return this.#items.size
  }

  body(name: string): Buffer | undefined {
    return this.#items.get(name)
  }

  /** It has had an item from before. */
  hold(name: string, body: Buffer): void {
    this.#items.set(name, body)
  }

  #serve(socket: Socket): void {
    const messages = new HttpMessages(message => socket.write(this.#answer(message)))
    this.#sockets.add(socket)
    socket.on('data', chunk => {
      try {
        messages.push(chunk)
      } catch (error) {
        socket.destroy(error instanceof Error ? error : undefined)
        process.stderr.write(`${String(error)}\n`)
      }
    })
    // An agent that ends cuts its connections.
    socket.on('error', () => undefined)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  #answer({ first, body }: HttpMessage): Buffer {
    if (first.startsWith('POST /items ')) {
      const name = /^\{"id":"(i\d+)"/.exec(body.toString('latin1', 0, 40))?.[1]
      if (name === undefined) return answer('400 Bad Request', '{}')
      this.counts.POST++
      if (this.#items.has(name)) return answer('409 Conflict', '{}')
      this.#write(name, body)
      return httpMessage('HTTP/1.1 201 Created', `${JSON_TYPE}location: /items/${name}\r\n`, body)
    }
    if (first.startsWith('GET /healthz ')) return answer('200 OK', '{}')
    const [, method, name = ''] = ITEM.exec(first) ?? []
    const item = this.#items.get(name)
    if (method !== 'GET' && method !== 'PUT' && method !== 'DELETE') return answer('404 Not Found', '{}')
    this.counts[method]++
    if (item === undefined) return answer('404 Not Found', '{}')
    if (method === 'GET') return answer('200 OK', item)
    if (method === 'PUT') {
      this.#write(name, body)
      return answer('200 OK', body)
    }
    this.#items.delete(name)
    return Buffer.from('HTTP/1.1 204 No Content\r\n\r\n')
  }

  #write(name: string, body: Buffer): void {
    // A copy: the chunk that it came in would stay in memory with it.
    this.#items.set(name, Buffer.from(body))
    this.#options.onWrite(placeOf(name), sequenceOf(body), performance.now())
  }
}

function answer(status: string, body: Buffer | string): Buffer {
  return httpMessage(`HTTP/1.1 ${status}`, JSON_TYPE, body)
}
