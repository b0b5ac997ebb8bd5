import { ServerResponse } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { RequestHead } from '../../core/resource/http-head.ts'
import { ownBytes } from '../../core/resource/own-bytes.ts'
import { CheopsError } from '../../errors.ts'
import type { ComposedAnswer, Exchange, RelayOptions, RelayResult, Target } from '../../ports/exchange.ts'
import type { Glue, LinkContext } from '../../ports/glue.ts'
import { clientBody, tooLarge } from './client-body.ts'
import { sendComposed } from './composed-answer.ts'
import { hasBody } from './message-heads.ts'
import { problemAnswer } from './problem.ts'
import { breakOff, endGently, linger } from './pump.ts'
import { relay } from './relay.ts'
import type { ClientSide } from './client-side.ts'
import type { RelayLimits } from './relay.ts'
import type { Upstream } from './upstream.ts'

/** What every exchange of an agent shares. */
export interface ExchangeEnvironment {
  /** Name of this site. */
  readonly site: string
  readonly limits: RelayLimits
  upstream(target: Target): Upstream
  glue(service: string): Glue | undefined
}

/** The exchange over node:http: a request of a client at the ingress, or of another agent on a stream. */
export class HttpExchange implements Exchange {
  readonly head: RequestHead
  readonly service: string
  readonly path: string
  readonly urlScope: string | undefined
  readonly client: string
  readonly #side: ClientSide
  readonly #environment: ExchangeEnvironment
  readonly #links: (() => LinkContext) | undefined
  /** The body, once `readBody` was asked for it. */
  #reading: Promise<Uint8Array> | undefined
  #read: Uint8Array | undefined
  #streamed = false
  /** What `isBodyLarger` has read, and the rest. */
  #begun: { readonly parts: Uint8Array[]; readonly rest: AsyncIterator<Uint8Array, void, undefined> } | undefined

  /** @param from the site that has sent it; none for what comes from a client */
  constructor(
    side: ClientSide,
    address: { readonly service: string; readonly path: string; readonly scope: string | undefined },
    links: (() => LinkContext) | undefined,
    environment: ExchangeEnvironment,
    from?: string,
  ) {
    this.client = from ?? side.request.socket.remoteAddress ?? ''
    this.head = headOf(side.request)
    this.service = address.service
    this.path = address.path
    this.urlScope = address.scope
    this.#side = side
    this.#environment = environment
    this.#links = links
  }

  get hasBody(): boolean {
    return this.#side.hasBody
  }

  links(): LinkContext | undefined {
    return this.#links?.()
  }

