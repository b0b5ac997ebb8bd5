/**
 * The histories that earlier designs got wrong, with agents as processes, links that can be cut in pairs, and a member whose clock is an
 * hour ahead. What is expected is read from the applications, past Cheops, and of conflicts from the command line. Needs `npm run build`.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Thing } from './ledger-application.ts'
import { ProcessMesh, WAIT } from './process-mesh.ts'

const SITES = ['a', 'b', 'c']
const SCOPE = 'a & b'
let mesh: ProcessMesh

beforeAll(async () => {
  mesh = await ProcessMesh.start(SITES, { c: { aheadMs: 3_600_000 }, b: { account: 'agent-of-b:correct horse' } })
})
afterAll(() => mesh[Symbol.asyncDispose]())

const created = (id: string, body: object = {}, scope = SCOPE) =>
  mesh.must('a', 'POST', '/things', { scope, body: { id, ...body }, headers: WAIT })
const both = (thing: Thing | undefined) => ({ a: thing, b: thing, c: undefined })

/** Types of the conflicts of a thing, and why, as an operator of a site sees them. */
async function conflictsOf(site: string, id: string): Promise<readonly string[]> {
  const { items } = (await mesh.command(site, 'conflict', 'ls')) as { items: readonly Conflict[] }
  return items
    .filter(({ replicant }) => replicant.name === id)
    .map(({ type, site: origin, why }) => `${type} of ${origin}: ${why}`)
}

interface Conflict {
  readonly replicant: { readonly name: string }
  readonly type: string
  readonly site: string
  readonly why: string
}

test('create, PUT, PUT: each is carried out as it was written, and nothing is repaired', async () => {
  await created('plain', { n: 0 })
  await mesh.must('a', 'PUT', '/things/plain', { body: { n: 1 }, headers: WAIT })
  await mesh.must('a', 'PUT', '/things/plain', { body: { n: 2 }, headers: WAIT })
  expect(mesh.everywhere('plain')).toEqual(both({ id: 'plain', n: 2 }))
  for (const site of ['a', 'b'])
    expect(
      mesh.application(site).carriedOut.filter(done => done === 'POST /things' || done.endsWith('/plain')),
    ).toEqual(['POST /things', 'PUT /things/plain', 'PUT /things/plain'])
})

test('two merges of one field across a cut: the same at both', async () => {
  await created('merged', { f: 0 })
  mesh.cut('a', 'b')
  await mesh.must('a', 'PATCH', '/things/merged', { body: { f: 1 } })
  await mesh.must('b', 'PATCH', '/things/merged', { body: { f: 2 } })
  mesh.heal()
  await mesh.settles('merged', both({ id: 'merged', f: 2 }))
})

test('a delete and a PUT across a cut: gone at both, and the lost body is shown', async () => {
  await created('lost', { n: 0 })
  mesh.cut('a', 'b')
  await mesh.must('a', 'DELETE', '/things/lost')
  await mesh.must('b', 'PUT', '/things/lost', { body: { n: 1 } })
  mesh.heal()
  await mesh.settles('lost', both(undefined))
  for (const site of ['a', 'b'])
    await vi.waitFor(async () => expect(await conflictsOf(site, 'lost')).toEqual(['replace of b: deleted']), {
      timeout: 20_000,
    })
})

test('what lost against a delete is made anew where somebody asks for it; what lost against a PUT goes with the next one, at either', async () => {
  await mesh.command('a', 'conflict', 'resolve', 'ledger/thing/lost', '--take', 'b')
  await mesh.settles('lost', both({ id: 'lost', n: 1 }))
  await created('unseen', { n: 0 })
  mesh.cut('a', 'b')
  await mesh.must('b', 'PUT', '/things/unseen', { body: { n: 1 } })
  await mesh.must('a', 'PUT', '/things/unseen', { body: { n: 2 } })
  mesh.heal()
  const lost = { timeout: 20_000 }
  await vi.waitFor(async () => expect(await conflictsOf('a', 'unseen')).toEqual(['replace of b: replaced']), lost)
  await mesh.must('a', 'PUT', '/things/unseen', { body: { n: 3 }, headers: WAIT })
  await mesh.settles('unseen', both({ id: 'unseen', n: 3 }))
  for (const site of ['a', 'b'])
    for (const id of ['lost', 'unseen'])
      await vi.waitFor(async () => expect(await conflictsOf(site, id)).toEqual([]), lost)
})

