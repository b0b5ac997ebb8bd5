/**
 * What the agent learns when an application misbehaves, over real connections byte by byte: whether something may have happened is
 * always said rightly, a write is never sent twice, and connections are used again when nothing is in the way.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { MAX_ANSWER_BYTES } from '../../../src/adapters/http/application-client/index.ts'
import { CheopsError } from '../../../src/errors.ts'
import { applicationClient, asked } from '../../support/application-client.ts'
import type { TestServiceOptions } from '../../support/application-client.ts'
import { headOfMessage, isWhole, rawApplication } from '../../support/raw-http.ts'
import type { RawAnswer, RawApplication } from '../../support/raw-http.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function started(answer: RawAnswer, options: Partial<TestServiceOptions> = {}) {
  const app = await rawApplication(answer)
  const endpoint = `http://127.0.0.1:${app.port}/base`
  const { client, stop, sharedConnections } = applicationClient({ endpoint, ...options })
  ends.push(() => app.stop(), stop)
  return { app, client, sharedConnections }
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
/** For an application that stands still. */
const QUICK = { timeouts: { answerMs: 400, bodyIdleMs: 400, connectMs: 400 } }
const bytesOf = (text: string) => new TextEncoder().encode(text)
const put = asked({ method: 'PUT', body: Buffer.from('hi') })

/** Answers each whole request on a connection with these bytes, and ends it where `then` says so. */
const says =
  (bytes: string, then: 'keep' | 'end' | 'reset' = 'keep'): RawAnswer =>
  (socket, got) => {
    if (!isWhole(got)) return
    if (bytes !== '') socket.write(Buffer.from(bytes, 'latin1'))
    if (then === 'end') socket.end()
    else if (then === 'reset') setImmediate(() => socket.resetAndDestroy())
  }

const requests = (app: RawApplication, method: string): number => app.received.join('').split(`${method} /`).length - 1

describe('without a fault', () => {
  test('the request as it goes out, and the answer as it came, less what is of the hop or lies', async () => {
    const { app, client } = await started(
      says(
        'HTTP/1.1 207 My Reason\r\nX-a: 1\r\nx-A: 2\r\nConnection: keep-alive\r\nCheops-Site: lie\r\nContent-Length: 1\r\n\r\n\xe9',
      ),
    )
    const headers = ['X-Case', 'Ä'.normalize(), 'x-case', '2']
    const answer = await client.request(asked({ method: 'PUT', path: '/a%2Fb?c=d', headers, body: Buffer.from('hi') }))
    expect(answer).toEqual({
      status: 207,
      reason: 'My Reason',
      rawHeaders: ['X-a', '1', 'x-A', '2', 'Content-Length', '1'],
      body: Uint8Array.of(0xe9),
      isComplete: true,
    })
    expect(app.received[0]).toBe(
      `PUT /base/a%2Fb?c=d HTTP/1.1\r\nHost: 127.0.0.1:${app.port}\r\nX-Case: Ä\r\nx-case: 2\r\nContent-Length: 2\r\nAccept-Encoding: identity\r\nConnection: keep-alive\r\n\r\nhi`,
    )
  })

  test('chunks are collected, and interim answers passed over', async () => {
    const chunks = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nX-Trailer: 1\r\n\r\n'
    const { client } = await started(says(`HTTP/1.1 102 Processing\r\n\r\n${chunks}`))
    expect(await client.request(put)).toMatchObject({ rawHeaders: [], body: bytesOf('abc'), isComplete: true })
  })

  test('connections are used again, those of clients too', async () => {
    const { app, client, sharedConnections } = await started((socket, got) => {
      const whole = got.split('PUT ').length - 1
      if (isWhole(got.slice(got.lastIndexOf('PUT ')))) socket.write(OK)
      expect(whole).toBeLessThanOrEqual(3)
    })
    for (let i = 0; i < 3; i++) expect(await client.request(put)).toMatchObject({ status: 200 })
    expect(app.sockets).toHaveLength(1)
    expect(sharedConnections()).toBe(1)
  })

  test('HEAD: the length is told, and there is no body', async () => {
    const { client } = await started(says('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n'))
    const answer = await client.request(asked({ method: 'HEAD' }))
    expect(answer).toMatchObject({ rawHeaders: ['Content-Length', '7'], isComplete: true })
    expect(answer.body).toHaveLength(0)
  })
})

