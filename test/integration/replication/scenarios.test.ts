/**
 * Histories across a cut, with names that clients choose: three agents with real streams through proxies that go silent as a cut
 * cable does. What is expected is read from the applications, past Cheops. Source: the scenarios of the paper and those that earlier
 * designs got wrong.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'

const SCOPE = 'site1 & site2'
let mesh: Mesh

beforeAll(async () => {
  mesh = await Mesh.start(['site1', 'site2', 'site3'])
})
afterAll(() => mesh[Symbol.asyncDispose]())

/** Cuts all links, lets both sides write, and heals. */
async function acrossCut(write: () => Promise<void>): Promise<void> {
  mesh.cut()
  try {
    await write()
  } finally {
    // Here nobody is told either that the old connections lead nowhere.
    mesh.heal('dead')
  }
  await mesh.together()
}

const created = (id: string, body: object = {}) =>
  mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id, ...body }, headers: WAIT })

/** Waits until both members have something, the same, and gives it back. */
async function agreed(id: string): Promise<Record<string, unknown>> {
  return vi.waitFor(
    async () => {
      const [one, two, three] = await mesh.everywhere(id)
      expect(one, id).toBeDefined()
      expect(two, id).toEqual(one)
      expect(three).toBeUndefined()
      return one ?? {}
    },
    { timeout: 60_000, interval: 50 },
  )
}

test('table 1: created at either site it is on both, and shown at each by the site that answers', async () => {
  await created('purple', { n: 1 })
  await mesh.must('site2', 'POST', '/items', { scope: SCOPE, body: { id: 'violet', n: 1 }, headers: WAIT })
  expect(await mesh.everywhere('purple')).toEqual([{ id: 'purple', n: 1 }, { id: 'purple', n: 1 }, undefined])
  expect(await mesh.everywhere('violet')).toEqual([{ id: 'violet', n: 1 }, { id: 'violet', n: 1 }, undefined])
  for (const site of ['site1', 'site2']) {
    const shown = await mesh.ask(site, 'GET', '/items/violet', { scope: SCOPE })
    expect([shown.status, shown.headers.get('Cheops-Site')]).toEqual([200, site])
    expect(JSON.parse(shown.text)).toEqual({ id: 'violet', n: 1, warehouse: site })
  }
  await mesh.must('site2', 'PUT', '/items/violet', { body: { n: 2 }, headers: WAIT })
  expect(await mesh.everywhere('violet')).toEqual([{ id: 'violet', n: 2 }, { id: 'violet', n: 2 }, undefined])
})

test('table 1: what is deleted while a member is cut off does not come back with it', async () => {
  await created('brief', { n: 1 })
  await mesh.down('site2')
  await mesh.must('site1', 'DELETE', '/items/brief')
  expect((await mesh.everywhere('brief'))[0]).toBeUndefined()
  await mesh.up('site2')
  await mesh.together()
  await mesh.settles('brief', [undefined, undefined, undefined])
  expect((await mesh.ask('site1', 'GET', '/items/brief')).status).toBe(404)
})

/** All histories go through one cut: what takes time is that both sides notice that they are together again. */
test('a cut with writes on both sides: both members have the same, and what is to be there', async () => {
  for (const id of ['puts', 'patches', 'fields', 'mixed', 'deleted-first', 'deleted-last', 'keyed'])
    await created(id, { n: 0 })
  const keyed = { body: { n: 7 }, headers: { 'Idempotency-Key': 'k-2' } }
  await acrossCut(async () => {
    await mesh.must('site1', 'PUT', '/items/puts', { body: { n: 1 } })
    await mesh.must('site2', 'PUT', '/items/puts', { body: { n: 2 } })
    await mesh.must('site1', 'PATCH', '/items/patches', { body: { f: 1 } })
    await mesh.must('site2', 'PATCH', '/items/patches', { body: { f: 2 } })
    await mesh.must('site1', 'PATCH', '/items/fields', { body: { a: 1 } })
    await mesh.must('site2', 'PATCH', '/items/fields', { body: { b: 2 } })
    // A patch on the other side of the cut is applied on top of a replace, whichever came first.
    await mesh.must('site1', 'PATCH', '/items/mixed', { body: { a: 1 } })
    await mesh.must('site2', 'PUT', '/items/mixed', { body: { n: 5 } })
    await mesh.must('site1', 'DELETE', '/items/deleted-first')
    await mesh.must('site2', 'PUT', '/items/deleted-first', { body: { n: 2 } })
    await mesh.must('site2', 'PUT', '/items/deleted-last', { body: { n: 2 } })
    await mesh.must('site1', 'DELETE', '/items/deleted-last')
    await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id: 'twins', by: 1 } })
    await mesh.must('site2', 'POST', '/items', { scope: SCOPE, body: { id: 'twins', by: 2 } })
    // site2 never heard of the first two.
    await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id: 'again', by: 1 } })
    await mesh.must('site1', 'DELETE', '/items/again')
    await mesh.must('site2', 'POST', '/items', { scope: SCOPE, body: { id: 'again', by: 2 } })
    await mesh.must('site1', 'PATCH', '/items/keyed', keyed)
    await mesh.must('site2', 'PATCH', '/items/keyed', keyed)
    // What is written on one side is not on the other: the cut is one.
    expect((await mesh.everywhere('puts')).slice(0, 2)).toEqual([
      { id: 'puts', n: 1 },
      { id: 'puts', n: 2 },
    ])
  })
  await mesh.settles('fields', [{ id: 'fields', n: 0, a: 1, b: 2 }, { id: 'fields', n: 0, a: 1, b: 2 }, undefined])
  await mesh.settles('mixed', [{ id: 'mixed', n: 5, a: 1 }, { id: 'mixed', n: 5, a: 1 }, undefined])
  await mesh.settles('deleted-first', [undefined, undefined, undefined])
  await mesh.settles('deleted-last', [undefined, undefined, undefined])
  await mesh.settles('again', [{ id: 'again', by: 2 }, { id: 'again', by: 2 }, undefined])
  await mesh.settles('keyed', [{ id: 'keyed', n: 7 }, { id: 'keyed', n: 7 }, undefined])
  expect([1, 2]).toContain((await agreed('puts'))['n'])
  expect([1, 2]).toContain((await agreed('patches'))['f'])
  expect([1, 2]).toContain((await agreed('twins'))['by'])

  // And all go on from there; a retry long after another write does not undo it.
  await mesh.must('site1', 'PUT', '/items/twins', { body: { by: 3 }, headers: WAIT })
  await mesh.settles('twins', [{ id: 'twins', by: 3 }, { id: 'twins', by: 3 }, undefined])
  await mesh.must('site1', 'PUT', '/items/keyed', { body: { n: 8 }, headers: WAIT })
  await mesh.must('site2', 'PATCH', '/items/keyed', keyed)
  await mesh.settles('keyed', [{ id: 'keyed', n: 8 }, { id: 'keyed', n: 8 }, undefined])
}, 120_000)

