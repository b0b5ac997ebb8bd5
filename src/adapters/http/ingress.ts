import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { HostPort, TlsServer } from '../../config.ts'
import { CheopsError } from '../../errors.ts'
import type { Exchange } from '../../ports/exchange.ts'
import type { LinkContext } from '../../ports/glue.ts'
import { addressOf } from './addressing.ts'
import type { Address, ServiceNames } from './addressing.ts'
import { isForeignPage } from './foreign-page.ts'
import { replaceHost } from './message-heads.ts'
import { HttpExchange, headOf, refuseRequest } from './http-exchange.ts'
import type { ExchangeEnvironment } from './http-exchange.ts'
import { HttpListener } from './http-listener.ts'
import type { ListenerLimits } from './http-listener.ts'
import type { ClientSide } from './client-side.ts'
import { parameterHeaders } from './scope-parameters.ts'

export interface IngressParts {
  readonly environment: ExchangeEnvironment
  readonly limits: ListenerLimits
  readonly names: ServiceNames
  /** Endpoints of this site's service instances, for links that applications write to themselves. */
  endpoints(): Readonly<Record<string, string>>
  /** Address of a service's own listener, undefined where it has none. */
  ownAddress(service: string): string | undefined
  route(exchange: Exchange): void
}

export interface IngressListener {
  /** The service that the listener belongs to, undefined for the shared ingress. */
  readonly service: string | undefined
  readonly listen: HostPort
  readonly tls: TlsServer | undefined
  /** What `Proxy-Authorization` must carry; undefined where none is asked for. */
  readonly token: string | undefined
}

/** Where clients and applications come in: one listener, shared or of one service. */
export class Ingress {
  readonly #parts: IngressParts
  readonly #options: IngressListener
  readonly #listener: HttpListener

  constructor(parts: IngressParts, options: IngressListener) {
    this.#parts = parts
    this.#options = options
    const { environment, limits } = parts
    const listenerOptions = { site: environment.site, limits, tls: options.tls, isPeerSide: false }
    this.#listener = new HttpListener(listenerOptions, (side, socket) => this.#serve(side, socket))
  }

  listen(): Promise<HostPort> {
    return this.#listener.listen(this.#options.listen)
  }

  close(drainMs: number): Promise<void> {
    return this.#listener.close(drainMs)
  }

  #serve(side: ClientSide, socket: Duplex): void {
    const { environment, names } = this.#parts
    try {
      checkToken(this.#options.token, side.request.headers['proxy-authorization'])
      const head = { ...headOf(side.request), host: side.request.headers.host }
      const address = addressOf(head, this.#options.service, names)
      this.#checkOrigin(side.request.headers, address)
      const said = parameterHeaders(address.parameters, side.request.rawHeaders)
      side.request.rawHeaders.push(...said)
      if (address.authority !== undefined) replaceHost(side.request.rawHeaders, address.authority)
      const links = (): LinkContext => this.#linksOf(address, side, socket)
      this.#parts.route(new HttpExchange(side, address, links, environment))
    } catch (error) {
      if (!(error instanceof CheopsError)) throw error
      refuseRequest(side, error, environment.site, undefined)
    }
  }

  /**
   * Any page that the operator's browser shows could send requests to an ingress on loopback: where nothing proves who asks, what
   * comes from a page of another site is refused. A service's own listener leaves that to the application, as it always was.
   */
  #checkOrigin(headers: IncomingHttpHeaders, { way }: Address): void {
    const { service, token, tls } = this.#options
    const isOpen = service === undefined && token === undefined && tls?.clientCA === undefined
    if (isOpen && isForeignPage(headers, way !== 'path')) {
      throw new CheopsError('ERR_REQUEST_CROSS_SITE', 'a page of another site sent this request through a browser')
    }
  }

  #linksOf(address: Address, side: ClientSide, socket: Duplex): LinkContext {
    const scheme = socket instanceof TLSSocket ? 'https' : 'http'
    const origin = address.prefix.startsWith('http') ? '' : `${scheme}://${side.request.headers.host ?? ''}`
    const base = origin + address.prefix
    return {
      service: address.service,
      base,
      endpoints: this.#parts.endpoints(),
      baseOf: service => this.#baseOf(service, address, base),
    }
  }

  /** On the shared ingress services are siblings in the path; elsewhere each has an address of its own. */
  #baseOf(service: string, address: Address, base: string): string | undefined {
    if (service === address.service) return base
    if (!this.#parts.names.isService(service)) return undefined
    if (address.way === 'path') return base.slice(0, base.lastIndexOf('/')) + `/${service}`
    const own = this.#parts.ownAddress(service)
    if (own === undefined) return undefined
    const scopePrefix = /\/~[^/]*$/.exec(base)?.[0] ?? ''
    return own + scopePrefix
  }
}

/** @throws CheopsError ERR_REQUEST_TOKEN */
function checkToken(token: string | undefined, authorization: string | undefined): void {
  if (token === undefined) return
  const [scheme = '', value = ''] = (authorization ?? '').split(' ')
  let given = ''
  if (scheme.toLowerCase() === 'bearer') given = value
  // What a client sends that can put a user and a password into a proxy's URL, but no header.
  else if (scheme.toLowerCase() === 'basic')
    given = Buffer.from(value, 'base64')
      .toString()
      .replace(/^[^:]*:/, '')
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  if (given === '' || !timingSafeEqual(digest(given), digest(token))) {
    throw new CheopsError('ERR_REQUEST_TOKEN', 'the request carries no token of this ingress, or another one')
  }
}
