/**
 * Replicas that were changed past Cheops, and how they come to agree again: what is expected of whom, in the simulated world with real
 * replicators. Applications and links are changed under the agents' hands; what the applications have in the end is looked at.
 */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Lab } from '../lab.ts'
import { MAX_REPAIRS_TOGETHER } from '../../../../../src/runtime/replication/limits.ts'

const MEMBERS = { members: ['a', 'b'] }
let lab: Lab

afterEach(() => lab.assertSound())

/** An item at a and b, read back at both. */
async function withX(): Promise<void> {
  lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
  await lab.pass(5_000)
}

/** Somebody writes at a while its agent is down, and nobody can be reached when it is back. */
async function changedAlone(): Promise<void> {
  lab.cut('a')
  const site = lab.world.site('a')
  await lab.until(site.restart(10, () => site.application.write('warehouse', '/items/x', { id: 'x', n: 'outsider' })))
  await lab.pass(1_000)
  expect(await lab.ask('a', 'PUT /items/x', { n: 2 })).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'diverged' })
}

describe('what was changed while the agent was down', () => {
  test('agrees again when it is put back by hand, without any other member', async () => {
    await withX()
    await changedAlone()
    lab.world.site('a').application.write('warehouse', '/items/x', { id: 'x', n: 1 })
    await lab.pass(35_000)
    expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees' })
    expect(await lab.ask('a', 'PUT /items/x', { n: 2 })).toMatchObject({ status: 200 })
  })

  test('agrees again by the next write where it was put back: nobody waits for the next try', async () => {
    await withX()
    await changedAlone()
    await lab.pass(60_000)
    lab.world.site('a').application.write('warehouse', '/items/x', { id: 'x', n: 1 })
    expect(await lab.ask('a', 'PUT /items/x', { n: 2 })).toMatchObject({ status: 200 })
  })

  test('is repaired as soon as a member is reached, however long it was alone', async () => {
    await withX()
    await changedAlone()
    // By now it looks every half minute only.
    await lab.pass(10 * 60_000)
    lab.world.wire.healAll()
    await lab.pass(3_000)
    expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 } })
    expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees' })
  })

  test('is not overwritten with what this site does not let the others write', async () => {
    lab = await Lab.of(['a', 'b'])
    await lab.ask('b', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
    await lab.pass(5_000)
    lab.mayRun = site => site !== 'a'
    const site = lab.world.site('a')
    await lab.until(site.restart(10, () => site.application.write('warehouse', '/items/x', { id: 'x', n: 'outsider' })))
    expect(await lab.ask('a', 'PATCH /items/x', { n: 2 })).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
    await lab.pass(60_000)
    expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 'outsider' })
    expect(lab.told.findLast(({ event }) => event.kind === 'diverged')).toMatchObject({
      site: 'a',
      event: { why: expect.stringContaining('(expose)') },
    })
    lab.mayRun = () => true
    await lab.pass(35_000)
    expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 1 })
  })

  test('many at once: all are repaired, and none is reported for want of a turn', async () => {
    lab = await Lab.of(['a', 'b'])
    const names = Array.from({ length: 3 * MAX_REPAIRS_TOGETHER }, (_, i) => `x${i}`)
    for (const id of names) await lab.ask('a', 'POST /items', { id, n: 1 }, MEMBERS)
    await lab.pass(5_000)
    const site = lab.world.site('a')
    const outsider = (): void => {
      for (const id of names) site.application.write('warehouse', `/items/${id}`, { id, n: 'outsider' })
    }
    await lab.until(site.restart(10, outsider))
    for (const id of names) void lab.begin('a', `PATCH /items/${id}`, { m: 1 })
    await lab.pass(60_000)
    for (const id of names) expect(lab.read('a', id), id).toMatchObject({ id, n: 1 })
    expect(lab.events('a').filter(kind => kind === 'diverged')).toEqual([])
  })
})

/** Somebody writes past Cheops. */
function outsider(site: string, body: Readonly<Record<string, unknown>> | undefined, name = 'x'): void {
  lab.world.site(site).application.write('warehouse', `/items/${name}`, body)
}

