import type { Stream } from '@libp2p/interface'
import { FORWARD_PROTOCOL } from '../../protocols/forward/limits.ts'
import { Ingress } from '../../src/adapters/http/ingress.ts'
import { createMetrics } from '../../src/adapters/metrics/prometheus.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { systemRandom } from '../../src/adapters/system/system-random.ts'
import { RequestPath } from '../../src/composition/request-path.ts'
import { Services } from '../../src/composition/services.ts'
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/config.ts'
import type { Config, ServiceConfig, TlsServer } from '../../src/config.ts'
import type { Catalog, Liveness } from '../../src/core/resource/catalog.ts'
import { CheopsError } from '../../src/errors.ts'
import type { Logger } from '../../src/ports/logger.ts'
import type { Membership, SiteView } from '../../src/ports/membership.ts'
import type { PeerTransport } from '../../src/ports/transport.ts'
import { Traffic } from '../../src/runtime/traffic.ts'
import { libp2pPair } from './libp2p-pair.ts'
import type { Libp2pPair } from './libp2p-pair.ts'

/**
 * The whole way of a request through two agents, without their membership: real listeners, real streams of libp2p, real
 * applications; who is there is told by the test.
 */
export interface TwoSites {
  /** Port of site1's shared ingress. */
  readonly port: number
  /** Port of site2's. */
  readonly port2: number
  /** Port of a service's own listener. */
  ownPort(site: SiteName, service: string): number
  /** Opens a stream of the forward protocol from site1 to site2, for what no agent would send on it. */
  openStream(): Promise<Stream>
  /** Cuts the connection between the two. */
  cut(): void
  /** Connects them again. */
  restore(): Promise<void>
  readonly paths: Readonly<Record<SiteName, RequestPath>>
  readonly services: Readonly<Record<SiteName, Services>>
  readonly traffic: Readonly<Record<SiteName, Traffic>>
  /** Lines that the agents logged as errors. */
  readonly faults: unknown[]
  stop(): Promise<void>
}

export type SiteName = 'site1' | 'site2'

export interface TwoSitesOptions {
  readonly site1: readonly Partial<ServiceConfig>[]
  readonly site2: readonly Partial<ServiceConfig>[]
  readonly config?: Partial<{ [K in 'limits' | 'timeouts']: Partial<Config[K]> }>
  /** Whether site2 takes site1 for a member. */
  readonly isMember?: boolean
  /** What both agents hold of the sites; alive by default. */
  readonly liveness?: Partial<Record<SiteName, Liveness>>
  /** Of site1's shared ingress. */
  readonly tls?: TlsServer
  readonly token?: string
  /** A connection that several meshes of one test file share: it takes half a second to stop. Its owner stops it. */
  readonly pair?: Libp2pPair
}

export function serviceConfig(given: Partial<ServiceConfig>): ServiceConfig {
  return {
    name: 'app',
    endpoint: 'http://127.0.0.1:1',
    endpointTLS: undefined,
    glue: 'rest',
    hosts: [],
    listen: undefined,
    tls: undefined,
    expose: { sites: ['*'], methods: ['*'], paths: ['/**'] },
    ...given,
  }
}

