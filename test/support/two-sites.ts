import { Ingress } from '../../src/adapters/http/ingress.ts'
import { createMetrics } from '../../src/adapters/metrics/prometheus.ts'
import { systemRandom } from '../../src/adapters/system/system-random.ts'
import { RequestPath } from '../../src/composition/request-path.ts'
import { Services } from '../../src/composition/services.ts'
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/config.ts'
import type { Config, ServiceConfig } from '../../src/config.ts'
import type { Catalog } from '../../src/core/resource/catalog.ts'
import { CheopsError } from '../../src/errors.ts'
import type { Logger } from '../../src/ports/logger.ts'
import type { Membership, SiteView } from '../../src/ports/membership.ts'
import type { PeerTransport } from '../../src/ports/transport.ts'
import { Traffic } from '../../src/runtime/traffic.ts'
import { libp2pPair } from './libp2p-pair.ts'

/**
 * The whole way of a request through two agents, without their membership: real listeners, real streams of libp2p, real
 * applications; who is there is told by the test.
 */
export interface TwoSites {
  /** Port of site1's shared ingress. */
  readonly port: number
  /** Cuts the connection between the two. */
  cut(): void
  readonly paths: { readonly site1: RequestPath; readonly site2: RequestPath }
  readonly traffic: { readonly site1: Traffic; readonly site2: Traffic }
  /** Lines that the agents logged as errors. */
  readonly faults: unknown[]
  stop(): Promise<void>
}

export interface TwoSitesOptions {
  readonly site1: readonly Partial<ServiceConfig>[]
  readonly site2: readonly Partial<ServiceConfig>[]
  readonly config?: Partial<{ [K in 'limits' | 'timeouts']: Partial<Config[K]> }>
  /** Whether site2 takes site1 for a member. */
  readonly isMember?: boolean
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
  const pair = await libp2pPair()
  const services = { site1: options.site1.map(serviceConfig), site2: options.site2.map(serviceConfig) }
  const arrivals: {
    handler?: (connection: Parameters<Parameters<PeerTransport['serve']>[2]>[0], peer: string) => void
  } = {}
  const outward: PeerTransport = {
    async openStream(site) {
      if (site !== 'site2') throw new CheopsError('ERR_SITE_UNREACHABLE', `${site} is not there`)
      try {
        const { near, far } = await pair.open()
        arrivals.handler?.(far, 'peer1')
        return near
      } catch (cause) {
        throw new CheopsError('ERR_SITE_UNREACHABLE', `${site} cannot be reached`, {}, { cause })
      }
    },
    isConnected: () => true,
    serve: async () => {},
    unserve: async () => {},
  }
  const inward: PeerTransport = {
    ...outward,
    serve: async (_protocol, _options, handler) => void (arrivals.handler = handler),
  }
  const faults: unknown[] = []
  const side = async (self: 'site1' | 'site2', transport: PeerTransport) => {
    const config = configOf(self, services[self], options.config)
    const own = new Services(config)
    for (const service of services[self]) await own.add(service)
    const traffic = new Traffic(createMetrics({ processMetrics: false }), {
      now: Date.now,
      monotonic: () => performance.now(),
      after: () => ({ cancel() {} }),
    })
    const path = new RequestPath({
      config,
      services: own,
      membership: membershipOf(self, services, options.isMember ?? true),
      transport,
      traffic,
      random: systemRandom,
      logger: faultLogger(faults),
      ownAddress: () => undefined,
    })
    await path.start()
    return { own, path, traffic }
  }
  const site2 = await side('site2', inward)
  const site1 = await side('site1', outward)
  const ingress = new Ingress(site1.path.ingressParts, {
    service: undefined,
    listen: { host: '127.0.0.1', port: 0 },
    tls: undefined,
    token: undefined,
  })
  const { port } = await ingress.listen()
  return {
    port,
    cut: pair.cut,
    paths: { site1: site1.path, site2: site2.path },
    traffic: { site1: site1.traffic, site2: site2.traffic },
    faults,
    async stop() {
      await ingress.close(0)
      await Promise.all([site1.path.stop(), site2.path.stop()])
      site1.own.close()
      site2.own.close()
      await pair.stop()
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
    ingress: { listen, tls: undefined, tokenFile: undefined },
    admin: { listen, tls: undefined, tokenFile: '' },
    services,
    limits: { ...DEFAULT_LIMITS, ...given?.limits },
    timeouts: { ...DEFAULT_TIMEOUTS, ...given?.timeouts },
    log: { level: 'error', format: 'json' },
  }
}

function membershipOf(
  self: string,
  services: Readonly<Record<'site1' | 'site2', readonly ServiceConfig[]>>,
  isMember: boolean,
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
    liveness: 'alive',
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
    siteOfPeer: peerId => (isMember ? sites.find(site => site.peerId === peerId)?.name : undefined),
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