const kinds = (site: string): readonly string[] =>
  lab.events(site).filter(kind => kind === 'drift' || kind === 'diverged')

describe('what is changed while the lane is idle', () => {
  test('is found within a round, told, and repaired from a member that agrees', async () => {
    await withX()
    outsider('b', { id: 'x', n: 'outsider' })
    await lab.pass(65_000)
    expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 } })
    expect([kinds('a'), kinds('b')]).toEqual([[], ['drift']])
    expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees' })
  })

  test('is repaired also where the other member could not answer just then: it says what it shows when it hears of the look', async () => {
    await withX()
    await lab.pass(25_000)
    // What it has is not looked at until its own round, half a minute after that of the other, or it is asked: then its application is away.
    await lab.until(lab.world.site('b').restart(10))
    // It is asked twice, and looks itself.
    for (let times = 0; times < 3; times++) lab.world.site('b').application.failNext({ kind: 'unreachable' })
    outsider('a', { id: 'x', n: 1, more: true })
    await lab.pass(40_000)
    expect(kinds('a')).toEqual(['drift', 'diverged'])
    expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 } })
  })

  test('is found when it is deleted there', async () => {
    await withX()
    outsider('b', undefined)
    await lab.pass(75_000)
    expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 } })
  })

  test('and at once after the last write, before anything was read back: who shows what was written is right', async () => {
    await withX()
    await lab.ask('a', 'PUT /items/x', { n: 2 })
    await lab.pass(300)
    expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 2 })
    outsider('b', { id: 'x', n: 'outsider' })
    await lab.pass(10_000)
    expect(lab.all('x')).toEqual({ a: { id: 'x', n: 2 }, b: { id: 'x', n: 2 } })
    expect(lab.effects('a', 'x')).toEqual(['POST', 'PUT'])
  })

  test('at one of three, where nobody can tell what was written: the smaller part is wrong', async () => {
    lab = await Lab.of(['a', 'b', 'c'])
    await lab.ask('a', 'POST /items', { id: 'x' }, { members: ['a', 'b', 'c'] })
    await lab.pass(1_000)
    await lab.ask('a', 'POST /items/x/lines', { line: 1 })
    await lab.pass(300)
    outsider('c', { id: 'x', lines: [{ line: 'outsider' }] })
    await lab.pass(20_000)
    const right = { id: 'x', lines: [{ line: 1 }] }
    expect(lab.all('x')).toEqual({ a: right, b: right, c: right })
    expect(lab.effects('c', 'x').filter(method => method === 'POST')).toEqual(['POST', 'POST'])
  })

  test.each([
    { of: 'a PUT', body: { id: 'x', n: 1 } },
    { of: 'a PUT that does not name its ID', body: { n: 1 } },
  ])('a field added at most of them after $of: who shows just what was written is right', async ({ body }) => {
    lab = await Lab.of(['a', 'b', 'c'])
    await lab.ask('a', 'POST /items', { id: 'x' }, { members: ['a', 'b', 'c'] })
    await lab.pass(10_000)
    await lab.ask('b', 'PUT /items/x', body)
    await lab.pass(300)
    for (const site of ['a', 'c']) outsider(site, { id: 'x', n: 1, added: 'outsider' })
    await lab.pass(30_000)
    const right = { id: 'x', n: 1 }
    expect(lab.all('x')).toEqual({ a: right, b: right, c: right })
    for (const site of ['a', 'b', 'c']) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  })

  test('costs a read a minute and no write where nothing has happened', async () => {
    await withX()
    const requests = (): readonly string[] => lab.world.site('b').application.requests.map(({ method }) => method)
    const before = requests().length
    await lab.pass(10 * 60_000)
    const since = requests().slice(before)
    expect(new Set(since)).toEqual(new Set(['GET']))
    expect(since.length).toBeGreaterThanOrEqual(8)
    expect(since.length).toBeLessThanOrEqual(11)
  })
})