test('made past Cheops at both: a change under "&" is refused and says how, and adopted it is one', async () => {
  for (const [id, theirs] of [
    ['old', { n: 1 }],
    ['odd', { n: 2 }],
  ] as const) {
    mesh.application('a').things.set(id, { id, n: 1 })
    mesh.application('b').things.set(id, { id, ...theirs })
    for (const [method, at] of [
      ['PUT', 'a'],
      ['PATCH', 'b'],
      ['DELETE', 'c'],
    ] as const) {
      const answer = await mesh.ask(at, method, `/things/${id}`, {
        scope: SCOPE,
        ...(method !== 'DELETE' && { body: { n: 9 } }),
      })
      expect([answer.status, answer.text], `${method} at ${at}`).toEqual([
        422,
        expect.stringContaining('cheops replicant adopt'),
      ])
    }
  }
  await mesh.command('a', 'replicant', 'adopt', 'ledger/thing/old', 'ledger/thing/odd', '--sites', 'a,b')
  await vi.waitFor(async () => expect(await mesh.shown('b', 'old')).toMatchObject({ state: 'agrees' }), 20_000)
  await mesh.must('b', 'PUT', '/things/old', { body: { n: 3 }, headers: WAIT })
  expect(mesh.everywhere('old')).toEqual(both({ id: 'old', n: 3 }))
  await vi.waitFor(async () => expect(await mesh.shown('b', 'odd')).toMatchObject({ state: 'unbound' }), 20_000)
  expect(mesh.everywhere('odd')).toEqual({ a: { id: 'odd', n: 1 }, b: { id: 'odd', n: 2 }, c: undefined })
  await mesh.command('b', 'conflict', 'resolve', 'ledger/thing/odd', '--replace')
  await mesh.settles('odd', both({ id: 'odd', n: 1 }))
})

test('created and deleted at one side, and created at the other, which never heard of it: it is there, with the body of that one', async () => {
  mesh.cut('a', 'b')
  await mesh.must('a', 'POST', '/things', { scope: SCOPE, body: { id: 'again', by: 'a' } })
  await mesh.must('a', 'DELETE', '/things/again')
  await mesh.must('b', 'POST', '/things', { scope: SCOPE, body: { id: 'again', by: 'b' } })
  mesh.heal()
  await mesh.settles('again', both({ id: 'again', by: 'b' }))
})

test("a member's own thing of the same name stays as it is through create, change and delete, and the clash is shown", async () => {
  await mesh.must('b', 'POST', '/things', { body: { id: 'own', by: 'b itself' } })
  const made = await created('own', { by: 'cheops' })
  expect(made.headers.get('Cheops-Sites')).toMatch(/b;s=failed/)
  const shown = (await mesh.command('b', 'replicant', 'show', 'ledger/thing/own')) as { state?: string }
  expect(shown.state).toBe('unbound')
  await mesh.must('a', 'DELETE', '/things/own', { headers: { Prefer: 'wait=2' } })
  await mesh.settles('own', { a: undefined, b: { id: 'own', by: 'b itself' }, c: undefined })
})

test('a clock that is an hour ahead: what is written after it is read wins, everywhere and at once', async () => {
  await created('future', { n: 0 }, 'a & b & c')
  await mesh.must('c', 'PUT', '/things/future', { body: { n: 1 }, headers: WAIT })
  await mesh.must('b', 'PUT', '/things/future', { body: { n: 2 }, headers: WAIT })
  const expected = { id: 'future', n: 2 }
  expect(mesh.everywhere('future')).toEqual({ a: expected, b: expected, c: expected })
})

test('one idempotency key at one site, and again at the other across the cut: counted once', async () => {
  await created('keyed', { n: 0 })
  const asked = { body: { by: 1 }, headers: { 'Idempotency-Key': 'only-once' } }
  mesh.cut('a', 'b')
  await mesh.must('a', 'POST', '/things/keyed/increments', asked)
  await mesh.must('b', 'POST', '/things/keyed/increments', asked)
  await mesh.must('b', 'POST', '/things/keyed/increments', { body: { by: 10 } })
  mesh.heal()
  await mesh.settles('keyed', both({ id: 'keyed', n: 11 }))
})

