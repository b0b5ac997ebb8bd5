import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

interface Line {
  readonly from: string
  readonly inbound: Socket
  readonly outbound: Socket
}

/**
 * All that others may know of a site's address: what they dial goes through here, and can be held up for each of them, one way or both. As on
 * a broken cable nothing is closed; what was held up goes on when the way is free again.
 */
export class Gate implements AsyncDisposable {
  /** Where the site listens at present. */
  target = 0
  readonly #server
  readonly #nameOf: (address: string) => string
  readonly #lines = new Set<Line>()
  /** Who is not heard here, and whom nothing reaches from here. */
  readonly #inward = new Set<string>()
  readonly #outward = new Set<string>()

  /** @param nameOf the site that an address is of */
  constructor(nameOf: (address: string) => string) {
    this.#nameOf = nameOf
    this.#server = createServer(inbound => this.#join(inbound))
  }

  async listen(): Promise<number> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  /** Nothing that this other site sends on what it has dialled arrives. */
  holdInward(from: string): void {
    this.#inward.add(from)
    this.#apply()
  }

  /** Nothing that is answered to this other site leaves. */
  holdOutward(from: string): void {
    this.#outward.add(from)
    this.#apply()
  }

  open(): void {
    this.#inward.clear()
    this.#outward.clear()
    this.#apply()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { inbound, outbound } of this.#lines) {
      inbound.destroy()
      outbound.destroy()
    }
    await new Promise(resolve => this.#server.close(resolve))
  }

  #join(inbound: Socket): void {
    const line = {
      from: this.#nameOf(inbound.remoteAddress ?? ''),
      inbound,
      outbound: connect(this.target, '127.0.0.1'),
    }
    this.#lines.add(line)
    for (const socket of [line.inbound, line.outbound]) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#lines.delete(line)
        line.inbound.destroy()
        line.outbound.destroy()
      })
    }
    pass(line.inbound, line.outbound, !this.#inward.has(line.from))
    pass(line.outbound, line.inbound, !this.#outward.has(line.from))
  }

  #apply(): void {
    for (const { from, inbound, outbound } of this.#lines) {
      pass(inbound, outbound, !this.#inward.has(from))
      pass(outbound, inbound, !this.#outward.has(from))
    }
  }
}

function pass(source: Socket, sink: Socket, may: boolean): void {
  source.unpipe(sink)
  if (may) source.pipe(sink)
  else source.pause()
}
