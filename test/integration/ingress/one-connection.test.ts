/**
 * What one client can do with one connection: requests that it sends ahead of their answers wait for each other, a request for
 * an upgrade that is refused leaves nothing behind when the client goes, and an answer whose end nobody could tell is none.
 */
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { setUpChains, WAYS } from '../../support/chain.ts'
import { bodyOfMessage, isWhole } from '../../support/raw-http.ts'

const { chain } = setUpChains()

describe.each(WAYS)('$way', ({ scope }) => {
  test('a thousand requests in one write reach the application one at a time, and are answered in order', async () => {
    let atOnce = 0
    let most = 0
    let asked = 0
    const { client } = await chain(socket => {
      asked++
      atOnce++
      most = Math.max(most, atOnce)
      setImmediate(() => {
        atOnce--
        socket.write(`HTTP/1.1 200 OK\r\nX-Number: ${asked}\r\nContent-Length: 0\r\n\r\n`)
      })
    })
    const requests = Array.from({ length: 1_000 }, (_, i) => `POST /app/${i} HTTP/1.1\r\nHost: h\r\n${scope}\r\n`)
    const answers = await client()
      .send(requests.join(''))
      .until(got => got.includes('X-Number: 1000\r\n'), 'the last')
    expect(answers.match(/X-Number: \d+/g)).toEqual(requests.map((_, i) => `X-Number: ${i + 1}`))
    expect(most).toBe(1)
  })

  test('one that hangs holds up those behind it, and nobody else', async () => {
    const { app, client } = await chain((socket, got) => {
      if (!got.includes('/hang')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    })
    const hang = `GET /app/hang HTTP/1.1\r\nHost: h\r\n${scope}\r\n`
    client().send(hang.repeat(500))
    const other = await client().send(`GET /app/ HTTP/1.1\r\nHost: h\r\n${scope}\r\n`).until(isWhole, 'the answer')
    expect(other).toMatch(/^HTTP\/1\.1 200 /)
    expect(app.received.join('').match(/GET \/hang/g)).toHaveLength(1)
  })

  test('a refused upgrade whose answer goes on ends at the application when the client goes', async () => {
    const { app, client } = await chain(socket => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n')
    })
    const watcher = client().send(
      `GET /app/watch HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n${scope}\r\n`,
    )
    await watcher.until(got => got.endsWith('2\r\nhi\r\n'), 'the first part')
    const closed = once(app.sockets[0] as never, 'close')
    watcher.socket.end()
    await closed
  })

  test.each(['gzip', 'gzip, chunked', 'x-chunked'])(
    'an answer in the transfer coding %s is a problem',
    async coding => {
      const { client } = await chain((socket, got) => {
        if (isWhole(got)) socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: ${coding}\r\n\r\nwhat`)
      })
      const answer = await client().send(`GET /app/ HTTP/1.1\r\nHost: h\r\n${scope}\r\n`).until(isWhole, 'the answer')
      expect(answer).toMatch(/^HTTP\/1\.1 502 /)
      expect(JSON.parse(bodyOfMessage(answer))).toMatchObject({ code: 'ERR_APPLICATION_INVALID' })
    },
  )

  test('a client that takes nothing of a large answer is cut off, and the application with it', async () => {
    const { app, client } = await chain(
      (socket, got) => {
        if (isWhole(got)) socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n${'x'.repeat(100_000_000)}`)
      },
      { config: { timeouts: { bodyIdleMs: 200 } } },
    )
    const sleeper = client().send(`GET /app/ HTTP/1.1\r\nHost: h\r\n${scope}\r\n`)
    sleeper.socket.pause()
    await expect.poll(() => app.sockets[0]?.closed, { timeout: 10_000 }).toBe(true)
  })

  test('trailers of an application that speak as Cheops do not pass, others do', async () => {
    const { client } = await chain((socket, got) => {
      const trailers = 'Cheops-Error: ERR_X\r\nX-Sum: 1\r\n'
      if (isWhole(got)) socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${trailers}\r\n`)
    })
    const answer = await client()
      .send(`GET /app/ HTTP/1.1\r\nHost: h\r\n${scope}\r\n`)
      .until(got => got.includes('X-Sum: 1\r\n\r\n'), 'the trailers')
    expect(answer).not.toContain('ERR_X')
  })
})

describe('scopes in several places', () => {
  const answering = () =>
    chain((socket, got) => {
      if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    })

  test.each([
    ['the second of two baggage headers', 'baggage: a=b\r\nbaggage: cheops-scope=site2\r\n', 200, /Cheops-Site: site2/],
    ['a baggage that cannot be decoded', 'baggage: cheops-scope=%zz\r\n', 400, /ERR_SCOPE_SYNTAX/],
    ['two headers that differ', 'Cheops-Scope: site1\r\nCheops-Scope: site2\r\n', 400, /ERR_SCOPE_SYNTAX/],
    ['two headers that say the same', 'Cheops-Scope: site2\r\ncheops-scope: site2\r\n', 200, /Cheops-Site: site2/],
    ['an empty one', 'Cheops-Scope: \r\n', 400, /ERR_SCOPE_SYNTAX/],
  ])('%s', async (_what, headers, status, expected) => {
    const { client } = await answering()
    const answer = await client().send(`GET /app/ HTTP/1.1\r\nHost: h\r\n${headers}\r\n`).until(isWhole, 'the answer')
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer).toMatch(expected)
  })
})

test.each([
  ['a parameter that nobody knows', 'levl=strong', /there is no parameter/],
  ['a value that it does not take', 'level=weak', /level takes none, eventual, transactional, strong, not "weak"/],
  ['a time that is none', 'wait=soon', /wait takes seconds, not "soon"/],
])('%s in the URL prefix is refused and not passed over', async (_what, parameter, sentence) => {
  const { app, client } = await chain(() => {})
  const request = `GET /~site2;${parameter}/app/ HTTP/1.1\r\nHost: h\r\n\r\n`
  const answer = await client().send(request).until(isWhole, 'the refusal')
  expect(JSON.parse(bodyOfMessage(answer))).toMatchObject({
    code: 'ERR_SCOPE_PARAMETER',
    detail: expect.stringMatching(sentence),
  })
  expect(app.received).toEqual([])
})

test('requests of a client within one trace of its own do not inherit scopes from each other', async () => {
  const { app, client } = await chain((socket, got) => {
    if (!got.includes('/hang')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  })
  const trace = 'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n'
  client().send(`POST /app/hang HTTP/1.1\r\nHost: h\r\nCheops-Scope: {app: site1}\r\n${trace}\r\n`)
  await expect.poll(() => app.received.join('')).toContain('/hang')
  const other = await client().send(`GET /app/a HTTP/1.1\r\nHost: h\r\n${trace}\r\n`).until(isWhole, 'the answer')
  expect(other).toMatch(/^HTTP\/1\.1 200 /)
  expect(other).not.toMatch(/Cheops-Site|Warning/)
})

test('a page of another site cannot use the ingress through a browser', async () => {
  const { app, client } = await chain((socket, got) => {
    if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  })
  const from = (site: string): string => `GET /app/ HTTP/1.1\r\nHost: h\r\nSec-Fetch-Site: ${site}\r\n\r\n`
  const refused = await client().send(from('cross-site')).until(isWhole, 'the refusal')
  expect(refused).toMatch(/^HTTP\/1\.1 403 [^]*ERR_REQUEST_CROSS_SITE/)
  expect(app.received).toEqual([])
  expect(await client().send(from('same-origin')).until(isWhole, 'the answer')).toMatch(/^HTTP\/1\.1 200 /)
})
