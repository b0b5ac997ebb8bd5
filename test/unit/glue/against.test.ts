/**
 * `cheops glue check --against`: a small application on loopback, which is made to differ from its definition in one way
 * at a time; each difference must be named, and no probe may be left behind.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { checkGlueFile, renderGlueReport, type GlueCheckOptions } from '../../../src/glue/index.ts'
import { checkKind, listen, type Listening } from './against-fixture.ts'

/** How the application behaves; a test changes what it is about. */
interface Behaviour {
  ids: 'client' | 'server'
  update: 'put' | 'patch' | 'plain patch' | 'plain patch only' | 'whole patch' | 'none'
  /** A PUT leaves what it does not name. */
  merges: boolean
  /** A PUT makes what is not there. */
  makes: boolean
  deletes: boolean
  wrapped: boolean
  /** Shown in `{"data": …}`, and taken without. */
  framed: boolean
  requires: string | undefined
  location: boolean
  forgets: string | undefined
  hangs: boolean
  polite: boolean
  /** Reads that a create, and a delete, take to be seen. */
  late: number
  /** What its IDs end in; others are refused. */
  ending: string
  /** Paths end in a slash; who asks for others is sent there. */
  slash: boolean
  /** No change without If-Match. */
  conditional: boolean
  /** It shows when it was changed, and a body that says so is refused. */
  strict: boolean
  /** What was deleted is shown, and said to be. */
  soft: false | 'deleted' | 'deletedAt'
}
const WELL: Behaviour = {
  ids: 'client',
  update: 'put',
  merges: false,
  makes: false,
  deletes: true,
  wrapped: false,
  framed: false,
  requires: undefined,
  location: false,
  forgets: undefined,
  hangs: false,
  polite: false,
  late: 0,
  ending: '',
  slash: false,
  conditional: false,
  strict: false,
  soft: false,
}

let behaviour = WELL
const items = new Map<string, Record<string, unknown>>()
/** By ID: reads until it is shown, or, less than zero, until it is gone. */
const waits = new Map<string, number>()
/** The ETag that was shown last. */
let version: string | undefined
const seen: { request: string; authorization: string | undefined; fetches: string | undefined }[] = []

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { authorization, 'sec-fetch-mode': fetches } = request.headers
  seen.push({ request: `${request.method} ${request.url}`, authorization, fetches })
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>
  const send = (status: number, value?: unknown, headers: Record<string, string> = {}) =>
    response.writeHead(status, headers).end(value === undefined ? undefined : JSON.stringify(value))
  if (behaviour.slash && request.url?.endsWith('/') === false)
    return void send(301, undefined, { location: `${request.url}/` })
  const url = behaviour.slash ? request.url?.slice(0, -1) : request.url
  const id = url?.match(/^\/items\/(.+)$/)?.[1]
  const tag = JSON.stringify(`v${seen.length}`)
  const dated = (value: unknown) =>
    behaviour.strict ? { ...(value as object), changed: '2026-01-01T00:00:00Z', size: 3 } : value
  const shown = (value: unknown) => (behaviour.framed ? { data: value, meta: { at: 7 } } : dated(value))
  const isChange = request.method === 'PUT' || request.method === 'DELETE'
  if (behaviour.conditional && isChange && request.headers['if-match'] !== version) return void send(428)
  if (behaviour.strict && ('changed' in body || 'size' in body)) return void send(422, { error: 'unknown field' })
  if (behaviour.hangs) return
  if (id === undefined && url === '/items') {
    if (request.method === 'GET')
      return void send(200, behaviour.wrapped ? { items: [...items.values()] } : [...items.values()])
    if (behaviour.requires !== undefined && !(behaviour.requires in body))
      return void send(422, { error: 'field missing' })
    const key = behaviour.ids === 'client' ? String(body['id']) : 'server-7'
    if (key === 'undefined') return void send(422, { error: 'no id' })
    if (!key.endsWith(behaviour.ending)) return void send(422, { error: 'no such id' })
    if (behaviour.forgets !== undefined) delete body[behaviour.forgets]
    items.set(key, { ...body, id: key })
    waits.set(key, behaviour.late)
    return void send(
      201,
      behaviour.location ? {} : shown(items.get(key)),
      behaviour.location ? { location: `/items/${key}` } : {},
    )
  }
  const item = id === undefined ? undefined : items.get(id)
  const left = waits.get(id ?? '') ?? 0
  if (request.method === 'GET' && id !== undefined && left !== 0) {
    waits.set(id, left - Math.sign(left))
    if (left > 0) return void send(404)
    if (left === -1) items.delete(id)
    return void send(200, item)
  }
  if (id !== undefined && request.method === 'PUT' && behaviour.makes) {
    items.set(id, { ...body, id })
    return void send(item === undefined ? 201 : 200, items.get(id))
  }
  if (id === undefined || item === undefined)
    return void (behaviour.polite ? send(200, { ok: false, error: 'unknown' }) : send(404))
  if (request.method === 'GET') {
    version = tag
    return void send(200, shown(item), { etag: tag })
  }
  if (request.method === 'DELETE' && behaviour.soft !== false) {
    items.set(id, { ...item, [behaviour.soft]: behaviour.soft === 'deleted' ? true : '2026-01-01' })
    return void send(204)
  }
  if (request.method === 'DELETE' && behaviour.late > 0) {
    waits.set(id, -behaviour.late)
    return void send(202)
  }
  if (request.method === 'DELETE' && behaviour.deletes) return void send(items.delete(id) ? 204 : 404)
  if (request.method === 'PUT' && behaviour.update === 'put') {
    if (behaviour.requires !== undefined && !(behaviour.requires in body))
      return void send(422, { error: 'field missing' })
    items.set(id, { ...(behaviour.merges && item), ...body, id })
    return void send(200, shown(items.get(id)))
  }
  if (request.method === 'PATCH' && behaviour.update === 'patch') return void send(200, item)
  if (request.method === 'PATCH' && behaviour.update === 'whole patch') return void send('id' in body ? 200 : 400, item)
  if (request.method === 'PATCH' && behaviour.update.startsWith('plain patch')) {
    const refusal = behaviour.update === 'plain patch' ? 400 : 415
    return void send(request.headers['content-type'] === 'application/json' ? 200 : refusal, item)
  }
  send(405)
}

