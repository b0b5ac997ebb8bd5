import { NOTHING_SEEN } from '../core/oplog/index.ts'
import { ERROR_HEADER, HEADER_NAMES, IF_REPLICATED_HEADER } from '../core/resource/headers.ts'
import { headerValue } from '../core/resource/http-head.ts'
import type { ResponseHead } from '../core/resource/http-head.ts'
import { SAFE_METHODS } from '../core/resource/methods.ts'
import type { RequestContext } from '../core/resource/request-context.ts'
import type { Placement } from '../core/scope/index.ts'
import { CheopsError } from '../errors.ts'
import type { ComposedAnswer, Exchange, RelayOptions, RelayResult, Target } from '../ports/exchange.ts'
import type { Glue } from '../ports/glue.ts'
import type { Membership } from '../ports/membership.ts'
import type { Random } from '../ports/random.ts'
import { membersHeader, warning } from './answer-headers.ts'
import type { ClientContexts } from './client-contexts.ts'
import { headersToApplication, headersToSite, WITHOUT_CONTEXT } from './context-headers.ts'
import type { Correlation } from './correlation.ts'
import { acceptOf, isHeld, mayTryNext, sitesInOrder } from './fallback.ts'
import type { MemberReads } from './member-reads.ts'
import { membersOf, nearestFirst } from './members.ts'
import { notHere } from './not-here.ts'
import type { ReplicatedRequests } from './replicated-requests.ts'
import type { Relay, ReplicantLookup } from './replicant-lookup.ts'
import { onward, originOf } from './request-origin.ts'
import { finish, refused, type Routed } from './routed.ts'
import type { ScopeReader } from './scope-reader.ts'
import type { Traffic, TrafficKind } from './traffic.ts'
import { checkClientHeaders } from './operation-preference.ts'

