/**
 * With which headers requests go to the applications: those of a client at the site where it writes, and what the agents say at the other members.
 * Real replicators and the real interpreter; applications that want more than the usual stand before those of the simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import { outgoingHeaders } from '../../../../../src/adapters/http/application-client/outgoing-headers.ts'
import { DEFINITION, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { headerValue } from '../../../../../src/core/resource/http-head.ts'
import type { Application, ApplicationAnswer, ApplicationRequest } from '../../../../../src/ports/application.ts'
import type { ReplicationGlue } from '../../../../../src/ports/replication-glue.ts'
import { jsonTypeIn } from '../../../../../src/runtime/replication/application/json-type.ts'
import { Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

const AB = { members: ['a', 'b'] }
/** What agents say by themselves. */
const AGENT = { host: 'app', accept: 'application/json, */*;q=0.5', authorization: 'Bearer agent' }
const N1 = { id: 'x', n: 1 }
const N2 = { id: 'x', n: 2 }

/** What of a kind reached the application of a site last, as it would go out by HTTP. */
function sent(site: string, method: string): Record<string, string> {
  const request = lab.world.site(site).application.requests.findLast(asked => asked.method === method)
  if (request === undefined) throw new Error(`no ${method} has reached ${site}`)
  const headers = outgoingHeaders(request, ['Authorization', 'Bearer agent'], 'app')
  return Object.fromEntries(
    headers.flatMap((name, at) => (at % 2 ? [] : [[name.toLowerCase(), headers[at + 1] ?? '']])),
  )
}

const counted = (site: string): number => lab.world.site(site).application.requests.length

/** An answer of an application that refuses. */
const refusal = (status: number, rawHeaders: readonly string[] = []): ApplicationAnswer => ({
  status,
  reason: '',
  rawHeaders,
  body: new Uint8Array(),
  isComplete: true,
})

const isChange = ({ method }: ApplicationRequest): boolean => ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method)

test('where it writes the application gets all that a client says, but what is for Cheops; others what describes the body', async () => {
  lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', N1, AB)
  await lab.pass(5_000)
  const headers = {
    host: 'shop.example',
    authorization: 'Bearer client',
    cookie: 'c=1',
    'x-anything': 'at all',
    accept: 'application/json',
    'accept-language': 'fr',
    prefer: 'return=minimal',
    'content-disposition': 'inline',
    'content-language': 'fr',
    'content-location': '/items/x',
    'content-md5': 'Q2hlY2sgSW50ZWdyaXR5IQ==',
    'content-digest': 'sha-256=:AA==:',
    'repr-digest': 'sha-256=:AA==:',
    range: 'bytes=0-',
  }
  const own = ['Cheops-Require', 'all', 'Idempotency-Key', 'k', 'Content-Length', '999', 'Accept-Encoding', 'gzip']
  await lab.ask('a', 'PUT /items/x', N2, { headers: [...Object.entries(headers).flat(), ...own] })
  await lab.pass(5_000)
  const length = String(JSON.stringify(N2).length)
  expect(sent('a', 'PUT')).toEqual({ ...headers, 'content-type': 'application/json', 'content-length': length })
  expect(lab.all('x')).toEqual({ a: N2, b: N2 })
  expect(sent('b', 'PUT')).toEqual({
    ...AGENT,
    'content-type': 'application/json',
    'content-length': length,
  })
})

test('a body with a mark is not said to have the digests of the one without', async () => {
  const glue = simGlue(DEFINITION.replace('conditions: if-match', 'marker: {at: /labels/cheops}'))
  lab = await Lab.of(['a', 'b'], { glue: () => glue })
  const digests = ['Content-MD5', 'x', 'Content-Digest', 'x', 'Repr-Digest', 'x', 'Digest', 'x', 'X-Kept', 'y']
  await lab.ask('a', 'POST /items', N1, { ...AB, headers: digests })
  const headers = sent('a', 'POST')
  expect(Object.keys(headers).filter(name => name.includes('digest') || name.includes('md5'))).toEqual([])
  expect(headers['x-kept']).toBe('y')
})

test.each(['PUT', 'PATCH'])('a %s of a part of a body is refused, and nothing is sent', async method => {
  lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', N1, AB)
  await lab.pass(5_000)
  const before = counted('a')
  const part = { headers: ['Content-Range', 'bytes 2-3/9'] }
  expect(await lab.ask('a', `${method} /items/x`, N2, part)).toMatchObject({ code: 'ERR_REQUEST_PARTIAL' })
  expect(counted('a')).toBe(before)
  expect(lab.all('x')).toEqual({ a: N1, b: N1 })
})

