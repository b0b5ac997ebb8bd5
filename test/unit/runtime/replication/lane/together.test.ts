/**
 * Merges that follow each other are carried out as one request, where an application that takes them so takes no more than it would one by one. Real replicators in the
 * simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import { Lab } from '../lab.ts'
import type { JsonObject } from '../../../../../sims/world/fake-application.ts'
import type { Application, ApplicationRequest } from '../../../../../src/ports/application.ts'

const AB = ['a', 'b']
const MERGES = 40

let lab: Lab
afterEach(() => lab.assertSound())

async function start(sites: readonly string[] = AB): Promise<void> {
  lab = await Lab.of(sites)
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members: sites })
  await lab.pass(10_000)
}

/** As many merges as there are, each of a field of its own, while b is away. */
async function mergedWhileAway(count = MERGES, key?: (n: number) => string): Promise<void> {
  lab.cut('b')
  for (let n = 1; n <= count; n++)
    await lab.ask('a', 'PATCH /items/x', { n, [`f${n}`]: n }, key === undefined ? {} : { key: key(n) })
}

const agree = async (): Promise<void> => {
  const [first] = AB.map(site => lab.read(site, 'x'))
  for (const site of AB) {
    expect(lab.read(site, 'x'), site).toEqual(first)
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees', conflicts: [] })
  }
}

test.each([
  ['without keys', undefined],
  ['each with an idempotency key', (n: number) => `k${n}`],
])('what a member has missed costs it few requests, and its origin hears of each operation: %s', async (_, key) => {
  await start()
  await mergedWhileAway(MERGES, key)
  const last = await lab.ask('a', 'PATCH /items/x', { last: true })
  const before = lab.effects('b', 'x').length
  await lab.heal(20_000)
  // They come in a few messages.
  expect(lab.effects('b', 'x').length - before, 'requests that changed it').toBeLessThan(10)
  await agree()
  expect(lab.read('b', 'x')).toMatchObject({ n: MERGES, f1: 1, [`f${MERGES}`]: MERGES, last: true })
  const operation = last.accepted?.operation
  if (operation === undefined) throw new Error('it was not released')
  expect(await lab.wait('a', 'x', operation, 0, 'all')).toMatchObject([{ outcome: 'applied' }, { outcome: 'applied' }])
  const applied = lab.told.filter(
    ({ site, event }) => site === 'b' && event.kind === 'outcome' && event.outcome === 'applied',
  )
  expect(applied.length).toBeGreaterThanOrEqual(MERGES + 1)
})

test('what comes before what was written here is put there by few requests, and what was written here by one', async () => {
  await start()
  await mergedWhileAway()
  await lab.pass(1_000)
  for (let n = 0; n < 5; n++) await lab.ask('b', 'PATCH /items/x', { [`own${n}`]: n })
  const { effects } = lab.world.site('b').application
  const before = effects.length
  await lab.heal(20_000)
  const after = effects.slice(before)
  expect(after.length, 'requests that changed it').toBeLessThan(8)
  expect(after.at(-1)?.value).toMatchObject({ n: MERGES, own0: 0, own4: 4 })
  await agree()
})

/** A PUT leaves a field as it is, which a PATCH changes. */
const changedByPatchAlone =
  (field: string) =>
  (application: Application, site: string): Application => ({
    request: request => {
      if (request.method !== 'PUT') return application.request(request)
      const said = JSON.parse(new TextDecoder().decode(request.body as Uint8Array)) as JsonObject
      const has = lab.read(site, 'x')?.[field]
      const body = { ...said, [field]: has }
      return application.request({ ...request, body: new TextEncoder().encode(JSON.stringify(body)) })
    },
  })