describe.each([
  ['PUT', put, (reason: string) => ({ code: 'ERR_OUTCOME_UNKNOWN', meta: { reason } })],
  ['GET', asked(), (code: string) => ({ code })],
] as const)('%s', (method, request, error) => {
  test.each([
    ['hangs', '', 'keep', 'ERR_APPLICATION_TIMEOUT'],
    ['ends without a word', '', 'end', 'ERR_APPLICATION_BROKEN'],
    ['resets', '', 'reset', 'ERR_APPLICATION_BROKEN'],
    ['breaks off in the head', 'HTTP/1.1 200 OK\r\nContent-Le', 'end', 'ERR_APPLICATION_BROKEN'],
    ['hangs in the head', 'HTTP/1.1 200 OK\r\nContent-Le', 'keep', 'ERR_APPLICATION_TIMEOUT'],
    ['speaks no HTTP', 'SSH-2.0-x\r\n', 'keep', 'ERR_APPLICATION_INVALID'],
    [
      'upgrades unasked',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
      'keep',
      'ERR_APPLICATION_INVALID',
    ],
    [
      'uses a coding that is unknown',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n',
      'keep',
      'ERR_APPLICATION_INVALID',
    ],
    ['never ends with 1xx', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(300), 'keep', 'ERR_APPLICATION_INVALID'],
    [
      'has an endless head',
      `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\n`,
      'keep',
      'ERR_APPLICATION_ANSWER_TOO_LARGE',
    ],
  ] as const)('%s', async (_what, bytes, then, code) => {
    const { app, client, sharedConnections } = await started(says(bytes, then), code.endsWith('TIMEOUT') ? QUICK : {})
    await expect(client.request(request)).rejects.toMatchObject(error(code))
    expect(requests(app, method)).toBe(1)
    await Promise.all(app.sockets.filter(socket => !socket.closed).map(socket => once(socket, 'close')))
    await expect.poll(sharedConnections).toBe(0)
  })

  test.each([
    ['breaks off in the body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', 'end'],
    ['breaks off in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', 'end'],
    ['hangs in the body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', 'keep'],
  ] as const)('%s: the status is certain, the body is not', async (_what, bytes, then) => {
    const { app, client } = await started(says(bytes, then), then === 'keep' ? QUICK : {})
    expect(await client.request(request)).toMatchObject({ status: 200, body: bytesOf('half'), isComplete: false })
    expect(requests(app, method)).toBe(1)
  })

  test('nothing listens, nobody takes the connection, all are in use: nothing was sent', async () => {
    const refusing = applicationClient({ endpoint: 'http://127.0.0.1:1' })
    // TEST-NET-1 (RFC 5737): nobody answers there.
    const silent = applicationClient({ endpoint: 'http://192.0.2.1:9', ...QUICK })
    ends.push(refusing.stop, silent.stop)
    for (const { client } of [refusing, silent]) {
      await expect(client.request(request)).rejects.toMatchObject({ code: 'ERR_APPLICATION_UNREACHABLE' })
    }
    const { client } = await started(() => {}, {
      timeouts: { connectMs: 50, queueMs: 100, answerMs: 2_000 },
      limits: { connectionsPerEndpoint: 1, queuedPerPeer: 1 },
    })
    const first = client.request(request).catch((failure: unknown) => failure)
    await expect(client.request(request)).rejects.toMatchObject({ code: 'ERR_APPLICATION_BUSY', spec: { retry: true } })
    expect(await first).toMatchObject(error('ERR_APPLICATION_TIMEOUT'))
  })

  test('given up while the application works', async () => {
    const given = new AbortController()
    const { app, client } = await started((_socket, got) => {
      if (isWhole(got)) given.abort(new CheopsError('ERR_AGENT_STOPPING', 'the agent is stopping'))
    })
    await expect(client.request({ ...request, signal: given.signal })).rejects.toMatchObject(
      error('ERR_AGENT_STOPPING'),
    )
    await Promise.all(app.sockets.filter(socket => !socket.closed).map(socket => once(socket, 'close')))
  })
})

