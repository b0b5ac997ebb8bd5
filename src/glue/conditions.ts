import { headerValue, type RequestHead } from '../core/resource/http-head.ts'
import type { ConditionalRequest, ParsedBody, ReadAnswer, UnconditionalRequest } from '../ports/replication-glue.ts'
import { compiledKind, type CompiledGlue } from './compile.ts'
import { mediaTypeOf } from './parse-body.ts'
import { pointerGet, pointerSet, withoutPointers } from './pointer.ts'

/** Preconditions of HTTP (RFC 9110, 13.1) and WebDAV (RFC 4918, 10.4). */
const PRECONDITIONS: ReadonlySet<string> = new Set([
  'if',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
])

/** What a body cannot be understood without. */
const BODY_HEADERS = ['content-type', 'content-encoding', 'content-language']

/** A definition's headers that may not be stored, and why. */
export function whyNotStored(header: string): string | undefined {
  const name = header.toLowerCase()
  if (/^(proxy-)?authorization$|^cookie2?$|^x[-_]remote[-_]|^x-auth-token$|^x-subject-token$/.test(name)) {
    return 'credentials stand in services[].credential, for what runs later or by itself'
  }
  if (PRECONDITIONS.has(name)) return 'preconditions hold at one site and one time, and are never stored'
  if (/^(connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|host|content-length|proxy-.*)$/.test(name)) {
    return 'it belongs to one connection'
  }
  if (name === 'content-range') return 'what has it is a part of a body, and is not replicated'
  if (/^cheops-|^(idempotency-key|prefer|baggage|traceparent|tracestate)$/.test(name))
    return 'it is for Cheops, not for the application'
  return undefined
}

/** Headers that a definition may not have the agent say, and why. */
export function whyNotSaid(header: string): string | undefined {
  const name = header.toLowerCase()
  if (/^content-|^(accept-encoding|range)$/.test(name))
    return 'it says how one body is sent, which differs from request to request'
  return whyNotStored(name)
}

/** What describes the body, and `listed` (small letters), in their order; names in small letters. */
export function storedHeaders(head: RequestHead, listed: ReadonlySet<string>): (readonly [string, string])[] {
  return pairsOf(head.rawHeaders)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => BODY_HEADERS.includes(name) || listed.has(name))
}

/** The request without its preconditions; the body is the same object where it had none. */
export function withoutConditions(
  glue: CompiledGlue,
  kindName: string,
  head: RequestHead,
  body: ParsedBody,
): UnconditionalRequest {
  const rawHeaders = pairsOf(head.rawHeaders).flatMap(pair => (PRECONDITIONS.has(pair[0].toLowerCase()) ? [] : pair))
  const conditions = compiledKind(glue, kindName)?.traits.conditions
  if (body.is === 'opaque' || conditions?.in !== 'body') return { rawHeaders, body }
  const { value } = body
  const isJsonPatch = mediaTypeOf(head.rawHeaders) === 'application/json-patch+json'
  if (isJsonPatch && Array.isArray(value)) {
    const kept = value.filter(step => !conditions.at.some(at => isAtOrBelow(pointerGet(step, '/path'), at)))
    return { rawHeaders, body: kept.length === value.length ? body : { is: 'json', value: kept } }
  }
  const there = conditions.at.filter(at => pointerGet(value, at) !== undefined)
  return { rawHeaders, body: there.length === 0 ? body : { is: 'json', value: withoutPointers(value, there) } }
}

/** A replace on the condition that the application still has what was read; see the port. */
export function withCondition(
  glue: CompiledGlue,
  kindName: string,
  body: ParsedBody,
  read: ReadAnswer,
): ConditionalRequest {
  const conditions = compiledKind(glue, kindName)?.traits.conditions
  if (conditions?.in === 'if-match') {
    // A weak tag never matches (RFC 9110, 13.1.1).
    const tag = headerValue(read.rawHeaders, 'etag')
    return { headers: tag?.startsWith('"') === true ? [['if-match', tag]] : [], body }
  }
  if (conditions?.in !== 'body' || body.is === 'opaque' || read.body.is === 'opaque') return { headers: [], body }
  let { value } = body
  for (const at of conditions.at) {
    const version = pointerGet(read.body.value, at)
    if (version !== undefined) value = pointerSet(value, at, version)
  }
  return { headers: [], body: value === body.value ? body : { is: 'json', value } }
}

/** A step of a JSON patch at the place of a version, or within it, tests or sets that version. */
function isAtOrBelow(path: unknown, at: string): boolean {
  return typeof path === 'string' && (path === at || path.startsWith(`${at}/`))
}

function pairsOf(rawHeaders: readonly string[]): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) pairs.push([rawHeaders[i] as string, rawHeaders[i + 1] as string])
  return pairs
}