test.each([
  ['shown', false],
  ['never shown', true],
])('what only a PATCH changes, and is %s, is changed', async (_, isHidden) => {
  lab = await Lab.of(AB, { application: changedByPatchAlone('owner') })
  if (isHidden) for (const site of AB) lab.world.site(site).application.hides.set('owner', true)
  await lab.ask('a', 'POST /items', { id: 'x', n: 0, owner: 'ada' }, { members: AB })
  await lab.pass(10_000)
  lab.cut('b')
  await lab.ask('a', 'PATCH /items/x', { owner: 'bob' })
  await lab.pass(1_000)
  await lab.ask('b', 'PATCH /items/x', { n: 1 })
  await lab.heal(10 * 60_000)
  await agree()
  expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 1, owner: 'bob' })
})

test.each([
  ['shown', false],
  ['never shown', true],
])(
  'a body that is accepted (202), and is there later, does not come over what follows it (%s)',
  async (_, isHidden) => {
    await start()
    if (isHidden)
      for (const site of AB) for (const field of ['g', 'h']) lab.world.site(site).application.hides.set(field, true)
    lab.cut('b')
    await lab.ask('b', 'PATCH /items/x', { n: 1 })
    await lab.pass(1_000)
    await lab.ask('a', 'PATCH /items/x', { h: 's' })
    await lab.pass(1_000)
    await lab.ask('b', 'PATCH /items/x', { g: 't' })
    lab.world.site('b').application.failNext({ kind: 'accepted', delayMs: 5_000 }, ({ method }) => method === 'PUT')
    await lab.heal(10 * 60_000)
    await agree()
    expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 1, g: 't', h: 's' })
    expect(lab.events('b')).not.toContain('drift')
  },
)

/** It answers a PUT without a body (204). */
const silentPut = (application: Application): Application => ({
  request: async request => {
    const answer = await application.request(request)
    if (request.method !== 'PUT' || answer.status !== 200) return answer
    return { ...answer, status: 204, body: new Uint8Array() }
  },
})

test('what a body has done already, and was not shown in its answer, is not sent again', async () => {
  lab = await Lab.of(AB, { application: silentPut })
  await lab.ask('a', 'POST /items', { id: 'x', n: 0, state: 'open' }, { members: AB })
  await lab.pass(10_000)
  // Nobody closes what is closed.
  for (const site of AB)
    lab.world.site(site).application.rule = ({ method }, body, shown) =>
      method === 'PATCH' && body['state'] === 'closed' && shown?.['state'] === 'closed' ? 422 : undefined
  lab.cut('b')
  await lab.ask('a', 'PATCH /items/x', { state: 'closed' })
  await lab.pass(1_000)
  await lab.ask('b', 'PATCH /items/x', { n: 1 })
  await lab.heal(10 * 60_000)
  await agree()
  expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 1, state: 'closed' })
  const failed = lab.told.filter(({ event }) => event.kind === 'outcome' && event.outcome === 'failed')
  expect(failed).toEqual([])
})

test('what a rule over several fields refuses behind what somebody else has written is refused at all alike', async () => {
  const sites = ['a', 'b', 'c']
  lab = await Lab.of(sites)
  await lab.ask('a', 'POST /items', { id: 'x', amount: 0 }, { members: sites })
  await lab.pass(10_000)
  for (const site of sites)
    lab.world.site(site).application.rule = ({ method }, body, shown) => {
      const changes = body['amount'] !== undefined && body['amount'] !== shown?.['amount']
      return ['PATCH', 'PUT'].includes(method) && shown?.['closed'] === true && changes ? 422 : undefined
    }
  lab.cut('a')
  lab.cut('b')
  await lab.ask('a', 'PATCH /items/x', { closed: true })
  await lab.pass(1_000)
  await lab.ask('b', 'PATCH /items/x', { amount: 5 })
  await lab.heal(30 * 60_000)
  for (const site of sites) {
    expect(lab.read(site, 'x'), site).toEqual({ id: 'x', amount: 0, closed: true })
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees', conflicts: [{ why: 'refused' }] })
  }
})

