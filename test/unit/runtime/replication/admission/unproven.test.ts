/**
 * What a site tells of names of which nothing is here that counts fills no disk: words on removals, acknowledgements, operations of lives that
 * never come, creates that this site lets nobody carry out. Real replicators; every message of the hostile site is said here.
 */
import { expect, test, vi } from 'vitest'
import {
  MAX_UNPROVEN_DOTS,
  MAX_UNPROVEN_NAMES,
  MAX_WAITING_BYTES,
} from '../../../../../src/runtime/replication/limits.ts'
import { realClock } from '../../../../support/real-time.ts'
import { HERE, INCARNATION, Scripted, entries, hello } from '../scripted.ts'
import { ABC, Lab } from '../lab.ts'
import type { Operation } from '../../../../../src/core/oplog/index.ts'
import type { OutboxEntry } from '../../../../../src/ports/sync.ts'

const COUNT = MAX_UNPROVEN_NAMES + 100
const name = (of: string) => ({ service: 'shop', kind: 'items', name: of })

/** Of a name that nobody has created. */
function wordOn(here: Scripted, n: number, kind: string): OutboxEntry {
  const { dot, stamp, life } = here.create('paris', `n${n}`, ['paris', HERE])
  const replicant = name(`n${n}`)
  const later = { ...dot, number: dot.number + 1_000_000 }
  switch (kind) {
    case 'removal':
      return { kind, replicant, told: { life, removal: { stamp, dot: later }, member: 'paris', held: [dot] } }
    case 'acknowledgement':
      return { kind, replicant, lives: [{ life, knowledge: [dot], holes: [] }], clock: stamp }
    default: {
      const { members: _, ...written } = here.create('paris', `n${n}`, [])
      return here.signed({ ...written, life, context: [dot], type: 'replace', previous: dot })
    }
  }
}

test.each(['removal', 'acknowledgement', 'operation'])(
  'each %s of a name that nobody here knows takes a place, and there are so many for one site',
  async kind => {
    await using here = await Scripted.start()
    const paris = here.from('paris')
    paris.says(hello('paris', COUNT))
    for (let n = 1; n <= COUNT; n++) paris.says(entries(n, wordOn(here, n, kind)))
    for (let upTo = 1; upTo <= COUNT; upTo++) expect(await paris.next('received')).toMatchObject({ upTo })
    expect(await here.count('replication/replicant/shop/items/')).toBeLessThanOrEqual(2 * MAX_UNPROVEN_NAMES)
    // Others have their own room.
    const rome = here.from('rome')
    rome.says(hello('rome', 1))
    const { life, dot, stamp } = here.create('rome', 'cup', ['rome', HERE])
    rome.says(
      entries(1, {
        kind: 'acknowledgement',
        replicant: name('cup'),
        lives: [{ life, knowledge: [dot], holes: [] }],
        clock: stamp,
      }),
    )
    expect(await rome.next('received')).toMatchObject({ upTo: 1 })
    expect(await here.count('replication/replicant/shop/items/cup/')).toBe(2)
  },
)

test('an acknowledgement of a name that nobody knows is small, or is not kept; what it tells of is asked for', async () => {
  const fast = { ...realClock, after: (ms: number, fn: () => void) => realClock.after(ms / 1000, fn) }
  await using here = await Scripted.start(undefined, fast)
  const paris = here.from('paris')
  paris.says(hello('paris', 1))
  const { life, stamp, dot } = here.create('paris', 'mug', ['paris', HERE])
  const knowledge = Array.from({ length: MAX_UNPROVEN_DOTS + 1 }, (_, n) => ({ ...dot, incarnation: incarnation(n) }))
  paris.says(
    entries(1, {
      kind: 'acknowledgement',
      replicant: name('mug'),
      lives: [{ life, knowledge, holes: [] }],
      clock: stamp,
    }),
  )
  expect(await paris.next('received')).toMatchObject({ upTo: 1 })
  expect(await here.count('replication/replicant/')).toBe(0)
  expect(await paris.next('want')).toMatchObject({ replicant: name('mug'), lives: [] })
})

