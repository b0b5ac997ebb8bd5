/**
 * What node:http accepts and Cheops does not, since applications, proxies and Cheops might read it in different ways; and what
 * looks odd but passes as it is. That the same is refused on the wire is shown in integration/ingress/smuggling.test.ts.
 */
import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { checkRequest, isUpgrade } from '../../../../src/adapters/http/request-checks.ts'
import { CheopsError } from '../../../../src/errors.ts'

/** The parts of a request that are looked at, as node:http would give them. */
function request(given: {
  url?: string
  method?: string
  minor?: number
  headers?: readonly string[]
}): IncomingMessage {
  const raw = given.headers ?? ['Host', 'h']
  const headers: Record<string, string> = {}
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase()
    headers[name] = headers[name] === undefined ? (raw[i + 1] as string) : `${headers[name]}, ${raw[i + 1]}`
  }
  const { url = '/', method = 'GET', minor = 1 } = given
  return { url, method, httpVersionMinor: minor, rawHeaders: raw, headers } as unknown as IncomingMessage
}

function verdict(given: Parameters<typeof request>[0], urlBytes = 100): string {
  try {
    checkRequest(request(given), { urlBytes })
    return 'passes'
  } catch (error) {
    if (error instanceof CheopsError) return error.code
    throw error
  }
}

describe('targets', () => {
  test.each([
    '/',
    '//',
    '/a//b',
    '/a/b?c=../d&e=%00#'.slice(0, -1),
    '/a%2Fb',
    '/...',
    '/.hidden/a.b',
    '/a..b/..c/d..',
    '/%2e%2e%2e/',
    '/~{A:%20s1||s2}/x',
    '/a;b=c/d',
    'http://h:1/a',
    'HTTPS://h/',
    'http://h/a@b?c@d',
  ])('%s passes', url => {
    expect(verdict({ url })).toBe('passes')
  })

  test.each([
    '/..',
    '/../',
    '/a/../b',
    '/a/.',
    '/./a',
    '/a/%2e%2e/b',
    '/a/.%2E/b',
    '/a%2f..%2fb',
    '/a%5C..%5Cb',
    '/a/..;x=1/b',
    '/a/..%3bx'.replace('%3b', ';'),
    '/a\\b',
    '/a%00b',
    '/a%',
    '/a%2',
    '/a%zz',
    '/a#b',
    'http://h/../a',
    'foo://h/a',
    'http://u:p@h/a',
    'http://u@h',
    '*',
    '',
  ])('%s is refused', url => {
    expect(verdict({ url })).toBe('ERR_REQUEST_PATH')
  })

  test('"*" is for OPTIONS', () => {
    expect(verdict({ url: '*', method: 'OPTIONS' })).toBe('passes')
  })

  test('the length at the bound and one beyond', () => {
    expect(verdict({ url: `/${'a'.repeat(99)}` })).toBe('passes')
    expect(verdict({ url: `/${'a'.repeat(100)}` })).toBe('ERR_REQUEST_URL_TOO_LONG')
  })
})

describe('Host', () => {
  test.each(['h', 'h:80', 'a.b-c_d:1', '[::1]:80', '127.0.0.1', 'xn--bcher-kva.example', ''])('%j passes', host => {
    expect(verdict({ headers: ['Host', host] })).toBe('passes')
  })

  test.each(['u@h', 'h/x', 'h x', 'h?x', 'h#x', 'h\\x', 'h"', '<h>', 'h\x7f', 'b\xfccher'])('%j is refused', host => {
    expect(verdict({ headers: ['Host', host] })).toBe('ERR_REQUEST_INVALID')
  })

  test('none at all is for HTTP/1.0', () => {
    expect(verdict({ headers: [] })).toBe('ERR_REQUEST_INVALID')
    expect(verdict({ headers: [], minor: 0 })).toBe('passes')
  })

  test('two of them are refused, also when they are equal', () => {
    expect(verdict({ headers: ['Host', 'h', 'hOST', 'h'] })).toBe('ERR_REQUEST_INVALID')
  })
})

describe('Transfer-Encoding', () => {
  test.each([
    ['chunked', 1, 'passes'],
    ['Chunked', 1, 'passes'],
    ['gzip, chunked', 1, 'ERR_REQUEST_INVALID'],
    ['chunked, chunked', 1, 'ERR_REQUEST_INVALID'],
    ['identity', 1, 'ERR_REQUEST_INVALID'],
    ['xchunked', 1, 'ERR_REQUEST_INVALID'],
    ['', 1, 'ERR_REQUEST_INVALID'],
    ['chunked', 0, 'ERR_REQUEST_INVALID'],
  ])('%j in HTTP/1.%d: %s', (encoding, minor, expected) => {
    expect(verdict({ minor, headers: ['Host', 'h', 'Transfer-Encoding', encoding] })).toBe(expected)
  })
})

describe('what is an upgrade', () => {
  test.each([
    [['Connection', 'Upgrade', 'Upgrade', 'websocket'], true],
    [['Connection', 'keep-alive, upgrade', 'Upgrade', 'SPDY/3.1', 'Content-Length', '0'], true],
    [['Connection', 'Upgrade', 'Upgrade', 'anything/2'], true],
    [['Upgrade', 'websocket'], false],
    [['Connection', 'Upgrade'], false],
    [['Connection', 'keep-alive', 'Upgrade', 'websocket'], false],
    [['Connection', 'Upgrade, HTTP2-Settings', 'Upgrade', 'h2c'], false],
    [['Connection', 'Upgrade', 'Upgrade', 'websocket', 'Content-Length', '5'], false],
    [['Connection', 'Upgrade', 'Upgrade', 'websocket', 'Transfer-Encoding', 'chunked'], false],
  ])('%j: %s', (headers, expected) => {
    expect(isUpgrade(request({ headers }))).toBe(expected)
  })
})
