/**
 * The application fails in the middle: at the origin of a write, where reading back decides and nothing is sent twice, and at a member,
 * where the operation is a fact. Applications are told which of their answers go wrong; what they did is counted.
 */
import { afterEach, describe, expect, test } from 'vitest'
import { Lab } from '../lab.ts'
import type { DoubtPolicy } from '../../../../../src/config.ts'
import { CheopsError } from '../../../../../src/errors.ts'
import type { Application, ApplicationRequest } from '../../../../../src/ports/application.ts'
import type { FakeApplication, Fault } from '../../../../../sims/world/fake-application.ts'

const MEMBERS = { members: ['a', 'b'] }
const changes = ({ method }: { method: string }) => method !== 'GET'
let lab: Lab

afterEach(() => lab.assertSound())

async function withX(): Promise<void> {
  lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
  await lab.pass(5_000)
}

const WRITES = [
  ['PUT /items/x', { n: 2 }, { id: 'x', n: 2 }, 'PUT', {}],
  ['PATCH /items/x', { f: 2 }, { id: 'x', n: 1, f: 2 }, 'PATCH', {}],
  // As most applications are asked.
  ['PATCH /items/x', { f: 2 }, { id: 'x', n: 1, f: 2 }, 'PATCH', { type: 'application/json' }],
  ['DELETE /items/x', undefined, undefined, 'DELETE', {}],
] as const

describe.each(WRITES)('%s at its origin', (request, body, after, effect, more) => {
  test('dies after its effect: it is found, released, and applied at the other', async () => {
    await withX()
    lab.world.site('a').application.failNext({ kind: 'crash-after' }, changes)
    const { accepted } = await lab.ask('a', request, body, more)
    expect(accepted).toMatchObject({ outcome: 'applied', answer: undefined })
    await lab.pass(5_000)
    expect(lab.all('x')).toEqual({ a: after, b: after })
    expect(lab.effects('a', 'x')).toEqual(['POST', effect])
  })

  test.each<[string, Fault]>([
    ['dies before its effect', { kind: 'crash-before' }],
    ['says 500 and does nothing', { kind: 'refuse', status: 500 }],
  ])('%s: void, and never sent again', async (_, fault) => {
    await withX()
    lab.world.site('a').application.failNext(fault, changes)
    const { accepted } = await lab.ask('a', request, body, more)
    expect(accepted).toMatchObject({ outcome: 'void', operation: undefined })
    await lab.pass(60_000)
    const before = { id: 'x', n: 1 }
    expect(lab.all('x')).toEqual({ a: before, b: before })
    expect(lab.effects('a', 'x')).toEqual(['POST'])
    expect(await lab.ask('a', request, body, more)).toMatchObject({ accepted: { outcome: 'applied' } })
  })

  test('dies and cannot be read for a while: 423 until it can, then released', async () => {
    await withX()
    const { application } = lab.world.site('a')
    application.failNext({ kind: 'crash-after' }, changes)
    for (let times = 0; times < 6; times++)
      application.failNext({ kind: 'unreachable' }, ({ method }) => method === 'GET')
    expect((await lab.ask('a', request, body, more)).accepted).toMatchObject({ outcome: 'uncertain' })
    expect(await lab.ask('a', 'PUT /items/x', { n: 9 })).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
    expect(await lab.status('a', 'x')).toMatchObject({ state: 'uncertain' })
    await lab.pass(30_000)
    expect(lab.all('x')).toEqual({ a: after, b: after })
    expect(lab.effects('a', 'x')).toEqual(['POST', effect])
  })
})

describe.each(WRITES)('%s at a member', (request, body, after, effect, more) => {
  test.each<[string, Fault]>([
    ['dies after its effect', { kind: 'crash-after' }],
    ['dies before its effect', { kind: 'crash-before' }],
    ['cannot be reached', { kind: 'unreachable' }],
    ['says 500', { kind: 'refuse', status: 500 }],
    ['says 429', { kind: 'refuse', status: 429 }],
    ['says 403', { kind: 'refuse', status: 403 }],
    ['answers in part', { kind: 'cut-answer' }],
    ['answers too late', { kind: 'late-answer', delayMs: 5_000 }],
  ])('%s: there once', async (_, fault) => {
    await withX()
    lab.world.site('b').application.failNext(fault, changes)
    await lab.ask('a', request, body, more)
    await lab.pass(30_000)
    expect(lab.all('x')).toEqual({ a: after, b: after })
    expect(lab.effects('b', 'x')).toEqual(['POST', effect])
    expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees' })
  })
})