test.each(['PATCH', 'DELETE'])(
  'what another site has signed into the headers of a %s says nothing of who asks here',
  async method => {
    const forged = [
      ['impersonate-user', 'system:admin'],
      ['x-forwarded-user', 'admin'],
      ['x-auth-token', 'T'],
      ['x-remote-user', 'admin'],
      ['host', 'internal.example'],
      ['cheops-scope', 'everywhere'],
      ['if-match', '*'],
      ['authorization', 'Bearer other'],
    ] as const
    // The site that writes has another agent, which stores what it likes.
    const glue = (real: ReplicationGlue, site: string): ReplicationGlue =>
      site === 'a' ? { ...real, storedHeaders: head => [...real.storedHeaders(head), ...forged] } : real
    lab = await Lab.of(['a', 'b'], { glue })
    await lab.ask('a', 'POST /items', N1, AB)
    await lab.pass(5_000)
    await lab.ask('a', `${method} /items/x`, method === 'DELETE' ? undefined : { n: 2 })
    await lab.pass(5_000)
    expect(lab.read('b', 'x')?.['n']).toBe(method === 'DELETE' ? undefined : 2)
    const { 'if-match': tag, ...headers } = sent('b', method)
    expect([undefined, '"v1"']).toContain(tag)
    const described = { 'content-type': 'application/merge-patch+json', 'content-length': '7' }
    expect(headers).toEqual({ ...AGENT, ...(method !== 'DELETE' && described) })
  },
)

const API = 'application/vnd.api+json'

/** It takes and shows one media type. */
const of = (type: string, shown = type) => ({
  application: (real: Application): Application => ({
    request: async asked => {
      if (isChange(asked) && asked.body !== undefined && headerValue(asked.headers, 'content-type') !== type)
        return refusal(415)
      const answer = await real.request(asked)
      const rawHeaders = answer.rawHeaders.map(value => (value === 'application/json' ? shown : value))
      return { ...answer, rawHeaders }
    },
  }),
})

test('JSON goes to all members in the media type in which it was written: creates, whole bodies, and what is copied', async () => {
  lab = await Lab.of(['a', 'b'], of(API))
  const api = { type: API }
  expect(await lab.ask('a', 'POST /items', N1, { ...AB, ...api })).toMatchObject({ status: 201 })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: N1, b: N1 })
  expect(await lab.ask('b', 'PUT /items/x', N2, api)).toMatchObject({ status: 200 })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: N2, b: N2 })
  lab.world.site('b').application.write('warehouse', '/items/x', undefined)
  expect(await lab.repair('b', 'x')).toBe('copied')
  expect(lab.all('x')).toEqual({ a: N2, b: N2 })
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees', failing: [] })
})

test.each([
  ['is shown as it is taken', API, API],
  // As with HAL: what is shown has a frame, and plain JSON is taken.
  ['is shown in another type than it is taken', 'application/json', 'application/hal+json'],
])('what is adopted %s, and made so at the others', async (_, taken, shown) => {
  lab = await Lab.of(['a', 'b'], of(taken, shown))
  lab.world.site('a').application.write('warehouse', '/items/x', N1)
  await lab.adopt('a', 'x', ['a', 'b'], 'same')
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: N1, b: N1 })
})

test.each([
  [['Content-Type', 'application/vnd.api+json; ext="a"'], 'application/vnd.api+json; ext="a"'],
  [['content-type', 'application/json; charset=UTF-8'], 'application/json; charset=UTF-8'],
  [['content-type', 'application/json; charset=latin1; v=1'], 'application/json'],
  [['content-type', 'application/merge-patch+json'], 'application/json'],
  [['content-type', 'application/x-www-form-urlencoded'], 'application/json'],
  [['content-type', 'application/apply-patch+yaml'], 'application/json'],
  [[], 'application/json'],
])('JSON that came with %j is sent as %s', (given, type) => expect(jsonTypeIn(given)).toBe(type))

