import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Transform, type Writable } from 'node:stream'
import { SeededRandom } from '../../../sims/world/seeded-random.ts'

interface Line {
  readonly from: string
  readonly inbound: Socket
  readonly outbound: Socket
  readonly inwards: Wire
  readonly outwards: Wire
}

/**
 * A link over which a part takes `delayMs`, and each that is lost (`loss` of them) comes when it is sent again, which may be lost too; as with TCP
 * nothing overtakes it.
 */
export interface Slowness {
  readonly delayMs: number
  readonly loss: number
  /** Draws the losses: the same parts of each connection are lost, counted from its beginning. */
  readonly seed: number
}

/** How long TCP waits for an acknowledgement beyond what it takes to come, before it sends again. */
const RETRANSMIT_MS = 200

class Wire extends Transform {
  readonly #slowness: () => Slowness | undefined
  readonly #number: number
  /** What is on its way, and when it arrives; by `performance.now`. */
  readonly #passing: { readonly chunk: Buffer; readonly at: number }[] = []
  #random: SeededRandom | undefined
  #last = 0

  /** @param number of this wire at its gate: each has losses of its own */
  constructor(slowness: () => Slowness | undefined, number: number) {
    super()
    this.#slowness = slowness
    this.#number = number
  }

  override _transform(chunk: Buffer, _: string, taken: () => void): void {
    const { delayMs, loss, seed } = this.#slowness() ?? { delayMs: 0, loss: 0, seed: 0 }
    this.#random ??= loss > 0 ? new SeededRandom(seed + this.#number) : undefined
    this.#last = Math.max(this.#last, performance.now() + delayMs + this.#againMs(delayMs, loss))
    this.#passing.push({ chunk, at: this.#last })
    if (this.#passing.length === 1) this.#arrive()
    taken()
  }

  /** As long as it is lost, TCP waits twice as long as before. */
  #againMs(delayMs: number, loss: number): number {
    let again = 0
    for (let wait = 2 * delayMs + RETRANSMIT_MS; this.#random?.chance(loss) === true; wait *= 2) again += wait
    return again
  }

  /** One timer for all: those of several could fire in another order than the chunks came in. */
  #arrive(): void {
    for (;;) {
      const [next] = this.#passing
      if (next === undefined || this.destroyed) return
      const waitMs = next.at - performance.now()
      if (waitMs > 0) return void setTimeout(() => this.#arrive(), Math.ceil(waitMs))
      this.#passing.shift()
      this.push(next.chunk)
    }
  }
}

/**
 * All that others may know of a site's address: what they dial goes through here, and can be held up for each of them, one way or both. As on
 * a broken cable nothing is closed; what was held up goes on when the way is free again.
 */
export class Gate implements AsyncDisposable {
  /** Where the site listens at present. */
  target = 0
  /** How all that passes here is. */
  slowness: Slowness | undefined
  readonly #server
  readonly #nameOf: (address: string) => string
  readonly #lines = new Set<Line>()
  #wires = 0
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
      inwards: new Wire(() => this.slowness, this.#wires++),
      outwards: new Wire(() => this.slowness, this.#wires++),
    }
    line.inwards.pipe(line.outbound)
    line.outwards.pipe(line.inbound)
    this.#lines.add(line)
    for (const socket of [line.inbound, line.outbound]) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#lines.delete(line)
        for (const part of [line.inbound, line.outbound, line.inwards, line.outwards]) part.destroy()
      })
    }
    pass(line.inbound, line.inwards, !this.#inward.has(line.from))
    pass(line.outbound, line.outwards, !this.#outward.has(line.from))
  }

  #apply(): void {
    for (const { from, inbound, outbound, inwards, outwards } of this.#lines) {
      pass(inbound, inwards, !this.#inward.has(from))
      pass(outbound, outwards, !this.#outward.has(from))
    }
  }
}

function pass(source: Socket, sink: Writable, may: boolean): void {
  source.unpipe(sink)
  if (may) source.pipe(sink)
  else source.pause()
}
