/**
 * What a kind's `marker` and an operation's `probe` are for: the effect of a request in doubt is found by the mark in it, though the
 * application shows something else than was sent, or the request may not be sent twice. Real replicators and the real interpreter.
 */
import { afterEach, expect, test } from 'vitest'
import { DEFINITION, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import type { Fault } from '../../../../../sims/world/fake-application.ts'
import type { Application } from '../../../../../src/ports/application.ts'
import { Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

const MEMBERS = { members: ['a', 'b'] }
const glue = simGlue(
  DEFINITION.replace('conditions: if-match', 'marker: {at: /labels/cheops}').replace(
    'replay: false}',
    'replay: false, probe: {mark: /ref, list: /lines}}',
  ),
)
const MARKED = { glue: () => glue }
const MARK = expect.stringMatching(/^cheops-[0-9a-f]{32}$/) as unknown
const changes = ({ method }: { method: string }) => method !== 'GET'
const FAULTS: readonly Fault[] = [{ kind: 'crash-after' }, { kind: 'crash-before' }]

/** It makes all names capital letters. */
const shouting = (application: Application): Application => ({
  request: request => {
    const { body, method } = request
    if (!(body instanceof Uint8Array) || method === 'PATCH') return application.request(request)
    const item = JSON.parse(new TextDecoder().decode(body)) as { name?: string }
    const name = (item.name ?? '').toUpperCase()
    return application.request({ ...request, body: new TextEncoder().encode(JSON.stringify({ ...item, name })) })
  },
})

test.each(['a', 'b'])(
  'a create whose answer is lost at %s is found, though the application shows something else',
  async at => {
    lab = await Lab.of(['a', 'b'], { ...MARKED, application: shouting })
    lab.world.site(at).application.failNext({ kind: 'crash-after' }, changes)
    const { accepted } = await lab.ask('a', 'POST /items', { id: 'x', name: 'nut' }, MEMBERS)
    expect(accepted).toMatchObject({ outcome: 'applied' })
    await lab.pass(10_000)
    const x = { id: 'x', name: 'NUT', labels: { cheops: MARK } }
    expect(lab.all('x')).toEqual({ a: x, b: x })
    expect([lab.effects('a', 'x'), lab.effects('b', 'x')]).toEqual([['POST'], ['POST']])
    for (const site of ['a', 'b']) expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees' })
  },
)

test('without a marker it is uncertain where it was written, and something else at another member', async () => {
  for (const [at, outcome] of [
    ['a', 'uncertain'],
    ['b', 'applied'],
  ] as const) {
    lab = await Lab.of(['a', 'b'], { application: shouting })
    lab.world.site(at).application.failNext({ kind: 'crash-after' }, changes)
    const { accepted } = await lab.ask('a', 'POST /items', { id: 'x', name: 'nut' }, MEMBERS)
    expect(accepted).toMatchObject({ outcome })
    await lab.pass(10_000)
    if (at === 'b') expect(await lab.status('b', 'x')).toMatchObject({ state: 'unbound' })
  }
})

test.each(['a', 'b'].flatMap(at => FAULTS.map(fault => [at, fault] as const)))(
  'what may not be sent twice takes effect once, at %s with %o',
  async (at, fault) => {
    lab = await Lab.of(['a', 'b'], MARKED)
    await lab.ask('a', 'POST /items', { id: 'x' }, MEMBERS)
    await lab.pass(5_000)
    lab.world.site(at).application.failNext(fault, ({ path }) => path.endsWith('/lines'))
    const { accepted } = await lab.ask('a', 'POST /items/x/lines', { n: 1 })
    const isVoid = at === 'a' && fault.kind === 'crash-before'
    expect(accepted).toMatchObject({ outcome: isVoid ? 'void' : 'applied' })
    await lab.pass(10_000)
    const x = { id: 'x', labels: { cheops: MARK }, ...(!isVoid && { lines: [{ n: 1, ref: MARK }] }) }
    expect(lab.all('x')).toEqual({ a: x, b: x })
    for (const site of ['a', 'b']) expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees' })
  },
)

test('a key makes one mark, at whichever site the request comes in, and a request without one another each time', async () => {
  lab = await Lab.of(['a', 'b'], MARKED)
  await lab.ask('a', 'POST /items', { id: 'x' }, MEMBERS)
  await lab.pass(5_000)
  lab.cut('b')
  for (const site of ['a', 'b']) await lab.ask(site, 'POST /items/x/lines', { n: 1 }, { key: 'once' })
  await lab.ask('a', 'POST /items/x/lines', { n: 1 })
  await lab.heal()
  const { lines = [] } = lab.read('a', 'x') as { lines?: { ref: string }[] }
  const refs = lines.map(({ ref }) => ref)
  expect([refs.length, new Set(refs).size]).toEqual([2, 2])
  expect(lab.all('x')['b']).toEqual(lab.all('x')['a'])
  await lab.ask('a', 'PUT /items/x', { n: 7 })
  await lab.pass(5_000)
  const x = { id: 'x', n: 7, labels: { cheops: MARK } }
  expect(lab.all('x')).toEqual({ a: x, b: x })
})
