import { loadToken } from '../adapters/http/admin/token.ts'
import { Ingress } from '../adapters/http/ingress.ts'
import type { IngressParts } from '../adapters/http/ingress.ts'
import type { Config, HostPort, ServiceConfig, TlsServer } from '../config.ts'
import { httpListeners, loopOf, normalHost } from '../config/rules.ts'
import type { NamedListener } from '../config/rules.ts'
import { CheopsError } from '../errors.ts'

/** A service's own listener. */
interface OwnListener {
  readonly ingress: Ingress
  readonly url: string
  /** As configured. */
  readonly listen: HostPort
  readonly tls: TlsServer | undefined
}

/** What of a service its listener depends on. */
type OwnService = Pick<ServiceConfig, 'name' | 'listen' | 'tls'>

/** What a change of a service's listener comes down to, once it is sure that the service is changed. */
export interface ListenerChange {
  /** The old listener, if there is another one now, ends; requests under way may end, for `timeouts.drainMs`. */
  commit(): Promise<void>
  /** All is as it was before. */
  undo(): Promise<void>
}

/** The HTTP listeners for clients: the shared ingress, and one for each service that has a port of its own. */
export class Listeners {
  readonly #config: Config
  readonly #own = new Map<string, OwnListener>()
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

  /**
   * Opens the service's own port, if it has one; one that it had before stays open until the change is committed, unless both
   * are the same port.
   * @throws CheopsError ERR_LISTEN_TAKEN, ERR_LISTEN_FAILED, ERR_CONFIG_READ; all is as before then
   */
  async changeOwn(parts: IngressParts, service: ServiceConfig): Promise<ListenerChange> {
    const { name, listen, tls } = service
    const before = this.#own.get(name)
    if (listen !== undefined && before !== undefined && isSame(before.listen, listen)) {
      if (tls === undefined && before.tls === undefined) return { commit: async () => {}, undo: async () => {} }
      if (listen.port !== 0) return this.#replaceOwn(parts, { name, listen, tls }, before)
    }
    await this.#openOwn(parts, service)
    const after = this.#own.get(name)
    return {
      commit: async () => {
        if (after === before || listen === undefined) this.#own.delete(name)
        await before?.ingress.close(this.#config.timeouts.drainMs)
      },
      undo: async () => {
        if (before === undefined) this.#own.delete(name)
        else this.#own.set(name, before)
        if (after !== before) await after?.ingress.close(0)
      },
    }
  }

  /** One port cannot have two listeners: the old one makes way, once the new one's files are seen to be good. */
  async #replaceOwn(parts: IngressParts, wanted: OwnService, before: OwnListener): Promise<ListenerChange> {
    const { name } = wanted
    made(`service/${name}`, parts, { service: name, listen: before.listen, tls: wanted.tls, token: undefined })
    const reopen = (): Promise<void> => this.#openOwn(parts, { name, listen: before.listen, tls: before.tls })
    await this.closeOwn(name)
    try {
      await this.#openOwn(parts, wanted)
    } catch (error) {
      await reopen()
      throw error
    }
    const undo = async (): Promise<void> => {
      await this.closeOwn(name)
      await reopen()
    }
    return { commit: async () => {}, undo }
  }

  async #openOwn(parts: IngressParts, { name, listen, tls }: OwnService): Promise<void> {
    if (listen === undefined) return
    const opened = await open(`service/${name}`, parts, { service: name, listen, tls, token: undefined })
    this.#own.set(name, { ...opened, listen, tls })
  }

  async closeOwn(service: string): Promise<void> {
    const own = this.#own.get(service)
    this.#own.delete(service)
    await own?.ingress.close(this.#config.timeouts.drainMs)
  }

  /**
   * Name of the listener of this agent that a service's endpoint would lead back to, undefined as it should be: listeners of
   * services that came at run time included, and the one that the service itself is about to get.
   */
  loopOf(service: ServiceConfig, adminUrl: string): string | undefined {
    const name = `service/${service.name}`
    const others = this.#actual(adminUrl).filter(listener => listener.name !== name)
    const own = service.listen === undefined ? [] : [{ name, listen: service.listen, tls: service.tls !== undefined }]
    return loopOf(service.endpoint, [...others, ...own])
  }

  /** HTTP listeners with the ports that are really listened on, in place of 0; before they are open, as configured. */
  #actual(adminUrl: string): readonly NamedListener[] {
    const configured = httpListeners(this.#config)
    if (this.#shared === undefined) return configured
    const { ingress, admin } = this.#config
    return [
      { name: 'ingress', listen: at(this.#shared.url, ingress.listen), tls: ingress.tls !== undefined },
      { name: 'admin', listen: at(adminUrl, admin.listen), tls: admin.tls !== undefined },
      ...[...this.#own].map(([service, { url, listen, tls }]) => ({
        name: `service/${service}`,
        listen: at(url, listen),
        tls: tls !== undefined,
      })),
    ]
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
  const ingress = made(name, parts, options)
  const { host, port } = await ingress.listen().catch((cause: unknown) => {
    throw listenError(name, options.listen, cause)
  })
  return { ingress, url: urlOf({ host, port }, options.tls !== undefined) }
}

/** Its files of TLS are read when it is made. */
function made(name: string, parts: IngressParts, options: ConstructorParameters<typeof Ingress>[1]): Ingress {
  try {
    return new Ingress(parts, options)
  } catch (cause) {
    throw new CheopsError('ERR_CONFIG_READ', `The TLS files of ${name} cannot be used.`, { listener: name }, { cause })
  }
}

const isSame = (a: HostPort, b: HostPort): boolean => a.port === b.port && normalHost(a.host) === normalHost(b.host)

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
