/**
 * A client's addition is in doubt at a member, and the client has sent it to another one with the same idempotency key: that operation is the request. It may be in effect already where it was in
 * doubt, so only a member that has carried it out once, or an operator, can say what comes of it there. Real replicators in the simulated world.
 */
import { afterEach, describe, expect, test } from 'vitest'
import type { Application, ApplicationRequest } from '../../../../../src/ports/application.ts'
import { ABC, Lab, type Answer } from '../lab.ts'

const SITES = ['a', 'b', 'c']
const LINES = [{ line: 'k' }, { line: 'other' }]

let lab: Lab
afterEach(() => lab.assertSound())

/** Takes a JSON Patch that adds one line at the end of a list that is there. */
const adding = (application: Application) => ({
  request: async (request: ApplicationRequest) => {
    const isPatch = request.method === 'PATCH' && request.headers.join().includes('json-patch')
    if (!isPatch) return application.request(request)
    const [step] = JSON.parse(new TextDecoder().decode(request.body as Uint8Array)) as readonly [{ value: unknown }]
    const read = await application.request({ ...request, method: 'GET', body: undefined })
    const { lines } = JSON.parse(new TextDecoder().decode(read.body)) as { lines: readonly unknown[] }
    const body = new TextEncoder().encode(JSON.stringify({ lines: [...lines, step.value] }))
    return application.request({ ...request, headers: ['Content-Type', 'application/merge-patch+json'], body })
  },
})

function addTo(site: string, isPatch: boolean): Promise<Answer> {
  const [line] = LINES
  if (!isPatch) return lab.ask(site, 'POST /items/x/lines', line, { key: 'k' })
  const type = 'application/json-patch+json'
  return lab.ask(site, 'PATCH /items/x', [{ op: 'add', path: '/lines/-', value: line }], { key: 'k', type })
}

/**
 * `a` and `b` cannot hear each other, and each adds a line; that of `b` is in doubt at `c`, to which its client has sent it too.
 * @param isDone whether the application of `c` has carried it out before it died
 */
async function askedAtC(isDone: boolean, isPatch = false): Promise<void> {
  lab = await Lab.of(SITES, { application: adding })
  await lab.ask('a', 'POST /items', { id: 'x', n: 1, ...(isPatch && { lines: [] }) }, ABC)
  await lab.pass(10_000)
  for (const site of SITES) lab.cut(site)
  await addTo('b', isPatch)
  await lab.pass(1_000)
  await lab.ask('a', 'POST /items/x/lines', LINES[1])
  const { application } = lab.world.site('c')
  application.failNext({ kind: isDone ? 'crash-after' : 'crash-before' }, ({ method }) => method !== 'GET')
  await addTo('c', isPatch)
  await lab.pass(10_000)
  lab.world.wire.healAll()
  lab.world.wire.cut('a', 'b')
  lab.world.wire.cut('b', 'a')
}

async function expectOnce(): Promise<void> {
  await lab.pass(30_000)
  await lab.heal(60_000)
  const x = { id: 'x', n: 1, lines: LINES }
  expect(lab.all('x')).toEqual({ a: x, b: x, c: x })
  for (const site of SITES) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  const had = lab.world.site('c').application.effects.map(({ value }) => value?.['lines'] as unknown[] | undefined)
  expect(Math.max(...had.map(lines => lines?.length ?? 0)), 'nor was it there twice before').toBe(2)
}

describe.each([
  ['of the application’s own', false],
  ['by a JSON Patch', true],
])('an addition %s', (_how, isPatch) => {
  test('nobody agrees for a while, since the others cannot hear each other: it is not carried out a second time', async () => {
    await askedAtC(true, isPatch)
    await expectOnce()
  })

  test('nor after a start', async () => {
    await askedAtC(true, isPatch)
    await lab.pass(50)
    await lab.restart('c')
    await expectOnce()
  })

  test('it had no effect there: it is carried out as the one of the other member', async () => {
    await askedAtC(false, isPatch)
    await expectOnce()
  })
})

test('the other was changed past Cheops, so that nobody can give a state: an operator decides', async () => {
  lab = await Lab.of(['a', 'b'])
  await lab.ask('b', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(10_000)
  lab.cut('a')
  await addTo('b', false)
  await lab.pass(10_000)
  lab.world.site('a').application.failNext({ kind: 'crash-after' }, ({ method }) => method === 'POST')
  await addTo('a', false)
  await lab.pass(5_000)
  lab.world.site('b').application.write('warehouse', '/items/x', { ...lab.read('b', 'x'), n: 5 })
  await lab.pass(60_000)
  await lab.heal(120_000)
  expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 1, lines: [LINES[0]] })
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'uncertain' })
  await lab.decide('a', 'x', true)
  await lab.pass(1_200_000)
  const x = { id: 'x', n: 1, lines: [LINES[0]] }
  expect(lab.all('x')).toEqual({ a: x, b: x })
})
