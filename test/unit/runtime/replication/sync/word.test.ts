/**
 * What nobody can check here since the key of its origin is not known, or is another one by now: it counts on the word of a member, as far as this site lets
 * that member write, and for nothing more. A real replicator with real signatures that is told every message; sites lose their keys when the test says so.
 */
import { expect, test, vi } from 'vitest'
import type { MemberChange, Operation } from '../../../../../src/core/oplog/index.ts'
import { HERE, INCARNATION, Scripted, entries, hello } from '../scripted.ts'
import type { ScriptedChannel } from '../scripted.ts'
import type { OutboxEntry } from '../../../../../src/ports/sync.ts'
import { realClock } from '../../../../support/real-time.ts'
import { sealedBy } from '../../../../support/sealed-by.ts'

const MUG = { service: 'shop', kind: 'items', name: 'mug' }
/** A run of a site after the one in which it wrote everything in these tests. */
const LATER = '1763762500000-0000000000000002'
const EARLIER = '1763762300000-0000000000000003'

function transfer(here: Scripted, ...operations: readonly Operation[]): OutboxEntry {
  const [first] = operations
  if (first === undefined) throw new RangeError('a transfer of nothing')
  const sealed = operations.map(operation => sealedBy(here.sealOf(operation.dot.site), operation))
  return {
    kind: 'transfer',
    replicant: first.replicant,
    more: false,
    transfer: { life: first.life, operations: sealed },
  }
}

/** What a site writes on a life that another one has begun. */
function after({ life, replicant, dot, stamp }: Operation, site: string, what: Partial<Operation> = PUT): Operation {
  const own = { site, incarnation: INCARNATION, number: dot.number + 100 }
  return {
    dot: own,
    stamp: { ms: stamp.ms + 100, counter: 0 },
    replicant,
    life,
    type: 'replace',
    context: [dot],
    ...what,
  }
}

const PUT = {
  payload: { method: 'PUT', path: '/items/mug', headers: [], body: { bytes: new TextEncoder().encode('{}') } },
}

function adding(...added: readonly string[]): Partial<Operation> {
  return { type: 'members', members: { added, removed: [] } }
}

async function tell(channel: ScriptedChannel, first: number, ...told: readonly OutboxEntry[]): Promise<void> {
  channel.says(entries(first, ...told))
  expect(await channel.next('received')).toMatchObject({ upTo: first + told.length - 1 })
}

const statusOf = (here: Scripted) => here.replicator.status(MUG)

test.each([
  { how: 'was never met', lose: (here: Scripted) => void here.unknown.add('rome') },
  { how: 'has another key by now', lose: (here: Scripted) => here.rekey('rome') },
  { how: 'is this site, before it lost its disk', creator: HERE, lose: (here: Scripted) => here.rekey(HERE) },
  {
    how: 'is this site, before it lost its disk and its clock went back',
    creator: HERE,
    lose: (here: Scripted) => here.rekey(HERE),
    run: EARLIER,
  },
])('what a site has created that $how is taken from a member that may write here', async ({ creator, lose, run }) => {
  await using before = await Scripted.start()
  const created = before.create(creator ?? 'rome', 'mug', ['paris', 'rome', HERE])
  const brought = transfer(before, created)
  lose(before)
  await using here = await Scripted.start(undefined, undefined, run ?? LATER, before)
  for (const site of before.unknown) here.unknown.add(site)
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  await tell(paris, 1, brought)
  expect((await statusOf(here))?.members).toEqual(['here', 'paris', 'rome'])
  expect(here.refusals()).toEqual([])
})

test('what a site is said to have written in a run that it has told of itself must have been signed with its key', async () => {
  await using here = await Scripted.start()
  const created = here.create('rome', 'mug', ['paris', 'rome', HERE])
  // As another key has signed it.
  const forged = transfer(here, created)
  here.rekey('rome')
  here.from('rome').says(hello('rome', 1))
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  await tell(paris, 1, forged, here.signed(here.create('paris', 'jug', ['paris', HERE])))
  expect(await statusOf(here)).toBeUndefined()
  expect(here.refusals()).toEqual(['paris: ERR_SYNC_SIGNATURE'])
})

