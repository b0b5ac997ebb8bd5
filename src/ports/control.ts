import type { ServiceConfig } from '../config.ts'
import type { EndpointFact, Finding, ReplicantsFact } from '../core/check/index.ts'
import type { ReplicantName } from '../core/oplog/index.ts'
import type { Membership, SiteCut } from './membership.ts'
import type { ConflictInfo, ReplicantDetail, ReplicantInfo } from './replicant-info.ts'
import type { ReplicationControl } from './replication-control.ts'

export type { CheckFacts, EndpointFact, Finding } from '../core/check/index.ts'

/**
 * What an agent lets its operator see and do. The admin API (adapters/http/admin) serves this interface and nothing else;
 * the command line shows what the admin API answers. Methods that answer from memory are synchronous; those that ask
 * the network, a file or an application take a signal and end with it.
 */
export interface AgentControl {
  /** Sites, catalog and their changes, as this agent knows them. */
  readonly membership: Membership

  status(): AgentStatus

  /** Connections to other agents, those that have not yet shown a site record included. */
  peers(): readonly PeerInfo[]
  /**
   * Dials an agent by hand: a multiaddress, with or without `/p2p/<id>`.
   * @throws CheopsError ERR_ADMIN_INPUT for what is no multiaddress, ERR_ADMIN_DIAL when nobody of this mesh answers there
   */
  dial(address: string, options: AbortOptions): Promise<PeerInfo>
  /**
   * One round trip to a site's agent.
   * @throws CheopsError ERR_SITE_UNKNOWN, ERR_SITE_UNREACHABLE
   */
  ping(site: string, options: AbortOptions): Promise<{ readonly rttMs: number }>

  /**
   * Forgets a site that is gone for good, and which key its name belongs to, at this agent: a new agent may then be that site.
   * @throws CheopsError ERR_SITE_UNKNOWN, also for this agent's own site
   */
  forgetSite(site: string): Promise<void>

  /** What an operator has cut off here, for a while. */
  cuts(): readonly SiteCut[]
  /**
   * Cuts sites off from this one, to see what that does: connections to them end, none is let in, none is dialled. It ends by itself, and with the agent.
   * @param sites undefined: all others, and whoever else dials
   * @param forMs from a second to an hour
   * @returns all that holds then
   * @throws CheopsError ERR_SITE_UNKNOWN, also for this agent's own site; ERR_ADMIN_INPUT
   */
  cut(sites: readonly string[] | undefined, forMs: number): readonly SiteCut[]
  /**
   * Ends cuts before their time.
   * @param sites undefined: all that hold
   * @returns what still holds
   * @throws CheopsError ERR_SITE_UNKNOWN; ERR_ADMIN_INPUT where all sites are cut off together
   */
  join(sites: readonly string[] | undefined): readonly SiteCut[]

  /**
   * Reads the record of a site from the DHT, past this agent's memory.
   * @param site name of the site
   * @throws CheopsError ERR_ADMIN_NOT_FOUND when no peer that answers holds one
   */
  dhtGet(site: string, options: AbortOptions): Promise<DhtRecord>
  /**
   * Asks the DHT for the addresses of a peer.
   * @param peer a peer ID, or the name of a known site
   * @throws CheopsError ERR_ADMIN_INPUT, ERR_ADMIN_NOT_FOUND
   */
  dhtFind(peer: string, options: AbortOptions): Promise<DhtPeer>

  /** Services of this site, with their endpoints. (Those of other sites: `membership.sites()`.) */
  services(): readonly OwnService[]
  /**
   * Offers a further service at this site, or offers it differently. It ends with the agent, unless it is saved.
   * @param service nested as in the configuration file, not yet checked (`parseService` of src/config/load.ts does)
   * @param options.save also write it into the configuration file (`saveService` of src/config/edit.ts)
   * @throws CheopsError ERR_CONFIG_INVALID (also when the endpoint is one of the agent's own listeners), ERR_GLUE_*, ERR_LISTEN_*,
   *   ERR_ADMIN_SAVE; all is as before then
   */
  addService(service: Readonly<Record<string, unknown>>, options: SaveOptions): Promise<OwnService>
  /**
   * Offers a service differently: as `addService`, but what is not named stays as it is. One that is new needs an endpoint.
   * @param change nested as in the configuration file; null takes a key back, with all that is below it (RFC 7396)
   * @param options.save also write it into the configuration file, so that a start makes the service what it is now
   * @throws CheopsError as `addService`
   */
  changeService(name: string, change: Readonly<Record<string, unknown>>, options: SaveOptions): Promise<OwnService>
  /** @throws CheopsError ERR_ADMIN_NOT_FOUND, ERR_ADMIN_SAVE */
  removeService(name: string, options: SaveOptions): Promise<void>

  /**
   * What is replicated at this site, in the order of its store, a page at a time.
   * @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED
   */
  replicants(query: PageQuery): Promise<Page<ReplicantInfo>>
  /** @throws CheopsError ERR_REPLICANT_NOT_FOUND, ERR_STORE_CORRUPT, ERR_STORE_FAILED */
  replicant(name: ReplicantName): Promise<ReplicantDetail>
  /**
   * The conflicts of all replicants of this site. A page ends at the end of a replicant, so that it may hold some more than were asked for.
   * @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED
   */
  conflicts(query: PageQuery): Promise<Page<ConflictInfo>>

  /** Single operations, and what is done to replicants. */
  readonly replication: ReplicationControl

