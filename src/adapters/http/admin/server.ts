import { readFile } from 'node:fs/promises'
import http from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { HostPort, TlsServer } from '../../../config.ts'
import { CheopsError } from '../../../errors.ts'
import type { AgentControl } from '../../../ports/control.ts'
import type { Logger } from '../../../ports/logger.ts'
import { readJson } from './body.ts'
import { boundConnections } from './connections.ts'
import { EventFeed } from './events.ts'
import type { Answer, Route, RouteContext } from './route.ts'
import { ROUTES } from './routes.ts'
import { loadToken, tokenCheck } from './token.ts'

export const ADMIN_LIMITS = {
  /** A service with a long list of paths has a few KiB. */
  bodyBytes: 65_536,
  /** Tokens and a few headers of proxies; more is no client of ours. */
  headerBytes: 16_384,
  /** A client that needs longer for a head of this size is broken or hostile. */
  headMs: 10_000,
  /** The same for a whole request. */
  requestMs: 30_000,
  /** A client that asks again and again does so sooner; the rest only holds what others need. */
  keepAliveMs: 5_000,
  /** Operators, scrapers and readers of events; each of the latter holds one. */
  connections: 256,
  /** How long a request waits for the network unless it says otherwise (`Cheops-Timeout`, milliseconds), and at most. */
  waitMs: 10_000,
  maxWaitMs: 120_000,
} as const

export interface AdminServerOptions {
  readonly control: AgentControl
  readonly listen: HostPort
  readonly tls: TlsServer | undefined
  /** Made when it does not exist. */
  readonly tokenFile: string
  readonly logger: Logger
  /** At a time; `ADMIN_LIMITS.connections` if not given. */
  readonly connections?: number
  /** Milliseconds that a head may take, where a test cannot wait for `ADMIN_LIMITS.headMs`. */
  readonly headMs?: number
}

export interface AdminServer {
  /** `http://127.0.0.1:8078`, with the port that was taken. */
  readonly url: string
  /** Answers what is under way, ends event streams, closes. The second call waits for the first. */
  stop(): Promise<void>
}