/** It wants its own weak tags back, and takes nothing without. */
const weak = (real: Application): Application => ({
  request: async asked => {
    const { method, headers } = asked
    const answered = async (): Promise<ApplicationAnswer> => {
      const rest = headers.filter((_, at) => headers[at - (at % 2)]?.toLowerCase() !== 'if-match')
      const answer = await real.request({ ...asked, headers: rest })
      return { ...answer, rawHeaders: answer.rawHeaders.map(value => (/^"v\d/.test(value) ? `W/${value}` : value)) }
    }
    if (method === 'GET' || method === 'POST') return answered()
    const tag = headerValue(headers, 'if-match')
    if (tag === undefined) return refusal(428)
    const { rawHeaders } = await real.request({ ...asked, method: 'GET', headers: [], body: undefined })
    return tag === `W/${headerValue(rawHeaders, 'etag')}` ? answered() : refusal(412)
  },
})

test('an application that wants its own weak tag back is given it', async () => {
  lab = await Lab.of(['a', 'b'], { application: weak })
  await lab.ask('a', 'POST /items', N1, AB)
  await lab.pass(5_000)
  const tag = ['If-Match', `W/"v1"`]
  expect(await lab.ask('a', 'PUT /items/x', N2, { headers: tag })).toMatchObject({ status: 200 })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: N2, b: N2 })
  expect(await lab.ask('b', 'DELETE /items/x', undefined, { headers: ['If-Match', 'W/"v2"'] })).toMatchObject({
    status: 204,
  })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: undefined, b: undefined })
})

/** It carries changes out, and answers where to look; 'login': it does nothing, and sends everybody to its login. */
const redirecting =
  (how: 'done' | 'login') =>
  (real: Application): Application => ({
    request: async asked => {
      if (!isChange(asked)) return real.request(asked)
      if (how === 'login') return refusal(303, ['Location', '/login'])
      const { status } = await real.request(asked)
      return status >= 300 ? refusal(status) : refusal(303, ['Location', '/items/x'])
    },
  })

test('what is answered with 303 and is there afterwards is done, at all members', async () => {
  lab = await Lab.of(['a', 'b'], { application: redirecting('done') })
  const isApplied = { status: 303, accepted: { outcome: 'applied' } }
  expect(await lab.ask('a', 'POST /items', N1, AB)).toMatchObject(isApplied)
  await lab.pass(20_000)
  expect(lab.all('x')).toEqual({ a: N1, b: N1 })
  expect(await lab.ask('b', 'PUT /items/x', N2)).toMatchObject(isApplied)
  await lab.pass(20_000)
  expect(await lab.ask('b', 'PATCH /items/x', { m: 3 })).toMatchObject(isApplied)
  await lab.pass(20_000)
  expect(lab.all('x')).toEqual({ a: { ...N2, m: 3 }, b: { ...N2, m: 3 } })
  expect(await lab.ask('a', 'DELETE /items/x')).toMatchObject(isApplied)
  await lab.pass(20_000)
  expect(lab.all('x')).toEqual({ a: undefined, b: undefined })
  expect([...lab.effects('a', 'x'), '-', ...lab.effects('b', 'x')].join(' ')).toBe(
    'POST PUT PATCH DELETE - POST PUT PATCH DELETE',
  )
})

test('303 to a login does nothing: whoever says again what is there has it written nowhere', async () => {
  let isClosed = false
  const application = (real: Application): Application => ({
    request: asked => (isClosed ? redirecting('login')(real) : real).request(asked),
  })
  lab = await Lab.of(['a', 'b'], { application })
  await lab.ask('a', 'POST /items', N1, AB)
  await lab.pass(5_000)
  isClosed = true
  const isVoid = { status: 303, accepted: { outcome: 'void' } }
  for (const body of [N1, N2]) expect(await lab.ask('a', 'PUT /items/x', body)).toMatchObject(isVoid)
  expect(await lab.ask('a', 'PATCH /items/x', { n: 1 })).toMatchObject(isVoid)
  expect(await lab.ask('a', 'DELETE /items/x')).toMatchObject(isVoid)
  expect(await lab.ask('a', 'POST /items', { id: 'y' }, AB)).toMatchObject(isVoid)
  expect(lab.all('x')).toEqual({ a: N1, b: N1 })
  expect(lab.all('y')).toEqual({ a: undefined, b: undefined })
})

test('a member whose application sends to a login carries it out once it does no longer', async () => {
  let isClosed = true
  const application = (real: Application, site: string): Application => ({
    request: asked => (site === 'b' && isClosed ? redirecting('login')(real) : real).request(asked),
  })
  lab = await Lab.of(['a', 'b'], { application })
  await lab.ask('a', 'POST /items', N1, AB)
  await lab.pass(20_000)
  expect(lab.all('x')).toEqual({ a: N1, b: undefined })
  isClosed = false
  await lab.pass(60_000)
  expect(lab.all('x')).toEqual({ a: N1, b: N1 })
  expect(lab.effects('b', 'x')).toEqual(['POST'])
})
