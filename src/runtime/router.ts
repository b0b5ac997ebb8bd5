import type { Liveness } from '../core/resource/catalog.ts'
import { ERROR_HEADER, HEADER_NAMES, HOPS_HEADER, SCOPE_HEADER, SERVICE_HEADER } from '../core/resource/headers.ts'
import { headerValue, headerValues } from '../core/resource/http-head.ts'
import { MAX_HOPS, readBaggage, writeBaggage } from '../core/resource/request-context.ts'
import type { RequestContext } from '../core/resource/request-context.ts'
import { newTraceparent, toHex, traceIdOf } from '../core/resource/trace-context.ts'
import type { Placement } from '../core/scope/index.ts'
import { nearestName } from '../core/scope/index.ts'
import { CheopsError, ERRORS } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import type { Exchange, RelayOptions, RelayResult, Target } from '../ports/exchange.ts'
import type { CorrelationRule, Glue } from '../ports/glue.ts'
import type { Membership } from '../ports/membership.ts'
import type { Random } from '../ports/random.ts'
import { Correlation } from './correlation.ts'
import { ScopeReader } from './scope-reader.ts'
import type { Traffic, TrafficKind } from './traffic.ts'

export interface RouterParts {
  readonly membership: Membership
  readonly random: Random
  /** Glue of a service of this site, undefined for what the site does not offer. */
  glue(service: string): Glue | undefined
  /** Correlation rules of all services of this site, each once. */
  correlationRules(): readonly CorrelationRule[]
  readonly traffic: Traffic
}

/** Where a request ended, for counts and logs. */
export interface Routed {
  readonly result: RelayResult | { readonly kind: 'refused'; readonly error: CheopsError }
  /** The site that answered, or that would have. */
  readonly site: string
  readonly scope: string | undefined
}

/**
 * Says where each request runs and has its exchange carry it there: a request of a client or an application at this agent
 * (`client`), and one that another agent has sent here (`received`).
 */
export class Router {
  readonly #parts: RouterParts
  readonly #scopes: ScopeReader
  readonly #correlation: Correlation

  constructor(parts: RouterParts) {
    this.#parts = parts
    this.#scopes = new ScopeReader(() => parts.membership.catalog())
    this.#correlation = new Correlation(() => parts.correlationRules())
  }

  /** A request at the ingress. Never rejects for what a client, a site or an application does. */
  async client(exchange: Exchange): Promise<Routed> {
    const { membership } = this.#parts
    try {
      const origin = this.#originOf(exchange)
      if (origin.context === undefined) return await this.#unscoped(exchange, origin.ambiguous)
      const { scope: text, hops } = origin.context
      const { canonical, resolution } = this.#scopes.read(text, exchange.service)
      const context: RequestContext = { scope: canonical, hops: hops + 1 }
      if (context.hops > MAX_HOPS) throw loop()
      const sites = resolution.kind === 'local' ? [membership.self] : this.#candidates(resolution.placement)
      return await this.#firstOf(sites, exchange, context)
    } catch (error) {
      return refused(exchange, error, membership.self, undefined)
    }
  }

  /**
   * A request that the agent of another site has sent here, already admitted (protocols/forward): it runs at this site's own
   * application and goes no further.
   * @param context undefined where the sender gave no scope
   */
  async received(exchange: Exchange, context: RequestContext | undefined): Promise<Routed> {
    const { self } = this.#parts.membership
    try {
      if (context !== undefined && context.hops > MAX_HOPS) throw loop()
      const result = await this.#toApplication('received', exchange, context, [], undefined)
      return finish(exchange, result, self, context?.scope)
    } catch (error) {
      return refused(exchange, error, self, context?.scope)
    }
  }