describe('when no member agrees any more', () => {
  test('who wrote last says what the resource is, and all take writes again', async () => {
    await withX()
    await lab.ask('b', 'PUT /items/x', { n: 2 })
    await lab.pass(10_000)
    outsider('a', { id: 'x', n: 'at a' })
    outsider('b', { id: 'x', n: 'at b' })
    await lab.pass(90_000)
    const now = { id: 'x', n: 'at b' }
    expect(lab.all('x')).toEqual({ a: now, b: now })
    for (const site of ['a', 'b']) {
      expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
      expect(await lab.ask(site, 'PATCH /items/x', { [site]: 1 }), site).toMatchObject({ status: 200 })
      await lab.pass(1_000)
    }
    const states = lab.told.filter(({ event }) => event.kind === 'released' && event.type === 'state')
    expect(states.map(({ site }) => site)).toEqual(['b'])
  })

  test('nobody does as long as a member cannot be asked', async () => {
    lab = await Lab.of(['a', 'b', 'c'])
    await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b', 'c'] })
    await lab.pass(10_000)
    lab.cut('c')
    outsider('a', { id: 'x', n: 'at a' })
    outsider('b', { id: 'x', n: 'at b' })
    await lab.pass(20 * 60_000)
    expect([lab.read('a', 'x'), lab.read('b', 'x')]).toEqual([
      { id: 'x', n: 'at a' },
      { id: 'x', n: 'at b' },
    ])
    expect(await lab.status('a', 'x')).toMatchObject({ state: 'diverged' })
    await lab.heal(30_000)
    const now = { id: 'x', n: 1 }
    expect(lab.all('x')).toEqual({ a: now, b: now, c: now })
  })

  test('an application that shows something else each time has no state said without end', async () => {
    await withX()
    for (let minute = 0; minute < 60; minute++) {
      outsider('a', { id: 'x', n: `a${minute}` })
      outsider('b', { id: 'x', n: `b${minute}` })
      await lab.pass(60_000)
    }
    const states = lab.told.filter(({ event }) => event.kind === 'released' && event.type === 'state')
    expect(states.length).toBeGreaterThan(0)
    expect(states.length).toBeLessThanOrEqual(6)
  })

  test('deleted everywhere past Cheops, it is made again as it was written', async () => {
    await withX()
    await lab.ask('a', 'PATCH /items/x', { f: 1 })
    await lab.pass(10_000)
    outsider('a', undefined)
    outsider('b', undefined)
    await lab.pass(120_000)
    const now = { id: 'x', n: 1, f: 1 }
    expect(lab.all('x')).toEqual({ a: now, b: now })
  })
})

test('a resource that is only ever patched is shortened by one state, which no application has to be told', async () => {
  await withX()
  for (let n = 1; n <= 130; n++) {
    await lab.ask('a', 'PATCH /items/x', { [`f${n % 7}`]: n })
    await lab.pass(200)
  }
  await lab.pass(20_000)
  const states = lab.told.filter(({ event }) => event.kind === 'released' && event.type === 'state')
  expect(states.map(({ site }) => site)).toEqual(['a'])
  expect(lab.read('b', 'x')).toEqual(lab.read('a', 'x'))
  for (const site of ['a', 'b']) {
    expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees' })
    expect(new Set(lab.effects(site, 'x')), site).toEqual(new Set(['POST', 'PATCH']))
  }
  const held = await lab.disk('b', 'x')
  expect(held.live.length).toBeLessThan(40)
})

