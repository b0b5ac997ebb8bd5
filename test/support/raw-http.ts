import { once } from 'node:events'
import net from 'node:net'

/** HTTP as bytes on both ends, so that a test can say exactly what is sent and see exactly what arrives. */

/** An application that keeps what it receives and answers with the bytes that `answer` gives. */
export interface RawApplication {
  readonly port: number
  /** What came on each connection, Latin-1, in the order of the connections. */
  readonly received: string[]
  /** Its ends of the connections. */
  readonly sockets: net.Socket[]
  stop(): Promise<void>
}

/** Called for each part that arrives, with all that has arrived on this connection since the last answer. */
export type RawAnswer = (socket: net.Socket, received: string) => void

export async function rawApplication(answer: RawAnswer): Promise<RawApplication> {
  const received: string[] = []
  const sockets: net.Socket[] = []
  const server = net.createServer({ allowHalfOpen: true }, socket => {
    const index = sockets.push(socket) - 1
    received[index] = ''
    socket.on('data', chunk => {
      received[index] += chunk.toString('latin1')
      answer(socket, received[index] ?? '')
    })
    socket.on('end', () => socket.end())
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as net.AddressInfo).port,
    received,
    sockets,
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Whether a request without a body, or with a body of known length, has arrived whole. */
export function isWhole(received: string): boolean {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return false
  const head = received.slice(0, end).toLowerCase()
  if (head.includes('transfer-encoding: chunked')) return /\r\n0\r\n(?:[^\r\n]+\r\n)*\r\n$/.test(received)
  const length = /content-length: *(\d+)/.exec(head)?.[1]
  return received.length >= end + 4 + Number(length ?? 0)
}

const MAX_SHOWN = 2_000

/** A client's connection that sends bytes and collects what comes. */
export class RawClient {
  readonly socket: net.Socket
  received = ''
  ended = false
  #error: Error | undefined

  constructor(port: number) {
    this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.on('data', chunk => (this.received += chunk.toString('latin1')))
    this.socket.on('end', () => (this.ended = true))
    this.socket.on('error', error => (this.#error = error))
  }

  send(text: string): this {
    this.socket.write(Buffer.from(text, 'latin1'))
    return this
  }

  /** Waits until what was received fulfils `condition`, as long as something comes; says the end of what it has when that does not come about. */
  async until(condition: (received: string) => boolean, what: string, silenceMs = 10_000): Promise<string> {
    let [had, since] = [this.received.length, Date.now()]
    while (!condition(this.received)) {
      if (this.received.length > had) [had, since] = [this.received.length, Date.now()]
      if (Date.now() - since > silenceMs || this.socket.closed) {
        const end = JSON.stringify(this.received.slice(-MAX_SHOWN))
        throw new Error(`${what} did not come; received ${had} characters, at the end ${end}, ${String(this.#error)}`)
      }
      await new Promise<void>(resolve => {
        const done = (): void => {
          clearTimeout(timer)
          this.socket.off('data', done)
          this.socket.off('close', done)
          resolve()
        }
        const timer = setTimeout(done, 100)
        this.socket.once('data', done)
        this.socket.once('close', done)
      })
    }
    return this.received
  }

  /** Everything until the other side ends or breaks the connection. */
  async toEnd(): Promise<{ received: string; clean: boolean }> {
    while (!this.ended && !this.socket.closed)
      await Promise.race([once(this.socket, 'end'), once(this.socket, 'close')]).catch(() => {})
    return { received: this.received, clean: this.#error === undefined }
  }

  close(): void {
    this.socket.destroy()
  }
}

export function headOfMessage(message: string): string {
  return message.slice(0, message.indexOf('\r\n\r\n'))
}

export function bodyOfMessage(message: string): string {
  return message.slice(message.indexOf('\r\n\r\n') + 4)
}