let application: Listening
let url: string
beforeAll(async () => {
  application = await listen((request, response) => void serve(request, response))
  url = application.url
})
afterAll(() => {
  application[Symbol.dispose]()
})
afterEach(() => {
  behaviour = WELL
  items.clear()
  waits.clear()
  seen.length = 0
})

async function check(changes: Partial<Behaviour>, kind: string, options: GlueCheckOptions = {}) {
  behaviour = { ...WELL, ...changes }
  return checkKind(url, kind, options)
}

const EXAMPLE = 'id: {at: /id, from: client}\n    example: {name: probe, colour: red}'

it.each([
  [
    true,
    '',
    [expect.stringMatching(/^warning kinds.item: a PUT without "\/colour" leaves it as it was: write "put: merges"/)],
  ],
  [true, '\n    put: merges', []],
  [false, '', []],
  [
    false,
    '\n    put: merges',
    [expect.stringMatching(/^error kinds.item.put: a PUT without "\/colour" takes it away/)],
  ],
])(
  'finds out whether a PUT leaves what it does not name (it does: %s, the definition: %s)',
  async (merges, put, expected) => {
    // A name is needed in each.
    const { found } = await check({ merges, requires: 'name' }, EXAMPLE + put)
    expect(found).toEqual(expected)
  },
)

it('finds nothing where the application is as the definition says, and leaves nothing behind', async () => {
  const { report, found } = await check({}, 'id: {at: /id, from: client}\n    list: {items: ""}')
  expect(found).toEqual([])
  expect(report.steps.map(step => step.step)).toEqual([
    'read',
    'list',
    'create',
    'read',
    'list',
    'read',
    'update',
    'read',
    'delete',
    'read',
    'read',
    'create',
  ])
  expect(report.steps.every(step => step.ok)).toBe(true)
  expect(items.size).toBe(0)
  expect(renderGlueReport(report)).toMatch(
    /^item\n {2}√ read {3}GET .* → 404\n {2}√ list {3}GET \/items → 200\n {2}√ create POST \/items → 201\n/,
  )
})