  /** Header, URL, baggage; then what is in flight. */
  #originOf(exchange: Exchange): { context: RequestContext | undefined; ambiguous: boolean } {
    const { rawHeaders } = exchange.head
    const baggage = readBaggage(headerValues(rawHeaders, 'baggage'))
    const scope = onlyOne(headerValues(rawHeaders, SCOPE_HEADER)) ?? exchange.urlScope ?? baggage.scope
    if (scope !== undefined) return { context: { scope, hops: baggage.hops ?? 0 }, ambiguous: false }
    const found = this.#correlation.find(rawHeaders)
    return { context: found.kind === 'one' ? found.context : undefined, ambiguous: found.kind === 'ambiguous' }
  }

  async #unscoped(exchange: Exchange, ambiguous: boolean): Promise<Routed> {
    const warning = ambiguous ? ['Warning', `299 cheops "${AMBIGUOUS}"`] : []
    const { self } = this.#parts.membership
    try {
      const result = await this.#toApplication('local', exchange, undefined, warning, undefined)
      return finish(exchange, result, self, undefined, warning)
    } catch (error) {
      return refused(exchange, error, self, undefined, warning)
    }
  }

  /** Sites in the order in which they are tried: those that are down last. */
  #candidates(placement: Placement): readonly string[] {
    if (placement.kind === 'site') return [placement.site]
    if (placement.kind !== 'either') throw notYet(placement)
    const sites = placement.parts.map(part => {
      if (part.kind !== 'site') throw notYet(part)
      return part.site
    })
    const isDown = (site: string): boolean => this.#livenessOf(site) === 'down'
    return [...sites.filter(site => !isDown(site)), ...sites.filter(isDown)]
  }

  #livenessOf(site: string): Liveness {
    return this.#parts.membership.site(site)?.liveness ?? 'down'
  }

  /** Tries one site after the other, as long as it is certain that the last one has done nothing. */
  async #firstOf(sites: readonly string[], exchange: Exchange, context: RequestContext): Promise<Routed> {
    const isRead = exchange.head.method === 'GET' || exchange.head.method === 'HEAD'
    let result: RelayResult | undefined
    for (const [index, site] of sites.entries()) {
      const isLast = index === sites.length - 1
      const isOther = site !== this.#parts.membership.self
      const accept = isLast || exchange.hasBody ? undefined : acceptOf(isRead, isOther)
      result = await this.#toSite(site, exchange, context, accept)
      const mayGoOn =
        result.kind === 'declined' ||
        (result.kind === 'failed' &&
          (result.error.spec.retry === true || (isRead && !exchange.hasBody && isReachability(result.error.code))))
      if (isLast || !mayGoOn) return finish(exchange, result, site, context.scope)
    }
    throw new Error('a placement has at least one site')
  }

  #toSite(
    site: string,
    exchange: Exchange,
    context: RequestContext,
    accept: ((answer: { status: number; rawHeaders: readonly string[] }) => boolean) | undefined,
  ): Promise<RelayResult> {
    const answerHeaders = [HEADER_NAMES.site, site]
    if (site === this.#parts.membership.self) {
      return this.#toApplication('local', exchange, context, answerHeaders, accept)
    }
    return this.#relay(
      'forwarded',
      exchange,
      { kind: 'site', site, service: exchange.service },
      {
        dropHeaders: OWN_REQUEST_HEADERS,
        addHeaders: [
          HEADER_NAMES.service,
          exchange.service,
          HEADER_NAMES.scope,
          context.scope,
          HEADER_NAMES.hops,
          String(context.hops),
        ],
        answerHeaders,
        accept,
        rewrite: answer => this.#rewriteOf(exchange, answer),
      },
    )
  }

  async #relay(kind: TrafficKind, exchange: Exchange, target: Target, options: RelayOptions): Promise<RelayResult> {
    const end = this.#parts.traffic.begin(kind, exchange.service)
    const result = await exchange.relay(target, options)
    end(result)
    return result
  }

  async #toApplication(
    kind: TrafficKind,
    exchange: Exchange,
    context: RequestContext | undefined,
    answerHeaders: readonly string[],
    accept: ((answer: { status: number; rawHeaders: readonly string[] }) => boolean) | undefined,
  ): Promise<RelayResult> {
    const target: Target = { kind: 'application', service: exchange.service }
    if (this.#parts.glue(exchange.service) === undefined) throw this.#notHere(exchange.service)
    const { dropHeaders, addHeaders } = context === undefined ? NO_CONTEXT : this.#contextHeaders(exchange, context)
    // What is added comes first: it stands in place of what the client sent.
    const forget = this.#correlation.begin([...addHeaders, ...exchange.head.rawHeaders], context)
    try {
      return await this.#relay(kind, exchange, target, {
        dropHeaders,
        addHeaders,
        answerHeaders,
        accept,
        rewrite: answer => this.#rewriteOf(exchange, answer),
      })
    } finally {
      forget()
    }
  }

  /** What the application gets so that its own calls can be told: baggage, a trace, and what its glue correlates by. */
  #contextHeaders(
    exchange: Exchange,
    context: RequestContext,
  ): { dropHeaders: ReadonlySet<string>; addHeaders: readonly string[] } {
    const { rawHeaders } = exchange.head
    const baggage = headerValues(rawHeaders, 'baggage')
    const addHeaders = ['baggage', writeBaggage(baggage, context)]
    const hasTrace = traceIdOf(headerValue(rawHeaders, 'traceparent') ?? '') !== undefined
    if (!hasTrace) addHeaders.push('traceparent', newTraceparent(this.#parts.random.bytes(24)))
    if (this.#wantsRequestId(exchange) && headerValue(rawHeaders, REQUEST_ID_HEADER) === undefined) {
      addHeaders.push(REQUEST_ID_HEADER, requestId(this.#parts.random.bytes(16)))
    }
    return { dropHeaders: hasTrace ? REPLACED_WITH_TRACE : REPLACED_WITHOUT_TRACE, addHeaders }
  }

  #wantsRequestId(exchange: Exchange): boolean {
    return this.#parts.glue(exchange.service)?.correlate.some(rule => rule.in === REQUEST_ID_HEADER) === true
  }

  #rewriteOf(
    exchange: Exchange,
    answer: { status: number; reason: string; rawHeaders: readonly string[] },
  ): ReturnType<Glue['rewrite']> {
    const glue = this.#parts.glue(exchange.service)
    if (glue === undefined || headerValue(answer.rawHeaders, ERROR_HEADER) !== undefined) return undefined
    const links = exchange.links()
    return links === undefined ? undefined : glue.rewrite(exchange.head, exchange.path, answer, links)
  }

  #notHere(service: string): CheopsError {
    const sites = this.#parts.membership.sites()
    const names = sites.flatMap(site => site.services.map(each => each.name))
    if (!names.includes(service)) {
      const nearest = nearestName(service, names)
      const suggestion = nearest === undefined ? '' : `; did you mean "${nearest}"?`
      return new CheopsError('ERR_SERVICE_UNKNOWN', `no site offers a service "${service}"${suggestion}`, { service })
    }
    const where = sites.filter(site => site.services.some(each => each.name === service)).map(site => site.name)
    return new CheopsError(
      'ERR_SERVICE_NOT_LOCAL',
      `${this.#parts.membership.self} does not offer "${service}", but ${where.join(', ')} does; send "${HEADER_NAMES.scope}: ${where[0]}"`,
      { service, sites: where },
    )
  }
}

