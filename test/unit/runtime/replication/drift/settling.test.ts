/**
 * An application that answers 202 and does it seconds later: nothing is sent twice meanwhile and nothing is called drift, at the origin and at members, for creates,
 * changes and deletes, across crashes of the agent; what has not come in time is drift. Simulated sites, virtual time: "late" costs nothing.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeApplication } from '../../../../../sims/world/fake-application.ts'
import { DEFINITION, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { ABC, Lab } from '../lab.ts'
import type { ReplicationPlant } from '../../../../../sims/world/replication/replication-world.ts'

const SITES = ['a', 'b', 'c'] as const
const LATE = { a: 15_000, b: 22_000, c: 9_000 } as const

/** The next request by a method is taken on at a site, and done so much later. */
function late(lab: Lab, site: string, method: string, delayMs: number, status = 202): void {
  lab.world.site(site).application.failNext({ kind: 'accepted', delayMs, status }, request => request.method === method)
}

const lateEverywhere = (lab: Lab, method: string): void => {
  for (const site of SITES) late(lab, site, method, LATE[site])
}

/** Requests that a site's application was sent, but for reads. */
const sent = (lab: Lab, site: string): readonly string[] =>
  lab.world
    .site(site)
    .application.requests.map(({ method }) => method)
    .filter(method => method !== 'GET')

const trouble = (lab: Lab): readonly string[] =>
  SITES.flatMap(site =>
    lab
      .events(site)
      .filter(kind => ['drift', 'diverged', 'unbound'].includes(kind))
      .map(kind => `${site}: ${kind}`),
  )

const everywhere = <T>(value: T): Record<string, T> => Object.fromEntries(SITES.map(site => [site, value]))

test('a create that comes later is sent once to each application', async () => {
  const lab = await Lab.of(SITES)
  lateEverywhere(lab, 'POST')
  const answer = await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  expect([answer.status, answer.accepted?.outcome]).toEqual([202, 'applied'])
  await lab.pass(8_000)
  expect(lab.all('x')).toEqual(everywhere(undefined))
  await lab.pass(120_000)
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 1 }))
  for (const site of SITES) {
    expect(sent(lab, site), site).toEqual(['POST'])
    expect((await lab.status(site, 'x'))?.state, site).toBe('agrees')
  }
  expect(trouble(lab)).toEqual([])
  lab.assertSound()
})

test.each([
  ['PATCH', { n: 2 }, { id: 'x', n: 2 }, 'PATCH'],
  ['PUT', { n: 2 }, { id: 'x', n: 2 }, 'PUT'],
  ['DELETE', undefined, undefined, 'DELETE'],
])('%s at the origin waits at a member until what it is for has come there', async (method, body, expected, last) => {
  const lab = await Lab.of(SITES)
  late(lab, 'b', 'POST', 15_000)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(2_000)
  expect((await lab.ask('a', `${method} /items/x`, body)).accepted?.outcome).toBe('applied')
  await lab.pass(3_000)
  expect(sent(lab, 'b')).toEqual(['POST'])
  await lab.pass(120_000)
  expect(lab.all('x')).toEqual(everywhere(expected))
  expect(sent(lab, 'b')).toEqual(['POST', last])
  expect(trouble(lab)).toEqual([])
})

test('a PUT that comes later is sent once, and is no difference before', async () => {
  const lab = await Lab.of(SITES)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(10_000)
  lateEverywhere(lab, 'PUT')
  expect((await lab.ask('a', 'PUT /items/x', { n: 2 })).status).toBe(202)
  await lab.pass(7_000)
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 1 }))
  await lab.pass(120_000)
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 2 }))
  for (const site of SITES) expect(sent(lab, site), site).toEqual(['POST', 'PUT'])
  expect(trouble(lab)).toEqual([])
})

