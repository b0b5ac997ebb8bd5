/**
 * A request whose body is read by the agent itself, on real connections byte by byte: when the client is told to continue, what it
 * learns when the body is too large, too slow or never ends, that a slow reader slows it down, and that what was read is still
 * forwarded as it came.
 */
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { CheopsError } from '../../../src/errors.ts'
import type { Exchange } from '../../../src/ports/exchange.ts'
import { exchanges, PLAIN } from '../../support/exchanges.ts'
import type { Exchanges, ExchangesOptions } from '../../support/exchanges.ts'
import { bodyOfMessage, headOfMessage, isWhole, RawClient, rawApplication } from '../../support/raw-http.ts'
import type { RawAnswer } from '../../support/raw-http.ts'
import { ok, problemOf } from '../../support/scoped-request.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

async function served(serve: (exchange: Exchange) => Promise<void>, options?: ExchangesOptions): Promise<Exchanges> {
  const made = await exchanges(serve, options)
  ends.push(() => expect(made.faults).toEqual([]), made.stop)
  return made
}

function connected(port: number): RawClient {
  const client = new RawClient(port)
  ends.push(() => client.close())
  return client
}

async function application(answer: RawAnswer) {
  const app = await rawApplication(answer)
  ends.push(app.stop)
  return { app, endpoint: `http://127.0.0.1:${app.port}` }
}

/** Answers with the body, or with the problem that reading it is. */
async function echo(exchange: Exchange, maxBytes = 1_000_000): Promise<void> {
  try {
    exchange.answer({ status: 200, rawHeaders: [], body: await exchange.readBody(maxBytes) })
  } catch (error) {
    if (!(error instanceof CheopsError)) throw error
    exchange.refuse(error)
  }
}

const HEAD = 'PUT /x HTTP/1.1\r\nHost: h\r\n'

test.each([
  ['of a length', `${HEAD}Content-Length: 5\r\n\r\nhello`, 'hello'],
  ['in chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`, 'hello'],
  ['that is empty', `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, ''],
  ['that does not exist', 'GET /x HTTP/1.1\r\nHost: h\r\n\r\n', ''],
  ['of HTTP/1.0', 'PUT /x HTTP/1.0\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello', 'hello'],
])('a body %s, twice on one connection', async (_what, request, body) => {
  const { port } = await served(exchange => echo(exchange))
  const client = connected(port)
  for (let i = 0; i < 2; i++) {
    const answer = await client.send(request).until(isWhole, 'the answer')
    expect(headOfMessage(answer)).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(bodyOfMessage(answer)).toBe(body)
    client.received = ''
  }
})

test('a body keeps no more than itself in memory', async () => {
  const kept: number[] = []
  const { port } = await served(async exchange => {
    const body = await exchange.readBody(1_000_000)
    kept.push(body.buffer.byteLength)
    exchange.answer({ status: 200, rawHeaders: [], body })
  })
  await connected(port).send(`${HEAD}Content-Length: 5\r\n\r\nhello`).until(isWhole, 'the answer')
  expect(kept).toEqual([5])
})

test('a body that drips is given up, though each of its parts comes in time', async () => {
  const bodyIdleMs = 300
  const { port } = await served(exchange => echo(exchange), { timeouts: { bodyIdleMs } })
  const client = connected(port).send(`${HEAD}Content-Length: 1000000\r\n\r\n`)
  const drip = setInterval(() => client.send('x'), bodyIdleMs / 10)
  ends.push(() => clearInterval(drip))
  const answer = await client.until(isWhole, 'the answer')
  expect(headOfMessage(answer)).toMatch(/^HTTP\/1\.1 408 /)
  expect(problemOf(answer)).toMatchObject({ code: 'ERR_REQUEST_TIMEOUT' })
})

test('the client is told to continue when the body is wanted, and not before', async () => {
  const wanted = Promise.withResolvers<void>()
  const { port } = await served(async exchange => {
    await wanted.promise
    await echo(exchange)
  })
  const client = connected(port).send(`${HEAD}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`)
  // Another request is answered by then: what would have come without being wanted has come.
  const other = await served(exchange => echo(exchange))
  await connected(other.port).send('GET /x HTTP/1.1\r\nHost: h\r\n\r\n').until(isWhole, 'the answer of the other')
  expect(client.received).toBe('')
  wanted.resolve()
  await client.until(got => got === 'HTTP/1.1 100 Continue\r\n\r\n', '100')
  await client.send('hello').until(got => got.endsWith('\r\n\r\nhello'), 'the answer')
})

test('HTTP/1.0 is never told to continue', async () => {
  const { port } = await served(exchange => echo(exchange))
  const request = 'PUT /x HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello'
  const { received } = await connected(port).send(request).toEnd()
  expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
})

describe('too large', () => {
  test('as it says itself: it is not told to continue, and the connection ends after the problem', async () => {
    const { port } = await served(exchange => echo(exchange, 4))
    const client = connected(port).send(`${HEAD}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`)
    const { received } = await client.toEnd()
    expect(problemOf(received)).toMatchObject({ status: 413, code: 'ERR_REQUEST_BODY_TOO_LARGE' })
  })

  test('as it turns out: the client that goes on sending still gets the problem', async () => {
    const { port } = await served(exchange => echo(exchange, 70_000))
    const client = connected(port).send(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`)
    for (let i = 0; i < 8; i++) client.send(`4000\r\n${'x'.repeat(0x4000)}\r\n`)
    const { received, clean } = await client.toEnd()
    expect(problemOf(received)).toMatchObject({ status: 413, code: 'ERR_REQUEST_BODY_TOO_LARGE' })
    expect(clean).toBe(true)
  })

  test('for limits.bodyBytes, however much the caller would take', async () => {
    const { port } = await served(exchange => echo(exchange), { limits: { bodyBytes: 4 } })
    const answer = await connected(port).send(`${HEAD}Content-Length: 5\r\n\r\nhello`).until(isWhole, 'the problem')
    expect(problemOf(answer)).toMatchObject({ status: 413 })
  })
})

