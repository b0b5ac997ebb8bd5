import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { callerOf } from './caller.ts'

/** As long as it may take that an agent has said which process it is. */
const LOOK_AGAIN_MS = 50

export interface Gate {
  readonly site: string
  /** What the other sites know, and dial. */
  readonly port: number
  /** Where the agent of the site listens. */
  readonly target: number
}

/** One connection between two agents. */
interface Line {
  readonly to: string
  /** Undefined until it is known. */
  from: string | undefined
  readonly inbound: Socket
  readonly outbound: Socket
}

/**
 * The links between agents on one machine, which can be cut: each agent is reached through a gate only, which tells who calls and passes
 * bytes on as long as neither end is cut off. As with a cable that is pulled out nobody is told, and nothing is closed; what was held up
 * goes on when the link is joined again.
 */
export class Links {
  readonly #sites: () => ReadonlyMap<number, string>
  readonly #servers: Server[] = []
  readonly #lines = new Set<Line>()
  readonly #cut = new Set<string>()

  /** @param sites the process of each agent that runs, with its site */
  constructor(sites: () => ReadonlyMap<number, string>) {
    this.#sites = sites
  }

  /** @throws Error EADDRINUSE */
  async open(gates: readonly Gate[]): Promise<void> {
    for (const gate of gates) {
      const server = createServer(inbound => this.#join(gate, inbound))
      this.#servers.push(server)
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(gate.port, '127.0.0.1', resolve)
      })
    }
  }

  isCut(site: string): boolean {
    return this.#cut.has(site)
  }

  /** Nothing passes any more between this site and all others. */
  cutOff(site: string): void {
    this.#cut.add(site)
    for (const line of this.#lines) this.#apply(line)
  }

  reconnect(site: string): void {
    this.#cut.delete(site)
    for (const line of this.#lines) this.#apply(line)
  }

  async close(): Promise<void> {
    for (const { inbound, outbound } of this.#lines) {
      inbound.destroy()
      outbound.destroy()
    }
    const closed = this.#servers.splice(0).map(server => new Promise(resolve => server.close(resolve)))
    await Promise.all(closed)
  }

  #join({ site, target }: Gate, inbound: Socket): void {
    const line: Line = { to: site, from: undefined, inbound, outbound: connect(target, '127.0.0.1') }
    this.#lines.add(line)
    for (const socket of [line.inbound, line.outbound]) {
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#lines.delete(line)
        line.inbound.destroy()
        line.outbound.destroy()
      })
    }
    void this.#learn(line)
  }

  /** An agent may call before it has said that it is ready, and so before its process is known here. */
  async #learn(line: Line): Promise<void> {
    while (line.from === undefined && this.#lines.has(line)) {
      line.from = await callerOf(line.inbound.remotePort ?? 0, this.#sites())
      if (line.from === undefined) await pause(LOOK_AGAIN_MS)
    }
    this.#apply(line)
  }

  /** Nothing passes before it is known who calls. */
  #apply({ from, to, inbound, outbound }: Line): void {
    const may = from !== undefined && !this.#cut.has(from) && !this.#cut.has(to)
    for (const [source, sink] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      source.unpipe(sink)
      if (may) source.pipe(sink)
      else source.pause()
    }
  }
}