test('a delete that comes later is sent once, and what still stands there is no stranger', async () => {
  const lab = await Lab.of(SITES)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(10_000)
  for (const site of SITES) late(lab, site, 'DELETE', 50_000)
  await lab.ask('a', 'DELETE /items/x')
  await lab.pass(5_000)
  // Finalizers write into what goes.
  for (const site of SITES)
    lab.world.site(site).application.write('warehouse', '/items/x', { id: 'x', n: 1, going: true })
  await lab.pass(180_000)
  expect(lab.all('x')).toEqual(everywhere(undefined))
  for (const site of SITES) expect(sent(lab, site), site).toEqual(['POST', 'DELETE'])
  expect(trouble(lab)).toEqual([])
})

test('what was deleted and is there as before, from a backup of the application, is shown when it cannot be on its way out any more', async () => {
  const lab = await Lab.of(SITES)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(10_000)
  await lab.ask('a', 'DELETE /items/x')
  await lab.pass(10_000)
  lab.world.site('b').application.write('warehouse', '/items/x', { id: 'x', n: 1 })
  await lab.pass(20_000)
  expect(trouble(lab), 'it may be on its way out').toEqual([])
  await lab.pass(120_000)
  expect(trouble(lab)).toEqual([expect.stringContaining('unbound')])
  expect(sent(lab, 'b')).toEqual(['POST', 'DELETE'])
})

test.each([
  ['a PUT', 'a', ['PUT']],
  ['of two PUTs of clients there the first, which comes last,', 'b', ['PUT', 'PUT']],
])('%s is waited for at a member before it deletes: it would come back', async (_, writer, puts) => {
  const lab = await Lab.of(SITES)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(10_000)
  for (const [place, method] of puts.entries()) {
    // The application makes what it has accepted to PUT, whatever is there by then.
    late(lab, 'b', method, 20_000 / (place + 1))
    await lab.ask(writer, 'PUT /items/x', { id: 'x', n: 2 + place })
    await lab.pass(600)
  }
  await lab.pass(12_000)
  await lab.ask('a', 'DELETE /items/x')
  await lab.pass(3_000)
  expect(sent(lab, 'b'), 'it waits').toEqual(['POST', ...puts])
  await lab.pass(180_000)
  expect(sent(lab, 'b')).toEqual(['POST', ...puts, 'DELETE'])
  expect(lab.all('x')).toEqual(everywhere(undefined))
  expect(trouble(lab)).toEqual([])
})

test('a change is waited for at a member before it replaces the whole: a field of it would stay there', async () => {
  const lab = await Lab.of(SITES)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(10_000)
  late(lab, 'b', 'PATCH', 20_000)
  await lab.ask('a', 'PATCH /items/x', { m: 2 })
  await lab.pass(2_000)
  await lab.ask('a', 'PUT /items/x', { id: 'x', n: 3 })
  await lab.pass(3_000)
  expect(sent(lab, 'b'), 'it waits').toEqual(['POST', 'PATCH'])
  await lab.pass(120_000)
  expect(sent(lab, 'b')).toEqual(['POST', 'PATCH', 'PUT'])
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 3 }))
  expect(trouble(lab)).toEqual([])
})

test('what is created anew waits at a member where the old one is still going', async () => {
  const lab = await Lab.of(SITES)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(10_000)
  late(lab, 'b', 'DELETE', 20_000)
  await lab.ask('a', 'DELETE /items/x')
  await lab.pass(2_000)
  lab.world.site('b').application.write('warehouse', '/items/x', { id: 'x', n: 1, going: true })
  expect((await lab.ask('a', 'POST /items', { id: 'x', n: 2 }, ABC)).status).toBe(201)
  await lab.pass(120_000)
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 2 }))
  expect(sent(lab, 'b')).toEqual(['POST', 'DELETE', 'POST'])
  expect(trouble(lab)).toEqual([])
})

test('what a later write has overtaken at one site is made right there, once its time is over', async () => {
  const lab = await Lab.of(SITES)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(10_000)
  late(lab, 'a', 'PUT', 20_000)
  await lab.ask('a', 'PUT /items/x', { n: 2 })
  await lab.pass(2_000)
  // The application takes it at once, and will put the whole of the earlier one over it.
  await lab.ask('a', 'PATCH /items/x', { m: 3 })
  await lab.pass(30_000)
  expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 2 })
  expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 2, m: 3 })
  await lab.pass(300_000)
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 2, m: 3 }))
})