test('an idle connection that is just being closed: a read goes again, a write is in doubt', async () => {
  // Answers the first request of each connection, and resets it when a second one comes.
  const once2: RawAnswer = (socket, got) => {
    const count = got.split(' HTTP/1.1').length - 1
    if (count > 1) socket.resetAndDestroy()
    else if (isWhole(got)) socket.write(OK)
  }
  const reading = await started(once2)
  for (let i = 0; i < 2; i++) expect(await reading.client.request(asked())).toMatchObject({ status: 200 })
  expect(reading.app.sockets).toHaveLength(2)
  const writing = await started(once2)
  expect(await writing.client.request(put)).toMatchObject({ status: 200 })
  await expect(writing.client.request(put)).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
  expect(requests(writing.app, 'PUT')).toBe(2)
})

test('two idle connections that are just being closed: a read goes again once, no more', async () => {
  let waiting: (() => void)[] = []
  const { app, client } = await started((socket, got) => {
    if (got.split(' HTTP/1.1').length - 1 > 1) socket.resetAndDestroy()
    else if (isWhole(got)) {
      // Both are answered together, so that there are two connections.
      waiting.push(() => socket.write(OK))
      if (waiting.length < 2) return
      for (const answer of waiting) answer()
      waiting = []
    }
  })
  await Promise.all([client.request(asked()), client.request(asked())])
  await expect(client.request(asked())).rejects.toMatchObject({ code: 'ERR_APPLICATION_BROKEN' })
  expect(app.sockets).toHaveLength(2)
  expect(requests(app, 'GET')).toBe(4)
})

