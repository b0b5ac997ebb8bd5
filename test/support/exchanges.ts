import { endpointUpstream } from '../../src/adapters/http/endpoint.ts'
import { Ingress } from '../../src/adapters/http/ingress.ts'
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/config.ts'
import type { Limits, Timeouts } from '../../src/config.ts'
import type { Exchange, RelayOptions } from '../../src/ports/exchange.ts'
import { testService } from './application-client.ts'

/** A listener of the service `app` whose requests a test answers itself, in the place of the router. */
export interface Exchanges {
  readonly port: number
  /** Rejections of `serve`, which no test should leave behind unseen. */
  readonly faults: unknown[]
  stop(): Promise<void>
}

export interface ExchangesOptions {
  /** Where `relay` to the application leads. */
  readonly endpoint?: string
  /** Where `relay` to a site leads: an application too, as that makes no difference here. */
  readonly siteEndpoint?: string
  readonly limits?: Partial<Limits>
  readonly timeouts?: Partial<Timeouts>
}

export async function exchanges(
  serve: (exchange: Exchange) => Promise<void> | void,
  { endpoint = 'http://127.0.0.1:1', siteEndpoint = endpoint, ...options }: ExchangesOptions = {},
): Promise<Exchanges> {
  const limits = { ...DEFAULT_LIMITS, ...DEFAULT_TIMEOUTS, ...options.limits, ...options.timeouts }
  const upstreams = {
    application: endpointUpstream(testService({ endpoint }), limits, limits),
    site: endpointUpstream(testService({ endpoint: siteEndpoint }), limits, limits),
  }
  const faults: unknown[] = []
  const ingress = new Ingress(
    {
      environment: { site: 'site1', limits, upstream: ({ kind }) => upstreams[kind], glue: () => undefined },
      limits,
      names: {
        isService: name => name === 'app',
        serviceOfHost: () => undefined,
        servicesOfAuthority: () => [],
        nearest: () => undefined,
      },
      endpoints: () => ({}),
      ownAddress: () => undefined,
      route: exchange => void Promise.resolve(serve(exchange)).catch((error: unknown) => faults.push(error)),
    },
    { service: 'app', listen: { host: '127.0.0.1', port: 0 }, tls: undefined, token: undefined },
  )
  const { port } = await ingress.listen()
  return {
    port,
    faults,
    async stop() {
      for (const { pool } of Object.values(upstreams)) pool.destroy()
      await ingress.close(0)
    },
  }
}

/** What the router would say of a request without a scope. */
export const PLAIN: RelayOptions = { dropHeaders: new Set(), addHeaders: [], answerHeaders: [], isRead: false }
