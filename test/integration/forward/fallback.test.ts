/**
 * `site1 || site2`: the first site that can be reached, and of reads the first that finds something. It goes on only where
 * that is certainly right: a write only when nothing was sent, anything with a body only before its first byte.
 */
import { describe, expect, test } from 'vitest'
import { setUpChains } from '../../support/chain.ts'
import { isWhole } from '../../support/raw-http.ts'
import type { RawAnswer } from '../../support/raw-http.ts'
import { ok, problemOf, request } from '../../support/scoped-request.ts'

const { chain } = setUpChains()

const both = '{app: site1 || site2}'

const FAILURES: readonly (readonly [string, RawAnswer])[] = [
  ['hangs', () => {}],
  ['breaks off', socket => void socket.destroy()],
  ['talks something else', socket => void socket.write('SSH-2.0-x\r\n\r\n')],
]

/** A port that was free may be somebody else's in the next moment; nobody listens on the first one. */
const NOBODY = 'http://127.0.0.1:1'

describe('||', () => {
  interface Pair {
    readonly first: string[]
    readonly second: string[]
    send(bytes: string): Promise<string>
  }

  /** An application of its own at each site; undefined refuses connections. */
  async function pair(first: RawAnswer | undefined, options: Parameters<typeof chain>[1] = {}): Promise<Pair> {
    const one = await chain(first ?? ok)
    const two = await chain(ok, {
      site1: [{ name: 'app', endpoint: first === undefined ? NOBODY : `http://127.0.0.1:${one.app.port}` }],
      ...options,
    })
    return {
      first: one.app.received,
      second: two.app.received,
      send: bytes => two.client().send(bytes).until(isWhole, 'it'),
    }
  }

  test('the first that can be reached', async () => {
    const { first, second, send } = await pair(ok)
    expect(await send(request(both))).toMatch(/\r\nCheops-Site: site1\r\n/)
    expect([first.length, second.length]).toEqual([1, 0])
  })

  test.each([
    ['a read', {}],
    ['a write without a body', { method: 'DELETE' }],
    ['a write with one: nothing was sent of it', { method: 'POST', body: 'hi' }],
  ])("the next one where the first one's application takes no connection: %s", async (_what, given) => {
    const { second, send } = await pair(undefined)
    const answer = await send(request(both, given))
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(answer).toMatch(/\r\nCheops-Site: site2\r\n/)
    expect(second).toHaveLength(1)
  })

  test('the next one where a read finds nothing; a write is answered by the first one', async () => {
    const { first, second, send } = await pair((socket, got) => {
      if (isWhole(got)) socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone')
    })
    expect(await send(request(both))).toMatch(/^HTTP\/1\.1 200 [^]*\r\nCheops-Site: site2\r\n/)
    expect(await send(request(both, { method: 'DELETE' }))).toMatch(/^HTTP\/1\.1 404 [^]*\r\nCheops-Site: site1\r\n/)
    expect(first.join('')).toMatch(/GET[^]*DELETE/)
    expect(second.join('')).not.toContain('DELETE')
  })

  test('where all find nothing, the last one says so', async () => {
    const none: RawAnswer = (socket, got) => {
      if (isWhole(got)) socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone')
    }
    const { app, client: open } = await chain(none)
    const answer = await open().send(request(both)).until(isWhole, 'it')
    expect(answer).toMatch(/^HTTP\/1\.1 404 Not Found\r\n[^]*\r\nCheops-Site: site2\r\n/)
    expect(app.received.join('').match(/GET/g)).toHaveLength(2)
  })

  test.each(FAILURES)(
    "the first one's application %s: a read goes on, a write does not, and is sent once",
    async (_what, answer) => {
      const { first, second, send } = await pair(answer, { config: { timeouts: { answerMs: 150 } } })
      expect(await send(request(both))).toMatch(/^HTTP\/1\.1 200 [^]*\r\nCheops-Site: site2\r\n/)
      for (const given of [{ method: 'POST', body: 'hi' }, { method: 'POST' }, { method: 'DELETE' }]) {
        const problem = problemOf(await send(request(both, given)))
        expect(problem).toEqual({ status: 500, code: 'ERR_OUTCOME_UNKNOWN', site: 'site1' })
      }
      expect(first.join('').match(/POST|DELETE/g)).toHaveLength(3)
      expect(second.join('')).not.toMatch(/POST|DELETE/)
    },
  )

  test('a read with a body, which can be sent only once, does not go on with half of it', async () => {
    const { second, send } = await pair(socket => void socket.destroy())
    const answer = await send(request(both, { body: 'a query' }))
    expect(problemOf(answer)).toMatchObject({ status: 502, code: 'ERR_APPLICATION_BROKEN' })
    expect(second).toEqual([])
  })

  test('a site that is down is tried last, and its connection counts more than its beats', async () => {
    const { first, second, send } = await pair(ok, { liveness: { site2: 'down' } })
    expect(await send(request('{app: site2 || site1}'))).toMatch(/\r\nCheops-Site: site1\r\n/)
    expect([first.length, second.length]).toEqual([1, 0])
  })

  test('the other agent says that nothing was done: a write without a body goes on, one with a body is told', async () => {
    const one = await chain(ok)
    const { client: open } = await chain(ok, {
      site1: [{ name: 'app', endpoint: `http://127.0.0.1:${one.app.port}` }],
      site2: [{ name: 'app', endpoint: NOBODY }],
    })
    const scope = '{app: site2 || site1}'
    const bare = await open()
      .send(request(scope, { method: 'DELETE' }))
      .until(isWhole, 'it')
    expect(bare).toMatch(/^HTTP\/1\.1 200 [^]*\r\nCheops-Site: site1\r\n/)
    const body = await open()
      .send(request(scope, { method: 'POST', body: 'hi' }))
      .until(isWhole, 'it')
    expect(problemOf(body)).toMatchObject({ status: 503, code: 'ERR_APPLICATION_UNREACHABLE' })
    expect(body).toMatch(/\r\nRetry-After: 1\r\n/)
    expect(one.app.received.join('')).not.toContain('POST')
  })
})
