import type { IncomingMessage } from 'node:http'
import { CheopsError } from '../../errors.ts'
import { hasDotSegment } from '../../core/resource/dot-segment.ts'

/**
 * Refuses what node:http lets through but what an application, a proxy and Cheops might read in different ways (request
 * smuggling, path tricks). What passes is not changed: it goes on byte for byte.
 * @throws CheopsError ERR_REQUEST_INVALID, ERR_REQUEST_PATH, ERR_REQUEST_URL_TOO_LONG
 */
export function checkRequest(request: IncomingMessage, limits: { readonly urlBytes: number }): void {
  const target = request.url ?? ''
  if (target.length > limits.urlBytes) {
    throw new CheopsError(
      'ERR_REQUEST_URL_TOO_LONG',
      `the URL has ${target.length} bytes, more than ${limits.urlBytes}`,
    )
  }
  checkTarget(target, request.method ?? '')
  checkHost(request)
  checkFraming(request)
}

function checkTarget(target: string, method: string): void {
  if (target === '*') {
    if (method === 'OPTIONS') return
    throw new CheopsError('ERR_REQUEST_PATH', 'the target "*" is for OPTIONS only')
  }
  if (!target.startsWith('/')) {
    const authority = /^https?:\/\/([^/?]*)/i.exec(target)?.[1]
    if (authority === undefined) {
      throw new CheopsError('ERR_REQUEST_PATH', 'the target is neither a path nor an http:// URL')
    }
    if (authority.includes('@')) {
      throw new CheopsError('ERR_REQUEST_PATH', 'the URL carries user information; send it in a header')
    }
  }
  const query = target.indexOf('?')
  const path = query < 0 ? target : target.slice(0, query)
  if (target.includes('#')) throw new CheopsError('ERR_REQUEST_PATH', 'a request target has no fragment ("#")')
  if (path.includes('\\')) throw new CheopsError('ERR_REQUEST_PATH', 'the path contains a backslash')
  if (path.includes('%') && /%(?:00|(?![0-9A-Fa-f]{2}))/.test(path)) {
    throw new CheopsError('ERR_REQUEST_PATH', 'the path contains an encoded NUL or a "%" that encodes nothing')
  }
  if (hasDotSegment(path)) {
    throw new CheopsError('ERR_REQUEST_PATH', 'the path contains a "." or ".." segment; send the path that you mean')
  }
}

function checkHost(request: IncomingMessage): void {
  let hosts = 0
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] as string
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  if (hosts > 1) throw new CheopsError('ERR_REQUEST_INVALID', 'the request has more than one Host')
  const host = request.headers.host
  if (host === undefined && request.httpVersionMinor > 0) {
    throw new CheopsError('ERR_REQUEST_INVALID', 'the request has no Host')
  }
  if (host !== undefined && host !== '' && !/^[A-Za-z0-9._~!$&'()*+,;=%:[\]-]+$/.test(host)) {
    throw new CheopsError('ERR_REQUEST_INVALID', 'the Host of the request is no host')
  }
}

function checkFraming(request: IncomingMessage): void {
  const encoding = request.headers['transfer-encoding']
  if (encoding === undefined) return
  if (request.httpVersionMinor === 0) {
    throw new CheopsError('ERR_REQUEST_INVALID', 'HTTP/1.0 knows no Transfer-Encoding')
  }
  if (encoding.toLowerCase() !== 'chunked') {
    throw new CheopsError('ERR_REQUEST_INVALID', 'the only Transfer-Encoding that is taken is "chunked"')
  }
}

/**
 * Whether the request is to be treated as an upgrade. h2c would take the connection out of HTTP/1.1 between the hops, and a
 * request with a body cannot be told apart from the new protocol's first bytes: both are served as ordinary requests.
 */
export function isUpgrade(request: IncomingMessage): boolean {
  const { upgrade, connection } = request.headers
  if (upgrade === undefined || connection === undefined || !/\bupgrade\b/i.test(connection)) return false
  if (/\bh2c\b/i.test(upgrade)) return false
  const length = request.headers['content-length']
  return request.headers['transfer-encoding'] === undefined && (length === undefined || length === '0')
}
