import { request } from 'node:http'

/** Longer than any wait of an agent that a step can run into (dial 5 s, connect 5 s), shorter than a reader's patience. */
const ANSWER_TIMEOUT_MS = 20_000
/** An answer in the tour is a few hundred bytes. */
const MAX_ANSWER_BYTES = 1 << 20

/** One request to a service, by way of some site's agent. */
export interface Ask {
  /** Site whose agent is asked. */
  readonly at: string
  readonly service: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path at the service, beginning with a slash. */
  readonly path: string
  /** Value of the header `Cheops-Scope`; without it the request is for the site's own instance. */
  readonly scope?: string
  /** Waits so many seconds until the other members have it. */
  readonly waits?: number
  /** Sent as JSON. */
  readonly body?: unknown
}

export interface Answer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON, or the text as it came. */
  readonly body: unknown
}

/**
 * Sends a request and reads the whole answer.
 * @param url base URL of the service at the agent, without a slash at the end
 * @throws Error when there is no whole answer; its message says why
 */
export function send(url: string, ask: Ask, timeoutMs = ANSWER_TIMEOUT_MS): Promise<Answer> {
  const body = ask.body === undefined ? undefined : Buffer.from(JSON.stringify(ask.body))
  const headers = {
    ...(ask.scope === undefined ? {} : { 'Cheops-Scope': ask.scope }),
    ...(ask.waits === undefined ? {} : { Prefer: `wait=${String(ask.waits)}` }),
    ...(body === undefined ? {} : { 'Content-Type': contentTypeOf(ask.method), 'Content-Length': body.byteLength }),
  }
  return new Promise((resolve, reject) => {
    // A connection of its own for each: a site that comes back must not be met by a connection of its former life.
    const call = request(url + ask.path, {
      method: ask.method,
      headers,
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
    })
    call.on('error', reject)
    call.on('response', response => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.byteLength
        if (bytes > MAX_ANSWER_BYTES) response.destroy(new Error(`more than ${MAX_ANSWER_BYTES} bytes`))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)])
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(headers) as Record<string, string>,
          body: parse(Buffer.concat(chunks).toString('utf8')),
        })
      })
    })
    call.end(body)
  })
}

/** A PATCH says in its media type what its body means. */
function contentTypeOf(method: Ask['method']): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The same request as a command to paste. */
export function curl(url: string, { method, path, scope, waits, body }: Ask): string {
  const words = ['curl -s']
  if (method !== 'GET' && !(method === 'POST' && body !== undefined)) words.push(`-X ${method}`)
  if (scope !== undefined) words.push(`-H ${quote(`Cheops-Scope: ${scope}`)}`)
  if (waits !== undefined) words.push(`-H ${quote(`Prefer: wait=${String(waits)}`)}`)
  if (method === 'PATCH') words.push(`-H ${quote(`Content-Type: ${contentTypeOf(method)}`)}`)
  words.push(url + path)
  if (body !== undefined) words.push(`-d ${quote(JSON.stringify(body))}`)
  return words.join(' ')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