test.each([409, 422])('one of them that is refused (%i) is found by itself, and the others are done', async status => {
  await start()
  lab.world.site('b').application.rule = ({ method }, body) =>
    method === 'PATCH' && body['f7'] !== undefined ? status : undefined
  await mergedWhileAway(10)
  await lab.heal(status === 409 ? 150_000 : 10_000)
  const failed = lab.told.flatMap(({ site, event }) =>
    site === 'b' && event.kind === 'outcome' && event.outcome === 'failed' ? [event.dot.number] : [],
  )
  // The create is the first.
  expect(failed).toEqual([8])
  lab.world.site('b').application.rule = () => undefined
  await lab.pass(10 * 60_000)
  await agree()
})

test('what has a header of its own body is sent by itself', async () => {
  await start()
  lab.cut('b')
  for (let n = 1; n <= 5; n++)
    await lab.ask('a', 'PATCH /items/x', { [`f${n}`]: n }, { headers: ['Content-Language', n % 2 === 0 ? 'de' : 'en'] })
  const before = lab.effects('b', 'x').length
  await lab.heal(20_000)
  expect(lab.effects('b', 'x').length - before).toBe(5)
  await agree()
})

test('what two clients have made of one field on two sides of a cut is sent one after the other', async () => {
  await start()
  const taken: unknown[] = []
  lab.cut('b')
  await lab.ask('a', 'PATCH /items/x', { owner: 'ada', f: 1 })
  await lab.ask('b', 'PATCH /items/x', { owner: 'bob', g: 1 })
  for (const site of AB)
    lab.world.site(site).application.rule = ({ method }, body) => {
      if (method === 'PATCH' && site === 'b') taken.push(body['owner'])
      return undefined
    }
  await lab.heal(20_000)
  await agree()
  expect(taken).toEqual(['bob'])
})

test.each(['crash-before', 'crash-after', 'late-answer', 'late-effect', 'cut-answer'] as const)(
  'in doubt (%s) all of them are in effect once',
  async kind => {
    await start()
    await mergedWhileAway()
    const fault = kind === 'late-answer' || kind === 'late-effect' ? { kind, delayMs: 60_000 } : { kind }
    lab.world.site('b').application.failNext(fault, ({ method }) => method === 'PATCH')
    await lab.heal(1_000)
    lab.world.site('b').application.start()
    await lab.pass(10 * 60_000)
    await agree()
    expect(lab.read('b', 'x')).toEqual(lab.read('a', 'x'))
  },
)

const isOfMany = ({ method, body }: ApplicationRequest): boolean =>
  method === 'PATCH' && body instanceof Uint8Array && body.length > 50

/** Lets b carry several out that are in effect at once and answered late, and ends its agent before that. */
async function killedUnderWay(): Promise<void> {
  const { application } = lab.world.site('b')
  application.failNext({ kind: 'late-answer', delayMs: 5_000 }, isOfMany)
  lab.world.wire.heal('a', 'b')
  lab.world.wire.heal('b', 'a')
  const isUnderWay = (): boolean => Number(lab.read('b', 'x')?.['n']) > 1
  for (let step = 0; !isUnderWay() && step < 1_000; step++) await lab.pass(10)
  expect(isUnderWay(), 'several are in effect').toBe(true)
  await lab.restart('b')
}

test('an agent that is killed while several are under way finds out what came of them', async () => {
  await start()
  await mergedWhileAway()
  await killedUnderWay()
  await lab.heal(60_000)
  await agree()
  expect(lab.read('b', 'x')).toMatchObject({ n: MERGES, f1: 1, [`f${MERGES}`]: MERGES })
})

test.each([
  ['without keys', false],
  ['each with an idempotency key', true],
])('who changes one field at two sites all the time has few requests made anew for each: %s', async (_, isKeyed) => {
  await start()
  const rounds = 30
  for (let n = 0; n < rounds; n++) {
    for (const site of AB)
      void lab.begin(
        site,
        'PATCH /items/x',
        { hot: `${site}${n}`, [`${site}${n}`]: n },
        isKeyed ? { key: `${site}${n}` } : {},
      )
    await lab.pass(300)
  }
  await lab.pass(20_000)
  await agree()
  expect(Object.keys(lab.read('a', 'x') ?? {})).toHaveLength(3 + 2 * rounds)
  // One by one it is as many as have been written by then, each time.
  for (const site of AB) expect(lab.effects(site, 'x').length, site).toBeLessThan(4 * rounds)
})