  readBody(maxBytes: number): Promise<Uint8Array> {
    return (this.#reading ??= this.#readBody(maxBytes))
  }

  async #readBody(maxBytes: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let left = maxBytes
    for await (const part of this.#begun === undefined ? this.#stream(maxBytes) : this.bodyStream()) {
      left -= part.length
      if (left < 0) throw tooLarge(maxBytes)
      parts.push(part)
    }
    // What is replicated is kept for as long as it counts.
    const body = ownBytes(Buffer.concat(parts))
    if (this.#side.hasBody) this.#read = body
    return body
  }

  async isBodyLarger(bytes: number): Promise<boolean> {
    if (this.#reading !== undefined) return (await this.#reading).length > bytes
    const rest = this.#stream(Infinity)[Symbol.asyncIterator]()
    const parts: Uint8Array[] = []
    this.#begun = { parts, rest }
    let length = 0
    while (length <= bytes) {
      const part = await rest.next()
      if (part.done === true) return false
      parts.push(part.value)
      length += part.value.length
    }
    return true
  }

  bodyStream(): AsyncIterable<Uint8Array> {
    const begun = this.#begun
    if (begun === undefined) return this.#stream(Infinity)
    this.#begun = undefined
    return goingOn(begun.parts, begun.rest)
  }

  #stream(maxBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#streamed) throw new Error('the body of a request can be read once')
    this.#streamed = true
    const { request, answer, hasBody: exists } = this.#side
    if (!exists) return nothing()
    const { bodyBytes, bodyIdleMs } = this.#environment.limits
    return clientBody(request, answer, { bodyBytes: Math.min(maxBytes, bodyBytes), bodyIdleMs })
  }

  async relay(target: Target, given: RelayOptions): Promise<RelayResult> {
    const { limits } = this.#environment
    const options = given.body === undefined && this.#read !== undefined ? { ...given, body: this.#read } : given
    if (this.#streamed && this.#side.hasBody && options.body === undefined) {
      throw new Error('the body of the request was read and not kept: it cannot be sent any more')
    }
    const length = Number(this.#side.request.headers['content-length'] ?? 0)
    if (length > limits.bodyBytes) {
      const message = `the body has ${length} bytes, more than ${limits.bodyBytes}`
      return { kind: 'failed', error: new CheopsError('ERR_REQUEST_BODY_TOO_LARGE', message) }
    }
    let upstream: Upstream
    try {
      upstream = this.#environment.upstream(target)
    } catch (error) {
      if (error instanceof CheopsError) return { kind: 'failed', error }
      throw error
    }
    return relay(this.#side, upstream, this.path, options, limits)
  }

  answer(answer: ComposedAnswer): void {
    if (this.#side.answer.headersSent) {
      breakOff(this.#side.answer)
      return
    }
    try {
      sendComposed(this.#side, answer, this.#environment.limits.bodyIdleMs)
    } catch (cause) {
      const message = 'the answer has a head that HTTP cannot say'
      this.refuse(new CheopsError('ERR_APPLICATION_INVALID', message, {}, { cause }))
    }
  }

  refuse(error: CheopsError, answerHeaders: readonly string[] = []): void {
    // What was begun and nobody reads on would hold up the rest of the request, which has to pass by.
    void this.#begun?.rest.return?.()
    const environment = this.#environment
    refuseRequest(this.#side, error, environment.site, environment.glue(this.service), answerHeaders)
  }
}

/** What was read already, then the rest; who leaves early lets go of the client's connection. */
async function* goingOn(
  parts: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* parts
    for (;;) {
      const part = await rest.next()
      if (part.done === true) return
      yield part.value
    }
  } finally {
    await rest.return?.()
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

export function headOf(request: IncomingMessage): RequestHead {
  return { method: request.method ?? 'GET', target: request.url ?? '/', rawHeaders: request.rawHeaders }
}

export function clientSide(request: IncomingMessage, answer: ServerResponse): ClientSide {
  return { request, answer, hasBody: hasBody(request), upgrade: undefined }
}

/** The client's side of a request for an upgrade: node:http gives the bare connection, and an ordinary answer may still follow. */
export function upgradeSide(request: IncomingMessage, socket: Duplex, head: Buffer): ClientSide {
  const answer = new ServerResponse(request)
  // What it is asked for is a net.Socket; what it needs of one, every Duplex has.
  answer.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0])
  answer.shouldKeepAlive = false
  socket.on('error', () => {})
  socket.on('close', () => answer.emit('close'))
  return { request, answer, hasBody: false, upgrade: { socket, head } }
}

/** Answers with an error of Cheops. Once an answer has begun, only its breaking off can tell. */
export function refuseRequest(
  side: ClientSide,
  error: CheopsError,
  site: string,
  glue: Glue | undefined,
  answerHeaders: readonly string[] = [],
): void {
  const { request, answer } = side
  if (answer.headersSent) {
    breakOff(answer)
    return
  }
  const { status, reason, rawHeaders, body } = problemAnswer(error, site, glue, headOf(request))
  const unread = side.hasBody && !request.complete
  answer.writeHead(status, reason, [...rawHeaders, ...answerHeaders, ...(unread ? ['Connection', 'close'] : [])])
  answer.end(request.method === 'HEAD' ? undefined : body)
  if (unread) linger(request, answer)
  const { upgrade } = side
  if (upgrade !== undefined) answer.once('finish', () => endGently(upgrade.socket.resume()))
}
