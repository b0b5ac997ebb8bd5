/**
 * Reads under `&`: one member's answer, compared with the others'; lists of all; all answers in one document. Three agents with real
 * streams; differences are made past Cheops, at the applications themselves.
 */
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'

const SCOPE = 'site1 & site2'
const MULTI = { Accept: 'application/vnd.cheops.multi+json, application/json;q=0.5' }
let mesh: Mesh

beforeAll(async () => {
  const glue = path.join(import.meta.dirname, 'inventory.glue.yaml')
  // site3 lets others only read what is called open.
  const expose = '{sites: ["*"], methods: [GET], paths: ["/items", "/items/open"]}'
  mesh = await Mesh.start(['site1', 'site2', 'site3'], { site1: { glue }, site2: { glue }, site3: { glue, expose } })
})
afterAll(() => mesh[Symbol.asyncDispose]())

const created = (id: string, scope = SCOPE) =>
  mesh.must('site1', 'POST', '/items', { scope, body: { id, n: 1 }, headers: WAIT })

/** A change that no agent sees. */
async function changedAt(site: string, id: string, body: object): Promise<void> {
  const answer = await fetch(`${mesh.application(site).url}/items/${id}`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/merge-patch+json' },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(200)
}

const sitesOf = (answer: { headers: Headers }) => answer.headers.get('Cheops-Sites')

test("a member answers with its own, and says who agrees; a site that is none has the nearest member's", async () => {
  await created('same')
  for (const site of ['site1', 'site2']) {
    const answer = await mesh.must(site, 'GET', '/items/same', { scope: SCOPE })
    expect(JSON.parse(answer.text)).toEqual({ id: 'same', n: 1, warehouse: site })
    expect(answer.headers.get('Cheops-Site')).toBe(site)
    expect(sitesOf(answer)).toBe('site1;s=agrees;c=200, site2;s=agrees;c=200')
    expect(answer.headers.get('Warning')).toBeNull()
    expect(answer.headers.get('Cheops-Context')).toContain('inventory/items/same')
  }
  const other = await mesh.must('site3', 'GET', '/items/same', { scope: SCOPE })
  expect(['site1', 'site2']).toContain(other.headers.get('Cheops-Site'))
  expect(sitesOf(other)).toBe('site1;s=agrees;c=200, site2;s=agrees;c=200')
})

test('who shows something else, or nothing, is named', async () => {
  await created('changed')
  await changedAt('site2', 'changed', { n: 7 })
  const answer = await mesh.must('site1', 'GET', '/items/changed', { scope: SCOPE })
  expect(JSON.parse(answer.text)).toMatchObject({ n: 1 })
  expect(sitesOf(answer)).toBe('site1;s=agrees;c=200, site2;s=differs;c=200')
  expect(answer.headers.get('Warning')).toBe('299 cheops "site2 shows something else"')

  const missing = await mesh.ask('site1', 'GET', '/items/nowhere', { scope: SCOPE })
  expect([missing.status, sitesOf(missing)]).toEqual([404, 'site1;s=agrees;c=404, site2;s=agrees;c=404'])
})

test('all of them in one document', async () => {
  await created('all')
  await changedAt('site1', 'all', { n: 2 })
  const answer = await mesh.must('site2', 'GET', '/items/all', { scope: SCOPE, headers: MULTI })
  expect(answer.headers.get('Content-Type')).toBe('application/vnd.cheops.multi+json')
  const headers = { 'content-type': 'application/json' }
  const { sites } = JSON.parse(answer.text)
  expect(sites).toMatchObject([
    { site: 'site2', state: 'agrees', status: 200, headers, body: { id: 'all', n: 1, warehouse: 'site2' } },
    { site: 'site1', state: 'differs', status: 200, headers, body: { id: 'all', n: 2, warehouse: 'site1' } },
  ])
})

test('lists are merged: what is the same stands once, with its sites; what differs once for each', async () => {
  await created('listed')
  await created('differs')
  await changedAt('site2', 'differs', { n: 8 })
  const answer = await mesh.must('site1', 'GET', '/items', { scope: SCOPE })
  expect(sitesOf(answer)).toBe('site1;s=listed;c=200, site2;s=listed;c=200')
  const items = (JSON.parse(answer.text) as { id: string; n: number; cheops: { sites: string[] } }[]).filter(({ id }) =>
    ['listed', 'differs'].includes(id),
  )
  const shown = items
    .map(({ id, n, cheops }) => [id, n, cheops.sites])
    .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  expect(shown).toEqual([
    ['differs', 1, ['site1']],
    ['differs', 8, ['site2']],
    ['listed', 1, ['site1', 'site2']],
  ])
})

test('a member whose site does not let this one read is named, with the code of its refusal', async () => {
  const scope = 'site1 & site3'
  await mesh.must('site1', 'POST', '/items', { scope, body: { id: 'open', n: 1 } })
  await mesh.must('site1', 'POST', '/items', { scope, body: { id: 'closed', n: 1 } })
  const closed = await mesh.must('site1', 'GET', '/items/closed', { scope })
  expect(sitesOf(closed)).toBe('site1;s=agrees;c=200, site3;s=failed;c=403;e=ERR_FORWARD_NOT_EXPOSED')
  expect(closed.headers.get('Warning')).toBe('299 cheops "without site3"')
  expect(closed.headers.get('Cheops-Partial')).toBe('site3')
  // It has nothing by that name: site1 may not write there.
  expect(sitesOf(await mesh.must('site1', 'GET', '/items/open', { scope }))).toMatch(/site3;s=differs;c=404/)
})

test('a member that cannot be reached is named and hardly waited for; Cheops-Require asks for it all the same', async () => {
  await created('alone')
  await mesh.down('site2')
  const since = performance.now()
  const answer = await mesh.must('site1', 'GET', '/items/alone', { scope: SCOPE, headers: { Prefer: 'wait=2' } })
  expect(performance.now() - since).toBeLessThan(20_000)
  expect(sitesOf(answer)).toMatch(/^site1;s=agrees;c=200, site2;s=unreachable;e=ERR_SITE_\w+$/)
  expect(answer.headers.get('Warning')).toBe('299 cheops "without site2"')
  const list = await mesh.must('site1', 'GET', '/items', { scope: SCOPE, headers: { Prefer: 'wait=2' } })
  expect(list.headers.get('Cheops-Partial')).toBe('site2')
  const multi = await mesh.must('site1', 'GET', '/items/alone', { scope: SCOPE, headers: MULTI })
  expect(JSON.parse(multi.text).sites[1]).toMatchObject({
    site: 'site2',
    state: 'unreachable',
    error: { code: expect.stringMatching(/^ERR_SITE_/) },
  })
  const headers = { Prefer: 'wait=2', 'Cheops-Require': 'all' }
  const refused = await mesh.ask('site1', 'GET', '/items/alone', { scope: SCOPE, headers })
  expect([refused.status, refused.headers.get('Cheops-Error')], refused.text).toEqual([503, 'ERR_SITE_UNREACHABLE'])
  await mesh.up('site2')
  await mesh.together()
})

test('where the own application cannot be reached, the nearest other member answers', async () => {
  await created('elsewhere')
  await mesh.application('site1').shut()
  const answer = await mesh.must('site1', 'GET', '/items/elsewhere', { scope: SCOPE })
  expect(answer.headers.get('Cheops-Site')).toBe('site2')
  expect(sitesOf(answer)).toBe('site1;s=failed;e=ERR_APPLICATION_UNREACHABLE, site2;s=agrees;c=200')
  await mesh.application('site1').open()
})
