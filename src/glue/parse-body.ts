import { isObject } from '../core/resource/json-object.ts'
import { headerValue } from '../core/resource/http-head.ts'
import type { ParsedBody } from '../ports/replication-glue.ts'
import { parseJson } from './json.ts'

/** The media type of a body, small letters and without parameters; undefined where the head does not say. */
export function mediaTypeOf(rawHeaders: readonly string[]): string | undefined {
  return headerValue(rawHeaders, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase()
}

/** `application/json`, and what is built on it (RFC 6839): `application/merge-patch+json`. */
function isJsonType(mediaType: string): boolean {
  return /^(application|text)\/([^/]+\+)?json$/.test(mediaType)
}

/** One for all: to make one costs more than to read a small body. */
const UTF_8 = new TextDecoder('utf-8', { fatal: true })

/** What `curl -d` says of anything that it sends. */
const FORM_TYPE = 'application/x-www-form-urlencoded'

/** Server-side apply, whose YAML is JSON where `kubectl` and its libraries send it. */
const APPLY_TYPE = 'application/apply-patch+yaml'

/** Bodies up to so many bytes are kept as they were read for as long as the bytes themselves are. */
const MAX_KEPT_BYTES = 4096

/** On the way of a request its body is read several times, and by members each time that they compare with what was written. */
const readBefore = new WeakMap<Uint8Array, { readonly type: string | undefined; readonly parsed: ParsedBody }>()

/**
 * A body as far as we can look into it: JSON in UTF-8, not compressed. One without a Content-Type is JSON if it can be read as such, and so is
 * an object that claims to be a form: no form reads as one, and applications that look at the body alone take it. So is an object in
 * a server-side apply. Never throws. Neither the bytes nor what they say may be changed afterwards.
 */
export function parseBody(rawHeaders: readonly string[], bytes: Uint8Array): ParsedBody {
  const opaque = (why: string): ParsedBody => ({ is: 'opaque', bytes, why })
  if (bytes.length === 0) return opaque('is empty')
  const coding = headerValue(rawHeaders, 'content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (coding !== 'identity' && coding !== '') return opaque(`is compressed (${printable(coding)})`)
  const type = mediaTypeOf(rawHeaders)
  if (bytes.length > MAX_KEPT_BYTES) return parsePlain(type, bytes)
  const known = readBefore.get(bytes)
  if (known !== undefined && known.type === type) return known.parsed
  const parsed = parsePlain(type, bytes)
  readBefore.set(bytes, { type, parsed })
  return parsed
}

function parsePlain(type: string | undefined, bytes: Uint8Array): ParsedBody {
  const opaque = (why: string): ParsedBody => ({ is: 'opaque', bytes, why })
  const isPerhaps = type === FORM_TYPE || type === APPLY_TYPE
  const notJson = `is not JSON (${printable(type ?? '')})`
  if (type !== undefined && type !== '' && !isJsonType(type) && !isPerhaps) return opaque(notJson)
  try {
    const value = parseJson(UTF_8.decode(bytes))
    return isPerhaps && !isObject(value) ? opaque(notJson) : { is: 'json', value }
  } catch {
    return opaque(isPerhaps ? notJson : 'is not valid JSON')
  }
}

/** For a sentence that a client reads. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 64)
}
