/**
 * What an agent answers to a peer that does not follow the protocol: rubbish, headers that are missing or wrong, heads that are
 * too large. Each stream is on its own: what happens on one touches no other, and the application sees nothing of it.
 */
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { PEER_HEADER_ALLOWANCE_BYTES } from '../../../src/adapters/http/http-listener.ts'
import { StreamDuplex } from '../../../protocols/forward/stream-duplex.ts'
import { setUpChains } from '../../support/chain.ts'
import { bodyOfMessage, isWhole } from '../../support/raw-http.ts'
import type { RawAnswer } from '../../support/raw-http.ts'

const { chain, atEnd } = setUpChains()

const ok: RawAnswer = (socket, got) => {
  if (isWhole(got.slice(got.lastIndexOf('GET ')))) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
}

const GOOD = 'Cheops-Service: app\r\nCheops-Scope: {app: site2}\r\nCheops-Hops: 1\r\n'
const get = (headers: string, target = '/x'): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n${headers}\r\n`

/** Sends bytes on a stream of its own, and gives what comes until `isEnough` or the end. */
async function on(
  made: Awaited<ReturnType<typeof chain>>,
  bytes: string,
  isEnough: (received: string) => boolean = isWhole,
): Promise<string> {
  const stream = new StreamDuplex(await made.sites.openStream()).on('error', () => {})
  atEnd(() => void stream.destroy())
  let received = ''
  stream.write(Buffer.from(bytes, 'latin1'))
  const { promise, resolve } = Promise.withResolvers<void>()
  stream.on('data', chunk => {
    received += String(chunk)
    if (isEnough(received)) resolve()
  })
  stream.on('close', resolve)
  await promise
  return received
}

const codeOf = (answer: string): string => (JSON.parse(bodyOfMessage(answer)) as { code: string }).code

test.each([
  ['no HTTP', '\x00\x01\x02\x03rubbish\r\n\r\n', 400, 'ERR_REQUEST_INVALID'],
  ['two framings', get(`${GOOD}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n`), 400, 'ERR_REQUEST_INVALID'],
  ['a path that goes up', get(GOOD, '/a/../x'), 400, 'ERR_REQUEST_PATH'],
  ['no service', get('Cheops-Hops: 1\r\n'), 400, 'ERR_FORWARD_INVALID'],
  ['no hops', get('Cheops-Service: app\r\nCheops-Scope: s\r\n'), 400, 'ERR_FORWARD_INVALID'],
  ['an absolute URL', get(GOOD, 'http://elsewhere/x'), 400, 'ERR_FORWARD_INVALID'],
  ['a service that is not here', get(GOOD.replace('app\r\n', 'other\r\n')), 404, 'ERR_SERVICE_NOT_LOCAL'],
  ['a name of Object.prototype', get(GOOD.replace('app\r\n', 'constructor\r\n')), 404, 'ERR_SERVICE_NOT_LOCAL'],
  ['too many hops', get(GOOD.replace('Hops: 1', 'Hops: 17')), 508, 'ERR_FORWARD_LOOP'],
  ['CONNECT', 'CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere:443\r\n\r\n', 405, 'ERR_REQUEST_CONNECT'],
])('%s', async (_what, bytes, status, code) => {
  const made = await chain(ok)
  const answer = await on(made, bytes)
  expect(answer.startsWith(`HTTP/1.1 ${status} `)).toBe(true)
  expect(codeOf(answer)).toBe(code)
  expect(made.app.received).toEqual([])
  // The next stream of the same connection is none the worse.
  expect(await on(made, get(GOOD))).toMatch(/^HTTP\/1\.1 200 /)
})

describe('the head', () => {
  const headerBytes = 8_192

  test('may be larger than that of a client by what agents add', async () => {
    const made = await chain(ok, { config: { limits: { headerBytes } } })
    const bound = headerBytes + PEER_HEADER_ALLOWANCE_BYTES
    const others = get(GOOD).split('\r\n').slice(1).join('').replaceAll(': ', '').length + '/x'.length
    const fill = (bytes: number): string => get(`${GOOD}X: ${'x'.repeat(bytes - others - 1)}\r\n`)
    const beyond = await on(made, fill(bound))
    expect(codeOf(beyond)).toBe('ERR_REQUEST_HEADERS_TOO_LARGE')
    expect(made.app.received).toEqual([])
    // The application's own bound is not ours.
    expect(await on(made, fill(bound - 64))).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('of a client at its bound, with the longest scope, reaches the application', async () => {
    const { client: open } = await chain(ok, { config: { limits: { headerBytes } } })
    const scope = `{app: site2${' '.repeat(4_000)}}`
    const head = `GET /app/x HTTP/1.1\r\nHost: h\r\nCheops-Scope: ${scope}\r\n`
    const left = headerBytes - head.length - 40
    const answer = await open()
      .send(`${head}X: ${'x'.repeat(left)}\r\n\r\n`)
      .until(isWhole, 'it')
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  })
})

test('requests one behind the other on a stream are answered in their order', async () => {
  const made = await chain((socket, got) => {
    const path = /^GET (\S+)/.exec(got.slice(got.lastIndexOf('GET ')))?.[1] ?? ''
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`)
  })
  const three = ['/1', '/2', '/3'].map(path => get(GOOD, path)).join('')
  const answers = await on(made, three, got => got.endsWith('/3'))
  expect(answers.match(/\r\n\r\n\/\d/g)).toEqual(['\r\n\r\n/1', '\r\n\r\n/2', '\r\n\r\n/3'])
})

test('a stream that ends in the middle of a request is answered or dropped, and leaves nothing', async () => {
  const made = await chain(ok)
  const stream = new StreamDuplex(await made.sites.openStream()).on('error', () => {})
  stream.end(get(GOOD).slice(0, 30))
  stream.resume()
  await once(stream, 'close')
  expect(made.app.received).toEqual([])
  expect(made.sites.traffic.site2.counts().received).toMatchObject({ total: 0 })
})
