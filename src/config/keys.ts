import {
  DEFAULT_ADMIN_PORT,
  DEFAULT_INGRESS_PORT,
  DEFAULT_LIMITS,
  DEFAULT_MAX_BODIES_BYTES,
  DEFAULT_PEER_PORT,
  DEFAULT_TIMEOUTS,
  DOUBT_POLICIES,
  LOOKUP_POLICIES,
} from '../config.ts'
import * as address from './address-values.ts'
import * as service from './service-values.ts'
import type { ValueType } from './value-type.ts'
import * as type from './values.ts'
import { webhook } from './webhook-value.ts'

/**
 * The one table of configuration keys. The loader, `cheops up --help`, the names of variables and flags, the commented
 * file of `cheops init` and the table in README.md are all made from it.
 */
export interface KeySpec<T = unknown> {
  readonly type: ValueType<T>
  /** One sentence for people. */
  readonly help: string
  /** The value when nobody gives one, as YAML. Undefined: there is none, or `required`. */
  readonly fallback?: string
  readonly required?: true
  /** What `cheops init` and the documentation show, as YAML. */
  readonly example?: string
}

const key = <T>(valueType: ValueType<T>, help: string, rest: Omit<KeySpec<T>, 'type' | 'help'> = {}): KeySpec<T> => ({
  type: valueType,
  help,
  ...rest,
})

const PORT = { peers: DEFAULT_PEER_PORT, ingress: DEFAULT_INGRESS_PORT, admin: DEFAULT_ADMIN_PORT }

/** Keys of a TLS listener under `prefix`. */
const tlsKeys = <P extends string>(prefix: P, listener: string) =>
  ({
    [`${prefix}tls.cert`]: key(type.filePath, `Certificate chain (PEM) of ${listener}; turns TLS on.`, {
      example: './tls/site1.pem',
    }),
    [`${prefix}tls.key`]: key(type.filePath, `Private key (PEM) of ${listener}.`, { example: './tls/site1.key' }),
    [`${prefix}tls.clientCA`]: key(
      type.filePath,
      `Clients of ${listener} must show a certificate of this authority (PEM).`,
      { example: './tls/ca.pem' },
    ),
  }) as Record<`${P}tls.cert` | `${P}tls.key` | `${P}tls.clientCA`, KeySpec<string>>

const limit = (name: keyof typeof DEFAULT_LIMITS, help: string, valueType: ValueType<number>) =>
  key(valueType, help, { fallback: String(DEFAULT_LIMITS[name]) })
const timeout = (name: keyof typeof DEFAULT_TIMEOUTS, help: string) =>
  // A day is longer than any wait that makes sense; timers of Node end at 24 days.
  key(type.milliseconds(1, 86_400_000), help, { fallback: String(DEFAULT_TIMEOUTS[name]) })

