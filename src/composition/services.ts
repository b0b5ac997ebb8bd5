import type { EndpointAddress } from '../adapters/http/addressing.ts'
import { endpointUpstream } from '../adapters/http/endpoint.ts'
import type { Upstream } from '../adapters/http/upstream.ts'
import type { Config, ServiceConfig } from '../config.ts'
import { CheopsError } from '../errors.ts'
import { loadGlue } from '../glue/index.ts'
import type { CorrelationRule, Glue } from '../ports/glue.ts'

/** A service of this site while the agent runs. */
export interface Service {
  readonly config: ServiceConfig
  readonly glue: Glue
  readonly upstream: Upstream
}

/** The services of this site; they can be added and removed while the agent runs. */
export class Services {
  readonly #config: Config
  readonly #loopOf: (service: ServiceConfig) => string | undefined
  readonly #fit: (connections: number) => number
  readonly #byName = new Map<string, Service>()
  #rules: readonly CorrelationRule[] = []
  #endpoints: Readonly<Record<string, string>> = {}
  #hosts: ReadonlyMap<string, string> = new Map()
  #authorities: ReadonlyMap<string, readonly EndpointAddress[]> = new Map()

  /**
   * @param loopOf name of the listener of this agent that a service's endpoint would lead back to, undefined as it should be
   * @param fit how many connections to an application there may really be, where so many are configured
   */
  constructor(
    config: Config,
    loopOf: (service: ServiceConfig) => string | undefined,
    fit: (connections: number) => number,
  ) {
    this.#config = config
    this.#loopOf = loopOf
    this.#fit = fit
  }

  /** `prepare` and `put` in one. */
  async add(service: ServiceConfig): Promise<void> {
    this.put(await this.prepare(service))
  }

  /**
   * Makes a service ready to be put; nothing is changed by that.
   * @throws CheopsError ERR_GLUE_*, ERR_CONFIG_INVALID when the endpoint is a listener of this agent
   */
  async prepare(service: ServiceConfig): Promise<Service> {
    const loop = this.#loopOf(service)
    if (loop !== undefined) {
      throw new CheopsError('ERR_CONFIG_INVALID', `the endpoint of "${service.name}" is this agent's own ${loop}`)
    }
    return {
      config: service,
      glue: await loadGlue(service.glue, service.name),
      upstream: endpointUpstream(this.#fitted(service), this.#config.limits, this.#config.timeouts),
    }
  }

  #fitted(service: ServiceConfig): ServiceConfig {
    const { connections } = service
    return connections === undefined ? service : { ...service, connections: this.#fit(connections) }
  }

  /** Adds a service or replaces the one of that name; requests under way on the replaced one end as they would have. */
  put(service: Service): void {
    const { name } = service.config
    this.#retire(this.#byName.get(name))
    this.#byName.set(name, service)
    this.#derive()
  }

  remove(name: string): Service | undefined {
    const service = this.#byName.get(name)
    this.#byName.delete(name)
    this.#retire(service)
    this.#derive()
    return service
  }

  get(name: string): Service | undefined {
    return this.#byName.get(name)
  }

  all(): readonly Service[] {
    return [...this.#byName.values()]
  }

  /** Correlation rules of all services, each once. */
  correlationRules(): readonly CorrelationRule[] {
    return this.#rules
  }

  /** Endpoints by name of the service. */
  endpoints(): Readonly<Record<string, string>> {
    return this.#endpoints
  }

  /** Names of services by configured hosts, lower case. */
  byHost(): ReadonlyMap<string, string> {
    return this.#hosts
  }

  /** Services by host and port of their endpoints, the default port too (`app:80`), lower case; the longest base path first. */
  byAuthority(): ReadonlyMap<string, readonly EndpointAddress[]> {
    return this.#authorities
  }

  /** Ends all connections to applications. */
  close(): void {
    for (const service of this.#byName.values()) service.upstream.pool.destroy()
  }

  /** Looked up for every request, so worked out only when services change. */
  #derive(): void {
    const rules = new Map<string, CorrelationRule>()
    const hosts = new Map<string, string>()
    const authorities = new Map<string, EndpointAddress[]>()
    const endpoints: Record<string, string> = {}
    for (const { config, glue } of this.#byName.values()) {
      for (const rule of glue.correlate) rules.set(`${rule.in} ${rule.out}`, rule)
      for (const host of config.hosts) hosts.set(host.toLowerCase(), config.name)
      const authority = authorityOf(config.endpoint)
      const address = { service: config.name, basePath: new URL(config.endpoint).pathname.replace(/\/$/, '') }
      authorities.set(authority, [...(authorities.get(authority) ?? []), address])
      endpoints[config.name] = config.endpoint.replace(/\/$/, '')
    }
    this.#rules = [...rules.values()]
    this.#hosts = hosts
    for (const list of authorities.values()) list.sort((a, b) => b.basePath.length - a.basePath.length)
    this.#authorities = authorities
    this.#endpoints = endpoints
  }

  #retire(service: Service | undefined): void {
    if (service === undefined) return
    setTimeout(() => service.upstream.pool.destroy(), this.#config.timeouts.answerMs).unref()
  }
}

/** The port always stands there: without it a default port would stand for every port of that host, this agent's included. */
function authorityOf(endpoint: string): string {
  const { hostname, port, protocol } = new URL(endpoint)
  return `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`.toLowerCase()
}
