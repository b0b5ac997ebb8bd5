/**
 * What a file of a credential holds (`services[].credential`), read the same by the doctor, which says what is wrong with it,
 * and by whoever sends it. What is wrong is said without a word of the content: it is a secret.
 */

/** Kinds of credentials whose file is text: a token, `user:password`, or lines `Name: value`. */
export type CredentialText = 'bearer' | 'basic' | 'headers'

export type CredentialContent =
  | { readonly kind: 'bearer'; readonly token: string }
  /** `user:password`; the first colon divides them. */
  | { readonly kind: 'basic'; readonly userAndPassword: string }
  /** Names and values in turn. */
  | { readonly kind: 'headers'; readonly rawHeaders: readonly string[] }
  | { readonly kind: 'invalid'; readonly problem: string }

/** Bytes of a credential's file: many times the largest token we know of (Keystone, Kubernetes with groups). */
export const MAX_CREDENTIAL_BYTES = 65_536
/** Headers in one file. */
export const MAX_CREDENTIAL_HEADERS = 32

export function parseCredential(kind: CredentialText, text: string): CredentialContent {
  if (text.trim() === '') return invalid('it is empty')
  if (text.length > MAX_CREDENTIAL_BYTES) return invalid(`it has more than ${MAX_CREDENTIAL_BYTES} bytes`)
  switch (kind) {
    case 'bearer':
      return parseBearer(text.trim())
    case 'basic':
      return parseBasic(text.replace(/\r?\n$/, ''))
    case 'headers':
      return parseHeaders(text.split(/\r?\n/))
  }
}

function parseBearer(token: string): CredentialContent {
  return /^[\x21-\x7e]+$/.test(token)
    ? { kind: 'bearer', token }
    : invalid('a token is one line of visible characters, without "Bearer" before it')
}

function parseBasic(line: string): CredentialContent {
  // RFC 7617: no control characters; the user's name has no colon, and the password may have any number.
  // oxlint-disable-next-line no-control-regex
  if (/[\x00-\x1f\x7f]/.test(line)) return invalid('it must be one line, without control characters')
  return /^[^:]+:/.test(line) ? { kind: 'basic', userAndPassword: line } : invalid('it must be user:password')
}

/** Empty lines, and those that begin with "#", say nothing. */
function parseHeaders(lines: readonly string[]): CredentialContent {
  const rawHeaders: string[] = []
  const names = new Set<string>()
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? []
    if (!/^[\x20-\x7e\t]+$/.test(value)) return invalid(`line ${index + 1} must be "Name: value"`)
    const lower = name.toLowerCase()
    if (NOT_A_CREDENTIAL.has(lower) || lower.startsWith('cheops-')) {
      return invalid(`line ${index + 1} names a header that is no credential`)
    }
    if (names.has(lower)) return invalid(`line ${index + 1} names a header for the second time`)
    names.add(lower)
    rawHeaders.push(name, value)
  }
  if (rawHeaders.length === 0) return invalid('it names no header')
  if (names.size > MAX_CREDENTIAL_HEADERS) return invalid(`it names more than ${MAX_CREDENTIAL_HEADERS} headers`)
  return { kind: 'headers', rawHeaders }
}

function invalid(problem: string): CredentialContent {
  return { kind: 'invalid', problem }
}

/** Headers that say how a message is read, or what is asked: with one of these a file would change every request. */
const NOT_A_CREDENTIAL: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'upgrade',
  'te',
  'trailer',
  'transfer-encoding',
  'expect',
  'range',
  'content-length',
  'content-type',
  'content-encoding',
  'accept-encoding',
])