/** All keys but `services`, by their path in the file. Sections appear in this order in what is generated. */
export const KEYS = {
  mesh: key(type.meshName, 'Name of the mesh: all sites that trust each other.', { required: true, example: 'demo' }),
  site: key(type.siteName, 'Name of this site, unique in the mesh; what scopes call it.', {
    required: true,
    example: 'site1',
  }),
  labels: key(type.labelMap, 'Labels of this site, for scopes like @region=eu.', {
    fallback: '{}',
    example: '{region: eu}',
  }),
  data: key(type.filePath, "Folder of the agent's state, mode 0700. No two agents may share one.", {
    fallback: './data/<site>',
    example: './data/site1',
  }),
  listen: key(type.listOf(address.listenAddress, 32), 'Where to listen for other agents.', {
    fallback: `[/ip4/0.0.0.0/tcp/${String(PORT.peers)}]`,
  }),
  announce: key(
    type.listOf(address.reachableAddress, 32),
    'Addresses to tell others instead of those listened on (port forwarding, containers).',
    { fallback: '[]', example: '[203.0.113.7:4078]' },
  ),
  bootstrap: key(
    type.listOf(address.reachableAddress, 256),
    'Addresses of any agents of the mesh, with or without /p2p/<id>. The first site has none.',
    { fallback: '[]', example: '[10.0.0.2:4078]' },
  ),
  meshKey: key(
    type.filePath,
    'Pre-shared key of the private network, the same file at each site. Without one anybody who can connect may join.',
    { example: './mesh.key' },
  ),
  mdns: key(type.boolean, 'Find agents in the same local network by multicast DNS.', { fallback: 'false' }),

  'relay.serve': key(type.boolean, 'Relay for sites that can only dial out.', {
    fallback: 'true with a mesh key, else false',
    example: 'true',
  }),
  'relay.use': key(type.boolean, "Be reachable through others' relays: for a site that can only dial out.", {
    fallback: 'false',
  }),

  'heartbeat.intervalMs': key(
    // Below 50 ms beats are mostly overhead; above a minute a dead site goes unnoticed for many minutes.
    type.milliseconds(50, 60_000),
    'Time between two heartbeats in a small mesh; it grows with the mesh.',
    { fallback: '1000' },
  ),

  'ingress.listen': key(address.hostPort, 'Where clients send their requests (path prefix, Host header, HTTP proxy).', {
    fallback: `127.0.0.1:${String(PORT.ingress)}`,
  }),
  ...tlsKeys('ingress.', 'the ingress'),
  'ingress.tokenFile': key(
    type.filePath,
    'File with a token that clients send in Proxy-Authorization. Needed, or clientCA, unless the ingress listens on loopback.',
    { example: './data/site1/ingress.token' },
  ),

  'admin.listen': key(address.hostPort, 'Where the admin API, health and metrics are served.', {
    fallback: `127.0.0.1:${String(PORT.admin)}`,
  }),
  ...tlsKeys('admin.', 'the admin API'),
  'admin.tokenFile': key(type.filePath, 'File with the token of the admin API; made when it does not exist.', {
    fallback: '<data>/admin.token',
    example: './data/site1/admin.token',
  }),

  'bodies.folder': key(
    type.filePath,
    'Folder for bodies over 64 KiB of replicated requests; each agent has a folder of its own in it.',
    { fallback: '<data>/bodies', example: './data/site1/bodies' },
  ),
  'bodies.maxBytes': key(
    type.bytes(0, Number.MAX_SAFE_INTEGER),
    'Bytes that these bodies may take together; a request that would take more is refused with 507.',
    { fallback: String(DEFAULT_MAX_BODIES_BYTES) },
  ),

  webhooks: key(
    type.listOf(webhook, 16),
    'Who is told by HTTP when an operation is done everywhere or did not take effect, and when a resource diverges; bodies are signed (Cheops-Signature) where there is a secretFile.',
    {
      fallback: '[]',
      example: '[{url: "https://example.org/hook", secretFile: ./hook.secret, events: [done, failed]}]',
    },
  ),

  'limits.headerBytes': limit('headerBytes', "Bytes of a request's or an answer's head.", type.bytes(1_024, 1_048_576)),
  'limits.urlBytes': limit('urlBytes', 'Bytes of a request target.', type.bytes(256, 1_048_576)),
  'limits.bodyBytes': limit('bodyBytes', "Bytes of a request's body.", type.bytes(0, Number.MAX_SAFE_INTEGER)),
  'limits.connections': limit(
    'connections',
    'Connections of clients at a time, of each listener.',
    type.integer(1, 65_536),
  ),
  'limits.streamsPerPeer': limit(
    'streamsPerPeer',
    'Requests forwarded to one peer, or from it, at a time.',
    type.integer(1, 65_536),
  ),
  'limits.queuedPerPeer': limit(
    'queuedPerPeer',
    'Requests that wait for one of these, of each peer.',
    type.integer(0, 1_048_576),
  ),
  'limits.requestsPerSecondPerPeer': limit(
    'requestsPerSecondPerPeer',
    'Requests a second that one peer may send here.',
    type.integer(1, 10_000_000),
  ),
  'limits.connectionsPerEndpoint': limit(
    'connectionsPerEndpoint',
    'Requests to one service instance at a time, where its own key connections says nothing else.',
    type.integer(1, 65_536),
  ),
  // With fewer a site that is away for a minute would be compared with.
  'limits.outboxEntries': limit(
    'outboxEntries',
    'Entries of replication that wait for one site; beyond it, it is compared with when it is back.',
    type.integer(100, 1_000_000_000),
  ),
  'limits.outboxBytes': limit('outboxBytes', 'Bytes of them.', type.bytes(65_536, Number.MAX_SAFE_INTEGER)),
  'limits.freeBytes': limit(
    'freeBytes',
    'Bytes that are kept free on the disk of the data folder (by default no more than a tenth of it): with less nothing new is taken of what is replicated. 0: the agent stops once the disk is full.',
    type.bytes(0, Number.MAX_SAFE_INTEGER),
  ),

  'timeouts.dialMs': timeout('dialMs', 'Until a connection to another site stands.'),
  'timeouts.connectMs': timeout('connectMs', 'Until a connection to the application stands.'),
  'timeouts.queueMs': timeout('queueMs', 'Until a request has its turn at an application that is busy with others.'),
  'timeouts.answerMs': timeout('answerMs', "From the end of a request to the head of the application's answer."),
  'timeouts.headMs': timeout('headMs', 'Until a client has sent the whole head of its request.'),
  'timeouts.bodyIdleMs': timeout('bodyIdleMs', 'Between two parts of the body of a request.'),
  'timeouts.keepAliveMs': timeout('keepAliveMs', "A client's connection without a request."),
  'timeouts.drainMs': timeout('drainMs', 'For requests under way when the agent stops.'),
  // An hour is longer than what comes back by itself; ten years are never.
  'timeouts.silentMemberMs': key(
    type.milliseconds(3_600_000, 315_360_000_000),
    'How long a member of a replicated resource may be silent before the others detach it.',
    { fallback: String(DEFAULT_TIMEOUTS.silentMemberMs) },
  ),

  'log.level': key(type.oneOf('debug', 'info', 'warn', 'error', 'silent'), 'The least that is logged.', {
    fallback: 'info',
  }),
  'log.format': key(type.oneOf('auto', 'json', 'pretty'), 'auto is pretty on a terminal, else JSON lines.', {
    fallback: 'auto',
  }),
} as const satisfies Record<string, KeySpec>