test.each([
  ['a merge patch', { f: 2 }, {}],
  ['a PATCH of plain JSON', { f: 2 }, { type: 'application/json' }],
  ['a JSON Patch', [{ op: 'add', path: '/f', value: 2 }], { type: 'application/json-patch+json' }],
])(
  '%s in doubt at an application that comes back empty is void: it is not in effect, and the resource comes back',
  async (_what, body, more) => {
    await withX()
    const { application } = lab.world.site('a')
    application.failNext({ kind: 'crash-before' }, changes)
    for (let times = 0; times < 6; times++)
      application.failNext({ kind: 'unreachable' }, ({ method }) => method === 'GET')
    expect((await lab.ask('a', 'PATCH /items/x', body, more)).accepted).toMatchObject({ outcome: 'uncertain' })
    application.write('warehouse', '/items/x', undefined)
    await lab.pass(60_000)
    expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 } })
    expect((await lab.ask('a', 'PATCH /items/x', { f: 3 })).status).toBe(200)
  },
)

test.each([
  ['before it is read once more', { kind: 'crash-before' } as const],
  ['and says 500', { kind: 'refuse', status: 500 } as const],
])('what a write in doubt comes upon that its application has lost comes back at once, %s', async (_how, fault) => {
  await withX()
  await lab.pass(60_000)
  const { application } = lab.world.site('a')
  application.write('warehouse', '/items/x', undefined)
  application.failNext(fault, changes)
  expect((await lab.ask('a', 'PATCH /items/x', { f: 2 })).accepted).toMatchObject({ outcome: 'void' })
  await lab.pass(10_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 } })
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees' })
})

test('a create whose answer is lost at the origin is found', async () => {
  lab = await Lab.of(['a', 'b'])
  lab.world.site('a').application.failNext({ kind: 'crash-after' }, changes)
  expect((await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)).accepted).toMatchObject({ outcome: 'applied' })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 } })
  expect(lab.effects('a', 'x')).toEqual(['POST'])
})

test('what may not be sent on top of itself is run again from the last reset: its effect is one', async () => {
  await withX()
  lab.world.site('b').application.failNext({ kind: 'crash-after' }, ({ method }) => method === 'PATCH')
  await lab.ask('a', 'PATCH /items/x', { f: 1 }, { type: 'application/json-patch+json' })
  await lab.pass(10_000)
  expect(lab.effects('b', 'x')).toEqual(['POST', 'PATCH', 'PUT', 'PATCH'])
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1, f: 1 }, b: { id: 'x', n: 1, f: 1 } })
})

