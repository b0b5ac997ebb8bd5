/**
 * Scopes that do not fit what is replicated, or the mesh: each has its answer, and does nothing it was not asked to. What the
 * applications have is read past Cheops.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'

const SCOPE = 'site1 & site2'
let mesh: Mesh

beforeAll(async () => {
  mesh = await Mesh.start(['site1', 'site2', 'site3'], { site3: { aliases: ['orders'] } })
})
afterAll(() => mesh[Symbol.asyncDispose]())

const created = (id: string) =>
  mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id, n: 0 }, headers: WAIT })
const headersOf = ({ headers }: { headers: Headers }, ...names: string[]) =>
  names.map(name => headers.get(`Cheops-${name}`))

test.each(['PUT', 'PATCH', 'DELETE'])(
  '%s for one member of several is 422, also when it is forwarded there',
  async method => {
    const id = `alone-${method}`
    await created(id)
    for (const [at, scope] of [
      ['site1', 'site1'],
      ['site1', 'site2'],
      ['site3', 'site2'],
      ['site2', 'site1 & site3'],
      ['site1', 'site1 & site2 & site3'],
    ] as const) {
      const answer = await mesh.ask(at, method, `/items/${id}`, {
        scope,
        ...(method !== 'DELETE' && { body: { n: 1 } }),
      })
      expect([answer.status, ...headersOf(answer, 'Error')], `${scope} at ${at}: ${answer.text}`).toEqual([
        422,
        'ERR_REPLICANT_MEMBERS',
      ])
    }
    expect(await mesh.everywhere(id)).toEqual([{ id, n: 0 }, { id, n: 0 }, undefined])
  },
)

test.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
  '%s with a header that cannot be understood is 400 that says what it may be, at a member and at a site that is none; nothing is done',
  async method => {
    const id = `bad-${method}`
    if (method !== 'POST') await created(id)
    for (const [header, value, why] of [
      ['Cheops-Require', 'most', 'all, quorum or one'],
      ['Cheops-Level', 'highest', 'none, eventual'],
      ['Idempotency-Key', 'k'.repeat(256), '1 to 255 characters'],
      ['Idempotency-Key', '', '1 to 255 characters'],
      ['Cheops-Context', 'rubbish', 'as answers give it'],
    ] as const)
      for (const at of ['site1', 'site3']) {
        const answer = await mesh.ask(at, method, method === 'POST' ? '/items' : `/items/${id}`, {
          scope: SCOPE,
          headers: { [header]: value },
          ...(method !== 'DELETE' && { body: { id, n: 1 } }),
        })
        expect([answer.status, answer.text.includes(why)], `${header} at ${at}: ${answer.text}`).toEqual([400, true])
      }
    const before = method === 'POST' ? undefined : { id, n: 0 }
    expect(await mesh.everywhere(id)).toEqual([before, before, undefined])
  },
)

test.each([
  ['Cheops-Require', 'most', 'all, quorum or one'],
  ['Cheops-Level', 'highest', 'none, eventual'],
  ['Cheops-Detach', 'maybe', 'true or false'],
])(
  'so is %s without a scope, for another site, for what is replicated and for what is not',
  async (header, value, why) => {
    const id = `bad-${header.toLowerCase()}`
    await created(id)
    const own = `own-${id}`
    for (const [method, path, scope] of [
      ['GET', `/items/${id}`, undefined],
      ['GET', `/items/${id}`, 'site2'],
      ['PUT', `/items/${id}`, undefined],
      ['PUT', `/items/${id}`, 'site1'],
      ['POST', '/items', undefined],
    ] as const) {
      const body = method === 'GET' ? {} : { body: { id: method === 'POST' ? own : id, n: 1 } }
      const answer = await mesh.ask('site1', method, path, {
        headers: { [header]: value },
        ...(scope && { scope }),
        ...body,
      })
      expect([answer.status, answer.text.includes(why)], `${method} ${path}: ${answer.text}`).toEqual([400, true])
    }
    expect(await mesh.everywhere(id)).toEqual([{ id, n: 0 }, { id, n: 0 }, undefined])
    expect((await mesh.ask('site1', 'GET', `/items/${own}`)).status).toBe(404)
  },
)

test('one key is one request for creates, changes and deletes, whichever site is asked; Cheops-Require says for whom is waited', async () => {
  const ask = (at: string, method: string, path: string, key: string, body?: object) =>
    mesh.must(at, method, path, {
      scope: SCOPE,
      headers: { ...WAIT, 'Idempotency-Key': key, 'Cheops-Require': 'quorum' },
      ...(body && { body }),
    })
  for (const [method, path, body] of [
    ['POST', '/items', { id: 'keyed', n: 0 }],
    ['PATCH', '/items/keyed', { n: 1 }],
    ['PUT', '/items/keyed', { n: 2 }],
    ['DELETE', '/items/keyed', undefined],
  ] as const) {
    const first = await ask('site3', method, path, `key-${method}`, body)
    const carriedOut = mesh.application('site1').carriedOut.length + mesh.application('site2').carriedOut.length
    for (const at of ['site1', 'site2', 'site3']) {
      const again = await ask(at, method, path, `key-${method}`, body)
      expect(headersOf(again, 'Repeated', 'Outcome', 'Operation'), `${method} at ${at}`).toEqual([
        'true',
        'applied',
        ...headersOf(first, 'Operation'),
      ])
    }
    expect(mesh.application('site1').carriedOut.length + mesh.application('site2').carriedOut.length).toBe(carriedOut)
  }
})

test('with Cheops-Detach the site leaves the members for it, and the others go on', async () => {
  await created('left')
  const headers = { 'Cheops-Detach': 'true' }
  await mesh.must('site3', 'PUT', '/items/left', { scope: 'site2', body: { n: 1 }, headers })
  expect(await mesh.everywhere('left')).toEqual([{ id: 'left', n: 0 }, { id: 'left', n: 1 }, undefined])
  await mesh.must('site1', 'PUT', '/items/left', { body: { n: 2 }, headers: { Prefer: 'wait=2' } })
  await mesh.settles('left', [{ id: 'left', n: 2 }, { id: 'left', n: 1 }, undefined])
  await mesh.must('site2', 'PUT', '/items/left', { body: { n: 3 } })
  expect(await mesh.everywhere('left')).toEqual([{ id: 'left', n: 2 }, { id: 'left', n: 3 }, undefined])
})

test('a choice of sites takes a change for all members', async () => {
  await created('choice')
  for (const [at, scope, n] of [
    ['site1', 'site1 || site2', 1],
    ['site3', 'site2 || site1', 2],
  ] as const) {
    const answer = await mesh.must(at, 'PUT', '/items/choice', { scope, body: { n }, headers: WAIT })
    expect(headersOf(answer, 'Level')).toEqual(['eventual'])
    expect(await mesh.everywhere('choice')).toEqual([{ id: 'choice', n }, { id: 'choice', n }, undefined])
  }
})

test('a scope that says nothing of the service is none for it', async () => {
  await created('inherited')
  const answer = await mesh.must('site1', 'PUT', '/items/inherited', {
    scope: '{orders: site3}',
    body: { n: 2 },
    headers: WAIT,
  })
  expect(headersOf(answer, 'Level')).toEqual(['eventual'])
  expect(await mesh.everywhere('inherited')).toEqual([{ id: 'inherited', n: 2 }, { id: 'inherited', n: 2 }, undefined])
})

test('a site that nobody knows is 404 with the nearest name, and nothing is made', async () => {
  const answer = await mesh.ask('site1', 'POST', '/items', { scope: 'site1 & site22', body: { id: 'unknown' } })
  expect([answer.status, ...headersOf(answer, 'Error')]).toEqual([404, 'ERR_SCOPE_UNKNOWN_SITE'])
  expect(JSON.parse(answer.text).detail).toContain('Did you mean "site2"?')
  expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
  expect(await mesh.everywhere('unknown')).toEqual([undefined, undefined, undefined])
})

test('a site that is down when it is created has it when it comes back; until then it is pending', async () => {
  await mesh.down('site2')
  const answer = await mesh.must('site1', 'POST', '/items', {
    scope: SCOPE,
    body: { id: 'later', n: 1 },
    headers: { Prefer: 'wait=1' },
  })
  expect([answer.status, ...headersOf(answer, 'Outcome', 'Sites')]).toEqual([
    201,
    'applied',
    'site1;s=applied;c=201, site2;s=pending',
  ])
  await mesh.up('site2')
  await mesh.settles('later', [{ id: 'later', n: 1 }, { id: 'later', n: 1 }, undefined])
  await mesh.together()
})

test('the level and the wait of clients that can only write URLs', async () => {
  const url = (path: string) => `${mesh.ingress('site1')}/~${encodeURIComponent(path)}/inventory/items`
  const post = (path: string, id: string) =>
    fetch(url(path), { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ id }) })
  const waited = await post('site1 & site2;wait=20', 'by-url')
  expect(headersOf(waited, 'Sites')[0]).toMatch(/^site1;s=applied;c=201, site2;s=applied/)
  expect(headersOf(await post('site1 & site2;level=none', 'by-url-2'), 'Level')).toEqual(['none'])
  expect((await post('site1 & site2;require=most', 'by-url-3')).status).toBe(400)
  expect(await mesh.everywhere('by-url-3')).toEqual([undefined, undefined, undefined])
})