/** @throws CheopsError ERR_SCOPE_SYNTAX: which of two scopes is meant cannot be told */
function onlyOne(scopes: readonly string[]): string | undefined {
  const [scope] = scopes
  if (scopes.every(other => other === scope)) return scope
  throw new CheopsError(
    'ERR_SCOPE_SYNTAX',
    `The request has ${scopes.length} ${HEADER_NAMES.scope} headers that differ.`,
  )
}

const AMBIGUOUS =
  'the call may belong to requests with different scopes, so it stayed local; pass on baggage, traceparent or x-request-id'

/** Written by agents alone: what a client writes there goes nowhere. */
const OWN_REQUEST_HEADERS: ReadonlySet<string> = new Set([SCOPE_HEADER, SERVICE_HEADER, HOPS_HEADER])

const REPLACED_WITH_TRACE: ReadonlySet<string> = new Set([...OWN_REQUEST_HEADERS, 'baggage'])
const REPLACED_WITHOUT_TRACE: ReadonlySet<string> = new Set([...REPLACED_WITH_TRACE, 'traceparent'])

/** The one correlation header that can be made up for a request that has none: no application gives its value a meaning. */
const REQUEST_ID_HEADER = 'x-request-id'

/** A random UUID, version 4 (RFC 9562). */
function requestId(random: Uint8Array): string {
  const bytes = Uint8Array.from(random)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = toHex(bytes)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const NO_CONTEXT = { dropHeaders: OWN_REQUEST_HEADERS, addHeaders: [] as readonly string[] }

/**
 * Answers after which the next site of `||` is tried: a read that finds nothing, and whatever the other agent says that nobody
 * has begun. A request with a body cannot be sent again once the body has begun to flow.
 */
function acceptOf(
  isRead: boolean,
  isOtherAgent: boolean,
): (answer: { status: number; rawHeaders: readonly string[] }) => boolean {
  return answer => {
    // Only an agent's word counts: it takes this header out of the answers of its applications.
    const code = isOtherAgent ? headerValue(answer.rawHeaders, ERROR_HEADER) : undefined
    if (code !== undefined && Object.hasOwn(ERRORS, code)) {
      const known = code as ErrorCode
      if ('retry' in ERRORS[known] || (isRead && isReachability(known))) return false
    }
    return !(isRead && answer.status === 404)
  }
}

/** Failures of the way or of the instance rather than of the request: for a read, another site may do. */
function isReachability(code: ErrorCode): boolean {
  return REACHABILITY.has(code)
}

const REACHABILITY: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_SITE_BROKEN',
  'ERR_SITE_TIMEOUT',
  'ERR_APPLICATION_BROKEN',
  'ERR_APPLICATION_TIMEOUT',
  'ERR_APPLICATION_INVALID',
])

function finish(
  exchange: Exchange,
  result: RelayResult,
  site: string,
  scope: string | undefined,
  answerHeaders?: readonly string[],
): Routed {
  if (result.kind === 'failed') exchange.refuse(result.error, answerHeaders)
  return { result, site, scope }
}

function refused(
  exchange: Exchange,
  error: unknown,
  site: string,
  scope: string | undefined,
  answerHeaders?: readonly string[],
): Routed {
  if (!(error instanceof CheopsError)) throw error
  exchange.refuse(error, answerHeaders)
  return { result: { kind: 'refused', error }, site, scope }
}

function loop(): CheopsError {
  return new CheopsError('ERR_FORWARD_LOOP', `the request has passed ${MAX_HOPS} agents`)
}

function notYet(placement: Placement): CheopsError {
  const what = placement.kind === 'cross' ? 'cross ("%")' : 'replication ("&")'
  return new CheopsError('ERR_SCOPE_COLLABORATION', `the scope asks for ${what}, which this version does not do`)
}