describe('what may not be sent twice at all', () => {
  /** Adds lines to an item; at b the answer is lost, once. */
  const lines = (loses: Set<string>) => (application: Application, site: string) => ({
    request: async (request: ApplicationRequest) => {
      if (!request.path.endsWith('/lines')) return application.request(request)
      const path = request.path.slice(0, -'/lines'.length)
      const read = await application.request({ ...request, method: 'GET', path, body: undefined })
      const item = JSON.parse(new TextDecoder().decode(read.body)) as { lines?: unknown[] }
      const line: unknown = JSON.parse(new TextDecoder().decode(request.body as Uint8Array))
      const body = new TextEncoder().encode(JSON.stringify({ ...item, lines: [...(item.lines ?? []), line] }))
      const answer = await application.request({ ...request, method: 'PUT', path, body })
      if (loses.delete(site)) throw new CheopsError('ERR_OUTCOME_UNKNOWN', 'It did not answer.')
      return answer
    },
  })

  test('is uncertain at a member, told to the origin, and held until a reset', async () => {
    const loses = new Set<string>()
    lab = await Lab.of(['a', 'b'], { application: lines(loses) })
    await lab.ask('a', 'POST /items', { id: 'x' }, MEMBERS)
    expect(await lab.ask('a', 'POST /items/x/lines', 1)).toMatchObject({ status: 200 })
    await lab.pass(5_000)
    expect(lab.read('b', 'x')).toEqual({ id: 'x', lines: [1] })
    loses.add('b')
    const { accepted } = await lab.ask('a', 'POST /items/x/lines', 2)
    const operation = accepted?.operation
    if (operation === undefined) throw new Error('it was not released')
    const outcomes = await lab.wait('a', 'x', operation, 10, 'all')
    expect(outcomes).toMatchObject([{ outcome: 'applied' }, { outcome: 'uncertain' }])
    await lab.ask('a', 'POST /items/x/lines', 3)
    await lab.restart('b')
    await lab.pass(10_000)
    expect(lab.read('b', 'x'), 'held').toEqual({ id: 'x', lines: [1, 2] })
    expect(await lab.status('b', 'x')).toMatchObject({ state: 'uncertain' })
    await lab.ask('a', 'PUT /items/x', { lines: [] })
    await lab.pass(10_000)
    expect(lab.read('b', 'x')).toEqual({ id: 'x', lines: [] })
    expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees' })
  })

  test('gives way to the same request of another site: that is as uncertain, and is not sent on top of it', async () => {
    const loses = new Set<string>()
    lab = await Lab.of(['a', 'b', 'c'], { application: lines(loses) })
    await lab.ask('a', 'POST /items', { id: 'x' }, { members: ['a', 'b', 'c'] })
    await lab.pass(5_000)
    lab.cut('a')
    await lab.ask('a', 'POST /items/x/lines', 1, { key: 'k' })
    await lab.pass(1_000)
    loses.add('c')
    await lab.ask('b', 'POST /items/x/lines', 1, { key: 'k' })
    await lab.pass(5_000)
    expect(await lab.status('c', 'x')).toMatchObject({ state: 'uncertain' })
    await lab.heal()
    const once = { id: 'x', lines: [1] }
    expect(lab.all('x')).toEqual({ a: once, b: once, c: once })
    expect(lab.effects('c', 'x')).toEqual(['POST', 'PUT'])
    expect(await lab.status('c', 'x')).toMatchObject({ state: 'uncertain' })
    await lab.decide('c', 'x', true)
    await lab.pass(5_000)
    expect(lab.all('x')).toEqual({ a: once, b: once, c: once })
    expect(await lab.status('c', 'x')).toMatchObject({ state: 'agrees' })
  })

  /** The answer to the second line is lost at a site, after its effect. */
  async function doubt(at: 'a' | 'b', policy: DoubtPolicy): Promise<void> {
    const loses = new Set<string>()
    lab = await Lab.of(['a', 'b'], { application: lines(loses) })
    lab.doubt = policy
    await lab.ask('a', 'POST /items', { id: 'x' }, MEMBERS)
    await lab.ask('a', 'POST /items/x/lines', 1)
    await lab.pass(5_000)
    loses.add(at)
    const { accepted } = await lab.ask('a', 'POST /items/x/lines', 2)
    expect(accepted?.outcome).toBe(at === 'a' ? 'uncertain' : 'applied')
    await lab.pass(20_000)
  }
  const xOf = (...added: number[]) => ({ id: 'x', lines: added })

  test('with "retry" a member sends it again: what is there twice is found by comparison, and repaired', async () => {
    await doubt('b', 'retry')
    const shown = lab.world.site('b').application.effects.map(({ value }) => value?.['lines'])
    expect(shown).toEqual([undefined, [1], [1, 2], [1, 2, 2], [1, 2]])
    expect(lab.all('x')).toEqual({ a: xOf(1, 2), b: xOf(1, 2) })
    expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees' })
  })

  test('with "skip" it is not sent again, and the state of the other is copied', async () => {
    await doubt('b', 'skip')
    expect(lab.effects('b', 'x')).toEqual(['POST', 'PUT', 'PUT'])
    expect(lab.all('x')).toEqual({ a: xOf(1, 2), b: xOf(1, 2) })
    expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees' })
  })

  test('with "skip" it is void where it was written, and what it did there is undone', async () => {
    await doubt('a', 'skip')
    expect(lab.all('x')).toEqual({ a: xOf(1), b: xOf(1) })
    expect(await lab.ask('a', 'POST /items/x/lines', 3)).toMatchObject({ status: 200 })
    await lab.pass(5_000)
    expect(lab.all('x')).toEqual({ a: xOf(1, 3), b: xOf(1, 3) })
  })

  test.each([
    ['b', true, xOf(1, 2), xOf(1, 2)],
    ['b', false, xOf(1, 2), xOf(1, 2, 2)],
    ['a', true, xOf(1, 2), xOf(1, 2)],
    ['a', false, xOf(1, 2), xOf(1)],
  ] as const)('an operator decides at %s that it took effect: %s', async (at, tookEffect, a, b) => {
    await doubt(at, 'hold')
    expect(await lab.status(at, 'x')).toMatchObject({ state: 'uncertain' })
    await lab.decide(at, 'x', tookEffect)
    await lab.pass(1_000)
    expect(lab.all('x')).toEqual({ a, b })
    await expect(lab.decide(at, 'x', true)).rejects.toMatchObject({ code: 'ERR_REPLICANT_CERTAIN' })
  })

  test('out of order, the state of a member that agrees is copied in place of a replay', async () => {
    lab = await Lab.of(['a', 'b', 'c'], { application: lines(new Set()) })
    await lab.ask('a', 'POST /items', { id: 'x' }, { members: ['a', 'b', 'c'] })
    await lab.pass(5_000)
    lab.cut('b')
    await lab.ask('a', 'POST /items/x/lines', 'a')
    await lab.pass(1_000)
    await lab.ask('b', 'POST /items/x/lines', 'b')
    await lab.heal(90_000)
    const all = { id: 'x', lines: ['a', 'b'] }
    expect(lab.all('x')).toEqual({ a: all, b: all, c: all })
    expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees' })
  })
})