test('from which run on a site signs with its key is remembered over a start, and forgotten with the site', async () => {
  await using first = await Scripted.start()
  first.from('rome').says(hello('rome', 1))
  const rome = first.from('rome')
  rome.says(hello('rome', 1))
  await rome.next('welcome')
  const created = first.create('rome', 'mug', ['paris', 'rome', HERE])
  const forged = { ...created, dot: { ...created.dot, number: 77 } }
  const { signature } = sealedBy(first.sealOf('rome'), created)
  const { bytes } = sealedBy(first.sealOf('rome'), { ...forged, life: { ...forged.life, dot: forged.dot } })
  const lie: OutboxEntry = { kind: 'operation', operation: { bytes, signature } }
  await first.replicator.stop()

  await using again = await Scripted.start(first.store, undefined, LATER, first)
  const paris = again.from('paris')
  paris.says(hello('paris', 9))
  await tell(paris, 1, lie)
  expect(again.refusals()).toEqual(['paris: ERR_SYNC_SIGNATURE'])
  again.replicator.forgotten('rome')
  await tell(paris, 2, lie)
  expect((await statusOf(again))?.members).toEqual(['here', 'paris', 'rome'])
})

test('who may not create here brings no create that cannot be checked; it is asked for when it may', async () => {
  let passed = 0
  await using here = await Scripted.start(undefined, { ...realClock, monotonic: () => realClock.monotonic() + passed })
  here.unknown.add('rome')
  here.mayRun = ({ dot }) => dot.site === 'rome'
  const created = here.create('rome', 'mug', ['paris', 'rome', HERE])
  const put = after(created, 'paris')
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  await tell(paris, 1, transfer(here, created), here.signed(put))
  expect(await statusOf(here)).toBeUndefined()
  expect(here.refusals()).toEqual(['paris: ERR_SYNC_ORIGIN'])
  // Its writes wait for that, and whoever waits for them hears why.
  const outcomes = here.events.filter(event => event.kind === 'outcome')
  expect(outcomes).toMatchObject([{ dot: put.dot, outcome: 'failed', error: 'ERR_SYNC_ORIGIN' }])
  await vi.waitFor(() => expect(here.replicator.counts?.unverified).toEqual([]))
  passed = 60_000
  expect(here.replicator.counts?.unverified).toEqual([{ origin: 'rome', from: ['paris'], replicants: 1 }])

  here.mayRun = () => true
  // As sites tell again and again while they differ.
  paris.says({ kind: 'digest', digest: { count: 1, sum: 1n } })
  expect(await paris.next('want')).toMatchObject({ replicant: MUG })
  await tell(paris, 3, transfer(here, created))
  expect((await statusOf(here))?.members).toEqual(['here', 'paris', 'rome'])
  expect(here.replicator.counts?.unverified).toEqual([])
})

test('who is told first that it is no member any more, by who has left itself, believes the members of a create that it cannot check', async () => {
  await using here = await Scripted.start()
  const created = here.create('rome', 'mug', ['oslo', 'paris', 'rome', HERE])
  const without = (site: string) => ({ type: 'members', members: { added: [], removed: [site] } })
  const removed = { ...after(created, 'rome', without(HERE)), stamp: { ms: created.stamp.ms + 50, counter: 0 } }
  const left = after(created, 'oslo', without('oslo'))
  const change = ({ stamp, dot }: Operation, site: string, member: boolean): MemberChange => {
    return { site, by: { stamp, dot }, member, held: [], told: member ? [] : ['here', 'oslo', 'paris', 'rome'] }
  }
  const added = after(created, 'paris', adding(HERE))
  const nothing = { life: created.life, knowledge: [], holes: [], droppers: [], keys: new Map(), conflictsForgotten: 0 }
  const telling = (
    from: string,
    changes: readonly MemberChange[],
    ...operations: readonly Operation[]
  ): OutboxEntry => {
    const entry = transfer(here, ...operations)
    if (entry.kind !== 'transfer') throw new TypeError('no transfer')
    const summary = { ...nothing, changes, since: { knowledge: [], holes: [] }, from }
    return { ...entry, transfer: { ...entry.transfer, summary } }
  }
  const own = [change(created, HERE, true), change(removed, HERE, false)]
  const parting = telling('oslo', [...own, change(created, 'oslo', true), change(left, 'oslo', false)], created, left)
  const others = ['paris', 'rome'].map(site => change(created, site, true))
  const brought = telling('paris', [...own, change(added, HERE, true), ...others], created, added)
  here.unknown.add('rome')
  const oslo = here.from('oslo')
  oslo.says(hello('oslo', 9))
  await tell(oslo, 1, parting)
  expect((await statusOf(here))?.members ?? []).not.toContain('here')
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  await tell(paris, 1, brought)
  expect(here.refusals()).toEqual([])
  expect((await statusOf(here))?.members).toEqual(['here', 'paris', 'rome'])
})

