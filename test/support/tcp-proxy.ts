import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { Transform } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** A TCP relay between two peers that can be made to go silent without closing anything, as a cut cable does. */
export class TcpProxy implements AsyncDisposable {
  readonly #server
  readonly #sockets = new Set<Socket>()
  /** The other half of each that works. */
  readonly #partners = new Map<Socket, Socket>()
  readonly #target: { host: string; port: number }
  #frozen = false
  /** Bytes that came to it so far, from both sides. */
  bytes = 0

  /** @param bytesPerSecond what passes each way; as much as comes, if not given */
  constructor(target: { host: string; port: number }, bytesPerSecond = Infinity) {
    this.#target = target
    this.#server = createServer(inbound => {
      if (this.#frozen) return void this.#sockets.add(inbound.pause())
      const outbound = connect(this.#target)
      this.#partners.set(inbound, outbound).set(outbound, inbound)
      for (const socket of [inbound, outbound]) {
        this.#sockets.add(socket)
        // As without it: who dials a site whose agent is down is told at once.
        socket.on('error', () => this.#partners.get(socket)?.resetAndDestroy())
        socket.on('data', (chunk: Buffer) => (this.bytes += chunk.length))
        socket.on('close', () => {
          this.#sockets.delete(socket)
          this.#partners.delete(socket)
        })
      }
      if (bytesPerSecond === Infinity) return void inbound.pipe(outbound).pipe(inbound)
      inbound.pipe(narrow(bytesPerSecond)).pipe(outbound).pipe(narrow(bytesPerSecond)).pipe(inbound)
    })
  }

  async listen(): Promise<number> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  /** Nothing passes any more on the connections that stand; new ones are accepted and not served. */
  freeze(): void {
    this.#frozen = true
    this.#partners.clear()
    for (const socket of this.#sockets) {
      socket.unpipe()
      socket.pause()
    }
  }

  /**
   * New connections work again.
   * @param before what becomes of those of before: they stay dead, as behind a firewall that has forgotten them, or one that says so resets them
   */
  heal(before: 'dead' | 'reset' = 'dead'): void {
    if (!this.#frozen) return
    this.#frozen = false
    if (before === 'reset') for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

/** Each part takes as long as the way needs for it, one after the other. */
function narrow(bytesPerSecond: number): Transform {
  let freeAt = 0
  return new Transform({
    async transform(chunk: Buffer, _, pass) {
      freeAt = Math.max(freeAt, performance.now()) + (chunk.length / bytesPerSecond) * 1_000
      await sleep(freeAt - performance.now())
      pass(null, chunk)
    },
  })
}