export interface RouterParts {
  readonly membership: Membership
  readonly random: Random
  /** Glue of a service of this site, undefined for what the site does not offer. */
  glue(service: string): Glue | undefined
  readonly scopes: ScopeReader
  readonly correlation: Correlation
  readonly traffic: Traffic
  /** Undefined for an agent that keeps no replicants. */
  readonly replicated?: ReplicatedRequests | undefined
  readonly contexts?: ClientContexts | undefined
  readonly reads?: MemberReads | undefined
  readonly lookup?: ReplicantLookup | undefined
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
    this.#scopes = parts.scopes
    this.#correlation = parts.correlation
  }

  /** A request at the ingress. Never rejects for what a client, a site or an application does. */
  async client(exchange: Exchange): Promise<Routed> {
    const { membership } = this.#parts
    try {
      checkClientHeaders(exchange.head.rawHeaders)
      const origin = originOf(exchange, this.#correlation)
      if (origin.context === undefined) return await this.#unscoped(exchange, origin.ambiguous)
      const { canonical, resolution } = this.#scopes.read(origin.context.scope, exchange.service)
      const context = onward({ ...origin.context, scope: canonical })
      const members = resolution.kind === 'local' ? undefined : membersOf(resolution.placement)
      if (members !== undefined) return await this.#atMembers(exchange, members, context)
      if (resolution.kind !== 'local')
        return await this.#firstOf(this.#sitesOf(resolution.placement), exchange, context)
      // The scope says nothing of this service: as without one.
      const routed = this.#isRead(exchange) ? undefined : await this.#forAllMembers(exchange, canonical)
      return routed ?? (await this.#firstOf([membership.self], exchange, context))
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
      const members = context === undefined ? undefined : this.#membersIn(context.scope, exchange.service)
      if (context !== undefined && members?.includes(self) === true)
        return await this.#atMember('received', exchange, members, context)
      const looksFor = headerValue(exchange.head.rawHeaders, IF_REPLICATED_HEADER)
      const found = looksFor === undefined ? undefined : await this.#parts.replicated?.checkReplicated(exchange)
      const answerHeaders = found === undefined ? [] : membersHeader(found)
      if (found !== undefined && looksFor?.trim() === 'members') {
        const answer = { status: 200, rawHeaders: answerHeaders, body: new Uint8Array(0) }
        const said = await this.#operation('received', exchange, context?.scope, async () => answer)
        if (said !== undefined) return said
      }
      const routed = context && (await this.#alone('received', exchange, context))
      if (routed !== undefined) return routed
      const result = await this.#toApplication('received', exchange, context, answerHeaders, undefined)
      return finish(exchange, result, self, context?.scope)
    } catch (error) {
      return refused(exchange, error, self, context?.scope)
    }
  }

  async #unscoped(exchange: Exchange, ambiguous: boolean): Promise<Routed> {
    const warnings = ambiguous ? [...warning(AMBIGUOUS)] : []
    const { self } = this.#parts.membership
    try {
      if (!this.#isRead(exchange)) {
        const routed = await this.#forAllMembers(exchange, undefined)
        if (routed !== undefined) return routed
        const why = await this.#parts.replicated?.whyHereOnly(exchange)
        if (why !== undefined) warnings.push(...warning(`at ${self} only: ${why}`))
      }
      const here: Relay = accept => this.#toApplication('local', exchange, undefined, warnings, accept)
      const found = await this.#parts.lookup?.read(exchange, here, (site, options) => {
        const target: Target = { kind: 'site', site, service: exchange.service }
        return this.#relay('forwarded', exchange, target, {
          ...options,
          rewrite: answer => this.#rewriteOf(exchange, answer),
        })
      })
      if (found !== undefined) return finish(exchange, found.result, found.site, undefined, warnings)
      const result = await here(undefined)
      return finish(exchange, result, self, undefined, warnings)
    } catch (error) {
      return refused(exchange, error, self, undefined, warnings)
    }
  }

  /** A request that names no sites, where it changes what is replicated here; undefined for any other. */
  async #forAllMembers(exchange: Exchange, scope: string | undefined): Promise<Routed | undefined> {
    const { replicated } = this.#parts
    if (replicated === undefined) return undefined
    return this.#operation('local', exchange, scope, () => replicated.unscoped(exchange))
  }

  /** Members that a scope which came from another site names; undefined where it is not for replication. */
  #membersIn(scope: string, service: string): readonly string[] | undefined {
    // As agents print it. What has no "&" need not be known to this site's catalog.
    if (!scope.includes('&')) return undefined
    const { resolution } = this.#scopes.read(scope, service)
    return resolution.kind === 'local' ? undefined : membersOf(resolution.placement)
  }

  /** Under `&`: at this site if it is a member, else at the nearest that is. */
  async #atMembers(exchange: Exchange, members: readonly string[], context: RequestContext): Promise<Routed> {
    const { membership, replicated } = this.#parts
    if (replicated === undefined) throw replicationOff()
    if (members.includes(membership.self)) return this.#atMember('local', exchange, members, context)
    await replicated.checkMembers(exchange, members)
    return this.#firstOf(nearestFirst(members, membership), exchange, context)
  }

  async #atMember(
    kind: TrafficKind,
    exchange: Exchange,
    members: readonly string[],
    context: RequestContext,
  ): Promise<Routed> {
    const { membership, replicated } = this.#parts
    if (replicated === undefined) throw replicationOff()
    const toOthers = kind === 'local' ? context : onward(context)
    const routed = this.#isRead(exchange)
      ? undefined
      : await this.#operation(kind, exchange, context.scope, () => replicated.scoped(exchange, members, toOthers))
    if (routed !== undefined) return routed
    const answerHeaders = kind === 'local' ? [HEADER_NAMES.site, membership.self] : []
    const read = await this.#operation(kind, exchange, context.scope, async () => {
      const found = await this.#parts.reads?.read(exchange, members, toOthers)
      if (found?.is === 'stream') answerHeaders.push(...found.answerHeaders)
      return found?.is === 'answer' ? found.answer : undefined
    })
    if (read !== undefined) return read
    const why = replicated.whyAtOne(exchange)
    if (why !== undefined) answerHeaders.push(...warning(`at ${membership.self} only: ${why}`))
    const result = await this.#toApplication(kind, exchange, context, answerHeaders, undefined)
    return finish(exchange, result, membership.self, context.scope)
  }

  /** A request that its scope sends to this site, and not for replication; undefined where it is none of replication's business. */
  async #alone(kind: TrafficKind, exchange: Exchange, context: RequestContext): Promise<Routed | undefined> {
    const { replicated } = this.#parts
    if (replicated === undefined || this.#isRead(exchange)) return undefined
    return this.#operation(kind, exchange, context.scope, () =>
      replicated.alone(exchange, this.#isChoice(context.scope, exchange.service), context),
    )
  }

  #isChoice(scope: string, service: string): boolean {
    if (!scope.includes('||')) return false
    const { resolution } = this.#scopes.read(scope, service)
    return resolution.kind !== 'local' && resolution.placement.kind === 'either'
  }

  /** A request that may be an operation on a replicant; undefined where it is not. */
  async #operation(
    kind: TrafficKind,
    exchange: Exchange,
    scope: string | undefined,
    carryOut: () => Promise<ComposedAnswer | undefined>,
  ): Promise<Routed | undefined> {
    const end = this.#parts.traffic.begin(kind, exchange.service)
    let result: RelayResult | undefined
    try {
      const answer = await carryOut()
      if (answer === undefined) return undefined
      exchange.answer(answer)
      result = { kind: 'answered', status: answer.status, complete: true }
      return { result, site: this.#parts.membership.self, scope }
    } finally {
      end(result)
    }
  }

  #sitesOf(placement: Placement): readonly string[] {
    return sitesInOrder(placement, site => this.#parts.membership.site(site)?.liveness ?? 'down')
  }

  /** Tries one site after the other, as long as it is certain that the last one has done nothing. */
  async #firstOf(sites: readonly string[], exchange: Exchange, context: RequestContext): Promise<Routed> {
    const isSafe = this.#isRead(exchange)
    const isBound = exchange.hasBody && !(isSafe && sites.length > 1 && (await isHeld(exchange)))
    let result: RelayResult | undefined
    for (const [index, site] of sites.entries()) {
      const isLast = index === sites.length - 1
      const isOther = site !== this.#parts.membership.self
      const routed = isOther || isSafe ? undefined : await this.#alone('local', exchange, context)
      if (routed !== undefined) return routed
      const accept = isLast || isBound ? undefined : acceptOf(isSafe, isOther)
      result = await this.#toSite(site, exchange, context, accept)
      if (isLast || !mayTryNext(result, isSafe, isBound)) return finish(exchange, result, site, context.scope)
    }
    throw new Error('a placement has at least one site')
  }

  #toSite(
    site: string,
    exchange: Exchange,
    context: RequestContext,
    accept: ((answer: ResponseHead) => boolean) | undefined,
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
        ...headersToSite(exchange.service, context),
        answerHeaders,
        accept,
        rewrite: answer => this.#rewriteOf(exchange, answer),
      },
    )
  }

  async #relay(
    kind: TrafficKind,
    exchange: Exchange,
    target: Target,
    options: Omit<RelayOptions, 'isRead'>,
  ): Promise<RelayResult> {
    const end = this.#parts.traffic.begin(kind, exchange.service)
    const result = await exchange.relay(target, { ...options, isRead: this.#isRead(exchange) })
    end(result)
    return result
  }

  async #toApplication(
    kind: TrafficKind,
    exchange: Exchange,
    context: RequestContext | undefined,
    answerHeaders: readonly string[],
    accept: ((answer: ResponseHead) => boolean) | undefined,
  ): Promise<RelayResult> {
    const target: Target = { kind: 'application', service: exchange.service }
    const glue = this.#parts.glue(exchange.service)
    if (glue === undefined) throw notHere(this.#parts.membership, exchange.service)
    const { rawHeaders } = exchange.head
    const seen = await this.#seenBy(exchange, context)
    const change =
      context === undefined
        ? WITHOUT_CONTEXT
        : headersToApplication(rawHeaders, context, glue.correlate, this.#parts.random)
    const forget = this.#correlation.begin(change.addHeaders, rawHeaders, context)
    try {
      return await this.#relay(kind, exchange, target, {
        ...change,
        answerHeaders: [...answerHeaders, ...seen],
        accept,
        rewrite: answer => this.#rewriteOf(exchange, answer),
      })
    } finally {
      forget()
    }
  }

  /** What is answered to a client that says what it has seen, or names members, once that is in effect here. */
  async #seenBy(exchange: Exchange, context: RequestContext | undefined): Promise<readonly string[]> {
    const { contexts } = this.#parts
    if (contexts === undefined) return []
    const given = await contexts.before(exchange)
    if (given === undefined && context?.scope.includes('&') !== true) return []
    return contexts.ofRead(exchange, given ?? NOTHING_SEEN)
  }

  /** It changes nothing, so that replication has no part in it but to compare what members answer. */
  #isRead({ head, path, service }: Exchange): boolean {
    return SAFE_METHODS.has(head.method) || this.#parts.glue(service)?.isRead(head, path) === true
  }

  #rewriteOf(exchange: Exchange, answer: ResponseHead): ReturnType<Glue['rewrite']> {
    const glue = this.#parts.glue(exchange.service)
    if (glue === undefined || headerValue(answer.rawHeaders, ERROR_HEADER) !== undefined) return undefined
    const links = exchange.links()
    return links === undefined ? undefined : glue.rewrite(exchange.head, exchange.path, answer, links)
  }
}

const AMBIGUOUS =
  'the call may belong to requests with different scopes, so it stayed local; pass on baggage, traceparent or x-request-id'

function replicationOff(): CheopsError {
  return new CheopsError('ERR_SCOPE_COLLABORATION', 'this agent keeps no replicants')
}
