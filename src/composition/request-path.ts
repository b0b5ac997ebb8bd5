import { Admission } from '../../protocols/forward/admission.ts'
import { NOTHING_EXPOSED, exposes as isExposed } from '../../protocols/forward/exposure.ts'
import { openForward, serveForward } from '../../protocols/forward/forward-protocol.ts'
import { FORWARD_PROTOCOL, IDLE_STREAM_MS, MAX_IDLE_STREAMS, SPARE_STREAMS } from '../../protocols/forward/limits.ts'
import type { ServiceNames } from '../adapters/http/addressing.ts'
import type { ExchangeEnvironment } from '../adapters/http/http-exchange.ts'
import { PartClient } from '../adapters/http/part-client.ts'
import type { IngressParts } from '../adapters/http/ingress.ts'
import { ReceivedServer } from '../adapters/http/received-server.ts'
import { siteUpstream } from '../adapters/http/site-upstream.ts'
import type { PoolCounts } from '../adapters/http/connection-pool.ts'
import type { Upstream } from '../adapters/http/upstream.ts'
import type { Config, LookupPolicy } from '../config.ts'
import { nearestName } from '../core/scope/index.ts'
import { CheopsError } from '../errors.ts'
import type { Exchange, Target } from '../ports/exchange.ts'
import type { Glue } from '../ports/glue.ts'
import type { Logger } from '../ports/logger.ts'
import type { Membership } from '../ports/membership.ts'
import type { HeardBuckets, NameBuckets } from '../ports/name-buckets.ts'
import type { Random } from '../ports/random.ts'
import type { PeerTransport } from '../ports/transport.ts'
import { ClientContexts } from '../runtime/client-contexts.ts'
import type { SeenReplicas } from '../runtime/client-contexts.ts'
import type { ReplicantName } from '../core/oplog/index.ts'
import type { WrittenReplicas } from '../runtime/written-comparison.ts'
import { ReplicatedRequests } from '../runtime/replicated-requests.ts'
import type { Replication } from '../runtime/client-operations.ts'
import type { ReplicationListener } from '../runtime/replication/events.ts'
import { Router } from '../runtime/router.ts'
import type { RouterParts } from '../runtime/router.ts'
import { ScopeReader } from '../runtime/scope-reader.ts'
import { UnloggedWrites } from '../runtime/unlogged-writes.ts'
import { Correlation } from '../runtime/correlation.ts'
import { MemberReads } from '../runtime/member-reads.ts'
import { ReplicantLookup, type ReplicantLookupParts } from '../runtime/replicant-lookup.ts'
import { ReplicantSearch } from '../runtime/replicant-search.ts'
import type { ReplicantSearchParts } from '../runtime/replicant-search.ts'
import { LEFT } from '../core/liveness/liveness.ts'
import type { Clock } from '../ports/clock.ts'
import { Parts } from '../runtime/parts.ts'
import type { PartsOptions } from '../runtime/parts.ts'
import type { Routed } from '../runtime/routed.ts'
import type { Traffic } from '../runtime/traffic.ts'
import type { Services } from './services.ts'
import { openAt } from './open-site.ts'

/** Whether an application has lost what a client was told is not there, and who has it then. */
interface FindsLost {
  lostAt(replicant: ReplicantName): Promise<readonly string[]>
}

export interface RequestPathParts {
  readonly config: Config
  readonly services: Services
  readonly membership: Membership
  readonly transport: PeerTransport
  readonly traffic: Traffic
  readonly random: Random
  readonly clock: Clock
  readonly logger: Logger
  /** Undefined for an agent that keeps no replicants. */
  readonly replication?: (Replication & SeenReplicas & WrittenReplicas & FindsLost) | undefined
  /** Where names are looked up that are not here, what others have told first; undefined: nowhere. */
  readonly nameBuckets?: NameBuckets | undefined
  readonly heardNames?: HeardBuckets | undefined
  /** Told what is said of replicants and not believed; must not throw. */
  readonly onEvent?: ReplicationListener | undefined
  /** Address of a service's own listener, undefined where it has none. */
  ownAddress(service: string): string | undefined
  /** As `ReplicatedRequestsParts`. */
  whyStranger?(): string | undefined
}

/** How long answers of a site that has stopped in order are still read, milliseconds. */
const LEFT_READ_MS = 5_000

/** The way of a request through this agent, from either side: ingress and other agents in, applications and other agents out. */
export class RequestPath {
  /** What every ingress listener of this agent needs. */
  readonly ingressParts: IngressParts
  readonly #parts: RequestPathParts
  readonly #sites = new Map<string, Upstream>()
  #unwatch = (): void => {}
  readonly #received: ReceivedServer

