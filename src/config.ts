/** Names of the definitions of applications that come with Cheops. */
export type BuiltInGlue = 'rest' | 'openstack'
export const BUILT_IN_GLUE: readonly BuiltInGlue[] = ['rest', 'openstack']

/**
 * The configuration of one agent, checked and with every default filled in. The keys are a public interface: scripts
 * outside this project rely on them, and a test pins them. Paths are absolute by the time they stand here.
 */
export interface Config {
  /** Name of the mesh; `[a-z0-9-]{1,63}`. */
  readonly mesh: string
  /** Name of this site, unique in the mesh; what scopes call it. */
  readonly site: string
  readonly labels: Readonly<Record<string, string>>
  /** Folder of the agent's state, mode 0700. */
  readonly data: string
  /** Multiaddresses to listen on for peers. */
  readonly listen: readonly string[]
  /** Multiaddresses to tell others instead of those listened on (port forwarding, containers). */
  readonly announce: readonly string[]
  /** Multiaddresses of any peers of the mesh, with or without `/p2p/<id>`. */
  readonly bootstrap: readonly string[]
  /** File with the pre-shared key of the private network. */
  readonly meshKey: string | undefined
  /** Find peers in the same local network by multicast DNS. */
  readonly mdns: boolean
  readonly relay: {
    /** Relay for sites that can only dial out. */
    readonly serve: boolean
    /** Be reachable through others' relays. */
    readonly use: boolean
  }
  readonly heartbeat: {
    /** Time between two beats in a small mesh, milliseconds; it grows with the mesh. */
    readonly intervalMs: number
  }
  readonly ingress: {
    readonly listen: HostPort
    readonly tls: TlsServer | undefined
    /** Token for `Proxy-Authorization`; required, or mTLS, when the listener is not on loopback. */
    readonly tokenFile: string | undefined
  }
  readonly admin: {
    readonly listen: HostPort
    readonly tls: TlsServer | undefined
    /** Created with a random token when it does not exist. */
    readonly tokenFile: string
  }
  /** Bodies of replicated requests that are too large for the store, as files. */
  readonly bodies: {
    /** Folder, mode 0700; below it each agent has its own, by its peer ID. */
    readonly folder: string
    /** Bytes of all of them together, at most. */
    readonly maxBytes: number
  }
  readonly services: readonly ServiceConfig[]
  /** Who is told by HTTP what becomes of replication here. */
  readonly webhooks: readonly WebhookConfig[]
  readonly limits: Limits
  readonly timeouts: Timeouts
  readonly log: { readonly level: LogLevel; readonly format: 'json' | 'pretty' }
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface HostPort {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
}

/** Files (PEM) of a TLS listener. With `clientCA` clients must show a certificate of that authority. */
export interface TlsServer {
  readonly cert: string
  readonly key: string
  readonly clientCA: string | undefined
}

export interface ServiceConfig {
  /** What scopes call it; `[a-z][a-z0-9-]{0,62}`. */
  readonly name: string
  /** Base URL of this site's instance; never told to other sites. */
  readonly endpoint: string
  readonly endpointTLS:
    | {
        readonly ca: string | undefined
        readonly cert: string | undefined
        readonly key: string | undefined
        readonly serverName: string | undefined
      }
    | undefined
  /** What Host requests to the instance say: `client` (as unsaid), what the client has said; `endpoint`, that of `endpoint`; or this name, with a port or without. */
  readonly endpointHost?: string
  /** The agent's own account at the instance: for what runs later or elsewhere, never for what a client asks for itself. */
  readonly credential?: Credential
  /** One of `BUILT_IN_GLUE` or the absolute path of a definition. */
  readonly glue: string
  /** Further host names under which clients reach the service at this agent's ingress. */
  readonly hosts: readonly string[]
  /** The service's own port on this agent. */
  readonly listen: HostPort | undefined
  readonly tls: TlsServer | undefined
  /** What becomes of a replicated request in doubt that nobody can find out about; `hold` unless said. */
  readonly doubt?: DoubtPolicy
  /** Whether reads of what is not here may be answered by other sites, and with whose authority; `anonymous` unless said. */
  readonly lookup?: LookupPolicy
  /** Requests to this instance at a time; undefined: `Limits.connectionsPerEndpoint`. */
  readonly connections?: number
  /** What other sites may use; undefined: nothing. */
  readonly expose: Expose | undefined
}

/**
 * `anonymous`: other sites are told what is read, and nothing that says who reads. `credentials`: they get the request as it came, so that any site of the
 * mesh that offers the service may see what its clients show. `never`: nobody is asked.
 */
export const LOOKUP_POLICIES = ['anonymous', 'credentials', 'never'] as const
export type LookupPolicy = (typeof LOOKUP_POLICIES)[number]

/**
 * `hold`: it is shown as uncertain, and the resource waits for a reset from elsewhere or an operator. `retry`: a member sends it again, so
 * that it may take effect twice there. `skip`: it is not sent again, and the state of another member is copied; at its origin it is void.
 */
export const DOUBT_POLICIES = ['hold', 'retry', 'skip'] as const
export type DoubtPolicy = (typeof DOUBT_POLICIES)[number]

/** Where the agent's own account at a service instance stands. The secrets are read from the files when they are needed. */
export type Credential =
  | { readonly kind: 'bearer'; readonly file: string }
  /** The file holds `user:password`. */
  | { readonly kind: 'basic'; readonly file: string }
  /** The file holds lines `Name: value`. */
  | { readonly kind: 'headers'; readonly file: string }
  | { readonly kind: 'certificate'; readonly cert: string; readonly key: string }

export interface Expose {
  /** Names of sites, or `*`. */
  readonly sites: readonly string[]
  /** HTTP methods in capitals, or `*`. */
  readonly methods: readonly string[]
  /** Path patterns: `*` is one segment, `**` any number at the end. */
  readonly paths: readonly string[]
}

/** What a receiver can be told of: an operation is done everywhere, or one of the things that people should know of. */
export const WEBHOOK_EVENTS = ['done', 'superseded', 'failed', 'diverged', 'conflict'] as const
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number]

