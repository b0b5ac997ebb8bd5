import { loadToken } from '../adapters/http/admin/token.ts'
import { Ingress } from '../adapters/http/ingress.ts'
import type { IngressParts } from '../adapters/http/ingress.ts'
import type { Config, HostPort, ServiceConfig } from '../config.ts'
import { CheopsError } from '../errors.ts'

/** The HTTP listeners for clients: the shared ingress, and one for each service that has a port of its own. */
export class Listeners {
  readonly #config: Config
  readonly #own = new Map<string, { readonly ingress: Ingress; readonly url: string }>()
  #shared: { readonly ingress: Ingress; readonly url: string } | undefined

  constructor(config: Config) {
    this.#config = config
  }

  /** @throws CheopsError ERR_LISTEN_TAKEN, ERR_LISTEN_FAILED, ERR_CONFIG_READ */
  async openShared(parts: IngressParts): Promise<void> {
    const { listen, tls, tokenFile } = this.#config.ingress
    const token = tokenFile === undefined ? undefined : await loadToken(tokenFile)
    this.#shared = await open('ingress', parts, { service: undefined, listen, tls, token })
  }

  /** Opens the service's own port, if it has one. */
  async openOwn(parts: IngressParts, { name, listen, tls }: ServiceConfig): Promise<void> {
    if (listen === undefined) return
    this.#own.set(name, await open(`service/${name}`, parts, { service: name, listen, tls, token: undefined }))
  }

  async closeOwn(service: string): Promise<void> {
    const own = this.#own.get(service)
    this.#own.delete(service)
    await own?.ingress.close(this.#config.timeouts.drainMs)
  }

  /** The configuration with the ports that are really listened on, in place of 0. */
  actual(adminUrl: string): Config {
    const { ingress, admin, services } = this.#config
    return {
      ...this.#config,
      ingress: { ...ingress, listen: at(this.#shared?.url, ingress.listen) },
      admin: { ...admin, listen: at(adminUrl, admin.listen) },
      services: services.map(service => ({
        ...service,
        listen: service.listen && at(this.ownUrl(service.name), service.listen),
      })),
    }
  }

  /** URL of the shared ingress, no slash at the end. */
  get ingressUrl(): string {
    return this.#shared?.url ?? ''
  }

  ownUrl(service: string): string | undefined {
    return this.#own.get(service)?.url
  }

  /** Where clients reach a service at this agent. */
  urlOf(service: string): string {
    return this.ownUrl(service) ?? `${this.ingressUrl}/${service}`
  }

  /** For `cheops status`. */
  all(): readonly { readonly name: string; readonly address: string }[] {
    const own = [...this.#own].map(([service, { url }]) => ({ name: `service/${service}`, address: url }))
    return [{ name: 'ingress', address: this.ingressUrl }, ...own]
  }

  /** Requests under way may end, for `timeouts.drainMs`. */
  async close(): Promise<void> {
    const { drainMs } = this.#config.timeouts
    const all = [...(this.#shared === undefined ? [] : [this.#shared]), ...this.#own.values()]
    await Promise.all(all.map(({ ingress }) => ingress.close(drainMs)))
  }
}

async function open(
  name: string,
  parts: IngressParts,
  options: ConstructorParameters<typeof Ingress>[1],
): Promise<{ ingress: Ingress; url: string }> {
  const ingress = new Ingress(parts, options)
  const { host, port } = await ingress.listen().catch((cause: unknown) => {
    throw listenError(name, options.listen, cause)
  })
  return { ingress, url: urlOf({ host, port }, options.tls !== undefined) }
}

function at(url: string | undefined, listen: HostPort): HostPort {
  return url === undefined || url === '' ? listen : { ...listen, port: Number(new URL(url).port) || listen.port }
}

function urlOf({ host, port }: HostPort, secure: boolean): string {
  return `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function listenError(name: string, { host, port }: HostPort, cause: unknown): CheopsError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const where = `${host}:${port}`
  if (code === 'EADDRINUSE') {
    return new CheopsError(
      'ERR_LISTEN_TAKEN',
      `${where}, where ${name} should listen, is taken`,
      { address: where },
      { cause },
    )
  }
  return new CheopsError(
    'ERR_LISTEN_FAILED',
    `${name} cannot listen on ${where} (${code})`,
    { address: where },
    { cause },
  )
}
