/** `application/vnd.cheops.multi+json`: the answers of all members in one document. */
import { headerValue, headerValues } from '../core/resource/http-head.ts'
import type { ParsedBody } from '../ports/replication-glue.ts'

export const MULTI_MEDIA_TYPE = 'application/vnd.cheops.multi+json'

/** What one member has said. */
export interface MultiPart {
  readonly site: string
  /** As `Cheops-Sites` says it. */
  readonly state: string
  readonly answer:
    { readonly status: number; readonly rawHeaders: readonly string[]; readonly body: Uint8Array } | undefined
  readonly error: { readonly code: string; readonly message: string } | undefined
}

export function wantsMulti(rawHeaders: readonly string[]): boolean {
  return headerValues(rawHeaders, 'accept').some(value => mediaTypes(value).includes(MULTI_MEDIA_TYPE))
}

/** What the applications are asked for in its place: what else the client takes, or JSON. */
export function acceptOfParts(rawHeaders: readonly string[]): string {
  const others = headerValues(rawHeaders, 'accept')
    .flatMap(value => value.split(','))
    .filter(range => mediaTypes(range)[0] !== MULTI_MEDIA_TYPE)
  return others.length === 0 ? 'application/json' : others.map(range => range.trim()).join(', ')
}

/** A body stands as JSON (`body`), as text (`text`) or as bytes (`base64`). */
export function multiBody(parts: readonly MultiPart[], parse: (part: MultiPart) => ParsedBody): Uint8Array {
  const sites = parts.map(part => {
    const { site, state, answer, error } = part
    if (answer === undefined)
      return { site, state, ...(error && { error: { code: error.code, detail: error.message } }) }
    const { status, rawHeaders } = answer
    const headers = Object.fromEntries(
      TOLD_HEADERS.flatMap(name => {
        const value = headerValue(rawHeaders, name)
        return value === undefined ? [] : [[name, value]]
      }),
    )
    return { site, state, status, headers, ...contentOf(parse(part), answer.body) }
  })
  return new TextEncoder().encode(JSON.stringify({ sites }))
}

/** What describes a body, or leads to it. */
const TOLD_HEADERS = ['content-type', 'content-language', 'etag', 'last-modified', 'location', 'cheops-error']

function contentOf(parsed: ParsedBody, bytes: Uint8Array): Record<string, unknown> {
  if (bytes.length === 0) return {}
  if (parsed.is === 'json') return { body: parsed.value }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { base64: btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join('')) }
  }
}

function mediaTypes(accept: string): readonly string[] {
  return accept.split(',').map(range => range.split(';', 1)[0]?.trim().toLowerCase() ?? '')
}