test('creates that are not exposed take their places too, are told to have failed, and leave names to those that have a say', async () => {
  await using here = await Scripted.start()
  here.mayRun = ({ dot }) => dot.site !== 'mallory'
  const mallory = here.from('mallory')
  here.replicator.connected('mallory')
  mallory.says(hello('mallory', COUNT))
  for (let n = 1; n <= COUNT; n++)
    mallory.says(entries(n, here.signed(here.create('mallory', `n${n}`, ['mallory', HERE]))))
  for (let upTo = 1; upTo <= COUNT; upTo++) await mallory.next('received')
  expect(await here.count('replication/replicant/shop/items/')).toBeLessThanOrEqual(3 * MAX_UNPROVEN_NAMES)
  expect(await here.replicator.status(name('n1'))).toBeUndefined()
  expect(here.refusals().filter(why => why === 'mallory: no-room')).toHaveLength(COUNT - MAX_UNPROVEN_NAMES)
  expect(here.refusals().filter(why => why === 'mallory: not-exposed')).toHaveLength(MAX_UNPROVEN_NAMES)
  // Whoever has a say takes a name that had no room, and one that has.
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  const last = `n${COUNT}`
  paris.says(entries(1, ...['n1', last].map(each => here.signed(here.create('paris', each, ['paris', HERE])))))
  expect(await paris.next('received')).toMatchObject({ upTo: 2 })
  for (const each of ['n1', last])
    expect((await here.replicator.status(name(each)))?.members, each).toEqual([HERE, 'paris'])
})

test('a name that was taken by a site that may do nothing here is no resource of replication, until it is let', async () => {
  const lab = await Lab.of(['a', 'b', 'm'])
  let isExposed = false
  lab.mayRun = (site, operation) => isExposed || operation.dot.site !== 'm' || site === 'm'
  const made = await lab.ask('m', 'POST /items', { id: 'x', evil: 1 }, { members: ['a', 'm'] })
  await lab.pass(30_000)
  expect(await lab.status('a', 'x')).toBeUndefined()
  expect((await lab.ask('a', 'PUT /items/x', { id: 'x', n: 1 })).code).toBe('ERR_REPLICANT_NOT_FOUND')
  expect([lab.read('a', 'x'), lab.counts('a')]).toMatchObject([undefined, { diverged: 0, conflicts: 0 }])
  expect(lab.events('a')).not.toContain('diverged')
  const operation = made.accepted?.operation
  if (operation === undefined) throw new Error('it was not accepted')
  expect(await lab.wait('m', 'x', operation, 0, 'all')).toContainEqual(
    expect.objectContaining({ site: 'a', outcome: 'failed' }),
  )
  isExposed = true
  await lab.pass(180_000)
  expect([lab.read('a', 'x'), (await lab.status('a', 'x'))?.state]).toEqual([{ id: 'x', evil: 1 }, 'agrees'])
  expect(await lab.wait('m', 'x', operation, 0, 'all')).toContainEqual(
    expect.objectContaining({ site: 'a', outcome: 'applied' }),
  )
})

test('what was told of a life that never comes goes again; what overtakes a create is there when it comes', async () => {
  const lab = await Lab.of(['a', 'b', 'c'])
  lab.world.wire.cut('a', 'c')
  await lab.ask('a', 'POST /items', { id: 'x' }, ABC)
  await lab.pass(200)
  await lab.heal()
  expect(lab.all('x')).toEqual({ a: { id: 'x' }, b: { id: 'x' }, c: { id: 'x' } })
  lab.assertSound()
})

/** Sorted as vectors are. */
function incarnation(n: number): string {
  return `${Number(INCARNATION.split('-')[0]) + n}-0000000000000001`
}

