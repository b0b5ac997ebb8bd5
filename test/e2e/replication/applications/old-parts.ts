import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Fields } from './served.ts'

/** As long as an old machine takes. */
const SLOW_MS = 150

/**
 * A server of the nineties: HTTP/1.0, no Content-Length, the end of the connection is the end of the body, reason phrases of its own, no
 * `Content-Type` of what it stores, and slow. POST /parts, GET, PUT, DELETE /parts/{id}.
 */
export class OldParts implements AsyncDisposable {
  readonly parts = new Map<string, string>()
  readonly #sockets = new Set<Socket>()
  readonly #server: Server

  constructor() {
    this.#server = createServer(socket => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => undefined)
      let text = ''
      socket.setEncoding('latin1')
      socket.on('data', (chunk: string) => {
        text += chunk
        const end = text.indexOf('\r\n\r\n')
        if (end < 0) return
        const length = Number(/^content-length: *(\d+)/im.exec(text.slice(0, end))?.[1] ?? 0)
        const body = text.slice(end + 4)
        if (body.length < length) return
        socket.removeAllListeners('data')
        const [method = '', target = ''] = text.split(' ', 2)
        setTimeout(() => socket.end(this.#answer(method, target, body.slice(0, length))), SLOW_MS)
      })
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  item(name: string): Fields | undefined {
    const part = this.parts.get(name)
    return part === undefined ? undefined : (JSON.parse(part) as Fields)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #answer(method: string, target: string, body: string): string {
    const say = (status: string, text = ''): string =>
      `HTTP/1.0 ${status}\r\nServer: parts/0.9\r\nContent-type: application/json\r\n\r\n${text}`
    const [, , name] = target.split('/')
    if (name === undefined) {
      if (method === 'GET') return say('200 Here you are', `[${[...this.parts.values()].join()}]`)
      const id = String((JSON.parse(body) as Fields)['id'])
      if (this.parts.has(id)) return say('409 Taken')
      this.parts.set(id, body)
      return say('200 Done', body)
    }
    const part = this.parts.get(name)
    if (part === undefined) return say('404 Nope')
    if (method === 'GET') return say('200 Here you are', part)
    if (method === 'PUT') this.parts.set(name, JSON.stringify({ ...(JSON.parse(body) as Fields), id: name }))
    if (method === 'DELETE') this.parts.delete(name)
    return say('200 Done')
  }
}
