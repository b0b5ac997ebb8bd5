import { ApplicationClient } from '../../src/adapters/http/application-client/index.ts'
import { endpointUpstream } from '../../src/adapters/http/endpoint.ts'
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/config.ts'
import type { Limits, ServiceConfig, Timeouts } from '../../src/config.ts'
import type { ApplicationRequest } from '../../src/ports/application.ts'

/** The client of one service `app`, with the pool that clients' requests would share with it. */
export interface TestApplicationClient {
  readonly client: ApplicationClient
  /** Connections that stand: those that clients would use. */
  sharedConnections(): number
  stop(): void
}

export interface TestServiceOptions {
  readonly endpoint: string
  readonly endpointHost?: string
  readonly credential?: ServiceConfig['credential']
  readonly endpointTLS?: Partial<NonNullable<ServiceConfig['endpointTLS']>>
  readonly limits?: Partial<Limits>
  readonly timeouts?: Partial<Timeouts>
}

export function testService({ endpoint, endpointHost, credential, endpointTLS }: TestServiceOptions): ServiceConfig {
  return {
    name: 'app',
    endpoint,
    endpointTLS: endpointTLS && {
      ca: undefined,
      cert: undefined,
      key: undefined,
      serverName: undefined,
      ...endpointTLS,
    },
    ...(endpointHost !== undefined && { endpointHost }),
    ...(credential === undefined ? {} : { credential }),
    glue: 'rest',
    hosts: [],
    listen: undefined,
    tls: undefined,
    expose: undefined,
  }
}

export function applicationClient(options: TestServiceOptions): TestApplicationClient {
  const config = testService(options)
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
  const upstream = endpointUpstream(config, limits, timeouts)
  const client = new ApplicationClient({
    service: name => (name === 'app' ? { config, upstream } : undefined),
    limits,
    timeouts,
  })
  return {
    client,
    sharedConnections: () => upstream.pool.counts().open,
    stop: () => {
      client.close()
      upstream.pool.destroy()
    },
  }
}

/** A request of the agent for `app`. */
export function asked(given: Partial<ApplicationRequest> = {}): ApplicationRequest {
  return { service: 'app', method: 'GET', path: '/items/1', headers: [], authority: 'agent', ...given }
}