test('operations that wait for ever are so many bytes for one site, whatever they are of; what fits again comes again', async () => {
  await using here = await Scripted.start()
  const lyon = here.from('lyon')
  lyon.says(hello('lyon', 999))
  const headers = Array.from({ length: 7 }, (_, i) => [`x-${i}`, 'y'.repeat(60_000)] as const)
  let number = 0
  const tells = async (entry: OutboxEntry): Promise<void> => {
    lyon.says(entries(++number, entry))
    expect(await lyon.next('received')).toMatchObject({ upTo: number })
  }
  const creates = ['cup', 'mug', 'pot'].map(of => here.create('lyon', of, ['lyon', HERE]))
  const later = (create: Operation, n: number, by: Operation['payload']): Operation => {
    const { members: _, ...rest } = create
    const dot = { ...create.dot, number: 1_000_000 + n }
    const stamp = { ...create.stamp, counter: n }
    return { ...rest, dot, stamp, type: 'merge', context: [create.dot], ...(by && { payload: by }) }
  }
  for (const create of creates)
    for (let n = 1; n <= 10; n++) await tells(here.signed(later(create, n, { method: 'PATCH', path: '/', headers })))
  const bytes = async (): Promise<number> => {
    let sum = 0
    for await (const [, value] of here.store.iterate({ prefix: 'replication/replicant/' })) sum += value.length
    return sum
  }
  expect(await bytes()).toBeLessThan(1.1 * MAX_WAITING_BYTES)
  expect(await bytes()).toBeGreaterThan(0.8 * MAX_WAITING_BYTES)
  // What did not fit is asked for.
  expect(await lyon.next('want')).toMatchObject({ kind: 'want' })
  for (const create of creates) await tells(here.signed(create))
  const pot = creates[2]
  if (pot === undefined) return expect.unreachable()
  await tells(here.signed(later(pot, 10, { method: 'PATCH', path: '/', headers })))
  const held = await here.replicator.inspect(pot.replicant, ({ core }) => core.replicant.lives[0]?.live.length)
  expect(held).toBeGreaterThan(1)
})

test.each([true, false])('for members that are made up nothing is kept: a create that is let %s', async isLet => {
  await using here = await Scripted.start()
  here.mayRun = () => isLet
  here.isSite = site => site === 'paris' || site === 'rome'
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  const strangers = Array.from({ length: 400 }, (_, n) => `x${n}`)
  const creates = [1, 2].map(n => here.create('paris', `cup${n}`, ['paris', 'rome', HERE, ...strangers]))
  for (const [n, create] of creates.entries()) {
    paris.says(entries(n + 1, here.signed(create)))
    expect(await paris.next('received')).toMatchObject({ upTo: n + 1 })
  }
  const [cup] = creates
  if (cup === undefined) return expect.unreachable()
  await here.replicator.changeMembers(cup.replicant, ['x401'], [])
  await vi.waitFor(async () => expect(await here.count('replication/outboxes/')).toBe(2))
  expect(await here.count('replication/outboxes/rome/')).toBe(1)
  expect(here.replicator.peers().map(({ site }) => site)).not.toContain('x1')
})

test('a member that nobody here had heard of is told once it is met: what it lacks is found by comparing', async () => {
  const fast = { ...realClock, after: (ms: number, fn: () => void) => realClock.after(ms / 100, fn) }
  await using here = await Scripted.start(undefined, fast)
  here.isSite = site => site === 'paris'
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  const create = here.create('paris', 'cup', ['paris', 'rome', HERE])
  paris.says(entries(1, here.signed(create)))
  await paris.next('received')
  await here.replicator.changeMembers(create.replicant, ['lyon'], [])
  expect(await here.count('replication/outboxes/rome/')).toBe(0)
  here.isSite = () => true
  here.replicator.connected('rome')
  const rome = await here.to('rome')
  rome.says({ kind: 'welcome', version: 0, site: 'rome', incarnation: INCARNATION, cursors: [] })
  expect(await rome.next('digest')).toMatchObject({ digest: { count: 1 } })
})
