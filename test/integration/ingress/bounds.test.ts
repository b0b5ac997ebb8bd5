/**
 * Every bound that a client can run into, at the bound and one beyond: what is answered, that what is refused never reaches
 * the application, and that slow and silent clients are ended without holding others up.
 */
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { setUpChains, WAYS } from '../../support/chain.ts'
import { bodyOfMessage, headOfMessage, isWhole } from '../../support/raw-http.ts'
import type { RawAnswer } from '../../support/raw-http.ts'

const { chain, client } = setUpChains()

const ok: RawAnswer = (socket, got) => {
  if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
}

function outcome(answer: string): string {
  const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? ''
  if (!headOfMessage(answer).includes('Cheops-Error')) return status
  return `${status} ${(JSON.parse(bodyOfMessage(answer)) as { code: string }).code}`
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await setImmediate()
}

describe.each(WAYS)('$way', ({ scope }) => {
  const get = (path = '/app/x', headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: h\r\n${scope}${headers}\r\n`

  test('bytes of the head: 431', async () => {
    const headerBytes = 8_192
    const { app, client: open } = await chain(ok, { config: { limits: { headerBytes } } })
    // What node:http counts: the target, names and values.
    const others = get().split('\r\n').slice(1).join('').replaceAll(': ', '').length + '/app/x'.length
    const fill = (bytes: number): string => get('/app/x', `X: ${'x'.repeat(bytes - others - 1)}\r\n`)
    expect(
      outcome(
        await open()
          .send(fill(headerBytes - 1))
          .until(isWhole, 'it'),
      ),
    ).toBe('200')
    const { received } = await open().send(fill(headerBytes)).toEnd()
    expect(outcome(received)).toBe('431 ERR_REQUEST_HEADERS_TOO_LARGE')
    expect(app.received).toHaveLength(1)
  })

  test('a head without end is answered before it ends, and the answer arrives', async () => {
    const { app, client: open } = await chain(ok)
    const one = open().send(get().slice(0, -2))
    const part = Buffer.from(`X: ${'x'.repeat(1_000)}\r\n`)
    for (let i = 0; i < 1_000 && one.socket.writable; i++) one.socket.write(part)
    expect(outcome((await one.toEnd()).received)).toBe('431 ERR_REQUEST_HEADERS_TOO_LARGE')
    expect(app.received).toEqual([])
  })

  test('bytes of the URL: 414', async () => {
    const { app, client: open } = await chain(ok, { config: { limits: { urlBytes: 200 } } })
    const path = (bytes: number): string => `/app/${'x'.repeat(bytes - 5)}`
    expect(
      outcome(
        await open()
          .send(get(path(200)))
          .until(isWhole, 'it'),
      ),
    ).toBe('200')
    expect(
      outcome(
        (
          await open()
            .send(get(path(201)))
            .toEnd()
        ).received,
      ),
    ).toBe('414 ERR_REQUEST_URL_TOO_LONG')
    expect(app.received).toHaveLength(1)
  })

  test('bytes of a body whose length is known: 413, and the application sees nothing of it', async () => {
    const { app, client: open } = await chain(ok, { config: { limits: { bodyBytes: 10 } } })
    const post = (bytes: number): string =>
      `POST /app/x HTTP/1.1\r\nHost: h\r\n${scope}Content-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`
    expect(outcome(await open().send(post(10)).until(isWhole, 'it'))).toBe('200')
    const { received } = await open().send(post(11)).toEnd()
    expect(outcome(received)).toBe('413 ERR_REQUEST_BODY_TOO_LARGE')
    expect(received).toMatch(/\r\nConnection: close\r\n/)
    expect(app.received).toHaveLength(1)
  })

  test('bytes of a body in chunks: 413 as soon as they are too many, and the application gets no whole body', async () => {
    const answer: RawAnswer = (socket, got) => {
      if (got.endsWith('0\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    }
    const { app, client: open } = await chain(answer, {
      config: { limits: { bodyBytes: 10, connectionsPerEndpoint: 1 } },
    })
    const post = `POST /app/x HTTP/1.1\r\nHost: h\r\n${scope}Transfer-Encoding: chunked\r\n\r\n`
    expect(outcome(await open().send(`${post}a\r\n0123456789\r\n0\r\n\r\n`).until(isWhole, 'it'))).toBe('200')
    const { received } = await open().send(`${post}a\r\n0123456789\r\n1\r\nx\r\n`).toEnd()
    expect(outcome(received)).toBe('413 ERR_REQUEST_BODY_TOO_LARGE')
    expect(app.received.join('').match(/0\r\n\r\n/g)).toHaveLength(1)
    // Nor does it hold the only connection that there may be.
    expect(outcome(await open().send(`${post}1\r\n0\r\n0\r\n\r\n`).until(isWhole, 'it'))).toBe('200')
  })

  test('a body that stops coming: 408, and the application is left', async () => {
    const { app, client: open } = await chain(() => {}, { config: { timeouts: { bodyIdleMs: 150 } } })
    const one = open().send(`POST /app/x HTTP/1.1\r\nHost: h\r\n${scope}Content-Length: 100\r\n\r\nhalf`)
    const { received } = await one.toEnd()
    expect(outcome(received)).toBe('408 ERR_REQUEST_TIMEOUT')
    expect(received).toMatch(/\r\nConnection: close\r\n/)
    await until(() => app.sockets[0]?.closed === true)
  })

  test('a body that comes slowly, but comes, may take as long as it likes', async () => {
    const { client: open } = await chain(ok, { config: { timeouts: { bodyIdleMs: 200, headMs: 200 } } })
    const one = open().send(`POST /app/x HTTP/1.1\r\nHost: h\r\n${scope}Content-Length: 10\r\n\r\n`)
    for (let i = 0; i < 10; i++) {
      await new Promise(resolve => setTimeout(resolve, 60))
      one.send('x')
    }
    expect(outcome(await one.until(isWhole, 'it'))).toBe('200')
  })

  test('an application that takes no body: 500, since it may have acted on what it took', async () => {
    const { app, client: open } = await chain(socket => void socket.removeAllListeners('data').pause(), {
      config: { timeouts: { bodyIdleMs: 200, connectMs: 200 } },
    })
    const one = open().send(`POST /app/x HTTP/1.1\r\nHost: h\r\n${scope}Content-Length: 100000000\r\n\r\n`)
    const part = Buffer.alloc(1 << 20)
    for (let i = 0; i < 95; i++) one.socket.write(part)
    const answer = await one.until(got => got.includes('\r\n\r\n') && got.endsWith('}\n'), 'it')
    expect(outcome(answer)).toBe('500 ERR_OUTCOME_UNKNOWN')
    expect(answer).not.toMatch(/retry-after/i)
    expect(app.sockets).toHaveLength(1)
  })
})

describe('connections', () => {
  test('of a listener, at the bound and one beyond: 503, nothing of it is read, and others go on', async () => {
    const { app, client: open } = await chain(ok, { config: { limits: { connections: 2 } } })
    const get = 'GET /app/x HTTP/1.1\r\nHost: h\r\n\r\n'
    const [first, second] = [open(), open()]
    for (const each of [first, second]) await each.send(get).until(isWhole, 'it')
    const third = open().send('POST /app/x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi')
    const { received } = await third.toEnd()
    expect(outcome(received)).toBe('503 ERR_REQUEST_CONNECTIONS')
    expect(received).toMatch(/\r\nRetry-After: 1\r\n/)
    first.received = ''
    expect(outcome(await first.send(get).until(isWhole, 'it'))).toBe('200')
    expect(app.received.join('')).not.toContain('POST')
    second.close()
    third.close()
    // Its place becomes free.
    let answer = ''
    while (!answer.startsWith('HTTP/1.1 200'))
      answer = (
        await open()
          .send(`${get.slice(0, -2)}Connection: close\r\n\r\n`)
          .toEnd()
      ).received
    expect(outcome(answer)).toBe('200')
  })

  test.each([
    ['says nothing', ''],
    ['never ends its first line', 'GET /app/x'],
    ['never ends its head', 'GET /app/x HTTP/1.1\r\nHost: h\r\n'],
  ])('a client that %s is ended with 408 in time, and holds nobody up', async (_what, bytes) => {
    const { app, client: open } = await chain(ok, { config: { timeouts: { headMs: 200 } } })
    const slow = Array.from({ length: 50 }, () => open().send(bytes))
    const ends = slow.map(each => each.toEnd())
    const quick = await open().send('GET /app/y HTTP/1.1\r\nHost: h\r\n\r\n').until(isWhole, 'it')
    expect(outcome(quick)).toBe('200')
    expect(new Set((await Promise.all(ends)).map(({ received }) => outcome(received)))).toEqual(
      new Set(['408 ERR_REQUEST_TIMEOUT']),
    )
    expect(app.received.join('')).not.toContain('/x')
  })

  test('a head that comes byte by byte is no less slow', async () => {
    const { client: open } = await chain(ok, { config: { timeouts: { headMs: 200 } } })
    const one = open()
    const drip = setInterval(() => one.socket.writable && one.send('x'), 20)
    try {
      one.send('GET /app/x HTTP/1.1\r\nHost: h\r\nX: ')
      expect(outcome((await one.toEnd()).received)).toBe('408 ERR_REQUEST_TIMEOUT')
    } finally {
      clearInterval(drip)
    }
  })

  test('a connection without a request is closed after its time, without a word', async () => {
    const { client: open } = await chain(ok, { config: { timeouts: { keepAliveMs: 100 } } })
    const one = open()
    const answer = await one.send('GET /app/x HTTP/1.1\r\nHost: h\r\n\r\n').until(isWhole, 'it')
    const { received, clean } = await one.toEnd()
    expect(received).toBe(answer)
    expect(clean).toBe(true)
  })

  test('to an application, and the queue for them: 503 for the one beyond, the others are served', async () => {
    const held: (() => void)[] = []
    const {
      app,
      client: open,
      sites,
    } = await chain(
      (socket, got) => {
        if (isWhole(got.slice(got.lastIndexOf('GET')))) held.push(() => ok(socket, got))
      },
      { config: { limits: { connectionsPerEndpoint: 2, queuedPerPeer: 3 } } },
    )
    const get = 'GET /app/x HTTP/1.1\r\nHost: h\r\n\r\n'
    const served = Array.from({ length: 5 }, () => open().send(get))
    await until(() => held.length === 2)
    await until(() => sites.traffic.site1.counts().local.inFlight === 5)
    const sixth = await open().send(get).until(isWhole, 'it')
    expect(outcome(sixth)).toBe('503 ERR_APPLICATION_BUSY')
    expect(sixth).toMatch(/\r\nRetry-After: 1\r\n/)
    const answered = Promise.all(served.map(each => each.until(isWhole, 'it')))
    for (let i = 0; i < 5; i++) {
      await until(() => held.length > 0)
      held.shift()?.()
    }
    expect((await answered).map(outcome)).toEqual(['200', '200', '200', '200', '200'])
    expect(app.sockets.length).toBe(2)
  })
})

describe('streams to a site', () => {
  const get = 'GET /app/x HTTP/1.1\r\nHost: h\r\nCheops-Scope: site2\r\n\r\n'

  test('and the queue for them: 503 for the one beyond, the others are served', async () => {
    const held: (() => void)[] = []
    const { client: open, sites } = await chain(
      (socket, got) => {
        if (isWhole(got.slice(got.lastIndexOf('GET')))) held.push(() => ok(socket, got))
      },
      { config: { limits: { streamsPerPeer: 2, queuedPerPeer: 3 } } },
    )
    const served = Array.from({ length: 5 }, () => open().send(get))
    await until(() => held.length === 2)
    await until(() => sites.traffic.site1.counts().forwarded.inFlight === 5)
    const sixth = await open().send(get).until(isWhole, 'it')
    expect(outcome(sixth)).toBe('503 ERR_SITE_BUSY')
    expect(sixth).toMatch(/\r\nRetry-After: 1\r\n/)
    const answered = Promise.all(served.map(each => each.until(isWhole, 'it')))
    for (let i = 0; i < 5; i++) {
      await until(() => held.length > 0)
      held.shift()?.()
    }
    expect((await answered).map(outcome)).toEqual(['200', '200', '200', '200', '200'])
  })

  test('a wait for one has an end', async () => {
    const { client: open } = await chain(() => {}, {
      config: { limits: { streamsPerPeer: 1 }, timeouts: { dialMs: 100 } },
    })
    open().send(get)
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(outcome(await open().send(get).until(isWhole, 'it'))).toBe('503 ERR_SITE_BUSY')
  })

  test('requests a second: 503 for the one beyond, from the other site', async () => {
    const { app, client: open } = await chain(ok, { config: { limits: { requestsPerSecondPerPeer: 3 } } })
    const one = open()
    const outcomes: string[] = []
    for (let i = 0; i < 4; i++) {
      one.received = ''
      outcomes.push(outcome(await one.send(get).until(isWhole, 'it')))
    }
    expect(outcomes).toEqual(['200', '200', '200', '503 ERR_FORWARD_RATE'])
    expect(one.received).toMatch(/\r\nRetry-After: 1\r\n/)
    expect(app.received.join('').match(/GET/g)).toHaveLength(3)
  })
})

describe('the scope', () => {
  const send = async (scope: string, where: 'header' | 'URL' | 'baggage'): Promise<string> => {
    const { sites } = await chain(ok)
    const encoded = encodeURIComponent(scope)
    const request = {
      header: `GET /app/x HTTP/1.1\r\nHost: h\r\nCheops-Scope: ${scope}\r\n\r\n`,
      URL: `GET /~${encoded}/app/x HTTP/1.1\r\nHost: h\r\n\r\n`,
      baggage: `GET /app/x HTTP/1.1\r\nHost: h\r\nbaggage: cheops-scope=${encoded}\r\n\r\n`,
    }[where]
    return outcome(await client(sites.port).send(request).until(isWhole, 'it'))
  }

  const ofBytes = (bytes: number): string => `app:${' '.repeat(bytes - 'app:site2'.length)}site2`

  test.each(['header', 'URL', 'baggage'] as const)('4 KiB and one byte more, in the %s', async where => {
    expect(await send(ofBytes(4_096), where)).toBe('200')
    expect(await send(ofBytes(4_097), where)).toBe('400 ERR_SCOPE_LIMIT')
  })
})