test('what depends on something else is tried again at a member where that one comes later: a pod before its namespace', async () => {
  // At b the namespace takes its time, and what is in it is refused until it is there.
  mesh.application('b').faults.push({ lateMs: 2_000 }, { status: 404 })
  await Promise.all([
    mesh.must('a', 'POST', '/things', { scope: SCOPE, body: { id: 'namespace' } }),
    mesh.must('a', 'POST', '/things', { scope: SCOPE, body: { id: 'pod' } }),
  ])
  await mesh.settles('namespace', both({ id: 'namespace' }))
  await mesh.settles('pod', both({ id: 'pod' }))
})

test('a client writes at a member that is in the middle of a replay: nothing is lost', async () => {
  await created('replayed', { lines: [] })
  mesh.cut('a', 'b')
  for (let n = 0; n < 3; n++) {
    await mesh.must('a', 'POST', '/things/replayed/lines', { body: { line: `a${n}` } })
    await mesh.must('b', 'POST', '/things/replayed/lines', { body: { line: `b${n}` } })
  }
  mesh.application('b').faults.push({ lateMs: 500 }, { lateMs: 500 }, { lateMs: 500 })
  mesh.heal()
  // Refused while it replays, or taken after it: both are right, if what it says is so.
  const taken: string[] = []
  for (let n = 0; n < 20; n++) {
    const answer = await mesh.ask('b', 'POST', '/things/replayed/lines', { body: { line: `late${n}` } })
    if (answer.status < 300) taken.push(`late${n}`)
    else expect([423, 503], answer.text).toContain(answer.status)
  }
  const expected = ['a0', 'a1', 'a2', 'b0', 'b1', 'b2', ...taken].toSorted()
  await vi.waitFor(
    () => {
      const { a, b } = mesh.everywhere('replayed')
      expect(b?.['lines']).toEqual(a?.['lines'])
      expect([...((a?.['lines'] ?? []) as string[])].toSorted()).toEqual(expected)
    },
    { timeout: 40_000, interval: 100 },
  )
})

test("a member applies with its own site's credential what a client wrote with another", async () => {
  const headers = { ...WAIT, Authorization: 'Bearer of-the-client' }
  await mesh.must('a', 'POST', '/things', { scope: SCOPE, body: { id: 'secret' }, headers })
  expect(mesh.application('a').authorizations.at(-1)).toBe('Bearer of-the-client')
  expect(mesh.application('b').authorizations.at(-1)).toBe(
    `Basic ${Buffer.from('agent-of-b:correct horse').toString('base64')}`,
  )
})

test('a machine that is set back to a snapshot while it is cut off, and writes on: nothing that others acknowledged is ignored', async () => {
  await created('snapshot', { lines: ['before'] })
  await mesh.down('a')
  await mesh.backUp('a')
  const things = new Map(mesh.application('a').things)
  await mesh.up('a')
  await mesh.together()
  await mesh.must('a', 'POST', '/things/snapshot/lines', { body: { line: 'acknowledged' }, headers: WAIT })
  expect(mesh.everywhere('snapshot')['b']).toEqual({ id: 'snapshot', lines: ['before', 'acknowledged'] })

  mesh.cutOff('a')
  await mesh.down('a', 'SIGKILL')
  await mesh.restore('a')
  mesh.application('a').things.clear()
  for (const [id, thing] of things) mesh.application('a').things.set(id, thing)
  await mesh.up('a')
  await mesh.must('a', 'POST', '/things/snapshot/lines', { body: { line: 'written on' } })
  mesh.heal()
  await mesh.together()
  await vi.waitFor(
    () => {
      const { a, b } = mesh.everywhere('snapshot')
      expect(a).toEqual(b)
      expect(a?.['lines']).toEqual(['before', 'acknowledged', 'written on'])
    },
    { timeout: 60_000, interval: 100 },
  )
})
