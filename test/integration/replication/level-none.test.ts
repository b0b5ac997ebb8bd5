/**
 * Level `none`: a request to all members at once, each by itself. What each application has is read past Cheops; that requests are not
 * logged is shown by a member that comes back and has nothing of them, while the record of who the members are is there.
 */
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'

const SCOPE = 'site1 & site2'
const NONE = { 'Cheops-Level': 'none' }
let mesh: Mesh

beforeAll(async () => {
  const glue = path.join(import.meta.dirname, 'inventory.glue.yaml')
  mesh = await Mesh.start(['site1', 'site2', 'site3'], { site1: { glue }, site2: { glue } })
})
afterAll(() => mesh[Symbol.asyncDispose]())

const created = (id: string, site = 'site1') =>
  mesh.must(site, 'POST', '/items', { scope: SCOPE, body: { id, n: 0 }, headers: NONE })
const headersOf = ({ headers }: { headers: Headers }, ...names: string[]) =>
  names.map(name => headers.get(`Cheops-${name}`))

/** Waits until a member knows of the resource: then it acts for all. */
async function known(site: string, id: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const answer = await mesh.must(site, 'PATCH', `/items/${id}`, { body: { seen: true } })
      expect(answer.headers.get('Cheops-Level')).toBe('none')
    },
    { timeout: 10_000, interval: 50 },
  )
}

test('created at all members at once, also through a site that is none, and changed and deleted without a scope', async () => {
  for (const [id, site] of [
    ['here', 'site1'],
    ['outside', 'site3'],
  ] as const) {
    const answer = await created(id, site)
    expect([answer.status, ...headersOf(answer, 'Outcome', 'Level', 'Replicant', 'Sites', 'Operation')]).toEqual([
      201,
      'applied',
      'none',
      `items/${id}`,
      'site1;s=applied;c=201, site2;s=applied;c=201',
      null,
    ])
    expect(await mesh.everywhere(id)).toEqual([{ id, n: 0 }, { id, n: 0 }, undefined])
    await known('site1', id)
    await known('site2', id)
    const put = await mesh.must('site2', 'PUT', `/items/${id}`, { body: { n: 1 } })
    expect(JSON.parse(put.text)).toEqual({ id, n: 1, warehouse: 'site2' })
    expect(await mesh.everywhere(id)).toEqual([{ id, n: 1 }, { id, n: 1 }, undefined])
    const gone = await mesh.must('site1', 'DELETE', `/items/${id}`)
    expect([gone.status, ...headersOf(gone, 'Sites')]).toEqual([204, 'site1;s=applied;c=204, site2;s=applied;c=204'])
    expect(await mesh.everywhere(id)).toEqual([undefined, undefined, undefined])
  }
  // The life has ended: the same name is anybody's.
  await mesh.must('site1', 'POST', '/items', { body: { id: 'here', own: true } })
  const own = await mesh.must('site1', 'PUT', '/items/here', { body: { own: 1 } })
  expect(headersOf(own, 'Level')).toEqual([null])
  expect(await mesh.everywhere('here')).toEqual([{ id: 'here', own: 1 }, undefined, undefined])
})

test('what each member has answered, in one document', async () => {
  const headers = { ...NONE, Accept: 'application/vnd.cheops.multi+json' }
  const answer = await mesh.must('site2', 'POST', '/items', { scope: SCOPE, body: { id: 'each' }, headers })
  expect(JSON.parse(answer.text).sites).toMatchObject([
    { site: 'site2', state: 'applied', status: 201, body: { id: 'each', warehouse: 'site2' } },
    { site: 'site1', state: 'applied', status: 201, body: { id: 'each', warehouse: 'site1' } },
  ])
})

test('what one member refuses is its own; the others have it', async () => {
  await mesh.must('site2', 'POST', '/items', { body: { id: 'taken', own: true } })
  const answer = await created('taken')
  expect([answer.status, ...headersOf(answer, 'Outcome', 'Sites', 'Partial')]).toEqual([
    201,
    'applied',
    'site1;s=applied;c=201, site2;s=failed;c=409',
    'site2',
  ])
  expect(answer.headers.get('Warning')).toBe('299 cheops "not carried out at site2, and nobody will"')
  expect(await mesh.everywhere('taken')).toEqual([{ id: 'taken', n: 0 }, { id: 'taken', own: true }, undefined])
  const all = await mesh.ask('site1', 'POST', '/items', { scope: SCOPE, body: { id: 'taken' }, headers: NONE })
  expect([all.status, ...headersOf(all, 'Outcome')]).toEqual([409, 'void'])
})