test('a write by an outsider while the agent is down is noticed, and nothing runs until a member has shown its state', async () => {
  await withX()
  await lab.pass(5_000)
  lab.cut('a')
  const site = lab.world.site('a')
  await lab.until(site.restart(10, () => site.application.write('warehouse', '/items/x', { id: 'x', n: 'somebody' })))
  await lab.pass(1_000)
  expect(await lab.ask('a', 'PUT /items/x', { n: 2 })).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'diverged' })
  expect(lab.events('a')).toContain('diverged')
  await lab.heal(60_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 } })
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees' })
  expect(await lab.ask('a', 'PUT /items/x', { n: 2 })).toMatchObject({ status: 200 })
})

test('what goes wrong in a way that nobody has thought of is in doubt: it is read back, and what took effect counts', async () => {
  let isWrong = false
  const application = (real: Application, site: string): Application => ({
    request: async asked => {
      const answer = await real.request(asked)
      if (isWrong && site === 'a' && asked.method === 'PUT') throw new TypeError('a defect')
      return answer
    },
  })
  lab = await Lab.of(['a', 'b'], { application })
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
  await lab.pass(5_000)
  isWrong = true
  expect((await lab.ask('a', 'PUT /items/x', { n: 2 })).accepted).toMatchObject({ outcome: 'applied' })
  isWrong = false
  expect(lab.world.defects.splice(0), 'it was logged').toEqual([expect.stringContaining('a defect')])
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 2 }, b: { id: 'x', n: 2 } })
  expect(lab.effects('a', 'x')).toEqual(['POST', 'PUT'])
})

test.each([
  ['of plain JSON', 'application/json', { id: 'y', n: 2 }],
  ['of JSON Patch', 'application/json-patch+json', [{ op: 'replace', path: '/id', value: 'y' }]],
  ['of JSON Patch of the whole', 'application/json-patch+json', [{ op: 'replace', path: '', value: { id: 'y' } }]],
])(
  'a PATCH %s in doubt that may have given the resource another name is for an operator',
  async (_what, type, body) => {
    const members = ['a', 'b']
    const lab = await Lab.of(members)
    await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members })
    await lab.pass(5_000)
    const { application } = lab.world.site('a')
    application.failNext({ kind: 'crash-after' }, ({ method }) => method === 'PATCH')
    application.request = moving(application)
    expect((await lab.ask('a', 'PATCH /items/x', body, { type })).accepted?.outcome).toBe('uncertain')
    await lab.pass(60_000)
    expect(lab.read('a', 'x'), 'it is not made anew beside the other').toBeUndefined()
  },
)

/** It is somewhere else after each PATCH. */
function moving(application: FakeApplication): FakeApplication['request'] {
  const request = application.request.bind(application)
  return async asked => {
    if (asked.method !== 'PATCH') return request(asked)
    try {
      return await request(asked)
    } finally {
      application.write('warehouse', '/items/x', undefined)
    }
  }
}
