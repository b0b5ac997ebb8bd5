/**
 * What both implementations of the port `Application` do alike: the client over HTTP, here in front of a server, and the fake of
 * tests and the simulation. The server answers by means of a fake of its own, so whatever differs is the client's.
 */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from 'vitest'
import { VirtualTime } from '../../../sims/world/virtual-time.ts'
import { SeededRandom } from '../../../sims/world/seeded-random.ts'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import type { Application, ApplicationRequest } from '../../../src/ports/application.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import { applicationClient, asked } from '../../support/application-client.ts'
import { FakeApplication } from '../../support/fake-application.ts'

interface Subject {
  readonly application: Application
  /** Where faults are planned and effects are seen. */
  readonly fake: FakeApplication
}

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** Long enough for an answer on a busy machine. */
const ANSWER_MS = 500

function fake(): Promise<Subject> {
  const application = new FakeApplication({ clock: systemClock, random: new SeededRandom(1), answerMs: ANSWER_MS })
  return Promise.resolve({ application, fake: application })
}

/** The same over HTTP: what the fake throws is a connection that breaks off, or stands still. */
async function overHttp(): Promise<Subject> {
  const behind = new FakeApplication({ clock: systemClock, random: new SeededRandom(1), answerMs: ANSWER_MS * 10 })
  const server = http.createServer((request, response) => {
    void (async () => {
      const body = await buffer(request)
      const { method = '', url: path = '', rawHeaders: headers } = request
      try {
        const {
          status,
          reason,
          rawHeaders,
          body: given,
          isComplete,
        } = await behind.request(asked({ method, path, headers, body }))
        response.writeHead(status, reason, [...rawHeaders])
        if (isComplete) response.end(given)
        else response.write('x', () => request.socket.destroy())
      } catch {
        request.socket.destroy()
      }
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { client, stop } = applicationClient({ endpoint, timeouts: { answerMs: ANSWER_MS } })
  ends.push(
    stop,
    () => server.close(),
    () => server.closeAllConnections(),
  )
  return { application: client, fake: behind }
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const parsed = (body: Uint8Array): unknown => JSON.parse(Buffer.from(body).toString())

describe.each([
  ['the fake', fake],
  ['the client over HTTP', overHttp],
])('%s', (_name, subject) => {
  test('creates, reads, replaces, merges, lists, deletes', async () => {
    const { application } = await subject()
    const ask = async (method: string, path: string, value?: unknown, headers: string[] = []) => {
      const body = value === undefined ? undefined : json(value)
      const answer = await application.request(asked({ method, path, headers, body }))
      expect(answer.isComplete).toBe(true)
      return { status: answer.status, body: answer.body.length === 0 ? undefined : parsed(answer.body) }
    }
    expect(await ask('GET', '/items/a')).toMatchObject({ status: 404 })
    expect(await ask('PUT', '/items/a', { count: 1 })).toEqual({ status: 201, body: { id: 'a', count: 1 } })
    expect(await ask('PUT', '/items/a', { count: 2, hue: 'red' })).toMatchObject({ status: 200 })
    expect(await ask('PATCH', '/items/a', { hue: null })).toEqual({ status: 200, body: { id: 'a', count: 2 } })
    expect(await ask('PATCH', '/items/b', {})).toMatchObject({ status: 404 })
    expect(await ask('POST', '/items', { id: 'a' })).toMatchObject({ status: 409 })
    expect(await ask('POST', '/items', { id: 'b' })).toEqual({ status: 201, body: { id: 'b' } })
    const { body: shown } = await application.request(asked({ method: 'GET', path: '/items' }))
    expect(shown.buffer.byteLength, 'an answer keeps more than itself in memory').toBe(shown.byteLength)
    expect(await ask('GET', '/items')).toEqual({ status: 200, body: [{ id: 'a', count: 2 }, { id: 'b' }] })
    expect(await ask('HEAD', '/items/a')).toEqual({ status: 200, body: undefined })
    expect(await ask('PUT', '/items/a', {}, ['If-Match', '"v0"'])).toMatchObject({ status: 412 })
    expect(await ask('PUT', '/items/a', {}, ['If-None-Match', '*'])).toMatchObject({ status: 412 })
    expect(await ask('DELETE', '/items/a')).toEqual({ status: 204, body: undefined })
    expect(await ask('DELETE', '/items/a')).toMatchObject({ status: 404 })
    expect(await ask('PUT', '/items/a', 5)).toMatchObject({ status: 400 })
  })

  test('takes a body that is read while it is sent', async () => {
    const { application, fake: seen } = await subject()
    const value = { text: 'x'.repeat(100_000) }
    const whole = json(value)
    const chunks = [whole.subarray(0, 7), whole.subarray(7)]
    const body = { length: whole.length, chunks }
    expect(await application.request(asked({ method: 'PUT', body }))).toMatchObject({ status: 201 })
    expect(seen.read('app', '/items/1')).toEqual({ ...value, id: '1' })
  })

  test('a refusal is an answer, and nothing is done', async () => {
    const { application, fake: seen } = await subject()
    seen.failNext({ kind: 'refuse', status: 507 })
    const answer = await application.request(asked({ method: 'PUT', body: json({}) }))
    expect(answer).toMatchObject({ status: 507, isComplete: true })
    expect(seen.effects).toEqual([])
  })

  test.each([
    ['crash-before', 'ERR_APPLICATION_BROKEN', 0],
    ['crash-after', 'ERR_APPLICATION_BROKEN', 1],
    ['late-answer', 'ERR_APPLICATION_TIMEOUT', 1],
  ] as const)('%s: a write is in doubt, a read is not', async (kind, reason, effects) => {
    const { application, fake: seen } = await subject()
    const fault = kind === 'late-answer' ? { kind, delayMs: ANSWER_MS * 3 } : { kind }
    seen.failNext(fault)
    await expect(application.request(asked({ method: 'PUT', body: json({}) }))).rejects.toMatchObject({
      code: 'ERR_OUTCOME_UNKNOWN',
      meta: { reason },
    })
    expect(seen.effects).toHaveLength(effects)
    expect(seen.requests).toHaveLength(1)
    seen.failNext(fault)
    await expect(application.request(asked())).rejects.toMatchObject({ code: reason })
  })

  test('an answer that breaks off: its head is known, and so is what it did', async () => {
    const { application, fake: seen } = await subject()
    seen.failNext({ kind: 'cut-answer' })
    const answer = await application.request(asked({ method: 'PUT', body: json({}) }))
    expect(answer).toMatchObject({ status: 201, isComplete: false })
    expect(seen.effects).toHaveLength(1)
  })

  test('given up before it was sent: nothing is done', async () => {
    const { application, fake: seen } = await subject()
    const request: ApplicationRequest = asked({ method: 'PUT', body: json({}), signal: AbortSignal.abort() })
    await expect(application.request(request)).rejects.toMatchObject({ code: 'ERR_APPLICATION_TIMEOUT' })
    expect(seen.requests).toEqual([])
  })
})

test('nothing listens: certainly nothing is done, in both', async () => {
  const [{ application: none }, { application, fake: stopped }] = [await overHttp(), await fake()]
  for (const end of ends.splice(0).toReversed()) end()
  stopped.stop()
  const { client, stop } = applicationClient({ endpoint: 'http://127.0.0.1:1' })
  ends.push(stop)
  const put = asked({ method: 'PUT', body: json({}) })
  for (const each of [client, application]) {
    await expect(each.request(put)).rejects.toMatchObject({
      code: 'ERR_APPLICATION_UNREACHABLE',
      spec: { retry: true },
    })
  }
  await expect(none.request(put)).rejects.toMatchObject({ spec: { retry: true } })
  stopped.start()
  expect(await application.request(put)).toMatchObject({ status: 201 })
})

test('the fake in virtual time: what was given up lands late all the same, and names come from the seed', async () => {
  const time = new VirtualTime()
  const clock: Clock = { now: () => time.now, monotonic: () => time.now, after: (ms, fn) => time.after(ms, fn) }
  const run = async (seed: number) => {
    const application = new FakeApplication({ clock, random: new SeededRandom(seed), answerMs: 1_000 })
    application.failNext({ kind: 'late-effect', delayMs: 60_000 }, ({ method }) => method === 'POST')
    let failure: unknown
    application
      .request(asked({ method: 'POST', path: '/items', body: json({}) }))
      .catch((error: unknown) => (failure = error))
    await time.run(time.now + 59_000)
    expect(failure).toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
    expect(application.effects).toEqual([])
    await time.run(time.now + 2_000)
    return application.contents()
  }
  const first = await run(7)
  expect(first).toHaveLength(1)
  expect(await run(7)).toEqual(first)
  expect(await run(8)).not.toEqual(first)
})
