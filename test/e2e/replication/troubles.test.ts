/**
 * What happens to sites in the field: a machine that is suspended, a clock that is a day behind, an application that is
 * down or answers too late, a disk that is full, a store that is set back alone, a member that is removed while all write. Afterwards
 * nobody helps, members are the same, and what was answered with success is there. How: agents as processes; what is expected is read
 * from the applications, past Cheops. CHEOPS_SUSPENDED_MS says for how long a process is suspended. Needs `npm run build`.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { Thing } from './ledger-application.ts'
import { ProcessMesh, WAIT } from './process-mesh.ts'

const SITES = ['a', 'b', 'c']
const SCOPE = 'a & b & c'
const SUSPENDED_MS = Number(process.env['CHEOPS_SUSPENDED_MS'] ?? 6_000)
const DAY_MS = 86_400_000
/** Less than half of what the store of an agent writes in a minute of load. */
const FULL_BLOCKS = 400

let mesh: ProcessMesh
let number = 0
let id: string

beforeAll(async () => {
  mesh = await ProcessMesh.start(SITES, { b: { timeouts: { answerMs: 1_000 } }, c: { aheadMs: -DAY_MS } })
})
afterAll(() => mesh[Symbol.asyncDispose]())
afterEach(async () => {
  mesh.heal()
  mesh.resume('b')
  await mesh.together()
})
beforeEach(async () => {
  id = `thing-${++number}`
  await mesh.must('a', 'POST', '/things', { scope: SCOPE, body: { id, n: 0 }, headers: WAIT })
})

const alike = (thing: Thing | undefined, sites = SITES) =>
  Object.fromEntries(SITES.map(site => [site, sites.includes(site) ? thing : undefined]))
const increment = (site: string) => mesh.ask(site, 'POST', `/things/${id}/increments`, { body: { by: 1 } })

test('a clock that is a day behind: what is written there after it was read wins, and the other way round', async () => {
  for (const [n, site] of ['c', 'a', 'c', 'b'].entries())
    await mesh.must(site, 'PUT', `/things/${id}`, { body: { n }, headers: WAIT })
  expect(mesh.everywhere(id)).toEqual(alike({ id, n: 3 }))
})

test(
  'an agent that is suspended for a while, in the middle of writes, goes on where it was',
  async () => {
    let counted = 0
    const late = Array.from({ length: 5 }, () => increment('b'))
    mesh.suspend('b')
    const end = performance.now() + SUSPENDED_MS
    while (performance.now() < end) {
      for (const site of ['a', 'c']) if ((await increment(site)).status === 200) counted++
      await wait(50)
    }
    mesh.resume('b')
    for (const { status, text } of await Promise.all(late)) {
      // What was not up to date when it went on takes no write: that is said.
      expect([200, 423], text).toContain(status)
      if (status === 200) counted++
    }
    expect(counted).toBeGreaterThan(10)
    await mesh.settles(id, alike({ id, n: counted }), 60_000)
    await mesh.must('b', 'PUT', `/things/${id}`, { body: { n: -1 }, headers: WAIT })
    expect(mesh.everywhere(id)).toEqual(alike({ id, n: -1 }))
  },
  SUSPENDED_MS + 120_000,
)

test('an application that is down at one member: its site says no, the others go on, and it has all when it is back', async () => {
  await mesh.application('b').shut()
  const refused = await mesh.ask('b', 'PUT', `/things/${id}`, { body: { n: 9 } })
  expect(refused.status, refused.text).toBeGreaterThanOrEqual(500)
  await mesh.must('a', 'PUT', `/things/${id}`, { body: { n: 1 } })
  await mesh.must('c', 'PATCH', `/things/${id}`, { body: { m: 2 } })
  await mesh.application('b').open()
  await mesh.settles(id, alike({ id, n: 1, m: 2 }))
})

test('an application that answers when nobody waits any more: what it has done is found, and done once', async () => {
  mesh.application('b').faults.push({ lateMs: 3_000 })
  const answer = await mesh.ask('b', 'PUT', `/things/${id}`, { body: { n: 1 } })
  expect(answer.status, answer.text).toBeLessThan(300)
  mesh.application('b').faults.push({ lateMs: 3_000 })
  await mesh.must('a', 'PATCH', `/things/${id}`, { body: { m: 2 } })
  await mesh.settles(id, alike({ id, n: 1, m: 2 }))
  await mesh.must('c', 'PATCH', `/things/${id}`, { body: { k: 3 }, headers: WAIT })
  const atB = mesh.application('b').carriedOut.filter(each => each.endsWith(`/${id}`))
  expect(atB).toEqual([`PUT /things/${id}`, `PATCH /things/${id}`, `PATCH /things/${id}`])
})

