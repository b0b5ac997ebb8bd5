/**
 * Applications and links that fail: 500, silence, death between effect and answer, garbage; at the site where a client writes, and at
 * another member. What can be known takes effect once; what cannot is said. How: agents as processes; what is expected is read from the
 * applications, past Cheops. Needs `npm run build`.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Fault, Thing } from './ledger-application.ts'
import { ProcessMesh, WAIT, type Answer } from './process-mesh.ts'

const SCOPE = 'a & b'
let mesh: ProcessMesh

beforeAll(async () => {
  mesh = await ProcessMesh.start(['a', 'b'])
})
afterAll(() => mesh[Symbol.asyncDispose]())

const alike = (thing: Thing | undefined) => ({ a: thing, b: thing })
const done = (site: string, id: string) =>
  mesh.application(site).carriedOut.filter(each => each.endsWith(`/${id}`) || each.includes(`/${id}/`))

async function created(id: string): Promise<void> {
  await mesh.must('a', 'POST', '/things', { scope: SCOPE, body: { id, n: 0 }, headers: WAIT })
  mesh.application('a').carriedOut.length = 0
  mesh.application('b').carriedOut.length = 0
}

const AFTER_EFFECT: readonly Fault[] = ['break-after', 'garbage-after']
const BEFORE_EFFECT: readonly Fault[] = ['break-before', { status: 500 }, { status: 503 }]

describe('where the client writes', () => {
  test.each(AFTER_EFFECT)('%s: the effect is found, and the write stands at both, once', async fault => {
    const id = `origin-${JSON.stringify(fault).replaceAll(/\W/g, '')}`
    await created(id)
    mesh.application('a').faults.push(fault)
    const answer = await mesh.ask('a', 'PUT', `/things/${id}`, { body: { n: 1 } })
    expect(answer.status, answer.text).toBeLessThan(300)
    await mesh.settles(id, alike({ id, n: 1 }))
    expect(done('a', id)).toEqual([`PUT /things/${id}`])
    expect(done('b', id)).toEqual([`PUT /things/${id}`])
  })

  test.each(BEFORE_EFFECT)('%o: the client is told of an error, and nobody carries it out later', async fault => {
    const id = `refused-${JSON.stringify(fault).replaceAll(/\W/g, '')}`
    await created(id)
    mesh.application('a').faults.push(fault)
    const answer = await mesh.ask('a', 'PUT', `/things/${id}`, { body: { n: 1 } })
    expect(answer.status, answer.text).toBeGreaterThanOrEqual(500)
    // And the next one is taken: nothing is left in doubt.
    await vi.waitFor(async () => {
      const next = await mesh.ask('a', 'PATCH', `/things/${id}`, { body: { next: true }, headers: WAIT })
      expect(next.status, next.text).toBe(200)
    }, 20_000)
    expect(mesh.everywhere(id)).toEqual(alike({ id, n: 0, next: true }))
    expect(done('b', id)).toEqual([`PATCH /things/${id}`])
  })

  test('a booking in doubt of which an operator says that it took effect: so it is at both, and the next write is taken', async () => {
    await created('decided')
    mesh.application('a').faults.push('break-after')
    const answer = await mesh.ask('a', 'POST', '/things/decided/bookings', { body: { line: 'seat 1' } })
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
    expect(await mesh.shown('a', 'decided')).toMatchObject({ state: 'uncertain' })
    await mesh.command('a', 'conflict', 'resolve', 'ledger/thing/decided', '--done')
    await mesh.must('a', 'PATCH', '/things/decided', { body: { m: 1 }, headers: WAIT })
    expect(mesh.everywhere('decided')).toEqual(alike({ id: 'decided', n: 0, m: 1, bookings: ['seat 1'] }))
  })

  test('a booking whose effect nobody can tell is never made a second time', async () => {
    await created('booked')
    mesh.application('a').faults.push('break-after')
    const answer = await mesh.ask('a', 'POST', '/things/booked/bookings', { body: { line: 'seat 1' } })
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
    // Nothing more is taken here until somebody says what the thing is; elsewhere it is.
    expect((await mesh.ask('a', 'PATCH', '/things/booked', { body: { n: 1 } })).status).toBe(423)
    await mesh.must('b', 'PUT', '/things/booked', { body: { n: 2 }, headers: WAIT })
    await mesh.settles('booked', alike({ id: 'booked', n: 2 }))
    await mesh.must('a', 'PATCH', '/things/booked', { body: { m: 1 }, headers: WAIT })
    expect(done('a', 'booked').filter(each => each.endsWith('/bookings'))).toHaveLength(1)
    expect(done('b', 'booked').filter(each => each.endsWith('/bookings'))).toEqual([])
  })
})

describe('at another member', () => {
  test.each([
    ...AFTER_EFFECT,
    ...BEFORE_EFFECT,
    { status: 403 },
    { status: 409 },
    { status: 429 },
    { status: 507 },
  ] as readonly Fault[])('%o: it is tried again until it is there, and a body takes effect once', async fault => {
    const id = `member-${JSON.stringify(fault).replaceAll(/\W/g, '')}`
    await created(id)
    mesh.application('b').faults.push(fault)
    await mesh.must('a', 'PUT', `/things/${id}`, { body: { n: 1 } })
    await mesh.settles(id, alike({ id, n: 1 }))
    await mesh.must('a', 'PATCH', `/things/${id}`, { body: { m: 1 }, headers: WAIT })
    expect(mesh.everywhere(id)).toEqual(alike({ id, n: 1, m: 1 }))
    expect(done('b', id)).toEqual([`PUT /things/${id}`, `PATCH /things/${id}`])
  })

  test('what its application refuses for good is said with the status, and holds up nothing after it', async () => {
    await created('picky')
    mesh.application('b').faults.push({ status: 422 })
    const answer = await mesh.must('a', 'PATCH', '/things/picky', { body: { size: 'XXL' }, headers: WAIT })
    expect(answer.headers.get('Cheops-Sites')).toMatch(/b;s=failed;status=422|b;s=failed/)
    await mesh.must('a', 'PUT', '/things/picky', { body: { size: 'M' }, headers: WAIT })
    await mesh.settles('picky', alike({ id: 'picky', size: 'M' }))
  })

  test('one that never answers holds up its own thing, and no other', async () => {
    await created('silent')
    await created('other')
    mesh.application('b').faults.push('hang')
    await mesh.must('a', 'PUT', '/things/silent', { body: { n: 1 } })
    const answer: Answer = await mesh.must('a', 'PUT', '/things/other', { body: { n: 1 }, headers: WAIT })
    expect(answer.headers.get('Cheops-Sites')).toMatch(/b;s=applied/)
    expect(mesh.everywhere('other')).toEqual(alike({ id: 'other', n: 1 }))
  })
})

test('a crash of the member in the middle of what it does: once, when it is back', async () => {
  await created('crashed')
  mesh.application('b').faults.push({ lateMs: 2_000 })
  await mesh.must('a', 'PATCH', '/things/crashed', { body: { m: 1 } })
  await vi.waitFor(() => expect(done('b', 'crashed')).toHaveLength(1), 20_000)
  await mesh.down('b', 'SIGKILL')
  await mesh.up('b')
  await mesh.together()
  await mesh.must('b', 'PATCH', '/things/crashed', { body: { after: true }, headers: WAIT })
  await mesh.settles('crashed', alike({ id: 'crashed', n: 0, m: 1, after: true }))
})

test('a crash of the agent in the middle of a write of its client: there at both or at neither, and not twice', async () => {
  await created('begun')
  mesh.application('a').faults.push({ lateMs: 2_000 })
  const asked = mesh.ask('a', 'POST', '/things/begun/increments', { body: { by: 1 } }).catch(() => undefined)
  await vi.waitFor(() => expect(done('a', 'begun')).toHaveLength(1), 20_000)
  await mesh.down('a', 'SIGKILL')
  await asked
  await mesh.up('a')
  await mesh.together()
  await vi.waitFor(async () => {
    const next = await mesh.ask('b', 'PUT', '/things/begun', { body: { n: 10 }, headers: WAIT })
    expect(next.status, next.text).toBe(200)
  }, 20_000)
  await mesh.settles('begun', alike({ id: 'begun', n: 10 }))
  expect(done('a', 'begun').filter(each => each.endsWith('/increments')).length).toBe(1)
})