  constructor(parts: RequestPathParts) {
    this.#parts = parts
    const { config, services, membership, traffic, logger } = parts
    const glue = (name: string): Glue | undefined => services.get(name)?.glue
    const scopes = new ScopeReader(() => membership.catalog())
    const correlation = new Correlation(() => services.correlationRules())
    const common = { membership, random: parts.random, glue, scopes, correlation }
    const requests = new PartClient({
      limits: { ...config.limits, ...config.timeouts },
      upstream: target => this.#upstream(target),
    })
    const exposes = (name: string, site: string, method: string, path: string): boolean =>
      isExposed(services.get(name)?.config.expose ?? NOTHING_EXPOSED, site, method, path)
    const lookupOf = (name: string): LookupPolicy => services.get(name)?.config.lookup ?? 'anonymous'
    const router = new Router({
      ...common,
      traffic,
      ...(parts.replication &&
        replicationOf({ ...common, site: config.site, requests, exposes, lookupOf }, parts.replication, parts)),
    })
    const environment: ExchangeEnvironment = {
      site: config.site,
      limits: { ...config.limits, ...config.timeouts },
      upstream: target => this.#upstream(target),
      glue: name => services.get(name)?.glue,
    }
    const limits = { ...config.limits, ...config.timeouts }
    const serve = (kind: string, exchange: Exchange, routing: Promise<Routed>): Promise<void> =>
      routing.then(
        config.log.level === 'debug' ? logOf(logger, kind, exchange, services.get(exchange.service)?.glue) : () => {},
        (error: unknown) => {
          logger.error({ error }, 'a request met a fault of this agent')
          exchange.refuse(new CheopsError('ERR_OUTCOME_UNKNOWN', 'This agent met a fault of its own; its log has it.'))
        },
      )
    this.ingressParts = {
      environment,
      limits,
      names: serviceNames(services, membership),
      endpoints: () => services.endpoints(),
      ownAddress: service => parts.ownAddress(service),
      route: exchange => void serve('client', exchange, router.client(exchange)),
    }
    const admission = new Admission({
      siteOfPeer: peerId => membership.siteOfPeer(peerId),
      exposure: name => {
        const service = services.get(name)
        return service === undefined ? undefined : (service.config.expose ?? NOTHING_EXPOSED)
      },
      requestsPerSecondPerPeer: config.limits.requestsPerSecondPerPeer,
      now: () => performance.now(),
    })
    this.#received = new ReceivedServer({
      environment,
      // Streams are bounded for each connection between agents, before they come here.
      limits: { ...limits, connections: Number.POSITIVE_INFINITY },
      admit: (peerId, head) => admission.admit(peerId, head),
      requestsPerSite: config.limits.streamsPerPeer,
      received: (exchange, context) => serve('received', exchange, router.received(exchange, context)),
    })
  }

  /** From now on other agents may send requests here. */
  async start(): Promise<void> {
    const { transport, config, membership, clock } = this.#parts
    this.#unwatch = membership.onChange(({ kind, site }) => {
      if (kind === 'cut') {
        const cut = site === config.site ? [...this.#sites.values()] : [this.#sites.get(site)]
        for (const upstream of cut) upstream?.pool.cut('was cut off by an operator')
      }
      if (kind !== 'liveness') return
      const pool = this.#sites.get(site)?.pool
      const { liveness, reason } = membership.site(site) ?? {}
      if (liveness === 'down' && reason === LEFT) {
        // It has let what was under way end before it said so; what of that is still read here ends by itself.
        pool?.dropIdle()
        clock.after(LEFT_READ_MS, () => membership.site(site)?.liveness === 'down' && pool?.cut())
      }
      // Nobody there will answer what is under way, and whoever waits for it should not have to wait for the time-out.
      else if (liveness === 'down') pool?.cut(`is down: ${reason ?? ''}`)
      else if (liveness === 'suspect') pool?.dropIdle()
    })
    await serveForward(transport, config.limits.streamsPerPeer, (connection, peerId) =>
      this.#received.accept(connection, peerId),
    )
  }

  /** Streams to each site that was asked for so far, for metrics. */
  streams(): ReadonlyMap<string, PoolCounts> {
    return new Map([...this.#sites].map(([site, upstream]) => [site, upstream.pool.counts()]))
  }

  async stop(): Promise<void> {
    this.#unwatch()
    await this.#parts.transport.unserve(FORWARD_PROTOCOL)
    await this.#received.close(this.#parts.config.timeouts.drainMs)
    for (const upstream of this.#sites.values()) upstream.pool.destroy()
  }

  #upstream(target: Target): Upstream {
    if (target.kind === 'site') return this.#site(target.site)
    const service = this.#parts.services.get(target.service)
    if (service === undefined) {
      throw new CheopsError('ERR_SERVICE_NOT_LOCAL', `this site does not offer "${target.service}"`)
    }
    return service.upstream
  }

  /** One pool a site, for as long as the agent runs: sites are few, and an idle pool holds nothing. */
  #site(site: string): Upstream {
    let upstream = this.#sites.get(site)
    if (upstream === undefined) {
      const { config, transport, membership } = this.#parts
      upstream = siteUpstream(site, {
        open: (name, signal) => openAt(name, membership, within => openForward(transport, name, within), signal),
        limits: config.limits,
        timeouts: config.timeouts,
        maxIdle: MAX_IDLE_STREAMS,
        idleMs: IDLE_STREAM_MS,
        spare: SPARE_STREAMS,
      })
      this.#sites.set(site, upstream)
    }
    return upstream
  }
}

