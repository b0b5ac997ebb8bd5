import type { IncomingMessage } from 'node:http'

/**
 * Copies heads of messages from one hop to the next: names, order, case, duplicates and bytes of the values stay, what
 * belongs to the hop alone (RFC 9110, 7.6.1) goes. One pass, no regular expressions.
 */

const HOP_REQUEST = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'upgrade'])
/** The same where an upgrade is asked for, or given: what does that stays. */
const HOP_UPGRADE = new Set(['keep-alive', 'proxy-connection', 'proxy-authorization'])
const HOP_ANSWER = new Set(['connection', 'keep-alive', 'proxy-connection'])

/** Without these a message would be read in another way than it was sent: `Connection: content-length` removes nothing. */
const NEVER_NAMED = new Set(['host', 'content-length', 'transfer-encoding', 'trailer', 'te', 'close'])

const KEEP_ALIVE = new Set(['keep-alive', 'Keep-Alive', 'close'])

const NOTHING: ReadonlySet<string> = new Set()

/**
 * @param drop further names to leave out, lower case
 * @param add names and values in turn
 */
export function requestHeaders(
  rawHeaders: readonly string[],
  drop: ReadonlySet<string>,
  add: readonly string[],
): string[] {
  const named = namedByConnection(rawHeaders)
  const headers: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    const lower = name.toLowerCase()
    if (HOP_REQUEST.has(lower) || named.has(lower) || drop.has(lower) || isIdentity(lower)) continue
    headers.push(name, rawHeaders[i + 1] as string)
  }
  for (const each of add) headers.push(each)
  return headers
}

/** Who a client is, as an authenticating proxy tells the application behind it: from a client itself it would be a forgery. */
function isIdentity(lower: string): boolean {
  if (lower[0] !== 'x' || !lower.startsWith('remote', 2)) return false
  // Servers that make variables of headers take both for the same (CGI, WSGI).
  return isJoint(lower[1]) && isJoint(lower[8])
}

function isJoint(letter: string | undefined): boolean {
  return letter === '-' || letter === '_'
}

/** Trailers of a request as node:http takes them: some applications read them as headers. */
export function requestTrailers({ rawTrailers }: IncomingMessage): [string, string][] {
  return pairs(rawTrailers).filter(([name]) => !isIdentity(name.toLowerCase()))
}

/** The same for a request that asks for an upgrade: what asks for it stays. */
export function upgradeHeaders(
  rawHeaders: readonly string[],
  drop: ReadonlySet<string>,
  add: readonly string[],
): string[] {
  const headers: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    const lower = name.toLowerCase()
    if (HOP_UPGRADE.has(lower) || drop.has(lower) || isIdentity(lower)) continue
    headers.push(name, rawHeaders[i + 1] as string)
  }
  for (const each of add) headers.push(each)
  return headers
}

/** Whether a header, however it is written, is not to be passed on. */
export type Strips = (name: string) => boolean

/** What Cheops says to clients: an application that says the like is not believed. */
export function isOwnHeader(name: string): boolean {
  return name.length > 7 && name.slice(0, 7).toLowerCase() === 'cheops-'
}

/** The head of an answer that gives the upgrade that was asked for. */
export function upgradeAnswerHeaders(rawHeaders: readonly string[], strips: Strips, add: readonly string[]): string[] {
  const headers: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (HOP_UPGRADE.has(name.toLowerCase()) || strips(name)) continue
    headers.push(name, rawHeaders[i + 1] as string)
  }
  for (const each of add) headers.push(each)
  return headers
}

/**
 * @param strips names that the one who answers may not say
 * @param toHttp10 whether the client speaks HTTP/1.0, which knows no chunks: its answer ends with the connection
 */
export function answerHeaders(
  rawHeaders: readonly string[],
  strips: Strips,
  add: readonly string[],
  toHttp10: boolean,
): string[] {
  const headers: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    const lower = name.toLowerCase()
    if (HOP_ANSWER.has(lower) || (toHttp10 && lower === 'transfer-encoding') || strips(name)) continue
    headers.push(name, rawHeaders[i + 1] as string)
  }
  for (const each of add) headers.push(each)
  return headers
}

function namedByConnection(rawHeaders: readonly string[]): ReadonlySet<string> {
  let named: Set<string> | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue
    const value = rawHeaders[i + 1] as string
    if (KEEP_ALIVE.has(value)) continue // as nearly always: names nothing
    for (const token of value.split(',')) {
      const lower = token.trim().toLowerCase()
      if (!NEVER_NAMED.has(lower) && !lower.startsWith('cheops-')) (named ??= new Set()).add(lower)
    }
  }
  return named ?? NOTHING
}

/** Whether the request announces a body (RFC 9112, 6.3). */
export function hasBody(request: IncomingMessage): boolean {
  const { headers } = request
  if (headers['transfer-encoding'] !== undefined) return true
  return headers['content-length'] !== undefined && headers['content-length'] !== '0'
}

const METHODS_WITHOUT_BODY = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'])

/** Node would send a POST without a length as chunked: it needs the length said. */
export function needsLength(request: IncomingMessage): boolean {
  return (
    !METHODS_WITHOUT_BODY.has(request.method ?? 'GET') &&
    request.headers['content-length'] === undefined &&
    request.headers['transfer-encoding'] === undefined
  )
}

/**
 * Makes the head of a request fit a body that is known as a whole: chunks stay chunks, another length takes the place of the
 * old one. The client has been told to continue, if it asked.
 * @param needsLength whether the length is said even where there is no body
 */
export function frameKnownBody(rawHeaders: string[], length: number, needsLength: boolean): void {
  let isFramed = false
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    const lower = (rawHeaders[i] as string).toLowerCase()
    if (lower === 'expect') rawHeaders.splice(i, 2)
    else if (lower === 'transfer-encoding') isFramed = true
    else if (lower === 'content-length') {
      rawHeaders[i + 1] = String(length)
      isFramed = true
    }
  }
  if (!isFramed && (length > 0 || needsLength)) rawHeaders.push('Content-Length', String(length))
}

/** Gives the Host header another value, in its place. A request has one at most (request-checks). */
export function replaceHost(rawHeaders: string[], host: string): void {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length === 4 && name.toLowerCase() === 'host') rawHeaders[i + 1] = host
  }
}

/** As `replaceHost`, for an application: what the client has said it learns as other proxies tell it. */
export function withSaidHost(rawHeaders: readonly string[], host: string): string[] {
  const headers = [...rawHeaders]
  let said: string | undefined
  let isForwarded = false
  for (let i = 0; i < headers.length; i += 2) {
    const lower = (headers[i] as string).toLowerCase()
    if (lower === 'host') said = headers[i + 1]
    isForwarded ||= lower === FORWARDED_HOST
  }
  if (said === host) return headers
  // HTTP/1.0 need not say it.
  if (said === undefined) return ['Host', host, ...headers]
  replaceHost(headers, host)
  if (!isForwarded) headers.push('X-Forwarded-Host', said)
  return headers
}
const FORWARDED_HOST = 'x-forwarded-host'

/** Trailers as node:http takes them: pairs, less what may not be said. */
export function trailersOf(answer: IncomingMessage, strips: Strips): [string, string][] {
  return pairs(answer.rawTrailers).filter(([name]) => !strips(name))
}

function pairs(raw: readonly string[]): [string, string][] {
  const result: [string, string][] = []
  for (let i = 0; i < raw.length; i += 2) result.push([raw[i] as string, raw[i + 1] as string])
  return result
}
