import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** Items and orders are a few hundred bytes; what is larger by a factor of thousands is a mistake. */
const MAX_BODY_BYTES = 1 << 20
/** A stop waits this long for requests under way, then cuts them. */
const DRAIN_TIMEOUT_MS = 2_000

/** A request as the two applications see it. */
export interface JsonRequest {
  readonly method: string
  /** Decoded segments of the path: `/items/a%20b` is `['items', 'a b']`. */
  readonly path: readonly string[]
  readonly headers: IncomingHttpHeaders
  /** Aborted when the client goes away before it has its answer. */
  readonly signal: AbortSignal
  /** Reads the body as a JSON object; an `AppError` 400, 413 or 415 when it is none. */
  readonly body: () => Promise<JsonObject>
}

export type JsonObject = Readonly<Record<string, unknown>>

export interface JsonAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; without it the answer has no body. */
  readonly body?: unknown
}

/** What the application refuses: becomes an answer with this status and `{"error": message, …details}`. */
export class AppError extends Error {
  readonly status: number
  readonly details: JsonObject
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    message: string,
    details: JsonObject = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.name = 'AppError'
    this.status = status
    this.details = details
    this.headers = headers
  }
}

export interface RunningServer {
  readonly port: number
  /** Base URL without a slash at the end. */
  readonly url: string
  /** Ends idle connections at once, lets requests under way finish for a while, then cuts them. Idempotent. */
  readonly stop: () => Promise<void>
}

/**
 * Serves one handler over HTTP on one port.
 * @param options.port 0 takes any free port
 */
export async function startJsonServer(options: {
  readonly host: string
  readonly port: number
  readonly handle: (request: JsonRequest) => Promise<JsonAnswer> | JsonAnswer
}): Promise<RunningServer> {
  const server = createServer((req, res) => void serve(options.handle, req, res))
  // Node counts a connection that has not yet sent a request as busy; a stop must not wait for it.
  const silent = new Set<Socket>()
  server.on('connection', socket => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  server.prependListener('request', req => silent.delete(req.socket))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const { port } = server.address() as AddressInfo
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> =>
    new Promise(resolve => {
      const cut = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS)
      server.close(() => {
        clearTimeout(cut)
        resolve()
      })
      server.closeIdleConnections()
      for (const socket of silent) socket.destroy()
    })
  return { port, url: `http://${reachable(options.host)}:${port}`, stop: () => (stopped ??= stop()) }
}

/** An address that a client can use for a server that listens on `host`. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

async function serve(
  handle: (request: JsonRequest) => Promise<JsonAnswer> | JsonAnswer,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  res.once('close', () => {
    if (!res.writableFinished) gone.abort()
  })
  try {
    send(req, res, await handle(readRequest(req, gone.signal)))
  } catch (error) {
    if (gone.signal.aborted) return
    if (error instanceof AppError) {
      const { status, headers, details, message } = error
      send(req, res, { status, headers, body: { error: message, ...details } })
    } else {
      process.stderr.write(`${req.method} ${req.url}: ${error instanceof Error ? error.stack : String(error)}\n`)
      send(req, res, { status: 500, body: { error: 'The application failed; its log says why.' } })
    }
  }
}

function readRequest(req: IncomingMessage, signal: AbortSignal): JsonRequest {
  const { pathname } = new URL(req.url ?? '/', 'http://localhost')
  let path: string[]
  try {
    path = pathname
      .split('/')
      .filter(segment => segment !== '')
      .map(decodeURIComponent)
  } catch {
    throw new AppError(400, `The path ${pathname} is not percent-encoded correctly.`)
  }
  return { method: req.method ?? 'GET', path, headers: req.headers, signal, body: () => readObject(req) }
}

async function readObject(req: IncomingMessage): Promise<JsonObject> {
  // RFC 6902 bodies are lists of steps. Everything else is read as JSON, whatever it calls itself: curl -d says "form".
  if (req.headers['content-type']?.startsWith('application/json-patch+json') === true) {
    throw new AppError(415, 'PATCH takes a merge patch (RFC 7396), not a JSON patch.')
  }
  const chunks: Buffer[] = []
  let bytes = 0
  // Leaving the loop must not destroy the connection: the refusal below still has to go out on it.
  const incoming: AsyncIterable<Buffer> = req.iterator({ destroyOnReturn: false })
  for await (const chunk of incoming) {
    bytes += chunk.byteLength
    // The rest of the upload is not read, so the connection cannot be used again.
    if (bytes > MAX_BODY_BYTES) {
      throw new AppError(413, `A body has at most ${MAX_BODY_BYTES} bytes.`, {}, { connection: 'close' })
    }
    chunks.push(chunk)
  }
  let value: unknown
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    // What is nested so deeply that it could not be shown again is not taken either.
    JSON.stringify(value)
  } catch (error) {
    throw new AppError(400, `The body is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!isObject(value)) throw new AppError(400, 'The body must be a JSON object.')
  return value
}

/** Whether an outside value is a JSON object (no list, no null). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function send(req: IncomingMessage, res: ServerResponse, answer: JsonAnswer): void {
  if (answer.body === undefined) {
    res.writeHead(answer.status, answer.headers).end()
    return
  }
  const body = Buffer.from(JSON.stringify(answer.body) + '\n')
  res.writeHead(answer.status, {
    'content-type': 'application/json',
    'content-length': body.byteLength,
    ...answer.headers,
  })
  res.end(req.method === 'HEAD' ? undefined : body)
}

/**
 * Chooses what to do by method; HEAD is answered as GET without its body.
 * @throws AppError 405 with `Allow`
 */
export function byMethod(
  method: string,
  handlers: Readonly<Record<string, () => Promise<JsonAnswer> | JsonAnswer>>,
): Promise<JsonAnswer> | JsonAnswer {
  const handler = handlers[method === 'HEAD' ? 'GET' : method]
  if (handler !== undefined) return handler()
  const allow = Object.keys(handlers).join(', ')
  throw new AppError(405, `${method} is not offered here; ${allow} are.`, {}, { allow })
}