test('a store that is set back alone, and cut off: nothing that others have acknowledged is lost, nothing is counted twice', async () => {
  expect((await increment('c')).status).toBe(200)
  await mesh.settles(id, alike({ id, n: 1 }))
  await mesh.down('c')
  await mesh.backUp('c')
  await mesh.up('c')
  await mesh.together()
  for (const site of SITES) expect((await increment(site)).status).toBe(200)
  await mesh.settles(id, alike({ id, n: 4 }))

  mesh.cutOff('c')
  await mesh.down('c', 'SIGKILL')
  await mesh.restore('c')
  await mesh.up('c')
  // It does not know what its application has done: nothing is added before somebody has told.
  expect((await increment('c')).status).toBe(423)
  expect((await increment('a')).status).toBe(200)
  mesh.heal()
  await mesh.together()
  await mesh.settles(id, alike({ id, n: 5 }), 60_000)
  await vi.waitFor(async () => expect((await increment('c')).status).toBe(200), 20_000)
  await mesh.settles(id, alike({ id, n: 6 }))
}, 120_000)

test('a disk that is full: the agent ends with a word, and all that it has acknowledged is there when there is room', async () => {
  await mesh.down('b')
  await mesh.up('b', { fileBlocks: FULL_BLOCKS })
  await mesh.together()
  const fields: Record<string, unknown> = {}
  const ended = mesh.ended('b')
  for (let turn = 0; turn < 5_000; turn++) {
    const body = { [`f${turn % 20}`]: `${turn}`.padEnd(2_000, '.') }
    const answer = await mesh.ask('b', 'PATCH', `/things/${id}`, { body }).catch(() => undefined)
    if (answer === undefined) break
    if (answer.status === 200) Object.assign(fields, body)
  }
  expect(await ended).toBe(1)
  await mesh.up('b')
  await mesh.together()
  await vi.waitFor(
    () => {
      const { a, b, c } = mesh.everywhere(id)
      expect(b).toEqual(a)
      expect(c).toEqual(a)
    },
    { timeout: 60_000, interval: 200 },
  )
  expect(Object.keys(fields).length, 'fields that were acknowledged').toBeGreaterThan(0)
  await mesh.must('b', 'PATCH', `/things/${id}`, { body: { last: 1 }, headers: WAIT })
  const { a } = mesh.everywhere(id)
  // The last write may have taken effect without an answer.
  for (const [field, value] of Object.entries(fields))
    expect(Number.parseInt(String(a?.[field]))).toBeGreaterThanOrEqual(Number.parseInt(String(value)))
}, 180_000)

test('a member that is removed while all write, and cut off: the others are the same, what it did unseen is a conflict, its own thing stays', async () => {
  await increment('c')
  await mesh.settles(id, alike({ id, n: 1 }))
  mesh.cut('c', 'a')
  // It reaches b still, and a has said that it is none: two thirds know, and one does not.
  await mesh.must('c', 'POST', `/things/${id}/lines`, { body: { line: 'seen by b' } })
  await vi.waitFor(() => expect(mesh.everywhere(id)['b']).toHaveProperty('lines'), 20_000)
  mesh.cut('c', 'b')
  await mesh.command('a', 'replicant', 'detach', 'c', `ledger/thing/${id}`, '--force')
  await mesh.must('c', 'POST', `/things/${id}/lines`, { body: { line: 'unseen' } })
  for (let turn = 0; turn < 5; turn++) for (const site of ['a', 'b']) expect((await increment(site)).status).toBe(200)
  mesh.heal()
  await mesh.together()
  await mesh.settles(
    id,
    {
      a: { id, n: 11, lines: ['seen by b'] },
      b: { id, n: 11, lines: ['seen by b'] },
      c: { id, n: 1, lines: ['seen by b', 'unseen'] },
    },
    60_000,
  )
  await vi.waitFor(async () => {
    const { items } = (await mesh.command('a', 'conflict', 'ls')) as { items: readonly Conflict[] }
    const own = items.filter(({ replicant }) => replicant.name === id)
    expect(own.map(({ type, site }) => `${type} of ${site}`)).toEqual(['add of c'])
  }, 20_000)
  // It is its own again there.
  await mesh.must('c', 'PUT', `/things/${id}`, { body: { n: 100 } })
  await mesh.must('b', 'PUT', `/things/${id}`, { body: { n: 200 }, headers: WAIT })
  expect(mesh.everywhere(id)).toEqual({ a: { id, n: 200 }, b: { id, n: 200 }, c: { id, n: 100 } })
}, 120_000)

interface Conflict {
  readonly replicant: { readonly name: string }
  readonly type: string
  readonly site: string
}
