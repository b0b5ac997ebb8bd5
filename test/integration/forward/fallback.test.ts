/**
 * `site1 || site2`: the first site that can be reached, and of reads the first that finds something. It goes on only where
 * that is certainly right: a write only when nothing was sent, what has a body that nobody has kept only before its first byte.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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

const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone'

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
      if (isWhole(got)) socket.write(NOT_FOUND)
    })
    expect(await send(request(both))).toMatch(/^HTTP\/1\.1 200 [^]*\r\nCheops-Site: site2\r\n/)
    expect(await send(request(both, { method: 'DELETE' }))).toMatch(/^HTTP\/1\.1 404 [^]*\r\nCheops-Site: site1\r\n/)
    expect(first.join('')).toMatch(/GET[^]*DELETE/)
    expect(second.join('')).not.toContain('DELETE')
  })

  test('where all find nothing, the last one says so', async () => {
    const none: RawAnswer = (socket, got) => {
      if (isWhole(got)) socket.write(NOT_FOUND)
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

  test('a read with a small body goes on with all of it', async () => {
    const { first, second, send } = await pair(socket => void socket.destroy())
    expect(await send(request(both, { method: 'QUERY', body: 'a query' }))).toMatch(/\r\nCheops-Site: site2\r\n/)
    for (const got of [first, second]) expect(got.join('')).toMatch(/^QUERY [^]*\r\n\r\na query$/)
  })

  test.each([
    ['larger than is kept', { body: 'x'.repeat(64 * 1024 + 1) }],
    ['that does not say how large it is', { headers: 'Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n' }],
  ])('a read with a body %s is sent once, and does not go on with half of it', async (_what, given) => {
    const { second, send } = await pair((socket, got) => void (got.includes('\r\n\r\n') && socket.destroy()))
    const answer = await send(request(both, given))
    expect(problemOf(answer)).toMatchObject({ status: 502, code: 'ERR_APPLICATION_BROKEN' })
    expect(second).toEqual([])
  })

  describe('a POST of which the glue says that it changes nothing', () => {
    const search = { method: 'POST', path: '/app/items/_search', body: '{"all":true}' }
    let glue: string
    beforeAll(async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'cheops-reads-'))
      glue = path.join(folder, 'searched.glue.yaml')
      const kinds = 'kinds: {item: {collection: /items, resource: "/items/{id}"}}'
      await writeFile(glue, `glue: 1\napplication: searched\nreads: [/items/_search]\n${kinds}\n`)
    })
    afterAll(() => rm(path.dirname(glue), { recursive: true }))

    /** What asks, and who answers behind each of the two agents. */
    async function searched(first: RawAnswer, scope: string) {
      const one = await chain(first)
      const two = await chain(ok)
      const at = (port: number) => [{ name: 'app', endpoint: `http://127.0.0.1:${port}`, glue }]
      const isHere = scope.startsWith('{app: site1')
      const ports = isHere ? [one.app.port, two.app.port] : [two.app.port, one.app.port]
      const { client: open } = await chain(ok, {
        site1: at(ports[0] ?? 0),
        site2: at(ports[1] ?? 0),
        config: { timeouts: { answerMs: 150 } },
      })
      const send = (given: Parameters<typeof request>[1]): Promise<string> =>
        open().send(request(scope, given)).until(isWhole, 'it')
      return { first: one.app.received, second: two.app.received, send }
    }

    test.each<readonly [string, RawAnswer]>([
      ...FAILURES,
      ['finds nothing', (socket, got) => void (isWhole(got) && socket.write(NOT_FOUND))],
    ])('the first one, here or elsewhere, %s: the next one is asked, with its body', async (_what, answer) => {
      for (const [scope, next] of [
        [both, 'site2'],
        ['{app: site2 || site1}', 'site1'],
      ] as const) {
        const { first, second, send } = await searched(answer, scope)
        const found = await send(search)
        expect(found).toMatch(/^HTTP\/1\.1 200 /)
        expect(found).toContain(`\r\nCheops-Site: ${next}\r\n`)
        for (const got of [first, second]) expect(got.join('')).toMatch(/^POST [^]*\r\n\r\n\{"all":true\}$/)
      }
    })

    test('and one beside it is a write, which is sent once', async () => {
      const { second, send } = await searched(socket => void socket.destroy(), both)
      expect(problemOf(await send({ ...search, path: '/app/items/1/_search' }))).toMatchObject({
        status: 500,
        code: 'ERR_OUTCOME_UNKNOWN',
      })
      expect(second).toEqual([])
    })
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
