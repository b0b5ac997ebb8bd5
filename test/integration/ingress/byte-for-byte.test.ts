/**
 * What a client sends reaches the application byte for byte, and what the application answers reaches the client so: names,
 * order, case, duplicates and bytes of headers, reason phrases, framing, trailers, 1xx, upgrades. The same suite runs over the
 * local way and over the way through another site: they are one path.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { libp2pPair } from '../../support/libp2p-pair.ts'
import type { Libp2pPair } from '../../support/libp2p-pair.ts'
import { bodyOfMessage, headOfMessage, isWhole, RawClient, rawApplication } from '../../support/raw-http.ts'
import type { RawAnswer, RawApplication } from '../../support/raw-http.ts'
import { twoSites } from '../../support/two-sites.ts'
import type { TwoSites } from '../../support/two-sites.ts'

let pair: Libp2pPair
beforeAll(async () => {
  pair = await libp2pPair()
})
afterAll(() => pair.stop())

let stops: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const stop of stops.toReversed()) await stop()
  stops = []
})

interface Chain {
  readonly app: RawApplication
  readonly sites: TwoSites
  client(): RawClient
}

async function chainTo(answer: RawAnswer, config: Parameters<typeof twoSites>[0]['config'] = {}): Promise<Chain> {
  const app = await rawApplication(answer)
  const service = { name: 'app', endpoint: `http://127.0.0.1:${app.port}` }
  const sites = await twoSites({ site1: [service], site2: [service], config, pair })
  stops.push(app.stop, sites.stop, () => expect(sites.faults).toEqual([]))
  return {
    app,
    sites,
    client() {
      const client = new RawClient(sites.port)
      stops.push(() => client.close())
      return client
    },
  }
}

/** Headers that a scoped request gets on its way, after all those of the client. */
const ADDED = /\r\n(?:baggage|traceparent|x-request-id): [^\r]*/g
/** What one hop says to the next about their connection. */
const CONNECTION = /\r\nConnection: keep-alive(?:\r\nKeep-Alive: timeout=\d+)?/

