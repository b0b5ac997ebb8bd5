import type { Duplex } from 'node:stream'
import type { RequestContext } from '../../core/resource/request-context.ts'
import type { RequestHead } from '../../core/resource/http-head.ts'
import { CheopsError } from '../../errors.ts'
import type { Exchange } from '../../ports/exchange.ts'
import { HttpExchange, headOf, refuseRequest } from './http-exchange.ts'
import type { ExchangeEnvironment } from './http-exchange.ts'
import { HttpListener } from './http-listener.ts'
import type { ListenerLimits } from './http-listener.ts'

export interface ReceivedParts {
  readonly environment: ExchangeEnvironment
  readonly limits: ListenerLimits
  /** Decides before the application sees a byte. Throws a CheopsError for what is refused. */
  admit(peerId: string, head: RequestHead): { readonly service: string; readonly context: RequestContext | undefined }
  received(exchange: Exchange, context: RequestContext | undefined): void
}

/** Serves the requests that other agents send over their streams. */
export class ReceivedServer {
  readonly #listener: HttpListener
  readonly #peers = new WeakMap<Duplex, string>()

  constructor(parts: ReceivedParts) {
    const { environment, limits } = parts
    const options = { site: environment.site, limits, tls: undefined, isPeerSide: true }
    this.#listener = new HttpListener(options, (side, socket) => {
      const head = headOf(side.request)
      try {
        const { service, context } = parts.admit(this.#peers.get(socket) ?? '', head)
        const address = { service, path: head.target, scope: undefined }
        parts.received(new HttpExchange(side, address, undefined, environment), context)
      } catch (error) {
        if (!(error instanceof CheopsError)) throw error
        refuseRequest(side, error, environment.site, environment.glue(side.request.headers['cheops-service'] as string))
      }
    })
  }

  /** @param peerId the peer that noise has authenticated */
  accept(connection: Duplex, peerId: string): void {
    this.#peers.set(connection, peerId)
    this.#listener.accept(connection)
  }

  close(): Promise<void> {
    return this.#listener.close(0)
  }
}
