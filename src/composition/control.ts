import type { PrometheusMetrics } from '../adapters/metrics/prometheus.ts'
import type { Config } from '../config.ts'
import { probe } from '../config/probe/index.ts'
import type { DiskRoom } from '../adapters/system/disk-room.ts'
import { isLoopback } from '../config/rules.ts'
import { readPackage } from '../config/version.ts'
import { reachableAddress } from '../config/address-values.ts'
import { BadValue } from '../config/value-type.ts'
import { evaluateCheck, isReadiness } from '../core/check/index.ts'
import type { CheckFacts, MeshFact, ReplicationFact } from '../core/check/index.ts'
import type { ReplicantName } from '../core/oplog/index.ts'
import { CheopsError } from '../errors.ts'
import type {
  AbortOptions,
  AgentControl,
  AgentEvent,
  AgentStatus,
  DhtPeer,
  DhtRecord,
  EndpointFact,
  Finding,
  Listener,
  OwnService,
  Page,
  PageQuery,
  PeerInfo,
  ReplicationCounts,
  SaveOptions,
} from '../ports/control.ts'
import type { SiteCut } from '../ports/membership.ts'
import type { ConflictInfo, ReplicantDetail, ReplicantInfo } from '../ports/replicant-info.ts'
import type { ReplicationControl } from '../ports/replication-control.ts'
import type { Clock } from '../ports/clock.ts'
import type { PeerNode } from '../peer-node.ts'
import type { ReplicantListing } from '../runtime/replication/operator/replicant-listing.ts'
import type { Traffic } from '../runtime/traffic.ts'
import { ApplicationLooks } from './application-looks.ts'
import { ServiceChanges } from './service-changes.ts'
import type { Listeners } from './listeners.ts'
import type { ReplicationWatch } from './replication-watch.ts'
import type { ServiceChangeParts } from './service-changes.ts'

export interface ControlParts extends ServiceChangeParts {
  readonly config: Config
  readonly peer: PeerNode
  readonly clock: Clock
  readonly listeners: Listeners
  readonly traffic: Traffic
  readonly metrics: PrometheusMetrics
  readonly replicants: ReplicantListing
  readonly replication: ReplicationControl
  readonly replicationWatch: ReplicationWatch
  readonly replicationCounts: () => ReplicationCounts
  readonly room: Pick<DiskRoom, 'freeBytes' | 'hasRoom'>
  readonly state: () => AgentStatus['state']
  /** What made the store fail, undefined while it works. */
  readonly storeFailure: () => CheopsError | undefined
  /** Address of the admin API itself. */
  readonly adminUrl: () => string
  /** Brings the metrics of states up to date. */
  refreshGauges(): void
}

/** What the operator sees of a running agent, put together from its parts. */
export class Control implements AgentControl {
  readonly #parts: ControlParts
  readonly #startedAt: number
  readonly #listeners = new Set<(event: AgentEvent) => void>()
  readonly #stopWatching: readonly (() => void)[]
  readonly #services: ServiceChanges
  readonly #looks: ApplicationLooks