it('says that a PUT makes what is not there, unless the definition does, and takes it away again', async () => {
  const id = 'id: {at: /id, from: client}'
  const said = 'a PUT makes what is not there, and the definition does not say so: write "create: {also: [PUT]}"'
  expect((await check({ makes: true }, id)).found).toEqual([expect.stringContaining(`warning kinds.item: ${said}`)])
  const alsoPatch = await check({ makes: true }, `${id}\n    create: {also: [PATCH]}`)
  expect(alsoPatch.found).toEqual([expect.stringContaining(`warning kinds.item.create: ${said}`)])
  expect((await check({ makes: true }, `${id}\n    create: {also: [PUT]}`)).found).toEqual([])
  expect((await check({ makes: true }, `${id}\n    create: {method: PUT}`)).found).toEqual([])
  expect(items.size).toBe(0)
})

it.each(['client', 'server'] as const)('says where a resource is shown in a frame (ids: %s)', async ids => {
  const kind = `id: {at: /id, from: ${ids}}\n    example: {name: probe, colour: red}`
  const { found } = await check({ framed: true, ids }, kind)
  expect(found[0]).toBe('error kinds.item: what is taken as it is, is shown in a frame: write content: /data')
  items.clear()
  expect((await check({ framed: true, ids }, `${kind}\n    content: /data`)).found).toEqual([])
  expect(items.size).toBe(0)
})

it('says that the application does not keep what marks a create', async () => {
  const marker = 'id: {at: /id, from: client}\n    marker: {at: /labels/cheops}'
  expect((await check({}, marker)).found).toEqual([])
  const { found } = await check({ forgets: 'labels' }, marker)
  expect(found).toEqual([
    'error kinds.item.marker.at: the application does not keep what a create has at "/labels/cheops": nobody finds its effect by it',
  ])
  expect(items.size).toBe(0)
})

it('takes the ID that the application gives, from the body or from Location', async () => {
  expect((await check({ ids: 'server' }, 'id: {at: /id, from: server}')).found).toEqual([])
  const { found } = await check({ ids: 'server', location: true }, 'id: {at: /id, from: server}')
  expect(found).toEqual([expect.stringMatching(/^warning kinds\.item\.id\.at: .*Location has it/)])
  expect(items.size).toBe(0)
})

it('sends an ID where either side may choose and the application wants one', async () => {
  expect((await check({}, 'id: {at: /id, from: either}')).found).toEqual([])
})

it('gives its probe an ID of the form that the one in the example has', async () => {
  const dotted = 'id: {at: /id, from: client}\n    example: {id: probe.example.}'
  const { report, found } = await check({ ending: '.example.' }, dotted)
  expect(found).toEqual([])
  expect(report.steps[0]?.request).toMatch(/^GET \/items\/cheops-probe-[0-9a-f]{8}\.example\.$/)
  expect(items.size).toBe(0)
})

it('says that the application chooses the ID itself', async () => {
  const { found } = await check({ ids: 'server' }, 'id: {at: /id, from: client}')
  expect(found).toEqual([expect.stringMatching(/^error kinds\.item\.id\.from: the application chose the ID itself/)])
  expect(items.size).toBe(0)
})

it('says that paths end in a slash, and makes nothing', async () => {
  const { found, report } = await check({ slash: true }, EXAMPLE)
  expect(found).toEqual([
    'error kinds.item.resource: a path without a slash at its end is answered 301: write collection: /items/, resource: /items/{id}/',
  ])
  expect(report.steps).toHaveLength(1)
})

it('tells an application that changes nothing without a precondition what it shows, as the agent does', async () => {
  expect((await check({ conditional: true }, 'id: {at: /id, from: client}')).found).toEqual([])
  expect(items.size).toBe(0)
})

it('names what the application has set by itself, and does not take back', async () => {
  const { found } = await check({ strict: true }, EXAMPLE)
  expect(found).toEqual([
    expect.stringMatching(/^warning kinds.item.server-set: what nobody has written is shown at \/changed: /),
    expect.stringMatching(/^warning .*: a PUT of what is shown is refused, and taken without \/changed, \/size: /),
  ])
  expect((await check({ strict: true }, `${EXAMPLE}\n    server-set: [/changed, /size]`)).found).toEqual([])
  expect(items.size).toBe(0)
})

it.each([
  ['deleted', '{at: /deleted, is: true, read: true, status: 404}'],
  ['deletedAt', '{at: /deletedAt, read: true, status: 404}'],
] as const)('says how a deletion is shown (%s)', async (soft, rule) => {
  const kind = 'id: {at: /id, from: client}\n    create: {also: [PUT]}\n    settle-within: 0'
  const { found } = await check({ soft }, kind)
  expect(found).toEqual([expect.stringContaining(`write errors: [${rule}]`)])
  items.clear()
  expect((await check({ soft }, `${kind}\n    errors: [${rule}]`)).found).toEqual([])
})