export interface WebhookConfig {
  /** May hold a secret: only its host is ever shown. */
  readonly url: string
  /** The file holds the secret that bodies are signed with; undefined: they are not signed. */
  readonly secretFile: string | undefined
  readonly events: readonly WebhookEvent[]
}

/** Every bound that a client or a peer can run into. Defaults and reasons: `DEFAULT_LIMITS`. */
export interface Limits {
  /** Bytes of a request's or an answer's head. */
  readonly headerBytes: number
  /** Bytes of a request target. */
  readonly urlBytes: number
  /** Bytes of a request's body. */
  readonly bodyBytes: number
  /** Connections of clients at a time, of each listener. */
  readonly connections: number
  /** Requests forwarded to one peer, or from it, at a time. Upgraded connections and watches count. */
  readonly streamsPerPeer: number
  /** Requests that wait for one of these, of each peer; and for a connection to one service instance. */
  readonly queuedPerPeer: number
  /** Requests a second that one peer may send here (a second's worth may come at once). */
  readonly requestsPerSecondPerPeer: number
  /** Requests to one service instance at a time, unless `ServiceConfig.connections` says otherwise. */
  readonly connectionsPerEndpoint: number
  /** What waits for one site that has not received it: entries, and their bytes. Beyond it the oldest are given up, and what it lacks is found by comparing. */
  readonly outboxEntries: number
  readonly outboxBytes: number
  /** Kept free on the disk of the data folder, bytes: with less nothing new is taken of what is replicated. */
  readonly freeBytes: number
}

/** Every wait, milliseconds. Defaults and reasons: `DEFAULT_TIMEOUTS`. */
export interface Timeouts {
  /** Until a connection to another site stands. */
  readonly dialMs: number
  /** Until a connection to the application stands. */
  readonly connectMs: number
  /** Until a request has its turn at an application that is busy with others. */
  readonly queueMs: number
  /** From the end of a request to the head of its answer. */
  readonly answerMs: number
  /** Until a client has sent the whole head of its request. */
  readonly headMs: number
  /** Between two parts of the body of a request. */
  readonly bodyIdleMs: number
  /** A client's connection without a request. */
  readonly keepAliveMs: number
  /** For requests under way when the agent stops. */
  readonly drainMs: number
  /** How long a member of a replicated resource may be silent before the others detach it. */
  readonly silentMemberMs: number
}

/** The default peer port is not 4001: IPFS uses that. */
export const DEFAULT_PEER_PORT = 4078
export const DEFAULT_INGRESS_PORT = 8079
export const DEFAULT_ADMIN_PORT = 8078

/** Some images of virtual machines, and a part of any disk that holds such. */
export const DEFAULT_MAX_BODIES_BYTES = 10 * 1024 ** 3

export const DEFAULT_LIMITS: Limits = {
  // Kubernetes and Keystone tokens and cookies fit many times; above it, a client that is broken or hostile.
  headerBytes: 65_536,
  // Label selectors and encoded scopes are long; the scope itself is at most 4 KiB before it is encoded.
  urlBytes: 32_768,
  // Images of virtual machines are the largest bodies we know of.
  bodyBytes: 1024 ** 4,
  connections: 4_096,
  streamsPerPeer: 1_536,
  queuedPerPeer: 4_096,
  // Ten times what two cores forward: it stops a peer that runs wild, never a load that could be served.
  requestsPerSecondPerPeer: 100_000,
  connectionsPerEndpoint: 1_536,
  // A hundred writes a second for three hours, or one every second for eleven days: after that comparing costs less.
  outboxEntries: 1_000_000,
  outboxBytes: 1024 ** 3,
  // What a store still writes by itself that takes nothing new: what was begun, files of its own that it puts together, a start.
  freeBytes: 64 * 1024 ** 2,
}

export const MAX_REFUSED_CONNECTIONS = 64

/** Connections beyond the bound of an ingress (`limits.connections`) that are being told so, at a time; what comes beyond these is dropped. */
export function refusedBeside(connections: number): number {
  return Math.min(connections, MAX_REFUSED_CONNECTIONS)
}

/** What of a small disk is kept free at most, where the configuration does not say how much. */
const KEPT_SHARE = 1 / 10

/** Bytes that are kept free of a disk: `limits.freeBytes`, but by default no more than a tenth of the disk. */
export function keptFreeBytes({ freeBytes }: Pick<Limits, 'freeBytes'>, wholeBytes: number): number {
  return freeBytes === DEFAULT_LIMITS.freeBytes ? Math.min(freeBytes, wholeBytes * KEPT_SHARE) : freeBytes
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  dialMs: 5_000,
  connectMs: 5_000,
  // Clients give up after a minute, and are told before; twenty who write to an application that takes eight at a time wait some seconds.
  queueMs: 30_000,
  // Applications hold answers back while they create machines and images; clients give up on their own before.
  answerMs: 120_000,
  headMs: 30_000,
  bodyIdleMs: 120_000,
  keepAliveMs: 65_000,
  drainMs: 10_000,
  // As long as tombstones are kept: whoever comes back earlier misses nothing.
  silentMemberMs: 30 * 24 * 3_600_000,
}
