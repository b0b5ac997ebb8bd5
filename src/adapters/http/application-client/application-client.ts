import type { Limits, ServiceConfig, Timeouts } from '../../../config.ts'
import { CheopsError } from '../../../errors.ts'
import type { Application, ApplicationAnswer, ApplicationRequest } from '../../../ports/application.ts'
import { endpointUpstream, saidHost } from '../endpoint.ts'
import type { Upstream } from '../upstream.ts'
import { credentialSource } from './credential-source.ts'
import type { CredentialSource, Shown } from './credential-source.ts'
import { decodedAnswer } from './decoded-answer.ts'
import { outgoingHeaders } from './outgoing-headers.ts'
import { sendRequest } from './single-request.ts'

export interface ApplicationClientOptions {
  /** The service of that name, undefined where this site does not offer it. */
  service(name: string): LocalService | undefined
  readonly limits: Limits
  readonly timeouts: Timeouts
}

export interface LocalService {
  readonly config: ServiceConfig
  /** Where clients' requests go too: one pool for both. */
  readonly upstream: Upstream
}

/** Bytes of an answer that are collected: documents of any size that people write, and lists of some ten thousand. */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024

const UNCOMPRESSED: readonly string[] = ['Accept-Encoding', 'identity']

/** The port `Application` over node:http. */
export class ApplicationClient implements Application {
  readonly #options: ApplicationClientOptions
  /** By configuration: a service that is replaced while the agent runs begins anew. */
  readonly #accounts = new WeakMap<ServiceConfig, Account>()
  readonly #opened = new Set<Upstream>()
  #closed = false

  constructor(options: ApplicationClientOptions) {
    this.#options = options
  }

  async request(request: ApplicationRequest): Promise<ApplicationAnswer> {
    const { limits, timeouts } = this.#options
    const service = this.#options.service(request.service)
    if (service === undefined) {
      throw new CheopsError('ERR_SERVICE_NOT_LOCAL', `this site does not offer "${request.service}"`)
    }
    if (!request.path.startsWith('/')) {
      throw new CheopsError('ERR_REQUEST_INVALID', 'the path of a request begins with "/"')
    }
    const length = request.body?.length ?? 0
    if (length > limits.bodyBytes) {
      const message = `the body has ${length} bytes, more than ${limits.bodyBytes}`
      throw new CheopsError('ERR_REQUEST_BODY_TOO_LARGE', message)
    }
    let { upstream } = service
    let shown: Shown = { headers: [], certificate: undefined }
    if (request.authority === 'agent') {
      const account = this.#accountOf(service.config)
      shown = await account.source.show()
      if (shown.certificate !== undefined) upstream = this.#upstreamOf(account, service.config, shown.certificate)
    }
    const message = {
      method: request.method,
      path: request.path,
      // What is compressed could not be looked into, and may differ where the same is said.
      headers: [...outgoingHeaders(request, shown.headers, hostOf(service.config)), ...UNCOMPRESSED],
      body: request.body,
      maxAnswerBytes: Math.min(request.maxAnswerBytes ?? MAX_ANSWER_BYTES, MAX_ANSWER_BYTES),
      hashesLarge: request.hashesLarge ?? false,
      signal: request.signal,
    }
    const answer = await sendRequest(upstream, message, { ...limits, ...timeouts })
    return decodedAnswer(answer, message.maxAnswerBytes)
  }

  /** Ends the connections that are this client's own, requests under way included; those that it shares are not touched. */
  close(): void {
    this.#closed = true
    for (const upstream of this.#opened) upstream.pool.destroy()
    this.#opened.clear()
  }

  #accountOf(config: ServiceConfig): Account {
    let account = this.#accounts.get(config)
    if (account === undefined) {
      account = { source: credentialSource(config), own: undefined }
      this.#accounts.set(config, account)
    }
    return account
  }

  /**
   * A certificate belongs to a connection, not to a request. On the connections that clients' requests take it would lend everybody the
   * agent's authority, so the agent has connections of its own, and new ones when the certificate changes.
   */
  #upstreamOf(
    account: Account,
    config: ServiceConfig,
    shown: { readonly cert: string; readonly key: string },
  ): Upstream {
    const { own } = account
    if (own !== undefined && own.cert === shown.cert && own.key === shown.key) return own.upstream
    const { limits, timeouts } = this.#options
    const files = config.credential?.kind === 'certificate' ? config.credential : undefined
    let upstream: Upstream
    try {
      const endpointTLS = {
        ca: config.endpointTLS?.ca,
        serverName: config.endpointTLS?.serverName,
        cert: files?.cert,
        key: files?.key,
      }
      upstream = endpointUpstream({ ...config, endpointTLS }, limits, timeouts)
    } catch {
      throw new CheopsError('ERR_CREDENTIAL', `a file of endpointTLS or credential of "${config.name}" cannot be read`)
    }
    if (own !== undefined) this.#retire(own.upstream)
    account.own = { ...shown, upstream }
    this.#opened.add(upstream)
    if (this.#closed) upstream.pool.destroy()
    return upstream
  }

  /** Requests under way on it end as they would have. */
  #retire(upstream: Upstream): void {
    upstream.pool.dropIdle()
    setTimeout(() => {
      upstream.pool.destroy()
      this.#opened.delete(upstream)
    }, this.#options.timeouts.answerMs * 2).unref()
  }
}

/** What Host the agent's own requests say. */
function hostOf(config: ServiceConfig): string {
  return saidHost(config) ?? new URL(config.endpoint).host
}

interface Account {
  readonly source: CredentialSource
  /** Connections that show a certificate of the agent's own. */
  own: { readonly cert: string; readonly key: string; readonly upstream: Upstream } | undefined
}
