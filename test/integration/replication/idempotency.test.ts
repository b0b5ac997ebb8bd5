/**
 * `Idempotency-Key`: one operation for each key of a resource, whatever became of the first answer, also when it was sent to two sites
 * across a cut. What the applications carried out is counted past Cheops.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'

const SCOPE = 'site1 & site2'
let mesh: Mesh

beforeAll(async () => {
  mesh = await Mesh.start(['site1', 'site2'])
})
afterAll(() => mesh[Symbol.asyncDispose]())

const key = (value: string) => ({ 'Idempotency-Key': value, ...WAIT })
const headersOf = ({ headers }: { headers: Headers }, ...names: string[]) =>
  names.map(name => headers.get(`Cheops-${name}`))

test('a repeated request is answered as before, with what the resource is now, and nothing is sent', async () => {
  const create = { scope: SCOPE, body: { id: 'once', n: 1 }, headers: key('create') }
  const first = await mesh.must('site1', 'POST', '/items', create)
  expect([first.status, ...headersOf(first, 'Repeated')]).toEqual([201, null])
  await mesh.must('site2', 'PATCH', '/items/once', { body: { colour: 'red' }, headers: WAIT })
  const before = mesh.application('site1').carriedOut.length
  const again = await mesh.must('site1', 'POST', '/items', create)
  expect([again.status, JSON.parse(again.text)]).toEqual([201, { id: 'once', n: 1, colour: 'red', warehouse: 'site1' }])
  expect(headersOf(again, 'Repeated', 'Outcome')).toEqual(['true', 'applied'])
  expect(headersOf(again, 'Operation', 'Sites')).toEqual(headersOf(first, 'Operation', 'Sites'))
  expect(mesh.application('site1').carriedOut.length).toBe(before)

  const remove = { headers: key('delete') }
  const gone = await mesh.must('site1', 'DELETE', '/items/once', remove)
  const still = await mesh.must('site1', 'DELETE', '/items/once', remove)
  expect([gone.status, still.status, still.text, ...headersOf(still, 'Repeated')]).toEqual([204, 204, '', 'true'])
  expect(headersOf(still, 'Operation')).toEqual(headersOf(gone, 'Operation'))
})

test('also long after what it wrote was replaced and forgotten: what came later stays', async () => {
  await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id: 'late', n: 0 }, headers: WAIT })
  const put = { body: { n: 1 }, headers: key('late') }
  const first = await mesh.must('site1', 'PUT', '/items/late', put)
  for (const n of [2, 3]) await mesh.must('site2', 'PUT', '/items/late', { body: { n }, headers: WAIT })
  await mesh.settles('late', [
    { id: 'late', n: 3 },
    { id: 'late', n: 3 },
  ])
  const again = await mesh.must('site1', 'PUT', '/items/late', put)
  expect([again.status, JSON.parse(again.text)]).toEqual([200, { id: 'late', n: 3, warehouse: 'site1' }])
  expect(headersOf(again, 'Repeated', 'Operation')).toEqual(['true', ...headersOf(first, 'Operation')])
  const other = await mesh.ask('site1', 'PUT', '/items/late', { ...put, body: { n: 7 } })
  expect([other.status, ...headersOf(other, 'Error')]).toEqual([422, 'ERR_IDEMPOTENCY_KEY'])
  await mesh.down('site1')
  await mesh.up('site1')
  await mesh.together()
  expect(headersOf(await mesh.must('site1', 'PUT', '/items/late', put), 'Repeated')).toEqual(['true'])
  await mesh.settles('late', [
    { id: 'late', n: 3 },
    { id: 'late', n: 3 },
  ])
})

test('at another member too, once it has the operation', async () => {
  await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id: 'other', n: 0 }, headers: WAIT })
  const put = { body: { n: 5 }, headers: key('put') }
  const first = await mesh.must('site1', 'PUT', '/items/other', put)
  const before = mesh.application('site2').carriedOut.length
  const again = await mesh.must('site2', 'PUT', '/items/other', put)
  expect([again.status, JSON.parse(again.text)]).toEqual([200, { id: 'other', n: 5, warehouse: 'site2' }])
  expect(headersOf(again, 'Repeated', 'Operation')).toEqual(['true', ...headersOf(first, 'Operation')])
  expect(mesh.application('site2').carriedOut.length).toBe(before)
})

test('the same key with another request is 422 and does nothing; for another resource it is another key', async () => {
  await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id: 'keyed', n: 1 }, headers: key('k') })
  for (const [method, body] of [
    ['PUT', { n: 2 }],
    ['PATCH', { n: 1 }],
    ['DELETE', undefined],
  ] as const) {
    const other = await mesh.ask('site2', method, '/items/keyed', { ...(body && { body }), headers: key('k') })
    expect([other.status, ...headersOf(other, 'Error')], other.text).toEqual([422, 'ERR_IDEMPOTENCY_KEY'])
  }
  expect(
    (await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id: 'keyed-2' }, headers: key('k') })).status,
  ).toBe(201)
  await mesh.settles('keyed', [
    { id: 'keyed', n: 1 },
    { id: 'keyed', n: 1 },
  ])
})

test('the same key at two sites across a cut: the first one stays, so what came after it does too', async () => {
  await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id: 'cut', n: 0 }, headers: WAIT })
  const keyed = { body: { n: 1 }, headers: { 'Idempotency-Key': 'across' } }
  mesh.cut()
  let first, after, second
  try {
    first = await mesh.must('site1', 'PATCH', '/items/cut', keyed)
    after = await mesh.must('site1', 'PATCH', '/items/cut', { body: { n: 2 } })
    // Later than both: were it an operation of its own, it would win.
    second = await mesh.must('site2', 'PATCH', '/items/cut', keyed)
  } finally {
    mesh.heal()
  }
  await mesh.together()
  expect(new Set([first, after, second].flatMap(answer => headersOf(answer, 'Operation'))).size).toBe(3)
  await mesh.settles('cut', [
    { id: 'cut', n: 2 },
    { id: 'cut', n: 2 },
  ])
  for (const site of ['site1', 'site2']) {
    const repeated = await mesh.must(site, 'PATCH', '/items/cut', keyed)
    expect(headersOf(repeated, 'Repeated', 'Operation'), site).toEqual(['true', ...headersOf(first, 'Operation')])
  }
  await mesh.settles('cut', [
    { id: 'cut', n: 2 },
    { id: 'cut', n: 2 },
  ])
})
