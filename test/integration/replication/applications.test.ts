/**
 * Applications that misbehave, at the site that was asked and at a member: they hang, break off before or after their effect, answer
 * with 500 or garbage, or are down. How: two agents with an application each that does so on demand; what it carried out, and what
 * it has, is read past its faults.
 */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'
import type { Fault } from './faulty-application.ts'

const SCOPE = 'site1 & site2'
let mesh: Mesh
let number = 0
let id: string

beforeAll(async () => {
  const flags = { 'timeouts.answerMs': '1000' }
  mesh = await Mesh.start(['site1', 'site2'], { site1: { flags }, site2: { flags } })
})
afterAll(() => mesh[Symbol.asyncDispose]())

beforeEach(async () => {
  id = `item-${++number}`
  await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id, n: 0 }, headers: WAIT })
})

const both = (item: object) => [item, item] as Record<string, unknown>[]
const carriedOut = (site: string, request: string): number =>
  mesh.application(site).carriedOut.filter(done => done === request).length

// At the member the operation is a fact: it takes effect, and one that the application can be asked about takes effect once.
test.each<{ fault: Fault; puts: number }>([
  { fault: 'hang', puts: 1 },
  { fault: 'break-before', puts: 1 },
  { fault: 'break-after', puts: 1 },
  { fault: 'garbage-after', puts: 1 },
  { fault: '500-before', puts: 1 },
  { fault: '500-after', puts: 1 },
])('a member whose application does $fault once has the change, carried out once', async ({ fault, puts }) => {
  mesh.application('site2').faults.push(fault)
  const answer = await mesh.must('site1', 'PUT', `/items/${id}`, { body: { n: 1 }, headers: WAIT })
  expect(answer.headers.get('Cheops-Sites')).toMatch(/site2;s=applied/)
  expect(await mesh.everywhere(id)).toEqual(both({ id, n: 1 }))
  expect(carriedOut('site2', `PUT /items/${id}`)).toBe(puts)
})

test.each<Fault>(['hang', 'break-before', 'break-after', 'garbage-after', '500-before', '500-after'])(
  'a member whose application does %s on create and on delete has what was asked',
  async fault => {
    const other = `${id}-other`
    mesh.application('site2').faults.push(fault)
    await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id: other, n: 1 }, headers: WAIT })
    expect(await mesh.everywhere(other)).toEqual(both({ id: other, n: 1 }))
    mesh.application('site2').faults.push(fault)
    await mesh.must('site1', 'DELETE', `/items/${other}`, { headers: WAIT })
    expect(await mesh.everywhere(other)).toEqual([undefined, undefined])
  },
)

// Where it was asked: the client is told what is so, and the members have the same.
test.each<Fault>(['hang', 'break-before', '500-before'])(
  'asked where the application does %s: an error, no effect anywhere, and the next write is taken',
  async fault => {
    mesh.application('site1').faults.push(fault)
    const answer = await mesh.ask('site1', 'PUT', `/items/${id}`, { body: { n: 1 } })
    expect(answer.status, answer.text).toBeGreaterThanOrEqual(500)
    expect(await mesh.everywhere(id)).toEqual(both({ id, n: 0 }))
    const next = await mesh.must('site1', 'PUT', `/items/${id}`, { body: { n: 2 }, headers: WAIT })
    expect(next.headers.get('Cheops-Sites')).toMatch(/site2;s=applied/)
    expect(await mesh.everywhere(id)).toEqual(both({ id, n: 2 }))
    expect(carriedOut('site1', `PUT /items/${id}`)).toBe(1)
  },
)