test('of two changes that come later each is sent once', async () => {
  const lab = await Lab.of(SITES)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(10_000)
  for (const n of [2, 3]) {
    lateEverywhere(lab, 'PUT')
    await lab.ask('a', 'PUT /items/x', { n })
    await lab.pass(2_000)
  }
  await lab.pass(120_000)
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 3 }))
  for (const site of SITES) expect(sent(lab, site), site).toEqual(['POST', 'PUT', 'PUT'])
  expect(trouble(lab)).toEqual([])
})

test('agents that crash before it has come do not send it again', async () => {
  const lab = await Lab.of(SITES)
  lateEverywhere(lab, 'POST')
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(2_000)
  await lab.restart('a')
  await lab.pass(1_000)
  await lab.restart('b')
  await lab.pass(120_000)
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 1 }))
  for (const site of SITES) {
    expect(sent(lab, site), site).toEqual(['POST'])
    expect((await lab.status(site, 'x'))?.state, site).toBe('agrees')
  }
  lab.assertSound()
})

test('what does not come within a minute is drift, and is sent again', async () => {
  const lab = await Lab.of(SITES)
  late(lab, 'b', 'POST', 10 * 3_600_000)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(50_000)
  expect([sent(lab, 'b'), trouble(lab)]).toEqual([['POST'], []])
  await lab.pass(70_000)
  expect(trouble(lab)).toContain('b: drift')
  expect(sent(lab, 'b')).toEqual(['POST', 'POST'])
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 1 }))
})

test('what most members have accepted, and never do, is not what counts', async () => {
  const lab = await Lab.of(SITES)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(10_000)
  for (const site of ['a', 'b']) late(lab, site, 'PUT', 10 * 3_600_000)
  await lab.ask('c', 'PUT /items/x', { n: 2 })
  await lab.pass(600_000)
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 2 }))
})

test('what is created anew waits also where a change of what is still to be made was accepted', async () => {
  const lab = await Lab.of(SITES)
  late(lab, 'c', 'POST', 20_000)
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(2_000)
  late(lab, 'c', 'PUT', 19_000)
  expect((await lab.ask('c', 'PUT /items/x', { id: 'x', n: 1 })).status).toBe(202)
  lab.cut('c')
  await lab.ask('a', 'DELETE /items/x')
  await lab.ask('a', 'POST /items', { id: 'x', n: 2 }, ABC)
  await lab.heal(5_000)
  expect(sent(lab, 'c')).toEqual(['POST', 'PUT'])
  await lab.pass(600_000)
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 2 }))
})

const SLOW = { glue: () => simGlue(DEFINITION.replace('    operations:', '    settle-within: 120\n    operations:')) }

test('a definition says that answers of success come true later, and for how long', async () => {
  const lab = await Lab.of(SITES, SLOW)
  for (const site of SITES) late(lab, site, 'POST', 100_000, 201)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(240_000)
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 1 }))
  for (const site of SITES) expect(sent(lab, site), site).toEqual(['POST'])
  expect(trouble(lab)).toEqual([])
})

test.each(['a', 'b'])('where it does, a request at %s whose answer was lost is looked for as long', async site => {
  const lab = await Lab.of(SITES, SLOW)
  const isPost = ({ method }: { readonly method: string }): boolean => method === 'POST'
  lab.world.site(site).application.failNext({ kind: 'late-effect', delayMs: 40_000 }, isPost)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(5_000)
  await lab.restart(site)
  await lab.pass(180_000)
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 1 }))
  expect(sent(lab, site)).toEqual(['POST'])
  for (const other of SITES) expect((await lab.status(other, 'x'))?.state, other).toBe('agrees')
})

/** Each application does what it is asked so much later, always. */
const delayed = (delays: Readonly<Record<string, number>>): ReplicationPlant => ({
  application: (application, site) => ({
    request: request => {
      const delayMs = delays[site] ?? 0
      const isChange = request.method !== 'GET' && request.method !== 'HEAD'
      if (isChange && delayMs > 0 && application instanceof FakeApplication)
        application.failNext({ kind: 'accepted', delayMs }, other => other === request)
      return application.request(request)
    },
  }),
})