test.each([0, 1])(
  'requests with one key that are sent to two members, as those are cut off or start anew, are in effect once: %s',
  async seed => {
    const members = ['a', 'b', 'c']
    await start(members)
    let state = seed + 1
    const random = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      return Math.floor((state / 2_147_483_648) * below)
    }
    const done = new Map<string, number>()
    for (let n = 0; n < 40; n++) {
      const [first, second] = [random(3), random(3)].map(place => members[place] ?? 'a') as [string, string]
      const sites = random(3) === 0 ? [first, second] : [first]
      for (const site of sites) {
        const asked = await lab.ask(site, 'PATCH /items/x', { hot: n, [`f${n}`]: n }, { key: `k${n}` })
        if (asked.status === 200) done.set(`f${n}`, n)
      }
      await lab.pass(random(400))
      if (random(6) === 0) lab.cut(first)
      if (random(6) === 0) lab.world.wire.healAll()
      if (random(12) === 0) await lab.restart(second)
    }
    await lab.heal(10 * 60_000)
    expect(done.size).toBeGreaterThan(20)
    const seen = members.map(site => lab.read(site, 'x'))
    for (const [place, site] of members.entries()) {
      expect(seen[place], site).toEqual(seen[0])
      expect(seen[place], site).toMatchObject(Object.fromEntries(done))
      expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees', conflicts: [] })
    }
  },
)

test('what a merge takes away is gone, also where nobody shows whether it is there', async () => {
  await start()
  for (const site of AB) lab.world.site(site).application.hides.set('password', true)
  await lab.ask('a', 'PATCH /items/x', { password: 'leaked' })
  await lab.pass(10_000)
  lab.cut('b')
  await lab.ask('a', 'PATCH /items/x', { password: null })
  await lab.pass(1_000)
  await lab.ask('b', 'PATCH /items/x', { n: 1 })
  await lab.heal(60_000)
  for (const site of AB) expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 1 })
})

test('what the application cannot do at once (500) is done one by one', async () => {
  await start()
  lab.world.site('b').application.rule = ({ method }, body) =>
    method === 'PATCH' && Object.keys(body).length > 2 ? 500 : undefined
  await mergedWhileAway(10)
  await lab.heal(60_000)
  await agree()
  expect(lab.read('b', 'x')).toMatchObject({ n: 10, f1: 1, f10: 10 })
})

test('what is in effect, and never answered, is done', async () => {
  await start()
  const { application } = lab.world.site('b')
  for (let n = 0; n < 1_000; n++) application.failNext({ kind: 'cut-answer' }, ({ method }) => method === 'PATCH')
  await mergedWhileAway(10)
  await lab.heal(10 * 60_000)
  await agree()
  expect(lab.read('b', 'x')).toMatchObject({ n: 10, f1: 1, f10: 10 })
})

test('what another member has refused, and is carried out with what was written behind it there, is in effect at all members in the end', async () => {
  const members = ['a', 'b', 'c']
  await start(members)
  for (const site of members)
    lab.world.site(site).application.rule = ({ method }, body, shown) =>
      method === 'PATCH' && body['amount'] !== undefined && (body['closed'] ?? shown?.['closed']) === true
        ? 422
        : undefined
  for (const site of ['b', 'c']) lab.cut(site)
  await lab.ask('b', 'PATCH /items/x', { closed: true })
  await lab.pass(100)
  await lab.ask('a', 'PATCH /items/x', { amount: 5 })
  lab.world.wire.heal('a', 'b')
  lab.world.wire.heal('b', 'a')
  await lab.pass(3_000)
  for (const site of AB) expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 0, closed: true })
  expect(await lab.ask('b', 'PATCH /items/x', { closed: false })).toMatchObject({ status: 200 })
  await lab.heal(10 * 60_000)
  await agree()
  for (const site of members) expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 0, closed: false, amount: 5 })
})