/**
 * Serves the admin API. Everything but health and metrics needs the token.
 * @throws CheopsError ERR_CONFIG_READ for the token and TLS files, ERR_ADMIN_LISTEN when the address cannot be listened on
 */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { control, listen, logger } = options
  const allowed = tokenCheck(await loadToken(options.tokenFile))
  const feed = new EventFeed(control)
  const handler = new Handler(control, feed, allowed, logger)
  const serverOptions = {
    maxHeaderSize: ADMIN_LIMITS.headerBytes,
    headersTimeout: options.headMs ?? ADMIN_LIMITS.headMs,
    requestTimeout: ADMIN_LIMITS.requestMs,
    keepAliveTimeout: ADMIN_LIMITS.keepAliveMs,
    // The default looks at these only every 30 s.
    connectionsCheckingInterval: Math.min(1_000, options.headMs ?? 1_000),
  }
  const tls = options.tls === undefined ? undefined : await readTls(options.tls)
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    void handler.serve(request, response)
  }
  const server =
    tls === undefined
      ? http.createServer(serverOptions, listener)
      : https.createServer({ ...serverOptions, ...tls, handshakeTimeout: serverOptions.headersTimeout }, listener)
  boundConnections(server, options.connections ?? ADMIN_LIMITS.connections)
  await listening(server, listen)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : listen.port
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host
  let stopped: Promise<void> | undefined
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host}:${String(port)}`,
    stop() {
      stopped ??= (async () => {
        feed.close()
        const { promise, resolve } = Promise.withResolvers<void>()
        server.close(() => {
          resolve()
        })
        handler.endEvents()
        server.closeIdleConnections()
        const timer = setTimeout(() => {
          server.closeAllConnections()
        }, STOP_TIMEOUT_MS)
        await promise
        clearTimeout(timer)
      })()
      return stopped
    },
  }
}

/** Answers of the admin API are small: what is not through by then waits for the network. */
const STOP_TIMEOUT_MS = 1_000

async function listening(server: http.Server, { host, port }: HostPort): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host, port }, resolve)
  try {
    await promise
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new CheopsError(
      'ERR_ADMIN_LISTEN',
      `The admin API cannot listen on ${host}:${String(port)} (${code}).`,
      { address: `${host}:${String(port)}` },
      { cause: error },
    )
  }
}

async function readTls({ cert, key, clientCA }: TlsServer) {
  try {
    return {
      cert: await readFile(cert),
      key: await readFile(key),
      ...(clientCA === undefined ? {} : { ca: await readFile(clientCA), requestCert: true, rejectUnauthorized: true }),
    }
  } catch (error) {
    throw new CheopsError(
      'ERR_CONFIG_READ',
      `A TLS file of the admin API cannot be read: ${cert}, ${key}.`,
      {},
      { cause: error },
    )
  }
}

class Handler {
  readonly #control: AgentControl
  readonly #feed: EventFeed
  readonly #allowed: (authorization: string | undefined) => boolean
  readonly #logger: Logger
  readonly #eventReaders = new Set<ServerResponse>()

  constructor(
    control: AgentControl,
    feed: EventFeed,
    allowed: (authorization: string | undefined) => boolean,
    logger: Logger,
  ) {
    this.#control = control
    this.#feed = feed
    this.#allowed = allowed
    this.#logger = logger
  }

  endEvents(): void {
    for (const response of this.#eventReaders) response.end()
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    response.once('close', () => {
      gone.abort()
    })
    try {
      this.#send(request, response, await this.#answer(request, gone.signal))
    } catch (error) {
      if (response.destroyed || response.headersSent) return
      sendProblem(response, this.#toProblem(error, request))
    }
  }

  async #answer(request: IncomingMessage, gone: AbortSignal): Promise<Answer> {
    const target = request.url ?? '/'
    const question = target.indexOf('?')
    const path = question === -1 ? target : target.slice(0, question)
    const found = match(request.method === 'HEAD' ? 'GET' : (request.method ?? ''), path)
    // What exists is nobody's business without the token.
    if (found.route?.open !== true && !this.#allowed(request.headers.authorization)) {
      throw new CheopsError('ERR_ADMIN_UNAUTHORIZED', 'The request carries no valid token.')
    }
    if (found.route === undefined) {
      throw found.methods.length === 0
        ? new CheopsError('ERR_ADMIN_NOT_FOUND', 'There is no such route.')
        : new CheopsError('ERR_ADMIN_METHOD', `This route takes ${found.methods.join(', ')}.`, { allow: found.methods })
    }
    const { route } = found
    const handle = async (context: RouteContext): Promise<Answer> => route.handle(context)
    const waitMs = waitOf(request.headers['cheops-timeout'])
    const late = AbortSignal.timeout(waitMs)
    const body = found.route.body === undefined ? undefined : await readJson(request, ADMIN_LIMITS.bodyBytes)
    try {
      const handled = handle({
        control: this.#control,
        params: found.params,
        query: new URLSearchParams(question === -1 ? '' : target.slice(question + 1)),
        body,
        signal: AbortSignal.any([gone, late]),
      })
      return await withinGrace(handled, late, waitMs)
    } catch (error) {
      if (late.aborted && !(error instanceof CheopsError)) {
        throw new CheopsError(
          'ERR_ADMIN_TIMEOUT',
          `No answer within ${String(waitMs)} ms${found.route.method === 'GET' ? '' : '; what was begun may still be done'}.`,
          { waitMs },
          { cause: error },
        )
      }
      throw error
    }
  }

  #send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
    switch (answer.kind) {
      case 'json':
        sendText(response, answer.status, 'application/json', `${JSON.stringify(answer.body)}\n`)
        return
      case 'text':
        sendText(response, answer.status, answer.type, answer.body)
        return
      case 'empty':
        response.writeHead(204, { 'Cache-Control': 'no-store' }).end()
        return
      case 'events': {
        if (request.method === 'HEAD') {
          response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end()
          return
        }
        const last = request.headers['last-event-id']
        this.#eventReaders.add(response)
        response.once('close', () => this.#eventReaders.delete(response))
        this.#feed.serve(response, typeof last === 'string' ? last : undefined, answer)
      }
    }
  }

  #toProblem(error: unknown, request: IncomingMessage): CheopsError {
    if (error instanceof CheopsError) return error
    this.#logger.error({ error, method: request.method }, 'the admin API failed')
    return new CheopsError('ERR_ADMIN_INTERNAL', 'The agent failed to answer.')
  }
}

/** What does not end with the signal itself is not waited for: whoever asks gives up a moment later, and would hear nothing. */
async function withinGrace<T>(handled: Promise<T>, late: AbortSignal, waitMs: number): Promise<T> {
  const over = Promise.withResolvers<never>()
  let timer: NodeJS.Timeout | undefined
  const onLate = (): void => {
    timer = setTimeout(() => over.reject(new Error('late')), waitMs * GRACE)
  }
  if (late.aborted) onLate()
  else late.addEventListener('abort', onLate, { once: true })
  try {
    return await Promise.race([handled, over.promise])
  } finally {
    late.removeEventListener('abort', onLate)
    clearTimeout(timer)
  }
}

/** Of the time that a request may wait: for what ends with its signal to say so. The command line gives up a tenth later. */
const GRACE = 0.03

function waitOf(header: string | string[] | undefined): number {
  if (header === undefined) return ADMIN_LIMITS.waitMs
  const wait = Number(header)
  if (Number.isInteger(wait) && wait > 0) return Math.min(wait, ADMIN_LIMITS.maxWaitMs)
  throw new CheopsError('ERR_ADMIN_INPUT', 'Cheops-Timeout must be a whole number of milliseconds.')
}

interface Match {
  readonly route: Route | undefined
  readonly params: Readonly<Record<string, string>>
  /** Methods of routes with this path, for the answer when none of them is meant. */
  readonly methods: readonly string[]
}

function match(method: string, path: string): Match {
  const segments = path.split('/')
  const methods: string[] = []
  for (const route of ROUTES) {
    const params = paramsOf(route.path.split('/'), segments)
    if (params === undefined) continue
    if (route.method === method) return { route, params, methods }
    methods.push(route.method)
  }
  return { route: undefined, params: {}, methods }
}

function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith('{')) {
      try {
        params[part.slice(1, -1)] = decodeURIComponent(segment)
      } catch {
        return undefined
      }
      if (segment === '') return undefined
    } else if (part !== segment) return undefined
  }
  return params
}

function sendText(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  })
  response.end(body)
}

function sendProblem(response: ServerResponse, error: CheopsError): void {
  const { status, title, hint } = error.spec
  const { allow, ...meta } = error.meta
  if (Array.isArray(allow)) response.setHeader('Allow', allow.join(', '))
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="cheops admin"')
  // What is left of a body that was refused must not be taken for the next request.
  if (!response.req.complete) response.setHeader('Connection', 'close')
  const body = {
    type: `urn:cheops:problem:${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    hint,
    ...meta,
  }
  sendText(response, status, 'application/problem+json', `${JSON.stringify(body)}\n`)
}