test.each([
  ['has by then', 10_000],
  ['has not by then', 100],
])("a create of what the application %s is accepted, and is nobody's where that does nothing", async (_, waitMs) => {
  const lab = await Lab.of(SITES, delayed({ a: 5_000 }))
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(waitMs)
  const answer = await lab.ask('a', 'POST /items', { id: 'x', n: 2 }, ABC)
  expect([answer.status, answer.accepted?.outcome]).toEqual([202, 'uncertain'])
  await lab.pass(20_000)
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 1 }))
  await lab.pass(120_000)
  expect(lab.all('x')).toEqual(everywhere({ id: 'x', n: 1 }))
  const own = lab.told.filter(({ site, event }) => site === 'a' && event.kind === 'outcome' && event.outcome === 'void')
  expect(own, 'that it came to nothing is told').toHaveLength(1)
  for (const site of SITES) expect((await lab.status(site, 'x'))?.state, site).toBe('agrees')
  expect((await lab.ask('a', 'PATCH /items/x', { m: 3 })).status).toBe(202)
})

test('whatever is written, cut off and killed meanwhile, all come to the same', async () => {
  const site = fc.constantFrom(...SITES)
  const n = fc.integer({ min: 1, max: 9 })
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('PUT', 'POST', 'PATCH'), site, n }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('DELETE', 'kill', 'cut', 'heal'), site, n }) },
  )
  const delays = fc.record({ a: fc.nat(20_000), b: fc.nat(20_000), c: fc.nat(20_000) })
  const steps = fc.array(fc.record({ step, waitMs: fc.nat(8_000) }), { minLength: 1, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(delays, steps, async (takes, all) => {
      const lab = await Lab.of(SITES, delayed(takes))
      await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
      for (const { step: one, waitMs } of all) {
        await lab.pass(waitMs)
        const body = { id: 'x', [one.do === 'PATCH' ? 'm' : 'n']: one.n }
        if (one.do === 'kill') await lab.restart(one.site)
        else if (one.do === 'cut') lab.cut(one.site)
        else if (one.do === 'heal') lab.world.wire.healAll()
        else if (one.do === 'POST') await lab.ask(one.site, 'POST /items', body, ABC)
        else await lab.ask(one.site, `${one.do} /items/x`, one.do === 'DELETE' ? undefined : body)
      }
      await lab.heal(1_200_000)
      const shown = SITES.map(each => JSON.stringify(lab.read(each, 'x')))
      expect(new Set(shown).size, shown.join(' ')).toBe(1)
      lab.assertSound()
    }),
    {
      numRuns: 8,
      examples: [
        [
          { a: 1, b: 2, c: 1 },
          [
            { step: { do: 'POST', site: 'c', n: 1 }, waitMs: 0 },
            // Accepted, and not there yet when what the others have made comes.
            { step: { do: 'POST', site: 'b', n: 2 }, waitMs: 7 },
          ],
        ],
      ],
    },
  )
}, 120_000)

test('an application that lets nobody read is changed all the same, also after it has answered 202', async () => {
  const members = ['a', 'b']
  const lab = await Lab.of(members)
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members })
  await lab.pass(60_000)
  const { application } = lab.world.site('b')
  const request = application.request.bind(application)
  application.failNext({ kind: 'accepted', delayMs: 500 }, ({ method }) => method === 'PATCH')
  application.request = async asked => {
    if (asked.method !== 'GET' && asked.method !== 'HEAD') return request(asked)
    return { status: 403, reason: '', rawHeaders: [], body: new Uint8Array(), isComplete: true }
  }
  for (let n = 1; n <= 3; n++) {
    expect(await lab.ask('a', 'PATCH /items/x', { n })).toMatchObject({ status: 200 })
    await lab.pass(120_000)
    expect(lab.read('b', 'x')).toMatchObject({ n })
  }
})