describe('what the application of a member refuses', () => {
  const isPatch = ({ method }: { method: string }): boolean => method === 'PATCH'

  test('with what may pass, for ever: it is failed, shown, holds up nothing, and is mended later', async () => {
    await withX()
    const { application } = lab.world.site('b')
    for (let times = 0; times < 10; times++) application.failNext({ kind: 'refuse', status: 409 }, isPatch)
    // Nor does it take the state of the other for a while.
    for (let times = 0; times < 2; times++)
      application.failNext({ kind: 'refuse', status: 409 }, ({ method }) => method === 'PUT')
    const { accepted } = await lab.ask('a', 'PATCH /items/x', { f: 1 })
    await lab.ask('a', 'PATCH /items/x', { g: 1 })
    const operation = accepted?.operation
    if (operation === undefined) throw new Error('it was not released')
    await lab.pass(170_000)
    expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 1, g: 1 })
    expect((await lab.wait('a', 'x', operation, 0, 'all'))[1]).toMatchObject({ outcome: 'failed', status: 409 })
    expect(await lab.status('b', 'x')).toMatchObject({ state: 'diverged' })
    expect(await lab.ask('b', 'PATCH /items/x', { h: 1 })).toMatchObject({ status: 200 })
    await lab.pass(200_000)
    const now = { id: 'x', n: 1, f: 1, g: 1, h: 1 }
    expect(lab.all('x')).toEqual({ a: now, b: now })
    expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees' })
    expect((await lab.wait('a', 'x', operation, 0, 'all'))[1]).toMatchObject({ outcome: 'applied' })
  })

  test('and is in effect there by a copy of what another has: who waits for it at its origin hears so', async () => {
    await withX()
    // It takes a whole state meanwhile.
    for (let times = 0; times < 10; times++)
      lab.world.site('b').application.failNext({ kind: 'refuse', status: 409 }, isPatch)
    const { accepted } = await lab.ask('a', 'PATCH /items/x', { f: 1 })
    const operation = accepted?.operation
    if (operation === undefined) throw new Error('it was not released')
    await lab.pass(2_000)
    expect((await lab.wait('a', 'x', operation, 0, 'all'))[1]).toMatchObject({ outcome: 'pending' })
    expect(await lab.repair('b', 'x')).toBe('copied')
    expect((await lab.wait('a', 'x', operation, 5, 'all'))[1]).toMatchObject({ outcome: 'applied' })
    expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 1, f: 1 })
    expect(lab.effects('b', 'x').filter(method => method === 'PATCH')).toEqual([])
  })
})

test('a fault that nobody has thought of leaves one replicant alone, shows it, and passes', async () => {
  lab = await Lab.of(['a', 'b'])
  const { glue } = lab.world
  const createBody = glue.createBody.bind(glue)
  const poisoned = vi.spyOn(glue, 'createBody').mockImplementation((kind, name, body) => {
    if (name === 'poison') throw new TypeError('planted')
    return createBody(kind, name, body)
  })
  await lab.ask('a', 'POST /items', { id: 'poison' }, MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
  await lab.pass(20_000)
  expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 1 })
  expect(await lab.status('b', 'poison')).toMatchObject({ state: 'diverged' })
  expect(kinds('b')).toEqual(['diverged'])
  await lab.restart('b')
  await lab.pass(5_000)
  expect(await lab.ask('b', 'PATCH /items/x', { f: 1 })).toMatchObject({ status: 200 })
  poisoned.mockRestore()
  await lab.pass(40_000)
  expect(lab.read('b', 'poison')).toEqual({ id: 'poison' })
  expect(await lab.status('b', 'poison')).toMatchObject({ state: 'agrees' })
  // Each run has logged it once, and no agent has ended.
  expect(lab.world.defects.splice(0)).toEqual([
    expect.stringContaining('TypeError: planted'),
    expect.stringContaining('TypeError: planted'),
  ])
})

test('a stamp that is far ahead is reported with who wrote it', async () => {
  await withX()
  lab.world.site('a').machine.clockOffsetMs = 3_600_000
  // A clock that jumps is not believed; one that is wrong from the start may be.
  await lab.restart('a')
  await lab.ask('a', 'PATCH /items/x', { n: 2 })
  await lab.pass(5_000)
  const ahead = lab.told.filter(({ event }) => event.kind === 'ahead')
  expect(ahead).toMatchObject([{ site: 'b', event: { dot: { site: 'a' }, replicant: { name: 'x' } } }])
  const [first] = ahead
  expect(first?.event.kind === 'ahead' && first.event.byMs / 60_000).toBeCloseTo(60, 0)
})