it('says what a refused create needs', async () => {
  const { found } = await check({ requires: 'price' }, 'id: {at: /id, from: client}')
  expect(found).toEqual([
    expect.stringMatching(/^error .*answered 422: \{"error":"field missing"\}; give the kind an "example"/),
  ])
  const example = 'id: {at: /id, from: client}\n    example: {price: 3}'
  expect((await check({ requires: 'price' }, example)).found).toEqual([])
})

it('says where the list really has its array', async () => {
  const { found } = await check({ wrapped: true }, 'id: {at: /id, from: client}\n    list: {items: ""}')
  expect(found).toEqual([expect.stringMatching(/^error kinds\.item\.list\.items: .*there is one at "\/items"/)])
})

it('says that nothing updates', async () => {
  const kind = 'id: {at: /id, from: client}'
  for (const update of ['patch', 'plain patch', 'plain patch only', 'whole patch'] as const)
    expect((await check({ update }, kind)).found, update).toEqual([
      expect.stringMatching(/^warning .*a PUT on what exists is answered 405: .*"immutable: true"/),
    ])
  expect((await check({ update: 'patch' }, `${kind}\n    immutable: true`)).found).toEqual([])
  expect((await check({ update: 'none' }, kind)).found).toEqual([
    expect.stringMatching(/^warning .*neither PUT \(405\)/),
  ])
})

it('names a probe that could not be removed', async () => {
  const { found } = await check({ deletes: false }, 'id: {at: /id, from: client}')
  const left = [...items.keys()][0] as string
  expect(found).toEqual([
    expect.stringMatching(/a delete is answered 405/),
    `error kinds.item: the probe could not be removed; delete it yourself: DELETE ${url}/items/${left}`,
  ])
})

it('says how long it takes until what was answered with success is there, and gone; not where the definition does', async () => {
  const { found } = await check({ late: 3 }, 'id: {at: /id, from: client}')
  expect(found).toEqual([
    expect.stringMatching(
      /^warning kinds\.item: what was created is shown \d+\.\d s after the answer: write settle-within: \d+,/,
    ),
    expect.stringMatching(
      /^warning kinds\.item: what was deleted is gone \d+\.\d s after the answer: write settle-within: \d+,/,
    ),
  ])
  expect(items.size).toBe(0)
  const said = await check({ late: 3 }, 'id: {at: /id, from: client}\n    settle-within: 20')
  expect(said.found).toEqual([])
  const tooShort = await check({ late: 1_000 }, 'id: {at: /id, from: client}\n    settle-within: 1')
  expect(tooShort.found).toContainEqual(expect.stringMatching(/what was just created is answered 404/))
})