/** Keys of one item of `services`. */
export const SERVICE_KEYS = {
  name: key(type.serviceName, 'What scopes call it.', { required: true, example: 'inventory' }),
  endpoint: key(address.baseUrl, "Base URL of this site's instance; never told to other sites.", {
    required: true,
    example: 'http://127.0.0.1:9001',
  }),
  'endpointTLS.ca': key(type.filePath, "Authority (PEM) that the instance's certificate must come from.", {
    example: './app-ca.pem',
  }),
  'endpointTLS.cert': key(type.filePath, 'Certificate (PEM) to show to the instance.', { example: './agent.pem' }),
  'endpointTLS.key': key(type.filePath, 'Private key (PEM) of that certificate.', { example: './agent.key' }),
  'endpointTLS.serverName': key(
    address.hostName,
    "Name in the instance's certificate, where it is not that of the endpoint.",
    { example: 'inventory.internal' },
  ),
  endpointHost: key(
    address.saidHost,
    "Which Host the instance is told: client (what the client has said, so that addresses that it makes lead back here), endpoint (the endpoint's own), or a name: for one that takes requests to its own name only (virtual hosts, lists of allowed hosts). The client's is X-Forwarded-Host then, unless it says one itself.",
    { fallback: 'client', example: 'endpoint' },
  ),
  'credential.bearerFile': key(
    type.filePath,
    "File with a bearer token: the agent's own account at the instance. What is shared runs with the client's own credentials; this is for what runs later or elsewhere.",
    { example: './agent.token' },
  ),
  'credential.basicFile': key(type.filePath, 'File with user:password, in place of a bearer token.', {
    example: './agent.password',
  }),
  'credential.headersFile': key(
    type.filePath,
    'File with headers, a line "Name: value" each, in place of a bearer token: for API keys and the like.',
    { example: './agent.headers' },
  ),
  'credential.cert': key(
    type.filePath,
    'Client certificate (PEM), in place of a bearer token, for an https:// endpoint. Only what the agent itself asks shows it, unlike endpointTLS.cert.',
    { example: './agent.pem' },
  ),
  'credential.key': key(type.filePath, 'Private key (PEM) of that certificate.', { example: './agent.key' }),
  glue: key(service.glue, 'What teaches Cheops the application: rest, openstack, or the path of a definition.', {
    fallback: 'rest',
    example: './inventory.glue.yaml',
  }),
  doubt: key(
    type.oneOf(...DOUBT_POLICIES),
    'What becomes of a replicated request of which nobody can find out whether it took effect, and that may not be sent twice: hold (uncertain, the resource waits), retry (sent again), skip (not sent again, the state of another member is copied).',
    { fallback: 'hold', example: 'skip' },
  ),
  lookup: key(
    type.oneOf(...LOOKUP_POLICIES),
    'How a read without a scope of what is not at this site is looked up where it is replicated: anonymous (no Authorization, cookie or other header that says who reads leaves this site), credentials (the request as it came: any site of the mesh that offers the service may see it), never.',
    { fallback: 'anonymous', example: 'never' },
  ),
  connections: key(
    type.integer(1, 65_536),
    'Requests to this instance at a time, for one that takes few; the others wait for their turn. limits.connectionsPerEndpoint where it is not given.',
    { example: '8' },
  ),
  hosts: key(
    type.listOf(address.hostName, 64),
    "Further host names under which clients reach it at this agent's ingress.",
    {
      fallback: '[]',
    },
  ),
  listen: key(address.hostPort, "The service's own port on this agent.", { example: '127.0.0.1:9101' }),
  ...tlsKeys('', "the service's own port"),
  'expose.sites': key(
    type.listOf(service.exposedSite, 256),
    'Sites that may use it, or *. Without expose no other site may.',
    { example: '[site2]' },
  ),
  'expose.methods': key(
    type.listOf(service.exposedMethod, 64),
    'HTTP methods that they may use, or *. What they create or replace here under & needs the method that creates and PUT, both.',
    {
      fallback: '["*"]',
      example: '[GET]',
    },
  ),
  'expose.paths': key(
    type.listOf(service.exposedPath, 256),
    'Paths that they may use: * is one segment, ** any number at the end.',
    {
      fallback: '["/**"]',
      example: '["/items/**"]',
    },
  ),
} as const satisfies Record<string, KeySpec>

export type Key = keyof typeof KEYS
export type ServiceKey = keyof typeof SERVICE_KEYS
export type ValueOf<S> = S extends KeySpec<infer T> ? T : never

/** `ingress.tokenFile` → `CHEOPS_INGRESS_TOKEN_FILE`. */
export const variableOf = (path: string): string => `CHEOPS_${words(path).join('_').toUpperCase()}`

/** `ingress.tokenFile` → `--ingress-token-file`. */
export const flagOf = (path: string): string => `--${words(path).join('-').toLowerCase()}`

const words = (path: string) => path.replaceAll(/([a-z])([A-Z])/g, '$1.$2').split('.')

/** Variables that other parts of Cheops read; the loader leaves them alone. */
export const OTHER_VARIABLES = [
  'CHEOPS_CONFIG',
  'CHEOPS_READY_FILE',
  'CHEOPS_ADMIN',
  'CHEOPS_CA_FILE',
  'CHEOPS_CERT_FILE',
  'CHEOPS_KEY_FILE',
  'CHEOPS_TOKEN_FILE',
] as const