  /**
   * The checks that say whether this agent can do its work, from memory (`evaluateCheck` of core/check, those that
   * `isReadiness` names): what `/readyz` answers.
   */
  readiness(): readonly Finding[]
  /** Whether the applications of this site answer now, or did a moment ago: one entry a service, within some seconds. Never rejects. */
  applications(): Promise<readonly EndpointFact[]>
  /** All checks: asks endpoints and peers, so it takes up to the signal's time. What `cheops check` shows. */
  check(options: AbortOptions): Promise<readonly Finding[]>

  /** Calls `listener` for each event from now on; returns what ends that. Listeners must not throw. */
  onEvent(listener: (event: AgentEvent) => void): () => void

  /** All metrics in the text format of Prometheus. */
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>
}

export interface AbortOptions {
  readonly signal: AbortSignal
}

export interface SaveOptions extends AbortOptions {
  readonly save: boolean
}

export interface AgentStatus {
  readonly mesh: string
  readonly site: string
  readonly labels: Readonly<Record<string, string>>
  readonly peerId: string
  readonly incarnation: string
  /** Version of Cheops, and of the Node that runs it (`v24.21.0`). */
  readonly version: string
  readonly node: string
  readonly pid: number
  /** Wall clock, milliseconds. */
  readonly startedAt: number
  /** Wall clock of the agent now, milliseconds: uptime and "since" are told from this, not from the reader's clock. */
  readonly now: number
  readonly state: 'starting' | 'serving' | 'stopping'
  /** Folder of the agent's state, and the file that it was started with. */
  readonly data: string
  readonly configFile: string | undefined
  /** Where the agent really listens. */
  readonly listeners: readonly Listener[]
  readonly requests: {
    /** Clients' requests that ran at this site's own application. */
    readonly local: RequestCounts
    /** Clients' requests that went to other sites. */
    readonly forwarded: RequestCounts
    /** Requests that other sites sent here. */
    readonly received: RequestCounts
  }
  readonly replication: ReplicationCounts
  /** What an operator has cut off here for a while; left out while nothing is, and by agents of earlier versions. */
  readonly cuts?: readonly SiteCut[]
  /** Bytes free on the disk of the data folder, while they are so few that nothing new is taken (`limits.freeBytes`); left out otherwise, and by agents of earlier versions. */
  readonly diskShort?: { readonly freeBytes: number }
}

/** How the replicants of this site stand; `counting` in the first moments after a start, when nobody knows yet. */
export type ReplicationCounts = { readonly state: 'counting' } | ({ readonly state: 'counted' } & ReplicantsFact)

export interface RequestCounts {
  readonly inFlight: number
  /** Since the start of the agent; those in flight included. */
  readonly total: number
  /** Answered by an error of Cheops, or broken off. What the application itself refuses is no failure. */
  readonly failed: number
}

export interface Listener {
  /** `peers`, `ingress`, `admin`, or `service/<name>`. */
  readonly name: string
  /** A multiaddress with `/p2p/<id>` for peers, else a URL without a slash at the end. */
  readonly address: string
}

export interface PeerInfo {
  readonly peerId: string
  /** The site that it has proved to be. */
  readonly site: string | undefined
  /** Its end of the connection. */
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  readonly relayed: boolean
  readonly rttMs: number | undefined
}

export interface DhtRecord {
  readonly site: string
  readonly peerId: string
  /** Number of the record within the mesh, decimal: it may exceed what JSON's numbers hold. */
  readonly number: string
  readonly addresses: readonly string[]
  readonly services: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly version: string
  readonly incarnation: string
}

export interface DhtPeer {
  /** As it was asked for: a peer ID or the name of a site. */
  readonly peer: string
  readonly addresses: readonly string[]
}

/** A service of this agent's own site. */
export interface OwnService {
  readonly name: string
  /** Application, as its glue calls it. */
  readonly application: string
  /** Fingerprint of its definition, to be compared with those of other sites. */
  readonly definition: string
  /** Base URL of the instance, without user info. */
  readonly endpoint: string
  /** Where clients reach it at this agent: its own listener if it has one, else the ingress with its path prefix. No slash at the end. */
  readonly address: string
  readonly expose: ServiceConfig['expose']
}

export interface PageQuery extends AbortOptions {
  /** `Page.next` of the page before; the first page without it. */
  readonly after?: string | undefined
  /** At most so many, 1 or more. */
  readonly limit: number
}

export interface Page<T> {
  /** May be empty although there are more: how much is looked at for one page is bounded. */
  readonly items: readonly T[]
  /** Where the next page begins; undefined behind the last one. */
  readonly next: string | undefined
}

/** Something that an operator may want to see when it happens. */
export interface AgentEvent {
  /**
   * `site.joined`, `site.record`, `site.liveness`, `site.connected`, `site.disconnected`, `site.refused`, `site.cut`, `site.rejoined`, `service.added`, `service.removed`,
   * `agent.stopping`; `replication.released`, `.outcome`, `.done`, `.conflict`, `.settled`, `.unbound`, `.diverged`, `.agrees`, `.refused`, `.hole`,
   * `.set-back`, `.omitted`.
   */
  readonly type: string
  /** The site or service that it is about, or the replicant: `inventory/items/purple`. */
  readonly subject: string
  /** A sentence. */
  readonly detail: string
  /** Wall clock, milliseconds. */
  readonly at: number
}
