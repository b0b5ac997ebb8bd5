import { MAX_HOPS } from '../core/resource/request-context.ts'
import type { RequestContext } from '../core/resource/request-context.ts'
import { CheopsError } from '../errors.ts'
import type { ApplicationAnswer } from '../ports/application.ts'
import type { Exchange } from '../ports/exchange.ts'
import type { Glue } from '../ports/glue.ts'
import type { PartRequests } from '../ports/parts.ts'
import type { Random } from '../ports/random.ts'
import { without } from './answer-headers.ts'
import { headersToApplication, headersToSite } from './context-headers.ts'
import type { Correlation } from './correlation.ts'
import type { ScopeReader } from './scope-reader.ts'

export interface PartsOptions {
  readonly site: string
  readonly requests: PartRequests
  readonly scopes: ScopeReader
  readonly correlation: Correlation
  readonly random: Random
  glue(service: string): Glue | undefined
}

/** What is the same for all parts of a request. */
export interface Asked {
  /** The client's, without what is not for its parts. */
  readonly rawHeaders: readonly string[]
  readonly body?: Uint8Array | undefined
  readonly maxAnswerBytes: number
  readonly timeoutMs: number
  /** What is asked, if not what the client has asked. */
  readonly instead?: { readonly method: string; readonly path: string }
}

/**
 * The parts of a request that runs at several sites at once, and their collected answers. Each part goes out with the scope narrowed to
 * its site, so that the site runs it itself, and nothing that its application asks of the same service multiplies.
 */
export class Parts {
  readonly #options: PartsOptions

  constructor(options: PartsOptions) {
    this.#options = options
  }

  /**
   * @param context as the request has it at this agent
   * @throws CheopsError as `PartRequests.request`; ERR_FORWARD_LOOP, ERR_SERVICE_NOT_LOCAL
   */
  async ask(exchange: Exchange, site: string, context: RequestContext, asked: Asked): Promise<ApplicationAnswer> {
    const { site: self, requests, scopes, correlation, random } = this.#options
    const { service } = exchange
    const narrow = { scope: scopes.narrowed(context.scope, service, site), hops: context.hops }
    const { rawHeaders, body, maxAnswerBytes, timeoutMs } = asked
    const { method, path } = asked.instead ?? { method: exchange.head.method, path: exchange.path }
    const part = { method, path, body, maxAnswerBytes, timeoutMs }
    if (site !== self) {
      if (narrow.hops > MAX_HOPS) throw new CheopsError('ERR_FORWARD_LOOP', `the request has passed ${MAX_HOPS} agents`)
      const { dropHeaders, addHeaders } = headersToSite(service, narrow)
      const headers = [...without(rawHeaders, name => dropHeaders.has(name)), ...addHeaders]
      return requests.request({ ...part, target: { kind: 'site', site, service }, rawHeaders: headers })
    }
    const glue = this.#options.glue(service)
    if (glue === undefined) throw new CheopsError('ERR_SERVICE_NOT_LOCAL', `${self} does not offer "${service}"`)
    const { dropHeaders, addHeaders } = headersToApplication(rawHeaders, narrow, glue.correlate, random)
    const forget = correlation.begin(addHeaders, rawHeaders, narrow)
    try {
      const headers = [...without(rawHeaders, name => dropHeaders.has(name)), ...addHeaders]
      return await requests.request({ ...part, target: { kind: 'application', service }, rawHeaders: headers })
    } finally {
      forget()
    }
  }
}
