import path from 'node:path'
import {
  DEFAULT_ADMIN_PORT,
  DEFAULT_INGRESS_PORT,
  DEFAULT_LIMITS,
  DEFAULT_MAX_BODIES_BYTES,
  DEFAULT_PEER_PORT,
  DEFAULT_TIMEOUTS,
} from '../config.ts'
import type { Config, Credential, Limits, ServiceConfig, Timeouts } from '../config.ts'
import type { Problems, ServiceSource } from './given.ts'
import { GivenValues } from './given-values.ts'
import { SERVICE_KEYS } from './keys.ts'
import type { KEYS } from './keys.ts'

/** Bounds what one agent has to tell all others. */
const MAX_SERVICES = 256

/** The configuration of what was given, with defaults for all else. What is missing or does not fit together becomes a problem. */
export function buildConfig(
  values: GivenValues<typeof KEYS>,
  sources: readonly ServiceSource[],
  base: string,
  terminal: boolean,
  problems: Problems,
): Config {
  const site = values.or('site', '')
  const data = values.or('data', values.path(path.join('data', site)))
  const meshKey = values.get('meshKey')
  const format = values.or('log.format', 'auto')
  if (sources.length > MAX_SERVICES) {
    problems.add('', `services has ${String(sources.length)} items, more than ${String(MAX_SERVICES)}`)
  }
  return {
    mesh: values.or('mesh', ''),
    site,
    labels: values.or('labels', {}),
    data,
    listen: values.or('listen', [`/ip4/0.0.0.0/tcp/${String(DEFAULT_PEER_PORT)}`]),
    announce: values.or('announce', []),
    bootstrap: values.or('bootstrap', []),
    meshKey,
    mdns: values.or('mdns', false),
    relay: {
      // Without a mesh key anybody could use the relay.
      serve: values.or('relay.serve', meshKey !== undefined),
      use: values.or('relay.use', false),
    },
    heartbeat: { intervalMs: values.or('heartbeat.intervalMs', 1_000) },
    ingress: {
      listen: values.or('ingress.listen', { host: '127.0.0.1', port: DEFAULT_INGRESS_PORT }),
      tls: values.tls('ingress.', {
        cert: 'ingress.tls.cert',
        key: 'ingress.tls.key',
        clientCA: 'ingress.tls.clientCA',
      }),
      tokenFile: values.get('ingress.tokenFile'),
    },
    admin: {
      listen: values.or('admin.listen', { host: '127.0.0.1', port: DEFAULT_ADMIN_PORT }),
      tls: values.tls('admin.', { cert: 'admin.tls.cert', key: 'admin.tls.key', clientCA: 'admin.tls.clientCA' }),
      tokenFile: values.or('admin.tokenFile', path.join(data, 'admin.token')),
    },
    bodies: {
      folder: values.or('bodies.folder', path.join(data, 'bodies')),
      maxBytes: values.or('bodies.maxBytes', DEFAULT_MAX_BODIES_BYTES),
    },
    services: sources.map(source => buildService(source, base, problems)),
    webhooks: values.or('webhooks', []),
    limits: numbers(DEFAULT_LIMITS, name => values.get(`limits.${name}`)) satisfies Limits,
    timeouts: numbers(DEFAULT_TIMEOUTS, name => values.get(`timeouts.${name}`)) satisfies Timeouts,
    log: {
      level: values.or('log.level', 'info'),
      format: format === 'auto' ? (terminal ? 'pretty' : 'json') : format,
    },
  }
}

/** The defaults, with what was given in place of them. */
function numbers<T extends Readonly<Record<keyof T, number>>>(
  defaults: T,
  get: (name: keyof T & string) => number | undefined,
): { [K in keyof T]: number } {
  const result: { [K in keyof T]: number } = { ...defaults }
  for (const name in defaults) result[name] = get(name) ?? defaults[name]
  return result
}

/** One service of it. */
export function buildService(source: ServiceSource, base: string, problems: Problems): ServiceConfig {
  const values = new GivenValues(source.keys, SERVICE_KEYS, base, problems, source.where)
  const hasExpose = [...source.keys.keys()].some(key => key.startsWith('expose.'))
  const sites = values.get('expose.sites')
  if (hasExpose && sites === undefined) {
    problems.add(source.where, 'expose needs sites: the names of the sites that may use it, or "*"')
  }
  const tlsKeys = ['endpointTLS.ca', 'endpointTLS.cert', 'endpointTLS.key', 'endpointTLS.serverName'] as const
  values.pair('endpointTLS.', ['cert', 'key'])
  const listen = values.get('listen')
  const tls = values.tls('', { cert: 'tls.cert', key: 'tls.key', clientCA: 'tls.clientCA' })
  if (tls !== undefined && listen === undefined) {
    problems.add(values.where('tls.cert'), "tls is for the service's own port and needs listen too")
  }
  const credential = buildCredential(values, source, problems)
  const connections = values.get('connections')
  const endpointHost = values.get('endpointHost')
  return {
    name: values.or('name', ''),
    endpoint: values.or('endpoint', ''),
    endpointTLS: tlsKeys.some(key => values.get(key) !== undefined)
      ? {
          ca: values.get('endpointTLS.ca'),
          cert: values.get('endpointTLS.cert'),
          key: values.get('endpointTLS.key'),
          serverName: values.get('endpointTLS.serverName'),
        }
      : undefined,
    ...(endpointHost !== undefined && { endpointHost }),
    ...(credential === undefined ? {} : { credential }),
    glue: values.or('glue', 'rest'),
    doubt: values.or('doubt', 'hold'),
    lookup: values.or('lookup', 'anonymous'),
    ...(connections !== undefined && { connections }),
    hosts: values.or('hosts', []),
    listen,
    tls,
    expose:
      sites === undefined
        ? undefined
        : { sites, methods: values.or('expose.methods', ['*']), paths: values.or('expose.paths', ['/**']) },
  }
}

function buildCredential(
  values: GivenValues<typeof SERVICE_KEYS>,
  source: ServiceSource,
  problems: Problems,
): Credential | undefined {
  const files = (['bearer', 'basic', 'headers'] as const).flatMap((kind): Credential[] => {
    const file = values.get(`credential.${kind}File`)
    return file === undefined ? [] : [{ kind, file }]
  })
  const certificate: Credential[] = values.pair('credential.', ['cert', 'key'])
    ? [{ kind: 'certificate', cert: values.or('credential.cert', ''), key: values.or('credential.key', '') }]
    : []
  const [credential, second] = [...files, ...certificate]
  if (second !== undefined) {
    problems.add(source.where, 'credential takes one of bearerFile, basicFile, headersFile, or cert and key')
  } else if (credential?.kind === 'certificate' && values.or('endpoint', '').startsWith('http:')) {
    problems.add(values.where('credential.cert'), 'credential.cert can be shown to an https:// endpoint only')
  }
  return credential
}