describe.each([
  { way: 'local', scope: '' },
  { way: 'forwarded', scope: 'Cheops-Scope: site2\r\n' },
])('$way', ({ scope }) => {
  const answered = (text: string): string => text.replace(CONNECTION, '').replace(/\r\nCheops-Site: site2/, '')

  test('the head of a request: order, case, duplicates and Latin-1 bytes', async () => {
    const { app, client } = await chainTo((socket, got) => {
      if (isWhole(got)) socket.write('HTTP/1.1 204 No Content\r\n\r\n')
    })
    const headers =
      'User-Agent: x\r\nHOST: Example.org:1\r\nX-b: 2\r\nx-A: 1\r\nX-b: 1\r\nx-empty: \r\naccept: */*\r\nX-Latin: caf\xe9 \xff\r\nCookie: a=1\r\nCookie: b=2\r\nTE: trailers'
    await client()
      .send(`GET /app/a%2Fb/%c3%a9?x=1&&y=%20 HTTP/1.1\r\n${headers}\r\n${scope}\r\n`)
      .until(isWhole, 'the answer')
    expect(
      headOfMessage(app.received[0] ?? '')
        .replace(ADDED, '')
        .replace(CONNECTION, ''),
    ).toBe(`GET /a%2Fb/%c3%a9?x=1&&y=%20 HTTP/1.1\r\n${headers}`)
  })

  test('headers that belong to the connection stay on it', async () => {
    const { app, client } = await chainTo((socket, got) => {
      if (isWhole(got)) socket.write('HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=7\r\nX-a: 1\r\n\r\n')
    })
    const request =
      'GET /app/ HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nProxy-Connection: keep-alive\r\nKeep-Alive: 1\r\nX-End: 1\r\n'
    const answer = await client().send(`${request}${scope}\r\n`).until(isWhole, 'the answer')
    expect(app.received[0]).not.toMatch(/x-hop|proxy-connection|keep-alive: 1/i)
    expect(app.received[0]).toMatch(/\r\nX-End: 1\r\n/)
    expect(answer).not.toContain('timeout=7')
  })

  test.each([
    [
      'fixed',
      'HTTP/1.1 207 Whatever We Say\r\nx-z: 1\r\nServer: s\r\nX-A: 2\r\nx-z: 0\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nX-L: \xe9\r\nContent-Length: 3\r\n\r\nabc',
    ],
    ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 2\r\n\r\n3\r\nabc\r\n0\r\n\r\n'],
    [
      'chunked with trailers',
      'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 9\r\n\r\n',
    ],
    ['empty', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['compressed', 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n\x1f\x8b\x00\xff\xfe'],
    ['not modified with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\nETag: "x"\r\n\r\n'],
    ['without a reason', 'HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n'],
  ])('an answer: %s', async (_what, bytes) => {
    const { client } = await chainTo((socket, got) => {
      if (isWhole(got)) socket.write(Buffer.from(bytes, 'latin1'))
    })
    const answer = await client()
      .send(`GET /app/ HTTP/1.1\r\nHost: h\r\n${scope}\r\n`)
      .until(got => answered(got).length >= bytes.length, 'the answer')
    expect(answered(answer)).toBe(bytes)
  })

  test('HEAD keeps the length of what is not there, and the connection goes on', async () => {
    const { client } = await chainTo((socket, got) => {
      const heads = got.split('\r\n\r\n').length - 1
      if (got.startsWith('HEAD') && heads > 0) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n')
    })
    const one = client().send(`HEAD /app/ HTTP/1.1\r\nHost: h\r\n${scope}\r\n`)
    await one.until(got => got.endsWith('\r\n\r\n'), 'the first answer')
    one.send(`HEAD /app/ HTTP/1.1\r\nHost: h\r\n${scope}\r\n`)
    const both = await one.until(got => got.split('HTTP/1.1 200 OK').length === 3, 'the second answer')
    expect(both.match(/Content-Length: 1234/g)).toHaveLength(2)
  })

  test.each([
    ['fixed', 'Content-Length: 5\r\n', 'hello'],
    ['chunked with trailers', 'Transfer-Encoding: chunked\r\nTrailer: x-t\r\n', '5\r\nhello\r\n0\r\nx-t: v\r\n\r\n'],
  ])('the body of a request: %s', async (_what, framing, body) => {
    const { app, client } = await chainTo((socket, got) => {
      if (isWhole(got)) socket.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n')
    })
    await client().send(`POST /app/x HTTP/1.1\r\nHost: h\r\n${framing}${scope}\r\n${body}`).until(isWhole, 'the answer')
    expect(bodyOfMessage(app.received[0] ?? '')).toBe(body)
    expect(headOfMessage(app.received[0] ?? '')).toContain(framing.split('\r\n')[0])
  })

  test('a POST without a length is one without a body', async () => {
    const { app, client } = await chainTo((socket, got) => {
      if (isWhole(got)) socket.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n')
    })
    await client().send(`POST /app/x HTTP/1.1\r\nHost: h\r\n${scope}\r\n`).until(isWhole, 'the answer')
    expect(app.received[0]).toContain('Content-Length: 0')
    expect(app.received[0]).not.toContain('chunked')
  })

  test('headers of an answer are there before the first byte of its body exists', async () => {
    const { app, client } = await chainTo((socket, got) => {
      if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    })
    const watch = client().send(`GET /app/watch HTTP/1.1\r\nHost: h\r\n${scope}\r\n`)
    await watch.until(got => got.endsWith('\r\n\r\n'), 'the head')
    app.sockets[0]?.write('2\r\nhi\r\n')
    await watch.until(got => got.endsWith('2\r\nhi\r\n'), 'the first event')
    app.sockets[0]?.write('3\r\nyou\r\n0\r\n\r\n')
    await watch.until(got => got.endsWith('3\r\nyou\r\n0\r\n\r\n'), 'the end')
  })

  test('Expect: the application decides, and its 100 is passed on', async () => {
    const { client } = await chainTo((socket, got) => {
      if (got.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 100 Continue\r\n\r\n')
      else if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    })
    const upload = client().send(
      `PUT /app/x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n${scope}\r\n`,
    )
    expect(await upload.until(got => got.endsWith('\r\n\r\n'), '100')).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    upload.send('ok')
    await upload.until(got => got.includes('200 OK'), 'the answer')
  })

  test('Expect: a refusal comes without the body having been asked for', async () => {
    const { app, client } = await chainTo((socket, got) => {
      if (got.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n')
    })
    const upload = client().send(
      `PUT /app/x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n${scope}\r\n`,
    )
    expect(await upload.until(got => got.includes('\r\n\r\n'), 'the refusal')).toMatch(/^HTTP\/1\.1 417 /)
    expect(bodyOfMessage(app.received[0] ?? '')).toBe('')
  })

  test('1xx answers come on the way', async () => {
    const { client } = await chainTo((socket, got) => {
      if (isWhole(got)) {
        socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      }
    })
    const answer = await client()
      .send(`GET /app/ HTTP/1.1\r\nHost: h\r\n${scope}\r\n`)
      .until(got => got.includes('200 OK'), 'both')
    expect(answer).toMatch(/^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
  })

  test.each([
    ['WebSocket', 'GET', 'websocket', ''],
    ['SPDY, a POST', 'POST', 'SPDY/3.1', 'Content-Length: 0\r\n'],
    ['a token that nobody knows', 'PATCH', 'own-thing', ''],
  ])('an upgrade: %s', async (_what, method, token, more) => {
    const { app, client } = await chainTo((socket, got) => {
      if (got.endsWith('\r\n\r\n')) {
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${token}\r\nConnection: Upgrade\r\nX-A: 1\r\n\r\nfirst`,
        )
      } else if (got.endsWith('ping')) socket.write('pong')
    })
    const peer = client().send(
      `${method} /app/ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: ${token}\r\n${more}${scope}\r\n`,
    )
    const answer = await peer.until(got => got.endsWith('first'), 'the upgrade')
    expect(answer.replace(/\r\nCheops-Site: site2/, '')).toBe(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${token}\r\nConnection: Upgrade\r\nX-A: 1\r\n\r\nfirst`,
    )
    expect(app.received[0]).toMatch(
      new RegExp(`^${method} /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: ${token}\r\n`),
    )
    peer.send('ping')
    await peer.until(got => got.endsWith('pong'), 'the answer of the new protocol')
    peer.socket.end()
    expect((await peer.toEnd()).clean).toBe(true)
  })

  test('an upgrade that the application refuses is an ordinary answer', async () => {
    const { client } = await chainTo((socket, got) => {
      if (isWhole(got)) socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')
    })
    const peer = client().send(
      `GET /app/ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${scope}\r\n`,
    )
    const { received, clean } = await peer.toEnd()
    expect(received).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[^]*\r\n\r\nno$/)
    expect(clean).toBe(true)
  })

  test('an upgrade to h2c is served as the ordinary request that it also is', async () => {
    const { app, client } = await chainTo((socket, got) => {
      if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    })
    await client()
      .send(
        `GET /app/ HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n${scope}\r\n`,
      )
      .until(isWhole, 'the answer')
    expect(app.received[0]).not.toMatch(/upgrade|http2/i)
  })

  test('HTTP/1.0 gets its answer without chunks, ended by the connection', async () => {
    const { client } = await chainTo((socket, got) => {
      if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n')
    })
    const old = client().send(`GET /app/ HTTP/1.0\r\nHost: h\r\n${scope}\r\n`)
    const { received, clean } = await old.toEnd()
    expect(headOfMessage(received)).not.toMatch(/chunked/)
    expect(bodyOfMessage(received)).toBe('abc')
    expect(clean).toBe(true)
  })

  test('pipelined requests are answered in order', async () => {
    const { client } = await chainTo((socket, got) => {
      const path = /^GET (\S+)/.exec(got.slice(got.lastIndexOf('GET ')))?.[1] ?? ''
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`)
    })
    const three = ['/1', '/2', '/3'].map(path => `GET /app${path} HTTP/1.1\r\nHost: h\r\n${scope}\r\n`).join('')
    const answers = await client()
      .send(three)
      .until(got => got.endsWith('/3'), 'the third answer')
    expect(answers.match(/\r\n\r\n\/\d/g)).toEqual(['\r\n\r\n/1', '\r\n\r\n/2', '\r\n\r\n/3'])
  })
})
