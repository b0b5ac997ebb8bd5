/**
 * The scenarios of files and counters under partition: writes that replace, that add, and that count, at three sites, one after the other and
 * cut off from each other. How: agents as processes, links that can be cut in pairs; what is expected is read from the
 * applications, past Cheops. Needs `npm run build`.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Thing } from './ledger-application.ts'
import { ProcessMesh, WAIT } from './process-mesh.ts'

const SITES = ['h0', 'h1', 'h2']
const SCOPE = 'h0 & h1 & h2'
let mesh: ProcessMesh

beforeAll(async () => {
  mesh = await ProcessMesh.start(SITES)
})
afterAll(() => mesh[Symbol.asyncDispose]())

const created = (id: string, body: object = {}) =>
  mesh.must('h0', 'POST', '/things', { scope: SCOPE, body: { id, ...body }, headers: WAIT })
const add = (site: string, id: string, line: string) =>
  mesh.must(site, 'POST', `/things/${id}/lines`, { body: { line }, headers: WAIT })
const alike = (thing: Thing | undefined) => Object.fromEntries(SITES.map(site => [site, thing]))

test('sequential: each after the one before has arrived', async () => {
  await created('file', { lines: ['init'] })
  await add('h0', 'file', 'left')
  await mesh.must('h1', 'PUT', '/things/file', { body: { lines: ['middle'] }, headers: WAIT })
  await add('h2', 'file', 'right')
  expect(mesh.everywhere('file')).toEqual(alike({ id: 'file', lines: ['middle', 'right'] }))
})

test('partition: all three write, cut off from each other; the whole body first, then what was added, in one order', async () => {
  await created('parted', { lines: ['init'] })
  for (const [one, other] of [
    ['h0', 'h1'],
    ['h0', 'h2'],
    ['h1', 'h2'],
  ] as const)
    mesh.cut(one, other)
  await mesh.must('h0', 'POST', '/things/parted/lines', { body: { line: 'left' } })
  await mesh.must('h1', 'PUT', '/things/parted', { body: { lines: ['middle'] } })
  await mesh.must('h2', 'POST', '/things/parted/lines', { body: { line: 'right' } })
  expect(mesh.everywhere('parted')).toEqual({
    h0: { id: 'parted', lines: ['init', 'left'] },
    h1: { id: 'parted', lines: ['middle'] },
    h2: { id: 'parted', lines: ['init', 'right'] },
  })
  mesh.heal()
  // One clock: the stamps are in the order of the requests.
  await mesh.settles('parted', alike({ id: 'parted', lines: ['middle', 'left', 'right'] }))
})

test('truly concurrent: two sites make different things at once', async () => {
  await Promise.all([
    mesh.must('h1', 'POST', '/things', { scope: SCOPE, body: { id: 'one' }, headers: WAIT }),
    mesh.must('h2', 'POST', '/things', { scope: SCOPE, body: { id: 'other' }, headers: WAIT }),
  ])
  expect(mesh.everywhere('one')).toEqual(alike({ id: 'one' }))
  expect(mesh.everywhere('other')).toEqual(alike({ id: 'other' }))
})

test('late member: what was changed while it was cut off comes when it is reached again', async () => {
  await created('late', { n: 0 })
  mesh.cutOff('h1')
  await mesh.must('h0', 'PUT', '/things/late', { body: { n: 1 } })
  await mesh.settles('late', { h0: { id: 'late', n: 1 }, h1: { id: 'late', n: 0 }, h2: { id: 'late', n: 1 } })
  mesh.heal()
  await mesh.settles('late', alike({ id: 'late', n: 1 }))
})

test('one-way: a site that is heard and hears nothing is behind, and is equal when it hears again', async () => {
  await created('deaf', { n: 0 })
  mesh.cutOneWay('h0', 'h1')
  mesh.cutOneWay('h2', 'h1')
  await mesh.must('h0', 'PATCH', '/things/deaf', { body: { by0: true } })
  await mesh.must('h1', 'PATCH', '/things/deaf', { body: { by1: true } })
  mesh.heal()
  await mesh.settles('deaf', alike({ id: 'deaf', n: 0, by0: true, by1: true }))
})

test('increments: what counts is applied on top of the newest whole body, wherever it was written', async () => {
  await created('counter', { n: 23 })
  await mesh.must('h0', 'PUT', '/things/counter', { body: { n: 29 }, headers: WAIT })
  await mesh.must('h1', 'POST', '/things/counter/increments', { body: { by: 13 }, headers: WAIT })
  await mesh.must('h2', 'POST', '/things/counter/increments', { body: { by: -12 }, headers: WAIT })
  expect(mesh.everywhere('counter')).toEqual(alike({ id: 'counter', n: 30 }))
})

test('increments on both sides of a cut are all counted, each once', async () => {
  await created('sum', { n: 0 })
  mesh.cutOff('h2')
  for (let i = 0; i < 5; i++) {
    await mesh.must('h0', 'POST', '/things/sum/increments', { body: { by: 1 } })
    await mesh.must('h2', 'POST', '/things/sum/increments', { body: { by: 10 } })
  }
  mesh.heal()
  await mesh.settles('sum', alike({ id: 'sum', n: 55 }))
})

test('different sites: each exactly there, and absent elsewhere', async () => {
  await created('everywhere')
  await mesh.must('h2', 'POST', '/things', { scope: 'h1 & h2', body: { id: 'two' }, headers: WAIT })
  await mesh.must('h1', 'POST', '/things', { scope: 'h0 & h1', body: { id: 'pair' }, headers: WAIT })
  expect(mesh.everywhere('everywhere')).toEqual(alike({ id: 'everywhere' }))
  expect(mesh.everywhere('two')).toEqual({ h0: undefined, h1: { id: 'two' }, h2: { id: 'two' } })
  expect(mesh.everywhere('pair')).toEqual({ h0: { id: 'pair' }, h1: { id: 'pair' }, h2: undefined })
})