test('a life that was told before that in which its teller is a member is asked for once more', async () => {
  await using here = await Scripted.start()
  // Of a life of which paris is no member, and of the next one.
  const first = here.create('rome', 'mug', ['rome'])
  const second = here.create('paris', 'mug', ['paris', 'rome', HERE])
  const alone = transfer(here, first)
  here.unknown.add('rome')
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  await tell(paris, 1, alone)
  expect(here.refusals()).toEqual(['paris: ERR_SYNC_ORIGIN'])
  await tell(paris, 2, here.signed(second))
  expect(await paris.next('want')).toMatchObject({ replicant: MUG })
  await tell(paris, 3, alone)
  const lives = await here.replicator.inspect(MUG, ({ core }) => core.replicant.lives.length)
  expect(lives).toBe(2)
})

test('nobody becomes a member of what is here by what it says that others have written', async () => {
  await using here = await Scripted.start()
  const created = here.create('oslo', 'mug', ['oslo', 'rome', HERE])
  const added = after(created, 'rome', adding('villain'))
  const brought = transfer(here, created, added)
  const alone = transfer(here, added)
  const own = transfer(here, { ...added, dot: { ...added.dot, site: HERE, incarnation: '1-0000000000000001' } })
  const oslo = here.from('oslo')
  oslo.says(hello('oslo', 9))
  await tell(oslo, 1, here.signed(created))
  here.rekey('rome')
  here.rekey(HERE)
  const villain = here.from('villain')
  villain.says(hello('villain', 9))
  await tell(villain, 1, alone, brought, own)
  expect((await statusOf(here))?.members).toEqual(['here', 'oslo', 'rome'])
})

test('a member that may not write here writes nothing in the name of another one', async () => {
  await using here = await Scripted.start()
  here.mayRun = ({ dot, type }) => dot.site === 'rome' || (dot.site === 'paris' && type === 'merge')
  const created = here.create('rome', 'mug', ['paris', 'rome', HERE])
  const rome = here.from('rome')
  rome.says(hello('rome', 9, { incarnation: LATER }))
  await tell(rome, 1, here.signed(created))
  const put = after(created, 'rome')
  const forged = transfer(here, put)
  here.rekey('rome')
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  await tell(paris, 1, forged)
  const held = await here.replicator.inspect(MUG, ({ core }) => core.replicant.lives[0]?.live.map(({ type }) => type))
  expect(held).toEqual(['create'])
})

test('what is here stays what it was when it came, whatever it is said to be once its key is gone', async () => {
  await using here = await Scripted.start()
  const created = here.create('rome', 'mug', ['paris', 'rome', HERE])
  const rome = here.from('rome')
  rome.says(hello('rome', 9))
  await tell(rome, 1, here.signed(created))
  here.unknown.add('rome')
  here.mayRun = ({ dot }) => dot.site === 'rome'
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  // Told as a whole, as after a loss elsewhere: its create is here, so that it holds up nothing, although paris may not create here.
  const added = after(created, 'paris', adding('oslo'))
  const other = { ...created, members: { added: ['here', 'paris', 'rome', 'villain'], removed: [] } }
  await tell(paris, 1, transfer(here, other, added))
  expect((await statusOf(here))?.members).toEqual(['here', 'oslo', 'paris', 'rome'])
  expect(here.refusals()).toEqual([])
})

test('who leaves hands on what a member has lost with its key, until it has let go', async () => {
  await using here = await Scripted.start()
  const created = here.create('paris', 'mug', ['paris', 'rome', HERE])
  const left = after(created, 'paris', { type: 'members', members: { added: [], removed: ['paris'] } })
  const [first, second] = [after(created, 'rome'), after(created, 'rome', { ...PUT, type: 'merge' })]
  const later = { ...second, dot: { ...second.dot, number: 900 } }
  const brought = [transfer(here, first), transfer(here, later)] as const
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  await tell(paris, 1, here.signed(created), here.signed(left))
  here.unknown.add('rome')
  await tell(paris, 3, brought[0])
  const held = () =>
    here.replicator.inspect(MUG, ({ core }) => core.replicant.lives[0]?.live.map(({ type }) => type) ?? [])
  expect(await held()).toContain('replace')
  const told = { life: created.life, removal: left, member: 'paris', held: [] }
  await tell(paris, 4, { kind: 'removal', replicant: MUG, told }, brought[1])
  expect(await held()).not.toContain('merge')
})

test('an operation that comes ahead of the create lets that be asked for', async () => {
  await using here = await Scripted.start()
  here.unknown.add('rome')
  const created = here.create('rome', 'mug', ['paris', 'rome', HERE])
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  await tell(paris, 1, here.signed(after(created, 'rome')))
  expect(await paris.next('want')).toMatchObject({ replicant: MUG, lives: [] })
})

