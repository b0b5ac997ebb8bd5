/**
 * Answers whose links are rewritten (the OpenStack glue rewrites version documents and tokens), locally and through another
 * site. Nothing reaches the client until the whole answer is there, so whatever goes wrong on the way is a problem of its own,
 * and what may have been carried out is said to be unknown.
 */
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { setUpChains, WAYS } from '../../support/chain.ts'
import { bodyOfMessage, headOfMessage, isWhole } from '../../support/raw-http.ts'
import type { RawAnswer } from '../../support/raw-http.ts'

const { chain } = setUpChains()

/** The glue's bound on an answer that it rewrites. */
const MAX_BYTES = 4 * 1024 * 1024

describe.each(WAYS)('$way', ({ scope }) => {
  const get = `GET /identity/v3 HTTP/1.1\r\nHost: agent:8079\r\n${scope}\r\n`
  const post = `POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: agent:8079\r\nContent-Length: 2\r\n${scope}\r\n{}`

  async function send(
    request: string,
    answer: RawAnswer,
    answerMs = 4_000,
  ): Promise<{ head: string; body: string; seen: number }> {
    const made = await chain(answer)
    const service = { name: 'identity', endpoint: `http://127.0.0.1:${made.app.port}`, glue: 'openstack' }
    const { client } = await chain(answer, {
      site1: [service],
      site2: [service],
      config: { timeouts: { answerMs, connectMs: 2_000, queueMs: 200 } },
    })
    const received = await client()
      .send(request)
      .until(got => isWhole(got), 'the answer', 5_000)
    const seen = made.app.received.join('').match(/HTTP\/1\.1/g)?.length ?? 0
    return { head: headOfMessage(received), body: bodyOfMessage(received), seen }
  }

  const version = (port: number): string =>
    JSON.stringify({ version: { id: 'v3', links: [{ rel: 'self', href: `http://127.0.0.1:${port}/v3/` }] } })

  test.each([
    ['as it is', '', (body: string) => Buffer.from(body)],
    ['compressed', 'Content-Encoding: gzip\r\n', (body: string) => gzipSync(body)],
  ])('links lead back to the agent, %s', async (_what, header, encode) => {
    const { head, body } = await send(get, (socket, got) => {
      if (!isWhole(got)) return
      const bytes = encode(version(socket.localPort ?? 0))
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${header}Content-Length: ${bytes.length}\r\n\r\n`,
      )
      socket.write(bytes)
    })
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(head).not.toMatch(/content-encoding/i)
    expect(body).toContain('http://agent:8079/identity/v3')
  })

  // An agent that breaks off says no more than that: the other one calls it the site's.
  const BROKEN: readonly (readonly [string, RawAnswer, string])[] = [
    [
      'breaks off',
      socket => void socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{'),
      '502',
    ],
    [
      'is reset',
      socket =>
        void socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{', () =>
          setImmediate(() => socket.resetAndDestroy()),
        ),
      '502',
    ],
    [
      'hangs',
      socket => void socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{'),
      '504',
    ],
    [
      'is too large',
      socket =>
        void socket.write(
          `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${MAX_BYTES + 1}\r\n\r\n${' '.repeat(MAX_BYTES + 1)}`,
        ),
      '502',
    ],
    [
      'is not what its encoding says',
      socket =>
        void socket.write(
          'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}',
        ),
      '502',
    ],
  ]

  test.each(BROKEN)('an answer that %s', async (_what, answer, status) => {
    const once: RawAnswer = (socket, got) => {
      if (isWhole(got)) answer(socket, got)
    }
    const answerMs = status === '504' ? 200 : undefined
    const read = await send(get, once, answerMs)
    expect(read.head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*\\r\\nCheops-Error: ERR_(APPLICATION|SITE)_`))
    const write = await send(
      post,
      (socket, got) => {
        if (isWhole(got)) answer(socket, got)
      },
      answerMs,
    )
    expect(write.head).toMatch(/^HTTP\/1\.1 500 [^]*\r\nCheops-Error: ERR_OUTCOME_UNKNOWN/)
    expect(write.head).not.toMatch(/retry-after/i)
    expect(write.seen).toBe(1)
  })
})