test('another level on a later write is 422, both ways; levels that are not there yet are said to be so', async () => {
  await created('fixed')
  await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id: 'logged' }, headers: WAIT })
  for (const [id, level] of [
    ['fixed', 'eventual'],
    ['logged', 'none'],
  ] as const) {
    const headers = { 'Cheops-Level': level }
    const answer = await mesh.ask('site1', 'PUT', `/items/${id}`, { body: { n: 9 }, headers })
    expect([answer.status, ...headersOf(answer, 'Error')], answer.text).toEqual([422, 'ERR_REPLICANT_LEVEL'])
  }
  const members = await mesh.ask('site1', 'PUT', '/items/fixed', { scope: 'site1 & site3', body: {} })
  expect([members.status, ...headersOf(members, 'Error')]).toEqual([422, 'ERR_REPLICANT_MEMBERS'])
  const strong = { scope: SCOPE, body: { id: 'strong' }, headers: { 'Cheops-Level': 'strong' } }
  expect((await mesh.ask('site1', 'POST', '/items', strong)).status).toBe(501)
  const wrong = { scope: SCOPE, body: { id: 'wrong' }, headers: { 'Cheops-Level': 'weak' } }
  expect((await mesh.ask('site1', 'POST', '/items', wrong)).status).toBe(400)
  expect(await mesh.everywhere('strong')).toEqual([undefined, undefined, undefined])
})

test('a member that is away misses what is written meanwhile, for good, and knows of the resource when it comes back', async () => {
  await created('before')
  await known('site2', 'before')
  await mesh.down('site2')
  const changed = await mesh.must('site1', 'PUT', '/items/before', { body: { n: 5 } })
  expect(headersOf(changed, 'Sites')[0]).toMatch(/^site1;s=applied;c=200, site2;s=unreachable;e=ERR_SITE_\w+$/)
  const made = await created('meanwhile')
  expect(headersOf(made, 'Partial')).toEqual(['site2'])
  const stays = await mesh.must('site1', 'DELETE', '/items/before')
  expect(headersOf(stays, 'Partial')).toEqual(['site2'])
  await mesh.up('site2')
  await mesh.together()
  // The record has come; the request has not.
  await vi.waitFor(
    async () => {
      const answer = await mesh.ask('site2', 'PATCH', '/items/meanwhile', { body: { x: 1 } })
      expect(headersOf(answer, 'Level', 'Sites')).toEqual(['none', 'site1;s=applied;c=200, site2;s=failed;c=404'])
    },
    { timeout: 10_000, interval: 50 },
  )
  expect(await mesh.everywhere('meanwhile')).toEqual([{ id: 'meanwhile', n: 0, x: 1 }, undefined, undefined])
  expect((await mesh.everywhere('before'))[1]).toEqual({ id: 'before', n: 0, seen: true })
  // It is still one resource until it is gone from all.
  const last = await mesh.must('site2', 'DELETE', '/items/before')
  expect(headersOf(last, 'Sites')).toEqual(['site1;s=failed;c=404, site2;s=applied;c=204'])
  expect(await mesh.everywhere('before')).toEqual([undefined, undefined, undefined])
})

test('doubt makes no record, unless the resource is there: the next create is like the first', async () => {
  for (const site of ['site1', 'site2']) mesh.application(site).faults.push('500-before')
  const failed = await mesh.ask('site1', 'POST', '/items', { scope: SCOPE, body: { id: 'fails', n: 0 }, headers: NONE })
  expect([failed.status >= 500, ...headersOf(failed, 'Outcome')], failed.text).toEqual([true, 'uncertain'])
  expect(await mesh.everywhere('fails')).toEqual([undefined, undefined, undefined])
  const own = await mesh.ask('site1', 'PUT', '/items/fails', { body: { n: 1 } })
  expect(headersOf(own, 'Level')).toEqual([null])
  await created('fails')
  await known('site2', 'fails')

  for (const site of ['site1', 'site2']) mesh.application(site).faults.push('500-after')
  const done = await mesh.ask('site1', 'POST', '/items', { scope: SCOPE, body: { id: 'done', n: 0 }, headers: NONE })
  expect([done.status >= 500, ...headersOf(done, 'Outcome')], done.text).toEqual([true, 'uncertain'])
  await known('site2', 'done')
})

test('where the application dies in the middle nobody knows, and the answer says so', async () => {
  await created('doubt')
  mesh.application('site2').faults.push('break-after')
  const answer = await mesh.must('site1', 'PUT', '/items/doubt', { body: { n: 3 } })
  expect(headersOf(answer, 'Sites')).toEqual(['site1;s=applied;c=200, site2;s=uncertain;c=500;e=ERR_OUTCOME_UNKNOWN'])
})