test('too slow: 408', async () => {
  const { port } = await served(exchange => echo(exchange), { timeouts: { bodyIdleMs: 100 } })
  const { received } = await connected(port).send(`${HEAD}Content-Length: 5\r\n\r\nhell`).toEnd()
  expect(problemOf(received)).toMatchObject({ status: 408, code: 'ERR_REQUEST_TIMEOUT' })
})

test('the client goes away: the error says so', async () => {
  const failed = Promise.withResolvers<unknown>()
  const began = Promise.withResolvers<void>()
  const { port } = await served(exchange => {
    const reading = exchange.readBody(100).catch(failed.resolve)
    began.resolve()
    return reading as Promise<void>
  })
  const client = connected(port).send(`${HEAD}Content-Length: 5\r\n\r\nhell`)
  await began.promise
  client.close()
  expect(await failed.promise).toMatchObject({ code: 'ERR_REQUEST_GONE' })
})

describe('a stream', () => {
  test('a reader that stands still holds the client back, and gets all in the end', async () => {
    const length = 32 * 1024 * 1024
    const go = Promise.withResolvers<void>()
    const stands = Promise.withResolvers<void>()
    let bytes = 0
    const { port } = await served(async exchange => {
      for await (const part of exchange.bodyStream()) {
        if (bytes === 0) {
          stands.resolve()
          await go.promise
        }
        bytes += part.length
      }
      exchange.answer({ status: 200, rawHeaders: [], body: Buffer.from(String(bytes)) })
    })
    const client = connected(port).send(`${HEAD}Content-Length: ${length}\r\n\r\n`)
    client.socket.write(Buffer.alloc(length, 'x'))
    await stands.promise
    // Nothing more goes out: what the agent and the kernel hold is far less than the body.
    let before = -1
    await expect
      .poll(
        () => {
          const left = client.socket.writableLength
          const isStill = left === before
          before = left
          return isStill && left > 0
        },
        { interval: 100, timeout: 10_000 },
      )
      .toBe(true)
    const inMemory = process.memoryUsage().arrayBuffers
    expect(client.socket.bytesWritten - client.socket.writableLength).toBeLessThan(length)
    expect(inMemory).toBeLessThan(4 * length)
    go.resolve()
    await client.until(got => got.endsWith(String(length)), 'the answer')
  })

  test('a reader that stops early: the refusal arrives, and the connection ends', async () => {
    const { port } = await served(async exchange => {
      for await (const part of exchange.bodyStream()) if (part.length > 0) break
      exchange.refuse(new CheopsError('ERR_STORE_FAILED', 'no room'))
    })
    const { received } = await connected(port).send(`${HEAD}Content-Length: 99\r\n\r\nhell`).toEnd()
    expect(problemOf(received)).toMatchObject({ code: 'ERR_STORE_FAILED' })
  })

  test('is there once', async () => {
    const { port, faults, stop } = await exchanges(async exchange => {
      await exchange.readBody(10)
      exchange.answer({ status: 204, rawHeaders: [], body: new Uint8Array() })
      exchange.bodyStream()
    })
    ends.push(stop)
    await connected(port).send(`${HEAD}Content-Length: 2\r\n\r\nhi`).until(isWhole, 'the answer')
    expect(faults).toEqual([new Error('the body of a request can be read once')])
  })
})

