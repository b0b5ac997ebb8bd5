/**
 * What a client sees when the application fails, at the same site and at another one: each way to fail is a problem of its own
 * with a stable code, an answer that breaks off breaks off at the client too, and what may have been carried out is never
 * sent again and never said to be safe to send again.
 */
import type net from 'node:net'
import { once } from 'node:events'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { setUpChains, WAYS } from '../../support/chain.ts'
import { reservePort } from '../../support/ports.ts'
import { bodyOfMessage, headOfMessage, isWhole } from '../../support/raw-http.ts'

const { chain, sites, client } = setUpChains()

/** What a problem says, from an answer as it came. */
function problemOf(answer: string): { status: number; code: string; headers: string } {
  const headers = headOfMessage(answer)
  const { code } = JSON.parse(bodyOfMessage(answer)) as { code: string }
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]), code, headers }
}

const QUICK = { config: { timeouts: { answerMs: 150, connectMs: 150 } } }

describe.each(WAYS)('$way', ({ scope }) => {
  const get = `GET /app/x HTTP/1.1\r\nHost: h\r\n${scope}\r\n`
  const post = `POST /app/x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n${scope}\r\nhi`

  test('refuses connections: 503, and it is safe to send again', async () => {
    const service = { name: 'app', endpoint: `http://127.0.0.1:${await reservePort()}` }
    const { port } = await sites({ site1: [service], site2: [service] })
    for (const request of [get, post]) {
      const problem = problemOf(await client(port).send(request).until(isWhole, 'the problem'))
      expect(problem).toMatchObject({ status: 503, code: 'ERR_APPLICATION_UNREACHABLE' })
      expect(problem.headers).toMatch(/\r\nRetry-After: 1\r\n/)
      expect(problem.headers).toMatch(/\r\nCheops-Error: ERR_APPLICATION_UNREACHABLE(\r\n|$)/)
      expect(problem.headers.match(/Cheops-Site/g)).toHaveLength(1)
    }
  })

  test('takes no connection in time: 503', async () => {
    // TEST-NET-1 (RFC 5737): nobody answers there.
    const name = 'app'
    const { port } = await sites({
      site1: [{ name, endpoint: 'http://192.0.2.1:9' }],
      site2: [{ name, endpoint: 'http://192.0.2.1:9' }],
      ...QUICK,
    })
    const problem = problemOf(await client(port).send(get).until(isWhole, 'the problem'))
    expect(problem).toMatchObject({ status: 503, code: 'ERR_APPLICATION_UNREACHABLE' })
  })

  test.each([
    ['GET', get, 504, 'ERR_APPLICATION_TIMEOUT'],
    ['POST', post, 500, 'ERR_OUTCOME_UNKNOWN'],
  ])('hangs before its head, %s', async (_method, request, status, code) => {
    const { app, client: open } = await chain(() => {}, QUICK)
    const one = open().send(request)
    const problem = problemOf(await one.until(isWhole, 'the problem'))
    expect(problem).toMatchObject({ status, code })
    expect(problem.headers).not.toMatch(/retry-after/i)
    expect(app.received.join('')).toHaveLength((app.received[0] ?? '').length)
    if (!app.sockets[0]?.destroyed) await once(app.sockets[0] as net.Socket, 'close')
  })

  test.each([
    ['fixed', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
    ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('breaks off in the middle of a body, %s: the client sees a cut', async (framing, bytes) => {
    const { client: open } = await chain((socket, got) => {
      if (isWhole(got)) socket.end(Buffer.from(bytes, 'latin1'))
    })
    const { received } = await open().send(get).toEnd()
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(received).toContain('half')
    if (framing === 'chunked') expect(received).not.toMatch(/0\r\n\r\n$/)
    else expect(bodyOfMessage(received)).toBe('half')
  })

  test('breaks off an answer to HTTP/1.0, which ends with the connection: the client sees a reset, not an end', async () => {
    const { app, client: open } = await chain((socket, got) => {
      if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n')
    })
    const old = open().send(get.replace('HTTP/1.1', 'HTTP/1.0'))
    await old.until(got => got.endsWith('half'), 'the first half')
    app.sockets[0]?.destroy()
    expect((await old.toEnd()).clean).toBe(false)
  })

  test('hangs in the middle of a body: a watch may be silent for as long as it likes', async () => {
    const { app, client: open } = await chain((socket, got) => {
      if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n')
    }, QUICK)
    const watch = open().send(get)
    await watch.until(got => got.endsWith('half\r\n'), 'the first half')
    await new Promise(resolve => setTimeout(resolve, 400))
    app.sockets[0]?.write('4\r\nrest\r\n0\r\n\r\n')
    await watch.until(got => got.endsWith('rest\r\n0\r\n\r\n'), 'the rest')
  })

  test.each([
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2p1\r\n\r\n'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n'],
    ['two framings', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a control character in a header', 'HTTP/1.1 200 OK\r\nX-A: a\x01b\r\nContent-Length: 0\r\n\r\n'],
    ['a status that is none', 'HTTP/1.1 007 Bond\r\nContent-Length: 0\r\n\r\n'],
    ['an upgrade unasked', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
    ['101 without an upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ])('answers with garbage: %s', async (_what, bytes) => {
    const { app, client: open } = await chain((socket, got) => {
      if (isWhole(got)) socket.write(Buffer.from(bytes, 'latin1'))
    }, QUICK)
    const read = problemOf(await open().send(get).until(isWhole, 'the problem'))
    expect(read).toMatchObject({ status: 502, code: 'ERR_APPLICATION_INVALID' })
    const write = problemOf(await open().send(post).until(isWhole, 'the problem'))
    expect(write).toMatchObject({ status: 500, code: 'ERR_OUTCOME_UNKNOWN' })
    expect(write.headers).not.toMatch(/retry-after/i)
    expect(app.received.join('').match(/POST/g)).toHaveLength(1)
  })

  test('bytes after a whole answer are no answer to the next request', async () => {
    const { app, client: open } = await chain((socket, got) => {
      if (!isWhole(got)) return
      const which = app.received.length
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${which}`)
      if (which === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray')
    })
    const one = open()
    expect(await one.send(get).until(isWhole, 'the first answer')).toMatch(/1$/)
    if (!app.sockets[0]?.closed) await once(app.sockets[0] as net.Socket, 'close')
    expect(await one.send(get).until(got => got.endsWith('2'), 'the second answer')).not.toContain('stray')
  })

  test('a head that is larger than the bound: 502', async () => {
    const { client: open } = await chain(
      (socket, got) => {
        if (isWhole(got)) socket.write(`HTTP/1.1 200 OK\r\nX-Big: ${'x'.repeat(20_000)}\r\nContent-Length: 0\r\n\r\n`)
      },
      { config: { limits: { headerBytes: 16_384 } } },
    )
    const problem = problemOf(await open().send(get).until(isWhole, 'the problem'))
    expect(problem).toMatchObject({ status: 502, code: 'ERR_APPLICATION_ANSWER_TOO_LARGE' })
  })

  test('a head of a thousand headers and more arrives with all of them', async () => {
    const many = Array.from({ length: 3_000 }, (_, i) => `X-${i}: ${i}\r\n`).join('')
    const { client: open } = await chain((socket, got) => {
      if (isWhole(got)) socket.write(`HTTP/1.1 200 OK\r\n${many}Content-Length: 2\r\n\r\nok`)
    })
    const answer = await open().send(get).until(isWhole, 'the answer')
    expect(answer).toContain(many)
    expect(answer).not.toContain('chunked')
  })

  test.each([
    ['a POST with a body', post],
    ['a POST without one', `POST /app/x HTTP/1.1\r\nHost: h\r\n${scope}\r\n`],
    ['DELETE', `DELETE /app/x HTTP/1.1\r\nHost: h\r\n${scope}\r\n`],
  ])(
    'dies after it has taken %s: 500, sent exactly once, and nothing that invites to send it again',
    async (_w, request) => {
      const { app, client: open } = await chain((socket, got) => {
        if (isWhole(got)) socket.destroy()
      })
      const problem = problemOf(await open().send(request).until(isWhole, 'the problem'))
      expect(problem).toMatchObject({ status: 500, code: 'ERR_OUTCOME_UNKNOWN' })
      expect(problem.headers).not.toMatch(/retry-after/i)
      expect(app.received).toHaveLength(1)
    },
  )

  test('dies on a connection that was idle: a read goes again once, a write does not', async () => {
    let answers = 0
    const { app, client: open } = await chain((socket, got) => {
      if (!isWhole(got.slice(got.lastIndexOf(got.startsWith('GET') ? 'GET' : 'POST')))) return
      // The second request of a connection finds it broken.
      if (got.split('HTTP/1.1\r\n').length > 2) socket.resetAndDestroy()
      else socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${++answers}`)
    })
    const one = open()
    await one.send(get).until(got => got.endsWith('1'), 'the first answer')
    await one.send(get).until(got => got.endsWith('2'), 'the answer to the read that went again')
    expect(app.received.join('').match(/GET/g)).toHaveLength(3)
    one.received = ''
    const problem = problemOf(await one.send(post).until(isWhole, 'the problem'))
    expect(problem).toMatchObject({ status: 500, code: 'ERR_OUTCOME_UNKNOWN' })
    expect(app.received.join('').match(/POST/g)).toHaveLength(1)
  })

  test('headers in the name of Cheops that an application writes do not pass for those of an agent', async () => {
    const { client: open } = await chain((socket, got) => {
      if (!isWhole(got)) return
      socket.write(
        'HTTP/1.1 503 No\r\nCheops-Error: ERR_SITE_BUSY\r\nCheops-Site: elsewhere\r\nContent-Length: 0\r\n\r\n',
      )
    })
    const answer = await open().send(get).until(isWhole, 'the answer')
    expect(answer).not.toMatch(/cheops-error|elsewhere/i)
    expect(answer.match(/Cheops-Site: site2/g) ?? []).toHaveLength(scope === '' ? 0 : 1)
  })
})

test('an encoded body passes as it is, broken or not: nobody looks into it', async () => {
  const body = gzipSync('x'.repeat(1_000)).subarray(0, 20).toString('latin1')
  const { client: open } = await chain((socket, got) => {
    if (!isWhole(got)) return
    socket.write(
      Buffer.from(
        `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        'latin1',
      ),
    )
  })
  expect(bodyOfMessage(await open().send('GET /app/ HTTP/1.1\r\nHost: h\r\n\r\n').until(isWhole, 'it'))).toBe(body)
})
