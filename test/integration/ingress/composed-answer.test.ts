/**
 * Answers that the agent composes, as bytes on real connections: their framing is their own whatever the headers say, by every method,
 * version of HTTP and status; and a client that is still sending, reads nothing, or wanted an upgrade is treated as after a refusal.
 */
import diagnostics from 'node:diagnostics_channel'
import { once } from 'node:events'
import type net from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { ComposedAnswer } from '../../../src/ports/exchange.ts'
import { exchanges } from '../../support/exchanges.ts'
import type { ExchangesOptions } from '../../support/exchanges.ts'
import { bodyOfMessage, headOfMessage, isWhole, RawClient } from '../../support/raw-http.ts'
import { problemOf } from '../../support/scoped-request.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

async function clientOf(answer: Partial<ComposedAnswer>, options?: ExchangesOptions): Promise<() => RawClient> {
  const composed = { status: 200, rawHeaders: [], body: new Uint8Array(), ...answer }
  const { port, faults, stop } = await exchanges(exchange => exchange.answer(composed), options)
  ends.push(() => expect(faults).toEqual([]), stop)
  return () => {
    const client = new RawClient(port)
    ends.push(() => client.close())
    return client
  }
}

const GET = 'GET /x HTTP/1.1\r\nHost: h\r\n\r\n'
const hello = Buffer.from('hello')
const withoutDate = (message: string) => headOfMessage(message).replace(/\r\nDate: [^\r]*/, '')

test('headers go out as they stand, the framing is made anew, those of the hop are left out', async () => {
  const rawHeaders = [
    'X-a',
    '1',
    'x-A',
    '2',
    'Content-Length',
    '99',
    'Transfer-Encoding',
    'chunked',
    'Connection',
    'x',
    'ETag',
    '"1"',
  ]
  const client = (await clientOf({ status: 207, reason: 'My Reason', rawHeaders, body: hello }))()
  for (let i = 0; i < 2; i++) {
    const answer = await client.send(GET).until(isWhole, 'the answer')
    expect(withoutDate(answer)).toBe(
      'HTTP/1.1 207 My Reason\r\nX-a: 1\r\nx-A: 2\r\nETag: "1"\r\nContent-Length: 5\r\nConnection: keep-alive\r\nKeep-Alive: timeout=65',
    )
    expect(bodyOfMessage(answer)).toBe('hello')
    client.received = ''
  }
})

test('the usual reason where none is given, and one Date', async () => {
  const date = 'Tue, 15 Nov 1994 08:12:31 GMT'
  const client = (await clientOf({ status: 202, rawHeaders: ['Date', date] }))()
  const answer = await client.send(GET).until(isWhole, 'the answer')
  expect(answer).toMatch(/^HTTP\/1\.1 202 Accepted\r\n/)
  expect(answer.match(/\r\nDate: .*/g)).toEqual([`\r\nDate: ${date}`])
})

test.each([
  ['HEAD, with the body that a GET would have', 'HEAD', { body: hello }, 'Content-Length: 5'],
  ['HEAD, with the head of an application', 'HEAD', { rawHeaders: ['Content-Length', '7'] }, 'Content-Length: 7'],
  ['204', 'GET', { status: 204, rawHeaders: ['Content-Length', '7'] }, undefined],
  ['304', 'GET', { status: 304, rawHeaders: ['Content-Length', '7'] }, 'Content-Length: 7'],
  ['304 without a length', 'GET', { status: 304 }, undefined],
  ['an empty body', 'GET', {}, 'Content-Length: 0'],
] as const)('%s: no body, and the connection goes on', async (_what, method, answer, length) => {
  const client = (await clientOf(answer))()
  for (let i = 0; i < 2; i++) {
    client.send(GET.replace('GET', method))
    const got = await client.until(received => received.endsWith('\r\n\r\n'), 'the head')
    expect(/content-length: \d+/i.exec(got)?.[0]).toBe(length)
    expect(got).not.toMatch(/transfer-encoding/i)
    client.received = ''
  }
})

test('HTTP/1.0: a length, and the end of the connection unless it is to be kept', async () => {
  const open = await clientOf({ rawHeaders: ['Transfer-Encoding', 'chunked'], body: hello })
  const { received, clean } = await open().send('GET /x HTTP/1.0\r\n\r\n').toEnd()
  expect(received).toMatch(/\r\nContent-Length: 5\r\n(.*\r\n)*Connection: close\r\n/)
  expect(received).not.toMatch(/transfer-encoding/i)
  expect(bodyOfMessage(received)).toBe('hello')
  expect(clean).toBe(true)
  const kept = open()
  for (let i = 0; i < 2; i++) {
    await kept.send('GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n').until(isWhole, 'the answer')
    kept.received = ''
  }
})

test('a client that is still sending gets the answer, then the connection ends', async () => {
  const client = (await clientOf({ status: 409, body: hello }))()
  client.send('PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n').send('x'.repeat(1_000_000))
  const { received, clean } = await client.toEnd()
  expect(received).toMatch(/^HTTP\/1\.1 409 Conflict\r\n(.*\r\n)*Connection: close\r\n/)
  expect(bodyOfMessage(received)).toBe('hello')
  expect(clean).toBe(true)
})

test('a client that waits for 100-continue gets the answer instead', async () => {
  const client = (await clientOf({ status: 412 }))()
  client.send('PUT /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n')
  const { received } = await client.toEnd()
  expect(received).toMatch(/^HTTP\/1\.1 412 /)
})

test('a large body arrives whole', async () => {
  const body = Buffer.from('0123456789abcdef'.repeat(500_000))
  const client = (await clientOf({ body }))()
  const answer = await client.send(GET).until(isWhole, 'the answer')
  expect(bodyOfMessage(answer) === body.toString()).toBe(true)
})

test('a client that takes nothing of it is cut off', async () => {
  const length = 64 * 1024 * 1024
  const open = await clientOf({ body: Buffer.alloc(length, 'x') }, { timeouts: { bodyIdleMs: 200 } })
  const accepted = Promise.withResolvers<net.Socket>()
  const onSocket = (message: unknown) => accepted.resolve((message as { socket: net.Socket }).socket)
  diagnostics.subscribe('net.server.socket', onSocket)
  const client = open()
  client.socket.pause()
  client.send(GET)
  // The agent's end of the connection; the client's, which reads nothing, notices nothing.
  const end = await accepted.promise
  diagnostics.unsubscribe('net.server.socket', onSocket)
  if (!end.closed) await once(end, 'close')
  client.socket.resume()
  const { received } = await client.toEnd()
  expect(received.length).toBeLessThan(length)
})

test('an upgrade is answered in its place, and the connection ends', async () => {
  const client = (await clientOf({ status: 403, body: hello }))()
  const { received } = await client
    .send('GET /x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
    .toEnd()
  expect(received).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/)
  expect(bodyOfMessage(received)).toBe('hello')
})

test('a head that HTTP cannot say becomes a problem', async () => {
  const client = (await clientOf({ rawHeaders: ['X-A', 'a\r\nb'], body: hello }))()
  const answer = await client.send(GET).until(isWhole, 'the problem')
  expect(problemOf(answer)).toMatchObject({ status: 502, code: 'ERR_APPLICATION_INVALID' })
})