export async function twoSites(options: TwoSitesOptions): Promise<TwoSites> {
  const pair = options.pair ?? (await libp2pPair())
  const configs = { site1: options.site1.map(serviceConfig), site2: options.site2.map(serviceConfig) }
  const faults: unknown[] = []
  const handlers: Partial<Record<SiteName, Parameters<PeerTransport['serve']>[2]>> = {}
  const side = async (self: SiteName, other: SiteName) => {
    const open = self === 'site1' ? pair.open : pair.openBack
    const transport: PeerTransport = {
      async openStream(site) {
        if (site !== other) throw new CheopsError('ERR_SITE_UNREACHABLE', `${site} is not there`)
        try {
          const { near, far } = await open()
          handlers[other]?.(far, `peer${self.slice(-1)}`)
          return near
        } catch (cause) {
          throw new CheopsError('ERR_SITE_UNREACHABLE', `${site} cannot be reached`, {}, { cause })
        }
      },
      isConnected: site => site === other,
      serve: async (_protocol, _options, handler) => void (handlers[self] = handler),
      unserve: async () => void delete handlers[self],
    }
    const config = configOf(self, configs[self], options.config)
    const services = new Services(
      config,
      () => undefined,
      connections => connections,
    )
    for (const service of configs[self]) await services.add(service)
    const traffic = new Traffic(createMetrics({ processMetrics: false }), {
      now: Date.now,
      monotonic: () => performance.now(),
      after: () => ({ cancel() {} }),
    })
    const own = new Map<string, { ingress: Ingress; port: number }>()
    const path = new RequestPath({
      config,
      services,
      membership: membershipOf(self, configs, options),
      transport,
      traffic,
      random: systemRandom,
      clock: systemClock,
      logger: faultLogger(faults),
      ownAddress: service => {
        const port = own.get(service)?.port
        return port === undefined ? undefined : `http://127.0.0.1:${port}`
      },
    })
    await path.start()
    const listen = { host: '127.0.0.1', port: 0 }
    for (const service of configs[self]) {
      if (service.listen === undefined) continue
      const ingress = new Ingress(path.ingressParts, {
        service: service.name,
        listen,
        tls: service.tls,
        token: undefined,
      })
      own.set(service.name, { ingress, port: (await ingress.listen()).port })
    }
    const given = self === 'site1' ? { tls: options.tls, token: options.token } : { tls: undefined, token: undefined }
    const shared = new Ingress(path.ingressParts, { service: undefined, listen, ...given })
    const { port } = await shared.listen()
    const stop = async (): Promise<void> => {
      await Promise.all([shared, ...[...own.values()].map(each => each.ingress)].map(each => each.close(0)))
      await path.stop()
      services.close()
    }
    return { transport, path, services, traffic, own, port, stop }
  }
  const [site1, site2] = await Promise.all([side('site1', 'site2'), side('site2', 'site1')])
  return {
    port: site1.port,
    port2: site2.port,
    ownPort(site, service) {
      const port = { site1, site2 }[site].own.get(service)?.port
      if (port === undefined) throw new Error(`${service} has no listener of its own at ${site}`)
      return port
    },
    openStream: () => site1.transport.openStream('site2', FORWARD_PROTOCOL, AbortSignal.timeout(5_000)),
    cut: pair.cut,
    restore: pair.restore,
    paths: { site1: site1.path, site2: site2.path },
    services: { site1: site1.services, site2: site2.services },
    traffic: { site1: site1.traffic, site2: site2.traffic },
    faults,
    async stop() {
      await Promise.all([site1.stop(), site2.stop()])
      if (options.pair === undefined) await pair.stop()
    },
  }
}

function configOf(site: string, services: readonly ServiceConfig[], given: TwoSitesOptions['config']): Config {
  const listen = { host: '127.0.0.1', port: 0 }
  return {
    mesh: 'test',
    site,
    labels: {},
    data: '',
    listen: [],
    announce: [],
    bootstrap: [],
    meshKey: undefined,
    mdns: false,
    relay: { serve: false, use: false },
    heartbeat: { intervalMs: 1_000 },
    bodies: { folder: '/nowhere', maxBytes: 0 },
    ingress: { listen, tls: undefined, tokenFile: undefined },
    admin: { listen, tls: undefined, tokenFile: '' },
    services,
    webhooks: [],
    limits: { ...DEFAULT_LIMITS, ...given?.limits },
    timeouts: { ...DEFAULT_TIMEOUTS, ...given?.timeouts },
    log: { level: 'error', format: 'json' },
  }
}

function membershipOf(
  self: SiteName,
  services: Readonly<Record<SiteName, readonly ServiceConfig[]>>,
  { isMember = true, liveness }: TwoSitesOptions,
): Membership {
  const sites = (['site1', 'site2'] as const).map((name): SiteView => ({
    name,
    peerId: `peer${name.slice(-1)}`,
    addresses: [],
    services: services[name].map(service => ({ name: service.name, application: 'rest' })),
    labels: {},
    version: '0',
    incarnation: '',
    recordNumber: 1n,
    liveness: liveness?.[name] ?? 'alive',
    since: 0,
    reason: '',
    rttMs: name === self ? 0 : 1,
    connection: 'direct',
    announcedRttMs: {},
    cannotDial: [],
    clockOffsetMs: 0,
  }))
  const catalog: Catalog = {
    self,
    sites: sites.map(site => ({ ...site, services: site.services.map(service => service.name) })),
  }
  return {
    self,
    sites: () => sites,
    site: name => sites.find(site => site.name === name),
    siteOfPeer: peerId => (isMember || self === 'site1' ? sites.find(site => site.peerId === peerId)?.name : undefined),
    catalog: () => catalog,
    onChange: () => () => {},
  }
}

function faultLogger(faults: unknown[]): Logger {
  const logger: Logger = {
    debug() {},
    info() {},
    warn() {},
    error: (fields, message) => void faults.push({ ...fields, message }),
    child: () => logger,
  }
  return logger
}