/** What the router asks of replication. */
function replicationOf(
  common: PartsOptions & Pick<ReplicantSearchParts, 'membership' | 'exposes'> & Pick<ReplicantLookupParts, 'lookupOf'>,
  replication: Replication & SeenReplicas & WrittenReplicas & FindsLost,
  {
    clock,
    nameBuckets: buckets,
    heardNames: heard,
    onEvent,
    whyStranger,
  }: Pick<RequestPathParts, 'clock' | 'nameBuckets' | 'heardNames' | 'onEvent' | 'whyStranger'>,
): Pick<RouterParts, 'contexts' | 'lookup' | 'reads' | 'replicated'> {
  const { membership, site } = common
  const glue = (service: string): Glue | undefined => common.glue(service)
  const parts = new Parts(common)
  const contexts = new ClientContexts({ site, replication, glue })
  const unlogged = new UnloggedWrites({
    membership,
    parts,
    checkRoom: () => replication.checkRoom(),
    record: (replicant, change) => replication.record(replicant, change),
  })
  const search = new ReplicantSearch({
    ...common,
    clock,
    buckets,
    heard,
    onUnbelieved: (replicant, { site: from, members = [] }) =>
      onEvent?.({ kind: 'unbelieved', replicant, from, members }),
  })
  return {
    contexts,
    lookup:
      buckets &&
      heard &&
      new ReplicantLookup({
        membership,
        buckets,
        heard,
        now: () => performance.now(),
        lookupOf: common.lookupOf,
        isKnown: async replicant => (await replication.standing(replicant)) !== undefined,
        lostAt: replicant => replication.lostAt(replicant),
        glue,
      }),
    reads: new MemberReads({ membership, parts, contexts, replicas: replication, glue }),
    replicated: new ReplicatedRequests({
      site,
      replication,
      contexts,
      unlogged,
      parts,
      clock,
      search,
      glue,
      ...(whyStranger && { whyStranger }),
    }),
  }
}

/** One line a request, at level debug. Queries and parameters of the path are left out: clients put tokens there. */
function logOf(logger: Logger, kind: string, exchange: Exchange, glue: Glue | undefined): (routed: Routed) => void {
  const startedAt = performance.now()
  const what = glue?.analyse(exchange.head, exchange.path)
  return ({ result, site, scope }) => {
    const failure = result.kind === 'failed' || result.kind === 'refused' ? { code: result.error.code } : {}
    logger.debug(
      {
        kind,
        method: exchange.head.method,
        service: exchange.service,
        path: exchange.path.split(/[?;]/, 1)[0],
        verb: what?.verb,
        resource: what?.kind,
        scope,
        site,
        result: result.kind,
        ...('status' in result ? { status: result.status } : failure),
        ms: Math.round(performance.now() - startedAt),
      },
      'request',
    )
  }
}

/** What the configuration takes for a service's name, and no name of the machine itself. */
const SERVICE_NAME = /^(?!localhost$)[a-z][a-z0-9-]{0,62}$/

function serviceNames(services: Services, membership: Membership): ServiceNames {
  const offered = (name: string): boolean =>
    services.get(name) !== undefined || membership.catalog().sites.some(site => site.services.includes(name))
  return {
    isService: offered,
    // A name that another site has chosen must not take the place of an address that clients use for this agent.
    serviceOfHost: host => services.byHost().get(host) ?? (SERVICE_NAME.test(host) && offered(host) ? host : undefined),
    servicesOfAuthority: authority => {
      const byAuthority = services.byAuthority()
      const exact = byAuthority.get(authority)
      if (exact !== undefined || /:\d+$/.test(authority)) return exact ?? []
      return byAuthority.get(`${authority}:80`) ?? byAuthority.get(`${authority}:443`) ?? []
    },
    nearest: name => nearestName(name, new Set(membership.catalog().sites.flatMap(site => site.services))),
  }
}