test.each<Fault>(['break-after', 'garbage-after', '500-after'])(
  'asked where the application does %s: what took effect is so everywhere, and was sent once',
  async fault => {
    mesh.application('site1').faults.push(fault)
    await mesh.must('site1', 'PUT', `/items/${id}`, { body: { n: 1 }, headers: WAIT })
    expect(await mesh.everywhere(id)).toEqual(both({ id, n: 1 }))
    const other = `${id}-made`
    mesh.application('site1').faults.push(fault)
    await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id: other }, headers: WAIT })
    expect(await mesh.everywhere(other)).toEqual(both({ id: other }))
    mesh.application('site1').faults.push(fault)
    await mesh.must('site1', 'PATCH', `/items/${id}`, { body: { p: 1 }, headers: WAIT })
    expect(await mesh.everywhere(id)).toEqual(both({ id, n: 1, p: 1 }))
    mesh.application('site1').faults.push(fault)
    await mesh.must('site1', 'DELETE', `/items/${id}`, { headers: WAIT })
    expect(await mesh.everywhere(id)).toEqual([undefined, undefined])
  },
)

test('an application that is down at a member has all of it when it is back, and its site takes writes meanwhile for nobody', async () => {
  await mesh.application('site2').shut()
  const answer = await mesh.must('site1', 'PUT', `/items/${id}`, { body: { n: 1 }, headers: { Prefer: 'wait=1' } })
  expect(answer.headers.get('Cheops-Sites')).toMatch(/site2;s=pending/)
  const other = `${id}-new`
  await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id: other } })
  const refused = await mesh.ask('site2', 'PUT', `/items/${id}`, { body: { n: 9 } })
  expect(refused.status, refused.text).toBeGreaterThanOrEqual(400)
  expect(await mesh.everywhere(id)).toEqual([
    { id, n: 1 },
    { id, n: 0 },
  ])
  await mesh.application('site2').open()
  await mesh.settles(id, both({ id, n: 1 }))
  await mesh.settles(other, both({ id: other }))
})

test('an application that is down where it is asked: an error, nothing half done, and all goes on when it is back', async () => {
  await mesh.application('site1').shut()
  const refused = await mesh.ask('site1', 'PUT', `/items/${id}`, { body: { n: 1 } })
  expect(refused.status, refused.text).toBeGreaterThanOrEqual(500)
  // What is written elsewhere meanwhile comes when it is back.
  await mesh.must('site2', 'PUT', `/items/${id}`, { body: { n: 2 } })
  await mesh.application('site1').open()
  await mesh.settles(id, both({ id, n: 2 }))
})

test("what a member's application refused for good is not changed there later, though somebody has made his own by that name", async () => {
  const other = `${id}-refused`
  mesh.application('site2').faults.push('400-before')
  const made = await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id: other }, headers: WAIT })
  expect(made.headers.get('Cheops-Sites')).toMatch(/site2;s=failed;c=400/)
  const own = { id: other, by: 'itself' }
  await mesh.must('site2', 'POST', '/items', { body: own })
  await mesh.must('site1', 'PATCH', `/items/${other}`, { body: { p: 1 }, headers: { Prefer: 'wait=2' } })
  expect((await mesh.everywhere(other))[1]).toEqual(own)
  await mesh.must('site1', 'PUT', `/items/${other}`, { body: { n: 1 }, headers: { Prefer: 'wait=2' } })
  await mesh.must('site1', 'DELETE', `/items/${other}`, { headers: { Prefer: 'wait=2' } })
  expect((await mesh.everywhere(other))[1]).toEqual(own)
})

test('what an application has answered and lost with a crash is copied from another member as soon as it is back', async () => {
  await mesh.must('site1', 'PUT', `/items/${id}`, { body: { n: 1 }, headers: WAIT })
  const application = mesh.application('site2')
  await application.turnAway()
  await application.lose(id)
  // It was to be read, and then to be read again.
  await vi.waitFor(() => expect(application.turnedAway).toBeGreaterThan(1), { timeout: 20_000 })
  await application.shut()
  await application.open()
  // The round over all replicants would come by after a minute.
  await vi.waitFor(async () => expect(await mesh.everywhere(id)).toEqual(both({ id, n: 1 })), { timeout: 30_000 })
}, 45_000)
