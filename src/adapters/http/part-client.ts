import type { ApplicationAnswer } from '../../ports/application.ts'
import type { Target } from '../../ports/exchange.ts'
import type { PartRequest, PartRequests } from '../../ports/parts.ts'
import { CheopsError } from '../../errors.ts'
import { requestHeaders } from './message-heads.ts'
import { sendRequest } from './application-client/index.ts'
import type { SingleRequestLimits } from './application-client/index.ts'
import type { Upstream } from './upstream.ts'

export interface PartClientOptions {
  readonly limits: SingleRequestLimits
  /** Throws a CheopsError where there is none. */
  upstream(target: Target): Upstream
}

/** The port `PartRequests` over node:http: on the connections that relayed requests take too. */
export class PartClient implements PartRequests {
  readonly #options: PartClientOptions

  constructor(options: PartClientOptions) {
    this.#options = options
  }

  async request(part: PartRequest): Promise<ApplicationAnswer> {
    const { limits } = this.#options
    const { target, method, path, body, maxAnswerBytes, timeoutMs } = part
    const upstream = this.#options.upstream(target)
    const length = body?.length ?? 0
    if (length > limits.bodyBytes)
      throw new CheopsError('ERR_REQUEST_BODY_TOO_LARGE', `the body has ${length} bytes, more than ${limits.bodyBytes}`)
    const headers = requestHeaders(part.rawHeaders, FRAMING, [])
    if (body !== undefined) headers.push('Content-Length', String(length))
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)))
    return sendRequest(upstream, { method, path, headers, body, maxAnswerBytes, hashesLarge: false, signal }, limits)
  }
}

/** Made anew for each request. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'expect', 'te', 'trailer'])