describe('read, and forwarded all the same', () => {
  test.each([
    ['of a length', `Content-Length: 5\r\n\r\nhello`],
    ['in chunks, with trailers', `Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n`],
    ['that is empty', `Content-Length: 0\r\n\r\n`],
    ['empty, in chunks', `Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ])('a body %s reaches the application as if nobody had looked', async (_what, rest) => {
    const request = `PUT /x?y HTTP/1.1\r\nhOST: h\r\nX-a: 1\r\n${rest}`
    const seen: string[] = []
    for (const looks of [true, false]) {
      const { app, endpoint } = await application(ok)
      const { port } = await served(
        async exchange => {
          if (looks) await exchange.readBody(100)
          expect(await exchange.relay({ kind: 'application', service: 'app' }, PLAIN)).toMatchObject({
            kind: 'answered',
          })
        },
        { endpoint },
      )
      await connected(port).send(request).until(isWhole, 'the answer')
      seen.push(app.received.join(''))
    }
    expect(seen[0]).toBe(seen[1])
    expect(seen[0]).toContain('PUT /x?y HTTP/1.1\r\nhOST: h\r\nX-a: 1\r\n')
  })

  test('a client that asked to continue was told here: the application is not asked again', async () => {
    const { app, endpoint } = await application(ok)
    const { port } = await served(
      async exchange => {
        await exchange.readBody(100)
        await exchange.relay({ kind: 'application', service: 'app' }, PLAIN)
      },
      { endpoint },
    )
    const client = connected(port).send(`${HEAD}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`)
    await client.until(got => got.includes('100 Continue'), '100')
    await client.send('hi').until(got => got.endsWith('ok'), 'the answer')
    expect(app.received.join('')).not.toMatch(/expect/i)
    expect(client.received.match(/HTTP\/1\.1 100/g)).toHaveLength(1)
  })

  test('another body in its place, in the same framing', async () => {
    const { app, endpoint } = await application(ok)
    const { port } = await served(
      async exchange => {
        await exchange.relay({ kind: 'application', service: 'app' }, { ...PLAIN, body: await changed(exchange) })
      },
      { endpoint },
    )
    const changed = async (exchange: Exchange) => Buffer.concat([await exchange.readBody(100), Buffer.from('!')])
    await connected(port).send(`${HEAD}Content-Length: 2\r\nX-A: 1\r\n\r\nhi`).until(isWhole, 'the answer')
    await connected(port)
      .send(`${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`)
      .until(isWhole, 'the answer')
    await connected(port).send(`${HEAD}X-B: 1\r\n\r\n`).until(isWhole, 'the answer')
    const all = app.received.join('')
    expect(all).toContain('X-B: 1\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n!')
    expect(all).toContain('Content-Length: 3\r\nX-A: 1\r\nConnection: keep-alive\r\n\r\nhi!')
    expect(all).toMatch(/Transfer-Encoding: chunked\r\n.*\r\n\r\n3\r\nhi!\r\n0\r\n\r\n/s)
  })

  test('to a second target after the first could not be reached', async () => {
    const { app, endpoint } = await application(ok)
    const results: unknown[] = []
    const { port } = await served(
      async exchange => {
        await exchange.readBody(100)
        results.push(await exchange.relay({ kind: 'application', service: 'app' }, PLAIN))
        results.push(await exchange.relay({ kind: 'site', site: 'site2', service: 'app' }, PLAIN))
      },
      { endpoint: 'http://127.0.0.1:1', siteEndpoint: endpoint },
    )
    const answer = await connected(port).send(`${HEAD}Content-Length: 2\r\n\r\nhi`).until(isWhole, 'the answer')
    expect(bodyOfMessage(answer)).toBe('ok')
    expect(results).toMatchObject([
      { kind: 'failed', error: { code: 'ERR_APPLICATION_UNREACHABLE' } },
      { kind: 'answered', status: 200 },
    ])
    expect(app.received.join('')).toMatch(/\r\n\r\nhi$/)
  })

  test('what was streamed and not kept cannot be forwarded: a fault, and no request without its body', async () => {
    const { app, endpoint } = await application(ok)
    const { port, faults, stop } = await exchanges(
      async exchange => {
        for await (const part of exchange.bodyStream()) expect(part).not.toHaveLength(0)
        const relaying = exchange.relay({ kind: 'application', service: 'app' }, PLAIN)
        await relaying.finally(() => exchange.answer({ status: 500, rawHeaders: [], body: new Uint8Array() }))
      },
      { endpoint },
    )
    ends.push(stop)
    await connected(port).send(`${HEAD}Content-Length: 2\r\n\r\nhi`).until(isWhole, 'the answer')
    await expect
      .poll(() => faults)
      .toEqual([expect.objectContaining({ message: expect.stringContaining('not kept') as string })])
    expect(app.received).toEqual([])
  })

  test('the application hangs: the client that goes away ends it there too', async () => {
    const arrived = Promise.withResolvers<void>()
    const { app, endpoint } = await application((_socket, got) => {
      if (isWhole(got)) arrived.resolve()
    })
    const over = Promise.withResolvers<unknown>()
    const { port } = await served(
      async exchange => {
        await exchange.readBody(100)
        over.resolve(await exchange.relay({ kind: 'application', service: 'app' }, PLAIN))
      },
      { endpoint },
    )
    const client = connected(port).send(`${HEAD}Content-Length: 2\r\n\r\nhi`)
    await arrived.promise
    client.close()
    expect(await over.promise).toEqual({ kind: 'gone' })
    for (const socket of app.sockets) if (!socket.closed) await once(socket, 'close')
  })
})

describe('a body whose size is asked for first', () => {
  /** Says whether it is larger than 4 bytes, and gives it as it is asked for afterwards. */
  async function sized(exchange: Exchange, as: 'read' | 'stream', maxBytes = 1_000_000): Promise<void> {
    try {
      const isLarger = await exchange.isBodyLarger(4)
      const parts: Uint8Array[] = []
      if (as === 'read') parts.push(await exchange.readBody(maxBytes))
      else for await (const part of exchange.bodyStream()) parts.push(part)
      exchange.answer({ status: 200, rawHeaders: ['X-Larger', String(isLarger)], body: Buffer.concat(parts) })
    } catch (error) {
      if (!(error instanceof CheopsError)) throw error
      exchange.refuse(error)
    }
  }

  const chunked = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`
  test.each([
    ['smaller', `${HEAD}Content-Length: 4\r\n\r\nhell`, 'hell', 'false'],
    ['larger', `${HEAD}Content-Length: 5\r\n\r\nhello`, 'hello', 'true'],
    ['smaller, in chunks', `${chunked}2\r\nhe\r\n0\r\n\r\n`, 'he', 'false'],
    ['larger, in chunks', `${chunked}2\r\nhe\r\n3\r\nllo\r\n1\r\n!\r\n0\r\n\r\n`, 'hello!', 'true'],
    ['none', 'GET /x HTTP/1.1\r\nHost: h\r\n\r\n', '', 'false'],
  ])('%s: it is given whole, and the connection serves the next request', async (_what, request, body, larger) => {
    for (const as of ['read', 'stream'] as const) {
      const { port } = await served(exchange => sized(exchange, as))
      const client = connected(port)
      for (let i = 0; i < 2; i++) {
        const answer = await client.send(request).until(isWhole, 'the answer')
        expect(bodyOfMessage(answer)).toBe(body)
        expect(headOfMessage(answer)).toContain(`X-Larger: ${larger}`)
        client.received = ''
      }
    }
  })

  test('larger than is held afterwards: 413, as without the question', async () => {
    const { port } = await served(exchange => sized(exchange, 'read', 6))
    const answer = await connected(port).send(`${chunked}7\r\nhello!!\r\n`).until(isWhole, 'the answer')
    expect(problemOf(answer)).toMatchObject({ status: 413, code: 'ERR_REQUEST_BODY_TOO_LARGE' })
  })

  test('what was read for it is still forwarded', async () => {
    const { app, endpoint } = await application(ok)
    const { port } = await served(
      async exchange => {
        await exchange.isBodyLarger(4)
        await exchange.readBody(100)
        await exchange.relay({ kind: 'application', service: 'app' }, PLAIN)
      },
      { endpoint },
    )
    await connected(port).send(`${HEAD}Content-Length: 6\r\n\r\nhello!`).until(isWhole, 'the answer')
    expect(app.received.join('')).toMatch(/\r\n\r\nhello!$/)
  })
})