  constructor(parts: ControlParts) {
    this.#parts = parts
    this.#startedAt = parts.clock.now()
    this.#looks = new ApplicationLooks(parts.clock)
    this.#services = new ServiceChanges(parts, (type, subject, detail) =>
      this.#tell({ type, subject, detail, at: this.#now() }),
    )
    this.#stopWatching = [
      parts.peer.membership.onChange(({ kind, site, detail, at }) =>
        this.#tell({ type: `site.${kind}`, subject: site, detail, at }),
      ),
      parts.replicationWatch.onEvent(event => this.#tell(event)),
    ]
  }

  get membership(): AgentControl['membership'] {
    return this.#parts.peer.membership
  }

  status(): AgentStatus {
    const { config, configFile, clock, peer, traffic, state, replicationCounts, room } = this.#parts
    const cuts = this.cuts()
    const { freeBytes = 0 } = room
    return {
      mesh: config.mesh,
      site: config.site,
      labels: config.labels,
      peerId: peer.peerId,
      incarnation: peer.membership.site(config.site)?.incarnation ?? '',
      version: readPackage().version,
      node: process.version,
      pid: process.pid,
      startedAt: this.#startedAt,
      now: clock.now(),
      state: state(),
      data: config.data,
      configFile,
      listeners: this.#allListeners(),
      requests: traffic.counts(),
      replication: replicationCounts(),
      ...(cuts.length > 0 && { cuts }),
      ...(!room.hasRoom() && { diskShort: { freeBytes } }),
    }
  }

  #allListeners(): Listener[] {
    const { peer, listeners, adminUrl } = this.#parts
    const peers = peer.addresses().map(address => ({ name: 'peers', address }))
    return [...peers, ...listeners.all(), { name: 'admin', address: adminUrl() }]
  }

  peers(): readonly PeerInfo[] {
    return this.#parts.peer.diagnostics.peers().map(peer => ({ ...peer, rttMs: this.#rttOf(peer.site) }))
  }

  #rttOf(site: string | undefined): number | undefined {
    return site === undefined ? undefined : this.membership.site(site)?.rttMs
  }

  async dial(address: string, { signal }: AbortOptions): Promise<PeerInfo> {
    const dialled = this.#parts.peer.diagnostics.dial(peerAddress(address)).catch((error: unknown) => {
      if (!(error instanceof CheopsError)) throw error
      throw new CheopsError('ERR_ADMIN_DIAL', error.message, error.meta, { cause: error })
    })
    const { peerId } = await within(signal, dialled)
    const peer = this.peers().find(candidate => candidate.peerId === peerId)
    if (peer === undefined) throw new CheopsError('ERR_ADMIN_DIAL', `${address} answered, and closed the connection.`)
    return peer
  }

  async ping(site: string, { signal }: AbortOptions): Promise<{ rttMs: number }> {
    if (site === this.#parts.config.site) return { rttMs: 0 }
    return { rttMs: await within(signal, this.#parts.peer.diagnostics.ping(site)) }
  }

  forgetSite(site: string): Promise<void> {
    return this.#parts.peer.diagnostics.forgetSite(site)
  }

  cuts(): readonly SiteCut[] {
    return this.#parts.peer.diagnostics.cuts.list()
  }

  cut(sites: readonly string[] | undefined, forMs: number): readonly SiteCut[] {
    this.#parts.peer.diagnostics.cuts.cut(sites, forMs)
    return this.cuts()
  }

  join(sites: readonly string[] | undefined): readonly SiteCut[] {
    this.#parts.peer.diagnostics.cuts.join(sites)
    return this.cuts()
  }

  async dhtGet(site: string, { signal }: AbortOptions): Promise<DhtRecord> {
    const records = await within(signal, this.#parts.peer.diagnostics.dhtGet(site))
    const [newest] = records
    if (newest === undefined)
      throw new CheopsError('ERR_ADMIN_NOT_FOUND', `the DHT holds no record of "${site}"`, { site })
    return {
      site: newest.site,
      peerId: newest.peerId,
      number: String(newest.number),
      addresses: newest.addresses,
      services: newest.services.map(service => service.name),
      labels: newest.labels,
      version: newest.version,
      incarnation: newest.incarnation,
    }
  }

  async dhtFind(peer: string, { signal }: AbortOptions): Promise<DhtPeer> {
    const own = peer === this.#parts.config.site || peer === this.#parts.peer.peerId
    if (own) return { peer, addresses: this.#parts.peer.addresses() }
    return { peer, addresses: await within(signal, this.#parts.peer.diagnostics.dhtFind(peer)) }
  }

  services(): readonly OwnService[] {
    return this.#services.all()
  }

  addService(given: Readonly<Record<string, unknown>>, options: SaveOptions): Promise<OwnService> {
    return this.#services.add(given, options)
  }

  changeService(name: string, change: Readonly<Record<string, unknown>>, options: SaveOptions): Promise<OwnService> {
    return this.#services.change(name, change, options)
  }

  removeService(name: string, options: SaveOptions): Promise<void> {
    return this.#services.remove(name, options)
  }

  get replication(): ReplicationControl {
    return this.#parts.replication
  }

  replicants(query: PageQuery): Promise<Page<ReplicantInfo>> {
    return this.#parts.replicants.list(query)
  }

  replicant(name: ReplicantName): Promise<ReplicantDetail> {
    return this.#parts.replicants.show(name)
  }

  conflicts(query: PageQuery): Promise<Page<ConflictInfo>> {
    return this.#parts.replicants.conflicts(query)
  }

  readiness(): readonly Finding[] {
    return evaluateCheck(this.#memory()).filter(isReadiness)
  }

  applications(): Promise<readonly EndpointFact[]> {
    return this.#looks.all(this.#parts.services.all().map(({ config }) => config))
  }

  async check({ signal }: AbortOptions): Promise<readonly Finding[]> {
    const { config, configFile, services } = this.#parts
    const own = services.all().map(service => service.config)
    const facts = await probe({ ...config, services: own }, { signal, running: true, file: configFile })
    return evaluateCheck({ ...facts, ...this.#memory() })
  }

  /** What can be said without asking anybody. */
  #memory(): CheckFacts {
    const { peer, state, config, storeFailure } = this.#parts
    const counts = this.#parts.replicationCounts()
    const clear = (address: string): boolean => address.startsWith('http://') && !isLoopback(new URL(address).hostname)
    return {
      agent: state(),
      store: { failure: storeFailure()?.message },
      isDiskShort: !this.#parts.room.hasRoom(),
      listeners: this.#allListeners().map(({ name, address }) => ({
        name,
        address,
        state: 'open',
        clear: (name === 'admin' || name === 'ingress') && clear(address),
      })),
      bootstrap: peer.diagnostics.bootstrapStatus(),
      problems: peer.diagnostics.problems(),
      mesh: this.#meshFact(config.site),
      cuts: this.cuts().map(({ site, until }) => ({ site, leftMs: Math.max(0, until - this.#now()) })),
      replication: this.#replicationFacts(),
      ...(counts.state === 'counted' && { replicants: counts }),
    }
  }

  #replicationFacts(): ReplicationFact[] {
    return this.#parts.replication
      .peers()
      .map(({ site, outbox, lagMs, shared, digest, agreedAt = this.#startedAt }) => ({
        site,
        outbox,
        lagMs,
        shared,
        differs: digest === 'differs',
        unequalMs: this.#now() - agreedAt,
      }))
  }

  #meshFact(self: string): MeshFact {
    const sites = this.membership.sites().map(site => ({
      name: site.name,
      liveness: site.liveness,
      reason: site.reason,
      connected: site.connection !== 'none',
      version: site.version,
      cannotDial: site.cannotDial,
      services: site.services,
      clockOffsetMs: site.clockOffsetMs,
    }))
    return { self, sites }
  }

  onEvent(listener: (event: AgentEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #tell(event: AgentEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  #now(): number {
    return this.#parts.clock.now()
  }

  async metrics(): Promise<{ contentType: string; body: string }> {
    this.#parts.refreshGauges()
    return this.#parts.metrics.expose()
  }

  /** Told while there is still somebody who can be told. */
  tellStopping(): void {
    this.#tell({ type: 'agent.stopping', subject: this.#parts.config.site, detail: 'the agent stops', at: this.#now() })
  }

  close(): void {
    for (const stop of this.#stopWatching) stop()
    this.#parts.replicationWatch.close()
    this.#listeners.clear()
  }
}

/**
 * Host and port, or a multiaddress: as in the configuration.
 * @throws CheopsError ERR_ADMIN_INPUT
 */
function peerAddress(text: string): string {
  try {
    return reachableAddress.parse(text, '')
  } catch (error) {
    if (error instanceof BadValue) throw new CheopsError('ERR_ADMIN_INPUT', `The address ${error.message}.`)
    throw error
  }
}

/** The diagnostics have time-outs of their own; whoever asked may give up before. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new CheopsError('ERR_ADMIN_TIMEOUT', 'nothing answered in time'))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
