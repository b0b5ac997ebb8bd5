/**
 * An agent ends at every single moment at which it waits for its disk or its application: in the middle of a client's write, and in the
 * middle of what its lane does. After the next start both sites have the same, the effect is there once or not at all, and it is there
 * if the client was told so. Nothing is left uncertain for create, PUT, DELETE and merge; the moments are counted in a run without a crash.
 */
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Lab, type Answer } from './lab.ts'
import { Tripwire } from './tripwire.ts'
import type { ReplicationPlant } from '../../../../sims/world/replication/replication-world.ts'

const MEMBERS = { members: ['a', 'b'] }
const MOMENTS = ['before', 'after'] as const

interface Case {
  readonly request: string
  readonly body?: unknown
  /** What an application has of x afterwards, and in what way it was changed. */
  readonly after: unknown
  readonly effect: string
}

const CASES: readonly Case[] = [
  { request: 'POST /items', body: { id: 'x', n: 2 }, after: { id: 'x', n: 2 }, effect: 'POST' },
  { request: 'PUT /items/x', body: { n: 2 }, after: { id: 'x', n: 2 }, effect: 'PUT' },
  { request: 'PATCH /items/x', body: { f: 2 }, after: { id: 'x', n: 1, f: 2 }, effect: 'PATCH' },
  { request: 'DELETE /items/x', after: undefined, effect: 'DELETE' },
]

/** Two sites that have x already, unless it is to be created; `site` is the one with the wire. */
async function prepared(site: string, { request }: Case): Promise<{ lab: Lab; wire: Tripwire; isNew: boolean }> {
  const wire = new Tripwire()
  const plant: ReplicationPlant = {
    store: (store, at) => (at === site ? wire.store(store) : store),
    application: (application, at) => (at === site ? wire.application(application) : application),
  }
  const lab = await Lab.of(['a', 'b'], plant)
  const isNew = request.startsWith('POST')
  if (!isNew) await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
  await lab.pass(5_000)
  return { lab, wire, isNew }
}

/** The write at a, with `site` ending at its n-th moment. */
async function run(site: 'a' | 'b', at: number, when: (typeof MOMENTS)[number], it: Case) {
  const { lab, wire, isNew } = await prepared(site, it)
  let ended = false
  const machine = lab.world.site(site)
  wire.arm(at, when, () => {
    ended = true
    machine.kill()
  })
  let answer: Answer | undefined
  const asked = lab.begin('a', it.request, it.body, isNew ? MEMBERS : {}).then(given => (answer = given))
  asked.catch(() => undefined)
  await lab.pass(4_000)
  const count = wire.count
  wire.arm(Number.POSITIVE_INFINITY, 'before', () => undefined)
  if (ended) await lab.until(machine.start())
  await lab.pass(30_000)
  lab.assertSound()
  return { lab, answer, ended, count, before: isNew ? undefined : { id: 'x', n: 1 } }
}

describe.each(CASES)('$request', it => {
  test('ends at a, where the client asks', async () => {
    const { count } = await run('a', Number.POSITIVE_INFINITY, 'before', it)
    expect(count).toBeGreaterThanOrEqual(3)
    for (let at = 1; at <= count; at++)
      for (const when of MOMENTS) {
        const { lab, answer, ended, before } = await run('a', at, when, it)
        const where = `${when} ${at} of ${count}`
        expect(ended, where).toBe(true)
        const { a, b } = lab.all('x')
        expect(a, `${where}: both have the same`).toEqual(b)
        if (answer?.status !== undefined && answer.status < 400)
          expect(a, `${where}: the client was told`).toEqual(it.after)
        else expect([before, it.after], where).toContainEqual(a)
        const isThere = isDeepStrictEqual(a, it.after)
        const expected = isThere ? 1 : 0
        for (const site of ['a', 'b']) {
          const effects = lab.effects(site, 'x').slice(before === undefined ? 0 : 1)
          expect(effects, `${where}: once at ${site}`).toEqual(Array.from({ length: expected }, () => it.effect))
        }
        const status = await lab.status('a', 'x')
        if (it.request.startsWith('DELETE') && isThere) continue
        if (status !== undefined) expect(status.state, where).toBe('agrees')
      }
  })

  test('ends at b, which carries it out', async () => {
    const { count } = await run('b', Number.POSITIVE_INFINITY, 'before', it)
    expect(count).toBeGreaterThanOrEqual(4)
    for (let at = 1; at <= count; at++)
      for (const when of MOMENTS) {
        const { lab, answer, ended } = await run('b', at, when, it)
        const where = `${when} ${at} of ${count}`
        expect(ended, where).toBe(true)
        expect(answer?.accepted?.outcome, where).toBe('applied')
        expect(lab.all('x'), where).toEqual({ a: it.after, b: it.after })
        const effects = lab.effects('b', 'x').slice(it.request.startsWith('POST') ? 0 : 1)
        expect(effects, `${where}: once`).toEqual([it.effect])
        expect((await lab.status('b', 'x'))?.state, where).toBe('agrees')
      }
  })
})

test('ends in the middle of a replay: what one site had not seen of the other is there once at both', async () => {
  const heal = async (at: number, when: (typeof MOMENTS)[number]) => {
    const { lab, wire } = await prepared('a', { request: 'PATCH /items/x', after: undefined, effect: '' })
    lab.cut('b')
    await lab.ask('b', 'PATCH /items/x', { f: 'b', g: 'b' })
    await lab.pass(50)
    await lab.ask('a', 'PATCH /items/x', { f: 'a' })
    await lab.ask('a', 'PATCH /items/x', { h: 'a' })
    await lab.pass(20_000)
    const machine = lab.world.site('a')
    let ended = false
    wire.arm(at, when, () => {
      ended = true
      machine.kill()
    })
    await lab.heal(15_000)
    const { count } = wire
    wire.arm(Number.POSITIVE_INFINITY, 'before', () => undefined)
    if (ended) await lab.until(machine.start())
    await lab.pass(30_000)
    lab.assertSound()
    return { lab, count }
  }
  const { count } = await heal(Number.POSITIVE_INFINITY, 'before')
  const both = { id: 'x', n: 1, f: 'a', g: 'b', h: 'a' }
  expect(count).toBeGreaterThan(10)
  for (let at = 1; at <= count; at++)
    for (const when of MOMENTS) {
      const { lab } = await heal(at, when)
      const where = `${when} ${at} of ${count}`
      expect(lab.all('x'), where).toEqual({ a: both, b: both })
      for (const site of ['a', 'b']) expect((await lab.status(site, 'x'))?.state, `${where} at ${site}`).toBe('agrees')
    }
})
