/**
 * The connection between two sites is lost, at any moment: while idle, before the answer, in the middle of either body, after
 * an upgrade. The client sees at once what became of its request, nothing is sent twice, nothing is left, and once there
 * is a connection again requests pass as before.
 */
import { once } from 'node:events'
import type net from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { setUpChains } from '../../support/chain.ts'
import type { Chain } from '../../support/chain.ts'
import { bodyOfMessage, headOfMessage, isWhole } from '../../support/raw-http.ts'
import type { RawAnswer } from '../../support/raw-http.ts'

const { chain, atEnd } = setUpChains()

const SCOPE = 'Cheops-Scope: site2\r\n'
const GET = `GET /app/x HTTP/1.1\r\nHost: h\r\n${SCOPE}\r\n`
const POST = `POST /app/x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n${SCOPE}\r\nhi`

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await setImmediate()
}

function codeOf(answer: string): string {
  expect(headOfMessage(answer)).toContain('problem+json')
  return (JSON.parse(bodyOfMessage(answer)) as { code: string }).code
}

async function cuttable(answer: RawAnswer): Promise<Chain & { cut(): void }> {
  const made = await chain(answer)
  return {
    ...made,
    cut() {
      made.sites.cut()
      atEnd(made.sites.restore)
    },
  }
}

const ok: RawAnswer = (socket, got) => {
  if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
}

/** Whether the application's end has ended, and how many requests are then left in both agents. */
async function leftOf({ app, sites }: Chain): Promise<number> {
  await until(() => (app.sockets[0] as net.Socket).closed)
  const counts = (): number =>
    [sites.traffic.site1, sites.traffic.site2]
      .flatMap(each => Object.values(each.counts()))
      .reduce((sum, each) => sum + each.inFlight, 0)
  for (let turn = 0; turn < 1_000 && counts() > 0; turn++) await setImmediate()
  return counts()
}

describe('lost', () => {
  test('while idle: the next request says that the site cannot be reached, and after it comes back all is well', async () => {
    const { app, client, sites, cut } = await cuttable(ok)
    await client().send(GET).until(isWhole, 'it')
    cut()
    for (const request of [GET, POST]) {
      const answer = await client().send(request).until(isWhole, 'the problem')
      expect(codeOf(answer)).toBe('ERR_SITE_UNREACHABLE')
      expect(answer).toMatch(/^HTTP\/1\.1 503 [^]*\r\nRetry-After: 1\r\n/)
    }
    await sites.restore()
    expect(await client().send(POST).until(isWhole, 'it')).toMatch(/^HTTP\/1\.1 200 /)
    expect(app.received.join('').match(/POST/g)).toHaveLength(1)
  })

  test.each([
    ['GET', GET, 502, 'ERR_SITE_BROKEN'],
    ['POST', POST, 500, 'ERR_OUTCOME_UNKNOWN'],
  ])('before the answer: %s', async (_method, request, status, code) => {
    const made = await cuttable(() => {})
    const one = made.client().send(request)
    await until(() => isWhole(made.app.received[0] ?? ''))
    made.cut()
    const answer = await one.until(isWhole, 'the problem')
    expect(answer.startsWith(`HTTP/1.1 ${status} `)).toBe(true)
    expect(codeOf(answer)).toBe(code)
    expect(answer).not.toMatch(/retry-after/i)
    expect(await leftOf(made)).toBe(0)
    expect(made.app.received).toHaveLength(1)
  })

  test("in the middle of the request's body: the application gets no whole one", async () => {
    const made = await cuttable(() => {})
    const one = made.client()
    one.send(`POST /app/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n${SCOPE}\r\n4\r\nhalf\r\n`)
    await until(() => made.app.received[0]?.includes('half') === true)
    made.cut()
    const answer = await one.until(got => got.endsWith('}\n'), 'the problem')
    expect(codeOf(answer)).toBe('ERR_OUTCOME_UNKNOWN')
    expect(await leftOf(made)).toBe(0)
    expect(made.app.received[0]).not.toMatch(/0\r\n\r\n$/)
  })

  test.each([
    ['fixed', 'Content-Length: 10\r\n\r\nhalf', 'half'],
    ['chunked', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', '4\r\nhalf\r\n'],
    ['until the end of the connection', '\r\nhalf', '4\r\nhalf\r\n'],
  ])("in the middle of the answer's body, %s: the client sees a cut", async (_framing, rest, part) => {
    const made = await cuttable((socket, got) => {
      if (isWhole(got)) socket.write(`HTTP/1.1 200 OK\r\n${rest}`)
    })
    const one = made.client().send(GET)
    await one.until(got => got.endsWith(part), 'the first half')
    made.cut()
    const { received } = await one.toEnd()
    expect(bodyOfMessage(received)).toBe(part)
    expect(await leftOf(made)).toBe(0)
  })

  test('while both bodies flow', async () => {
    const part = Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`)
    const made = await cuttable((socket, got) => {
      if (!got.startsWith('POST')) return
      socket.removeAllListeners('data').resume()
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      const more = (): void => {
        while (socket.writable && socket.write(part)) continue
      }
      socket.on('drain', more)
      more()
    })
    const one = made.client()
    let read = 0
    one.socket.removeAllListeners('data').on('data', chunk => (read += chunk.length))
    one.send(`POST /app/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n${SCOPE}\r\n`)
    const more = (): void => {
      while (one.socket.writable && one.socket.write(part)) continue
    }
    one.socket.on('drain', more)
    more()
    await until(() => read > 4_000_000)
    made.cut()
    await until(() => one.socket.closed)
    expect(await leftOf(made)).toBe(0)
  })

  test('after an upgrade: both ends break off, neither sees a clean end', async () => {
    const made = await cuttable((socket, got) => {
      if (got.endsWith('\r\n\r\n'))
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhi')
    })
    const one = made.client()
    one.send(`GET /app/x HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n${SCOPE}\r\n`)
    await one.until(got => got.endsWith('hi'), 'the upgrade')
    const lost = once(made.app.sockets[0] as net.Socket, 'error')
    made.cut()
    const [error] = (await lost) as [Error & { code: string }]
    expect(error.code).toBe('ECONNRESET')
    expect((await one.toEnd()).clean).toBe(false)
    expect(await leftOf(made)).toBe(0)
  })

  test('with hundreds under way: each learns it', async () => {
    const made = await cuttable(() => {})
    const all = Array.from({ length: 200 }, (_, i) => made.client().send(i % 2 === 0 ? GET : POST))
    await until(() => made.app.received.length === 200 && made.app.received.every(isWhole))
    made.cut()
    const answers = await Promise.all(all.map(each => each.until(isWhole, 'the problem')))
    // Reads whose stream had been there before go again once, and find no connection.
    const reads = new Set(['ERR_SITE_BROKEN', 'ERR_SITE_UNREACHABLE'])
    expect(answers.filter((_, i) => i % 2 === 0).every(each => reads.has(codeOf(each)))).toBe(true)
    expect(answers.filter((_, i) => i % 2 === 1).map(codeOf)).toEqual(Array(100).fill('ERR_OUTCOME_UNKNOWN'))
    expect(await leftOf(made)).toBe(0)
  })
})