/** What is held here of mug, by its bodies. */
const bodiesAt = (here: Scripted) =>
  here.replicator.inspect(MUG, ({ core }) =>
    (core.replicant.lives[0]?.live ?? []).map(({ payload }) =>
      payload?.body !== undefined && 'bytes' in payload.body ? new TextDecoder().decode(payload.body.bytes) : '',
    ),
  )

/** A change of a part, under a number. */
function merging(create: Operation, site: string, number: number, text: string): Operation {
  const payload = { ...PUT.payload, method: 'PATCH', body: { bytes: new TextEncoder().encode(text) } }
  return after({ ...create, dot: { ...create.dot, number: number - 100 } }, site, {
    type: 'merge',
    payload,
    context: [create.dot],
  })
}

test('what a member makes up of a site that was never met takes nothing away that this one writes', async () => {
  await using here = await Scripted.start()
  const created = here.create('paris', 'mug', ['paris', 'rome', HERE])
  here.unknown.add('rome')
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  // Signed by whoever; rome is far from that number.
  const made = transfer(here, merging(created, 'rome', 1_000, 'made up'))
  await tell(paris, 1, here.signed(created), made)
  expect(await bodiesAt(here)).toContain('made up')

  here.unknown.delete('rome')
  const rome = here.from('rome')
  rome.says(hello('rome', 9))
  const own = here.signed(merging(created, 'rome', 500, 'written'))
  await tell(rome, 1, own, own)
  expect((await bodiesAt(here)).filter(body => body === 'written')).toHaveLength(1)
})

test('what a member says that it has forgotten of a site takes nothing away that this one writes', async () => {
  await using here = await Scripted.start()
  const created = here.create('paris', 'mug', ['paris', 'rome', HERE])
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  const own = { site: 'rome', incarnation: INCARNATION, number: 1_000 }
  const summary = {
    life: created.life,
    knowledge: [created.dot, own],
    holes: [],
    droppers: [],
    changes: [],
    keys: new Map(),
    conflictsForgotten: 0,
    since: { knowledge: [], holes: [] },
    from: 'paris',
  }
  const whole: OutboxEntry = {
    kind: 'transfer',
    replicant: MUG,
    more: false,
    transfer: { life: created.life, operations: [], summary },
  }
  await tell(paris, 1, here.signed(created), whole)
  const rome = here.from('rome')
  rome.says(hello('rome', 9))
  await tell(rome, 1, here.signed(merging(created, 'rome', 500, 'written')))
  expect(await bodiesAt(here)).toContain('written')
})

test('what waits here on the word of a member is taken as it waits with a summary that speaks of it', async () => {
  await using here = await Scripted.start()
  const created = here.create('paris', 'mug', ['paris', 'rome', HERE])
  here.unknown.add('rome')
  const lost = after(created, 'rome', { ...PUT, type: 'merge' })
  const { dot } = lost
  // Both have seen what nobody has any more: they wait.
  const of = (number: number, what: Partial<Operation>): Operation => ({
    ...after(created, 'rome', what),
    dot: { ...dot, number },
    context: [created.dot, dot],
  })
  const added = of(dot.number + 1, adding('oslo'))
  const keyed = of(dot.number + 2, {
    ...PUT,
    type: 'merge',
    idempotency: { principal: 'p', key: 'k', request: 'ab'.repeat(32) },
  })
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  await tell(paris, 1, here.signed(created), transfer(here, added), transfer(here, keyed))
  expect(await here.replicator.inspect(MUG, ({ core }) => core.replicant.waiting.length)).toBe(2)

  const change = (site: string, { stamp, dot: by }: Operation): MemberChange => {
    return { site, by: { stamp, dot: by }, member: true, held: [], told: [] }
  }
  const entry = transfer(here, added, keyed)
  if (entry.kind !== 'transfer') throw new TypeError('no transfer')
  const summary = {
    life: created.life,
    knowledge: [created.dot, keyed.dot],
    holes: [],
    droppers: [],
    keys: new Map(),
    conflictsForgotten: 0,
    changes: [change(HERE, created), change('oslo', added), change('paris', created), change('rome', created)],
    since: { knowledge: [created.dot], holes: [] },
    from: 'paris',
  }
  await tell(paris, 4, { ...entry, transfer: { ...entry.transfer, summary } })
  expect(here.refusals()).toEqual([])
  expect((await statusOf(here))?.members).toEqual(['here', 'oslo', 'paris', 'rome'])
  const [held, waiting] = await here.replicator.inspect(MUG, ({ core: { replicant } }) => [
    replicant.lives[0]?.live.map(({ type }) => type),
    replicant.waiting,
  ])
  expect([held, waiting]).toEqual([['create', 'merge'], []])
})