it('says that the application does not answer', async () => {
  const { found } = await check({ hangs: true }, 'id: {at: /id, from: server}', { timeoutMs: 200 })
  expect(found).toEqual([
    expect.stringMatching(/^error kinds\.item: GET \/items\/cheops-probe-\w+: no answer \(.*timeout/),
  ])
})

it('does not try what only a person could fill in', async () => {
  const { report } = await check({}, 'id: {at: /id, from: client}')
  expect(report.steps.length).toBeGreaterThan(0)
  const rest = await checkGlueFile('rest', { against: url })
  expect(rest.steps).toEqual([])
  expect(rest.findings.map(f => f.message)).toContainEqual(expect.stringMatching(/not tried: .*\(kind\)/))
  expect(rest.ok).toBe(false)
  expect(renderGlueReport(rest)).toMatch(/× rest\S* nothing was tried on the instance\n1 error\n$/)
})

it('tries the kinds that it is told to, and knows no others', async () => {
  const { report, found } = await check({}, 'id: {at: /id, from: client}', { kinds: ['itme'] })
  expect(report.steps).toEqual([])
  expect(found).toEqual(['error : no kind is called "itme"; there are: item'])
  expect(report.findings.find(f => f.severity === 'error')?.suggestion).toBe('item')
})

it('sends the credentials that it is given', async () => {
  await check({}, 'id: {at: /id, from: client}', { headers: { authorization: 'Bearer x' } })
  expect(new Set(seen.map(request => request.authorization))).toEqual(new Set(['Bearer x']))
})

it('says what the definition lacks where what nobody has made is answered with success', async () => {
  const { found } = await check({ polite: true }, 'id: {at: /id, from: client}\n    settle-within: 0')
  expect(found).toContainEqual(
    expect.stringMatching(
      /^error kinds\.item: what nobody has made is answered 200.*: \[\{at: \/error, is: "unknown", status: 404\}\]/,
    ),
  )
  const told = await check(
    { polite: true },
    'id: {at: /id, from: client}\n    errors: [{at: /error, is: unknown, status: 404}]',
  )
  expect(told.found).toEqual([])
})

/** Kinds whose paths have variables, of an application that says versions, wants to be told them, and takes one type of text. */
it('fills in what it is told, says which version it means, and sends text as it is', async () => {
  const asked: string[] = []
  const kept = new Map<string, string>()
  using strict = await listen((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const path = request.url ?? ''
      const text = kept.get(path)
      const isConflict = text !== undefined && request.headers['if-match'] !== `"${text.length}"`
      asked.push(`${request.method} ${path.replace(/probe-.*/, 'probe')}`)
      if (request.method === 'GET' && path === '/a%20b/cal/')
        return void response.writeHead(200, { 'content-type': 'text/plain' }).end('all of it')
      if (request.method === 'GET' && path === '/a%20b/cal')
        return void response.writeHead(301, { location: `http://elsewhere${path}/` }).end()
      if (request.method === 'GET' && text !== undefined)
        return void response.writeHead(200, { etag: `"${text.length}"` }).end(text)
      if (request.method === 'PUT' && request.headers['content-type'] !== 'text/calendar')
        return void response.writeHead(415).end()
      if (request.method === 'PUT' && !isConflict) kept.set(path, Buffer.concat(chunks).toString())
      if (request.method === 'DELETE' && !isConflict) kept.delete(path)
      const status = request.method === 'GET' ? 404 : isConflict ? 409 : 201
      response.writeHead(status).end()
    })
  })
  const paths = 'collection: /{user}/cal\n    resource: /{user}/cal/{id}\n    create: {method: PUT}'
  const rest = 'conditions: if-match\n    example: "BEGIN:VCALENDAR"'
  const untold = await checkKind(strict.url, rest, {}, paths)
  expect(untold.report.findings.map(f => f.message)).toEqual([
    expect.stringMatching(/^not tried: .*--set user=VALUE$/),
    'nothing was tried on the instance',
  ])
  expect(asked).toEqual([])
  const headers = { 'Content-Type': 'text/calendar' }
  const { report } = await checkKind(strict.url, rest, { headers, variables: { user: 'a b' } }, paths)
  expect(report.findings).toEqual([])
  expect(asked).toContain('PUT /a%20b/cal/cheops-probe')
  expect(kept.size).toBe(0)
})

/** The policies of Open Policy Agent: taken as text, and shown as JSON, with what was read out of them. */
it('says again by PUT what was written as a text, whatever is shown of it', async () => {
  const kept = new Map<string, string>()
  using policies = await listen((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const path = request.url ?? ''
      const send = (status: number, value: unknown) => response.writeHead(status).end(JSON.stringify(value))
      const text = Buffer.concat(chunks).toString()
      if (request.method === 'PATCH') return void send(405, {})
      if (request.method === 'PUT' && !text.startsWith('package ')) return void send(400, { code: 'invalid_parameter' })
      if (request.method === 'PUT') kept.set(path, text)
      else if (path === '/policies') return void send(200, { result: [] })
      else if (!kept.has(path)) return void send(404, {})
      if (request.method === 'DELETE') kept.delete(path)
      send(200, request.method === 'GET' ? { result: { raw: kept.get(path), rules: [] } } : {})
    })
  })
  const paths = 'collection: /policies\n    resource: /policies/{id}\n    create: {method: PUT}'
  const { report } = await checkKind(policies.url, 'content: /result\n    example: package probe', {}, paths)
  expect(report.findings).toEqual([])
})

it('asks as a client without a browser: some applications let pages of their own site alone write', async () => {
  expect((await check({}, EXAMPLE)).found).toEqual([])
  expect(seen.map(({ fetches }) => fetches)).toEqual(seen.map(() => undefined))
})