describe('a larger answer than is taken', () => {
  const large = says(
    `HTTP/1.1 201 Created\r\nContent-Length: ${MAX_ANSWER_BYTES + 1}\r\n\r\n${'x'.repeat(MAX_ANSWER_BYTES + 1)}`,
  )

  test('to a read: an error', async () => {
    const { client } = await started(large)
    await expect(client.request(asked())).rejects.toMatchObject({ code: 'ERR_APPLICATION_ANSWER_TOO_LARGE' })
  })

  test('to a write: it is done, that is certain', async () => {
    const { client } = await started(large)
    const answer = await client.request(put)
    expect(answer).toMatchObject({ status: 201, isComplete: false })
    expect(answer.body.length).toBeLessThanOrEqual(MAX_ANSWER_BYTES)
  })

  test('to a read that may be hashed: its hash and its length, and nothing of it', async () => {
    const text = 'x'.repeat(100_000)
    const { client } = await started(says(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`))
    const hashed = { ...asked(), hashesLarge: true }
    const digest = { hash: createHash('sha256').update(text).digest('hex'), length: text.length }
    const answer = await client.request({ ...hashed, maxAnswerBytes: text.length - 1 })
    expect(answer).toMatchObject({ status: 200, isComplete: true, digest })
    expect(answer.body).toHaveLength(0)
    const held = await client.request({ ...hashed, maxAnswerBytes: text.length })
    expect(held.digest).toBeUndefined()
    expect(held.body).toHaveLength(text.length)
  })

  test('to a read that may be hashed, which breaks off: it is not complete', async () => {
    const { client } = await started(
      says(`HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(90_000)}`, 'end'),
    )
    const answer = await client.request({ ...asked(), hashesLarge: true, maxAnswerBytes: 10 })
    expect(answer).toMatchObject({ status: 200, isComplete: false })
  })

  test('a smaller bound of the caller', async () => {
    const { client } = await started(says(OK))
    expect(await client.request({ ...asked(), maxAnswerBytes: 2 })).toMatchObject({ status: 200 })
    await expect(client.request({ ...asked(), maxAnswerBytes: 1 })).rejects.toMatchObject({
      code: 'ERR_APPLICATION_ANSWER_TOO_LARGE',
    })
  })
})

describe('a body that is read while it is sent', () => {
  const PART = Buffer.alloc(65_536, 'x')

  /** Counts what was asked of it. */
  function source(parts: number, length = parts * PART.length) {
    const state = { given: 0, ended: false }
    async function* chunks() {
      try {
        for (; state.given < parts; state.given++) yield await Promise.resolve(PART)
      } finally {
        state.ended = true
      }
    }
    return { state, body: { length, chunks: chunks() } }
  }

  test('arrives whole, with its length', async () => {
    let bytes = 0
    const { app, client } = await started((socket, got) => {
      bytes = got.length - headOfMessage(got).length - 4
      if (bytes === 32 * PART.length) socket.write(OK)
    })
    const { body } = source(32)
    expect(await client.request(asked({ method: 'PUT', body }))).toMatchObject({ status: 200 })
    expect(app.received[0]).toContain(`\r\nContent-Length: ${32 * PART.length}\r\n`)
    expect(bytes).toBe(32 * PART.length)
  })

  test('is read no faster than the application takes it; one that takes nothing is a time-out', async () => {
    const { app, client } = await started(socket => void socket.pause(), QUICK)
    const { state, body } = source(4_096)
    await expect(client.request(asked({ method: 'PUT', body }))).rejects.toMatchObject({
      code: 'ERR_OUTCOME_UNKNOWN',
      meta: { reason: 'ERR_APPLICATION_TIMEOUT' },
    })
    expect(app.sockets).toHaveLength(1)
    expect(state.given).toBeLessThan(1_024)
    await expect.poll(() => state.ended).toBe(true)
  })

  test('an answer that comes early is the answer; the rest of the body is not asked for', async () => {
    const { client, sharedConnections } = await started(socket => {
      socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n')
      socket.pause()
    })
    const { state, body } = source(4_096)
    expect(await client.request(asked({ method: 'PUT', body }))).toMatchObject({ status: 413, isComplete: true })
    await expect.poll(() => state.ended).toBe(true)
    expect(state.given).toBeLessThan(4_096)
    await expect.poll(sharedConnections).toBe(0)
  })

  test.each([
    ['too short', 2, 3 * PART.length, 'ERR_STORE_FAILED'],
    ['too long', 3, 2 * PART.length, 'ERR_STORE_FAILED'],
  ])('%s: the application never sees a whole request, and it is in doubt', async (_what, parts, length, reason) => {
    const { app, client } = await started(() => {})
    const { body } = source(parts, length)
    await expect(client.request(asked({ method: 'PUT', body }))).rejects.toMatchObject({
      code: 'ERR_OUTCOME_UNKNOWN',
      meta: { reason },
    })
    await Promise.all(app.sockets.filter(socket => !socket.closed).map(socket => once(socket, 'close')))
    expect(isWhole(app.received[0] ?? '')).toBe(false)
  })

  test('that cannot be read: the error of whoever reads it', async () => {
    const { client } = await started(() => {})
    async function* chunks() {
      yield await Promise.resolve(PART)
      throw new CheopsError('ERR_REQUEST_GONE', 'the client went away')
    }
    const body = { length: 2 * PART.length, chunks: chunks() }
    await expect(client.request(asked({ method: 'PUT', body }))).rejects.toMatchObject({
      code: 'ERR_OUTCOME_UNKNOWN',
      meta: { reason: 'ERR_REQUEST_GONE' },
    })
  })

  test('is not touched while there is no connection', async () => {
    const { client, stop } = applicationClient({ endpoint: 'http://127.0.0.1:1' })
    ends.push(stop)
    const { state, body } = source(2)
    await expect(client.request(asked({ method: 'PUT', body }))).rejects.toMatchObject({ spec: { retry: true } })
    expect(state.given).toBe(0)
  })
})

test.each([
  ['a service of elsewhere', { service: 'other' }, 'ERR_SERVICE_NOT_LOCAL'],
  ['a path that is none', { path: 'http://x/' }, 'ERR_REQUEST_INVALID'],
  ['a path that HTTP cannot say', { path: '/a b' }, 'ERR_REQUEST_INVALID'],
  ['a method that HTTP cannot say', { method: 'P T' }, 'ERR_REQUEST_INVALID'],
  ['a header that HTTP cannot say', { headers: ['X-A', 'a\r\nb: c'] }, 'ERR_REQUEST_INVALID'],
  ['a body above limits.bodyBytes', { body: { length: 2 ** 41, chunks: [] } }, 'ERR_REQUEST_BODY_TOO_LARGE'],
] as const)('%s: nothing is sent', async (_what, given, code) => {
  const { app, client } = await started(says(OK))
  await expect(client.request({ ...put, ...given })).rejects.toMatchObject({ code })
  expect(app.received.join('')).toBe('')
})
