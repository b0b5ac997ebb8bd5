/**
 * What could be read as one request by Cheops and as another by the application is refused with 400, once, the connection
 * ends, and the application sees nothing of it: not of the request, nor of what is hidden behind it.
 */
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { setUpChains, WAYS } from '../../support/chain.ts'
import { bodyOfMessage, isWhole } from '../../support/raw-http.ts'

const { chain } = setUpChains()

const HIDDEN = 'GET /app/hidden HTTP/1.1\r\nHost: h\r\n\r\n'

describe.each(WAYS)('$way', ({ scope }) => {
  const post = (headers: string, body = ''): string =>
    `POST /app/x HTTP/1.1\r\nHost: h\r\n${scope}${headers}\r\n\r\n${body}`
  const get = (target: string, headers = 'Host: h'): string => `GET ${target} HTTP/1.1\r\n${headers}\r\n${scope}\r\n`

  test.each([
    ['a length and chunks', post('Content-Length: 5\r\nTransfer-Encoding: chunked', `0\r\n\r\n${HIDDEN}`)],
    ['chunks and a length', post('Transfer-Encoding: chunked\r\nContent-Length: 5', `0\r\n\r\n${HIDDEN}`)],
    ['two lengths', post('Content-Length: 0\r\nContent-Length: 40', HIDDEN)],
    ['two equal lengths', post('Content-Length: 0\r\nContent-Length: 0', HIDDEN)],
    ['a list of lengths', post('Content-Length: 0, 40', HIDDEN)],
    ['a length with a sign', post('Content-Length: +0', HIDDEN)],
    ['a length in hexadecimal', post('Content-Length: 0x0', HIDDEN)],
    ['a length with a space in it', post('Content-Length: 0 5', HIDDEN)],
    ['a length that is negative', post('Content-Length: -1', HIDDEN)],
    ['two encodings in one', post('Transfer-Encoding: gzip, chunked', `0\r\n\r\n${HIDDEN}`)],
    ['two encodings in two', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', `0\r\n\r\n${HIDDEN}`)],
    ['chunked twice', post('Transfer-Encoding: chunked, chunked', `0\r\n\r\n${HIDDEN}`)],
    ['an encoding that is nearly one', post('Transfer-Encoding: xchunked', `0\r\n\r\n${HIDDEN}`)],
    ['an encoding behind a tab', post('Transfer-Encoding:\tx chunked', `0\r\n\r\n${HIDDEN}`)],
    ['a space before the colon', post('Transfer-Encoding : chunked', `0\r\n\r\n${HIDDEN}`)],
    ['a folded header', post('X-A: 1\r\n Transfer-Encoding: chunked', `0\r\n\r\n${HIDDEN}`)],
    ['a bare LF', get('/app/x', 'Host: h\nX-A: 1')],
    ['a bare CR', get('/app/x', 'Host: h\r\nX-A: 1\rX-B: 2')],
    ['NUL in a header', get('/app/x', 'Host: h\r\nX-A: a\x00b')],
    ['a control character in a header', get('/app/x', 'Host: h\r\nX-A: a\x0bb')],
    ['a header without a name', get('/app/x', 'Host: h\r\n: 1')],
    ['a header without a colon', get('/app/x', 'Host: h\r\nX-A')],
    ['two Hosts', get('/app/x', 'Host: h\r\nHost: other')],
    ['no Host', get('/app/x', 'X: 1')],
    ['a Host with user information', get('/app/x', 'Host: u@h')],
    ['a Host with a path', get('/app/x', 'Host: h/x')],
    ['chunks in HTTP/1.0', post('Transfer-Encoding: chunked', `0\r\n\r\n${HIDDEN}`).replace('HTTP/1.1', 'HTTP/1.0')],
    ['a target that goes up', get('/app/../x')],
    ['a target that goes up, encoded', get('/app/%2e%2E/x')],
    ['a target that goes up behind an encoded slash', get('/app/..%2fx')],
    ['a target with a parameter behind dots', get('/app/..;a=b/x')],
    ['a backslash', get('/app\\..\\x')],
    ['an encoded NUL', get('/app/a%00b')],
    ['a fragment', get('/app/x#y')],
    ['"*" for GET', get('*')],
    ['another scheme', get('ftp://h/app/x')],
    ['user information in the URL', get('http://u:p@app/x')],
    ['an encoding that is none', get('/app/%zz')],
    ['a method that is none', get('/app/x').replace('GET', 'G@T')],
    ['a version that is none', get('/app/x').replace('HTTP/1.1', 'HTTP/3.7')],
    ['a request line with a space too many', get('/app/x').replace('GET ', 'GET  /a ')],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS on a plain port', '\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00'],
    ['anything', `${'\x00\xff'.repeat(5_000)}\r\n\r\n`],
  ])('%s', async (_what, bytes) => {
    const { app, client } = await chain((socket, got) => {
      if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    })
    const { received } = await client().send(bytes).toEnd()
    // One answer, and the end.
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400'])
    expect(received).toMatch(/\r\nConnection: close\r\n/)
    expect(JSON.parse(bodyOfMessage(received))).toMatchObject({
      code: expect.stringMatching(/^ERR_REQUEST_/) as string,
    })
    expect(app.received).toEqual([])
  })

  test('garbage behind a request does not touch its answer, and ends the connection', async () => {
    const { app, client } = await chain(() => {})
    const one = client().send(`${get('/app/x')}\x00garbage\r\n\r\n`)
    while (!isWhole(app.received[0] ?? '')) await setImmediate()
    app.sockets[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    const { received } = await one.toEnd()
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200'])
    expect(received).toMatch(/\r\nConnection: close\r\n/)
    expect(received).toMatch(/ok$/)
    expect(app.received).toHaveLength(1)
  })

  test('a body cannot be taken for a request, whatever stands in it', async () => {
    const { app, client } = await chain((socket, got) => {
      if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    })
    await client()
      .send(post(`Content-Length: ${HIDDEN.length}`, HIDDEN))
      .until(isWhole, 'the answer')
    expect(app.received).toHaveLength(1)
    expect(bodyOfMessage(app.received[0] ?? '')).toBe(HIDDEN)
  })

  test('CONNECT is 405, with what to do', async () => {
    const { app, client } = await chain(() => {})
    const { received } = await client().send(`CONNECT app:443 HTTP/1.1\r\nHost: app:443\r\n${scope}\r\n`).toEnd()
    expect(received).toMatch(/^HTTP\/1\.1 405 /)
    expect(received).toMatch(/\r\nAllow: /)
    expect(JSON.parse(bodyOfMessage(received))).toMatchObject({ code: 'ERR_REQUEST_CONNECT' })
    expect(app.received).toEqual([])
  })

  test('headers between agents that a client writes itself go nowhere', async () => {
    const { app, client } = await chain((socket, got) => {
      if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    })
    await client()
      .send(
        get('/app/x', 'Host: h\r\nCheops-Service: other\r\nCheops-Hops: 99\r\nConnection: Cheops-Scope, X-A\r\nX-A: 1'),
      )
      .until(isWhole, 'the answer')
    expect(app.received[0]).not.toMatch(/cheops-(service|hops|scope):|x-a/i)
  })

  test('what looks odd but can be read in one way only passes as it is', async () => {
    const { app, client } = await chain((socket, got) => {
      if (isWhole(got.slice(got.lastIndexOf('GET ')))) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    })
    const targets = [
      '//a//b/',
      '/a%2Fb',
      '/...',
      '/.a',
      '/{a}|b?c=../d&#'.slice(0, -1),
      '/~x;y=1',
      '/a;b',
      '/%25%32%65',
    ]
    for (const target of targets)
      await client()
        .send(get(`/app${target}`))
        .until(isWhole, 'the answer')
    const lines = app.received.join('').match(/^GET .*$/gm)
    expect(lines?.map(line => line.split(' ')[1])).toEqual(targets)
  })
})
