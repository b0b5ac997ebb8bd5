import http from 'node:http'
import https from 'node:https'
import type { KindDefinition } from './definition.ts'
import { statusMeant } from './errors.ts'

/** A request to a running instance. */
export interface InstanceRequest {
  readonly method: string
  readonly url: string
  /** A text goes as it is, anything else as JSON; undefined: none. */
  readonly body: unknown
  /** What is wanted, credentials and conditions; names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  /** Media type of a body as JSON, where it is not the plain one. */
  readonly type?: string | undefined
  /** Which answers mean an error, whatever their status says. */
  readonly errors: NonNullable<KindDefinition['errors']>
  /** Authority (PEM) of its certificate, where that is none of those that Node knows. */
  readonly ca?: Uint8Array | undefined
}

/** What came back, read as a whole. */
export interface Answer {
  /** That it means. */
  readonly status: number
  readonly rawHeaders: readonly string[]
  readonly bytes: Uint8Array
  readonly location: string | null
  /** JSON where it is any, else the text. */
  readonly body: unknown
}

/** A running instance answers a probe in seconds, or somebody should look at it first. */
const DEFAULT_TIMEOUT_MS = 15_000
/** Lists and resources that are read to be understood; a larger one is not. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/**
 * Asks once, follows nothing, as a client without a browser: what `fetch` says of itself (`Sec-Fetch-Mode`) makes some applications look for the
 * site that a page is of, and refuse. Throws what says that no answer came, a time-out and an answer that is too large among it: `reasonOf` says why.
 */
export async function ask(
  { method, url, body, headers: given, type, errors, ca }: InstanceRequest,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<Answer> {
  const headers: Record<string, string> = { 'content-type': 'text/plain', ...given }
  if (body === undefined) delete headers['content-type']
  else if (typeof body !== 'string') headers['content-type'] = type ?? 'application/json'
  const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await open(url, { method, headers, signal, ...(ca && { ca: Buffer.from(ca) }) }, sent)
  const bytes = await readBytes(response).catch((error: unknown) => {
    // Of what is torn by the time-out Node says that it was reset.
    throw signal.aborted ? signal.reason : error
  })
  const { statusCode = 0, rawHeaders } = response
  return {
    status: statusMeant(errors, method, statusCode, rawHeaders, bytes),
    rawHeaders,
    bytes,
    location: response.headers.location ?? null,
    body: jsonOf(bytes),
  }
}

/** Resolves with the head of the answer, its body unread. */
function open(url: string, options: https.RequestOptions, body: string | undefined): Promise<http.IncomingMessage> {
  const { request: start } = URL.parse(url)?.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    start(url, { agent: false, ...options }, resolve)
      .on('error', reject)
      // Where it was answered it is settled by then.
      .on('close', () => reject(new Error('the connection was closed without an answer')))
      .end(body)
  })
}

/** Why there is no answer, in a word or a sentence; of one that was not in time the cause has the better words. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof Error) return cause.message
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return /CERT|SIGNATURE/.test(error.code)
      ? `its certificate is not trusted, ${error.code}: give its authority with --ca-file`
      : error.code
  return error instanceof Error ? error.message : 'unknown error'
}

async function readBytes(response: http.IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function jsonOf(bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes)
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
