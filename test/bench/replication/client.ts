import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { HttpMessages, httpMessage } from './http-messages.ts'

/** An agent answers within 30 s, whatever happens (`timeouts.answerMs`); this only ends what hangs. */
const ANSWER_TIMEOUT_MS = 60_000

/** One connection of a client, with one request at a time. */
export class Client {
  readonly #socket: Socket
  #waiting: { resolve: (status: number) => void; reject: (error: Error) => void } | undefined
  /** The last answer's body, for messages of errors. */
  last = ''

  private constructor(socket: Socket) {
    this.#socket = socket
    const messages = new HttpMessages(({ first, body }) => {
      const waiting = this.#waiting
      this.#waiting = undefined
      const status = Number(first.split(' ', 2)[1])
      if (status >= 400) this.last = body.toString('utf8')
      waiting?.resolve(status)
    })
    socket.on('data', chunk => {
      try {
        messages.push(chunk)
      } catch (error) {
        socket.destroy(error instanceof Error ? error : undefined)
      }
    })
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => {
      if (this.#waiting !== undefined) socket.destroy(new Error(`no answer within ${String(ANSWER_TIMEOUT_MS)} ms`))
    })
    socket.on('error', error => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the agent closed the connection')))
  }

  /** @param ingress base URL of an agent's ingress */
  static async connect(ingress: string): Promise<Client> {
    const { hostname, port } = new URL(ingress)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    await once(socket, 'connect')
    return new Client(socket)
  }

  /** @returns the status. @throws Error when the connection breaks */
  request(method: string, path: string, headers: string, body: string): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#waiting !== undefined) throw new Error('one request at a time')
      if (this.#socket.destroyed) throw new Error('the connection is closed')
      this.#waiting = { resolve, reject }
      const common = 'host: localhost\r\ncontent-type: application/json\r\n'
      this.#socket.write(httpMessage(`${method} ${path} HTTP/1.1`, common + headers, body))
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #fail(error: Error): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(error)
  }
}
