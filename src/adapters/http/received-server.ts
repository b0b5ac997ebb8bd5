import type { Duplex } from 'node:stream'
import type { RequestContext } from '../../core/resource/request-context.ts'
import { SERVICE_HEADER } from '../../core/resource/headers.ts'
import { headerValue } from '../../core/resource/http-head.ts'
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
  admit(
    peerId: string,
    head: RequestHead,
  ): { readonly from: string; readonly service: string; readonly context: RequestContext | undefined }
  /** Requests of one site at a time, over all connections that it has. */
  readonly requestsPerSite: number
  /** Serves an admitted request; settles when it is over. */
  received(exchange: Exchange, context: RequestContext | undefined): Promise<void>
}

/** Serves the requests that other agents send over their streams. */
export class ReceivedServer {
  readonly #listener: HttpListener
  readonly #peers = new WeakMap<Duplex, string>()
  /** By the site that sent them. */
  readonly #bySite = new Map<string, number>()
  #underWay = 0
  #stopping = false
  #onDrained: (() => void) | undefined

  constructor(parts: ReceivedParts) {
    const { environment, limits } = parts
    const options = { site: environment.site, limits, tls: undefined, isPeerSide: true }
    this.#listener = new HttpListener(options, (side, socket) => {
      const head = headOf(side.request)
      try {
        if (this.#stopping) throw new CheopsError('ERR_AGENT_STOPPING', `${environment.site} is stopping`)
        const { from, service, context } = parts.admit(this.#peers.get(socket) ?? '', head)
        const address = { service, path: head.target, scope: undefined }
        this.#begin(from, parts.requestsPerSite)
        void parts.received(new HttpExchange(side, address, undefined, environment, from), context).finally(() => {
          this.#end(from)
        })
      } catch (error) {
        if (!(error instanceof CheopsError)) throw error
        refuseRequest(
          side,
          error,
          environment.site,
          environment.glue(headerValue(head.rawHeaders, SERVICE_HEADER) ?? ''),
        )
      }
    })
  }

  #begin(site: string, bound: number): void {
    const already = this.#bySite.get(site) ?? 0
    if (already >= bound) {
      throw new CheopsError('ERR_SITE_BUSY', `${site} has ${bound} requests under way here already`)
    }
    this.#bySite.set(site, already + 1)
    this.#underWay++
  }

  #end(site: string): void {
    this.#bySite.set(site, (this.#bySite.get(site) ?? 1) - 1)
    if (--this.#underWay === 0) this.#onDrained?.()
  }

  /** @param peerId the peer that noise has authenticated */
  accept(connection: Duplex, peerId: string): void {
    this.#peers.set(connection, peerId)
    this.#listener.accept(connection)
  }

  /** Refuses new requests at once, so that their senders go elsewhere, and lets those under way end for `drainMs`. */
  async close(drainMs: number): Promise<void> {
    this.#stopping = true
    if (this.#underWay > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#onDrained = resolve
      const timer = setTimeout(resolve, drainMs)
      await promise
      clearTimeout(timer)
    }
    await this.#listener.close(0)
  }
}