test('created, deleted and created again at the same sites: the second one, at both', async () => {
  await created('phoenix', { n: 1 })
  await mesh.must('site2', 'DELETE', '/items/phoenix', { headers: WAIT })
  await mesh.must('site2', 'POST', '/items', { scope: SCOPE, body: { id: 'phoenix', n: 2 }, headers: WAIT })
  expect(await mesh.everywhere('phoenix')).toEqual([{ id: 'phoenix', n: 2 }, { id: 'phoenix', n: 2 }, undefined])
})

test("a member's own resource of the same name is untouched by create, change and delete", async () => {
  await mesh.must('site2', 'POST', '/items', { body: { id: 'mine', by: 'itself' } })
  const made = await created('mine', { by: 'cheops' })
  expect(made.headers.get('Cheops-Sites')).toMatch(/site2;s=failed/)
  expect(made.headers.get('Warning')).toMatch(/not carried out at site2 /)
  await mesh.must('site1', 'PUT', '/items/mine', { body: { by: 'still cheops' } })
  await mesh.must('site1', 'PATCH', '/items/mine', { body: { more: true } })
  await mesh.must('site1', 'DELETE', '/items/mine', { headers: { Prefer: 'wait=2' } })
  await mesh.settles('mine', [undefined, { id: 'mine', by: 'itself' }, undefined])
})

test('different sites for each resource: exactly there', async () => {
  await created('left')
  await mesh.must('site3', 'POST', '/items', { scope: 'site2 & site3', body: { id: 'right' }, headers: WAIT })
  const all = 'site1 & site2 & site3'
  await mesh.must('site2', 'POST', '/items', { scope: all, body: { id: 'all' }, headers: WAIT })
  expect(await mesh.everywhere('left')).toEqual([{ id: 'left' }, { id: 'left' }, undefined])
  expect(await mesh.everywhere('right')).toEqual([undefined, { id: 'right' }, { id: 'right' }])
  expect(await mesh.everywhere('all')).toEqual(Array(3).fill({ id: 'all' }))
})

test('a late member is sent only what is current', async () => {
  await created('late', { n: 0 })
  await mesh.down('site2')
  for (let n = 1; n <= 50; n++) await mesh.must('site1', 'PUT', '/items/late', { body: { n } })
  const before = mesh.application('site2').carriedOut.length
  await mesh.up('site2')
  await mesh.settles('late', [{ id: 'late', n: 50 }, { id: 'late', n: 50 }, undefined])
  const since = mesh.application('site2').carriedOut.slice(before)
  expect(since.filter(request => request.endsWith('/late'))).toEqual(['PUT /items/late'])
  await mesh.together()
})

test('one idempotency key twice at one site is one operation, with another body 422', async () => {
  const asked = { scope: SCOPE, body: { id: 'once', n: 1 }, headers: { 'Idempotency-Key': 'k-1', ...WAIT } }
  const first = await mesh.must('site1', 'POST', '/items', asked)
  const again = await mesh.must('site1', 'POST', '/items', asked)
  expect(again.headers.get('Cheops-Operation')).toBe(first.headers.get('Cheops-Operation'))
  const other = await mesh.ask('site1', 'POST', '/items', { ...asked, body: { id: 'once', n: 2 } })
  expect([other.status, other.headers.get('Cheops-Error')], other.text).toEqual([422, 'ERR_IDEMPOTENCY_KEY'])
  expect(await mesh.everywhere('once')).toEqual([{ id: 'once', n: 1 }, { id: 'once', n: 1 }, undefined])
  const posts = mesh.application('site1').carriedOut.filter(request => request.startsWith('POST'))
  const had = posts.length
  await mesh.must('site1', 'POST', '/items', asked)
  expect(mesh.application('site1').carriedOut.filter(request => request.startsWith('POST')).length).toBe(had)
})
