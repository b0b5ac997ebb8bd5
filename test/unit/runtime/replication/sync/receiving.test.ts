/**
 * What one site takes of another that breaks the rules, or speaks for others: a real replicator, and peers whose every message is said
 * here. What was taken is read from the store and from what the site says.
 */
import { expect, test, vi } from 'vitest'
import { syncCodec } from '../../../../../protocols/sync/codec.ts'
import {
  MAX_IDLE_CURSORS,
  MAX_TRANSFER_BYTES,
  MAX_TRANSFER_PARTS,
} from '../../../../../src/runtime/replication/limits.ts'
import { realClock } from '../../../../support/real-time.ts'
import { HERE, INCARNATION, Scripted, entries, hello } from '../scripted.ts'
import type { Operation } from '../../../../../src/core/oplog/index.ts'
import type { Clock } from '../../../../../src/ports/clock.ts'
import type { OutboxEntry, SyncMessage } from '../../../../../src/ports/sync.ts'
import { sealedBy } from '../../../../support/sealed-by.ts'

/** A thousand times as fast as the machine's. */
const FAST: Clock = {
  now: () => Date.now(),
  monotonic: () => realClock.monotonic() * 1000,
  after: (ms, fn) => realClock.after(ms / 1000, fn),
}
/** Work takes no time by it, so that nobody waits for having made much. */
const STILL: Clock = { ...realClock, now: () => Date.now(), monotonic: () => 0 }
const name = (of: string) => ({ service: 'shop', kind: 'items', name: of })

test('a hello that speaks for another site, or shows outboxes from after its own start, ends the conversation', async () => {
  await using here = await Scripted.start()
  const wrong = here.from('paris')
  wrong.says(hello('rome', 0))
  expect(await wrong.next('welcome')).toBe('invalid')
  const later = here.from('paris')
  later.says(hello('paris', 0, { outboxes: [{ incarnation: '1963762400000-0000000000000001', first: 1, next: 2 }] }))
  expect(await later.next('welcome')).toBe('invalid')
  // Of a run that was lost with the disk, by a clock that has gone back since: others have told how much of it they have.
  const lost = here.from('paris')
  lost.says(hello('paris', 0, { outboxes: [{ incarnation: '1963762400000-0000000000000001', first: 2, next: 2 }] }))
  expect(await lost.next('welcome')).toMatchObject({ kind: 'welcome' })
})

test('entries of an outbox that the hello does not name are not taken', async () => {
  await using here = await Scripted.start()
  const paris = here.from('paris')
  paris.says(hello('paris', 0, { outboxes: [] }))
  expect(await paris.next('welcome')).toMatchObject({ cursors: [] })
  paris.says(entries(1, here.signed(here.create('paris', 'mug', ['paris', HERE]))))
  expect(await paris.next('received')).toBe('invalid')
  expect(await here.count('replication/replicant/')).toBe(0)
  expect(await here.count('replication/cursor/')).toBe(0)
})

test('numbers that are left out end the conversation; numbers that come again are known', async () => {
  await using here = await Scripted.start()
  const created = here.signed(here.create('paris', 'mug', ['paris', HERE]))
  const gap = here.from('paris')
  gap.says(hello('paris', 3))
  gap.says(entries(3, created))
  expect(await gap.next('received')).toBe('gap')
  expect(await here.count('replication/replicant/')).toBe(0)

  const again = here.from('paris')
  again.says(hello('paris', 3))
  again.says(entries(1, created))
  expect(await again.next('received')).toMatchObject({ upTo: 1 })
  again.says(entries(1, created))
  expect(await again.next('received')).toMatchObject({ upTo: 1 })
  // Under another number too.
  again.says(entries(2, created, created))
  expect(await again.next('received')).toMatchObject({ upTo: 3 })
  expect(here.refusals()).toEqual([])
  expect(await here.count('replication/replicant/shop/items/mug/operation/')).toBe(1)
})

test.each([
  ['cut short', (entry: Uint8Array) => entry.slice(0, -7)],
  ['too large', () => new Uint8Array(1024 * 1024)],
  ['rubbish', () => new Uint8Array(100).fill(255)],
])('an entry that is %s ends the conversation; what came before it stays', async (_, spoil) => {
  await using here = await Scripted.start()
  const paris = here.from('paris')
  paris.says(hello('paris', 2))
  paris.says(entries(1, here.signed(here.create('paris', 'cup', ['paris', HERE]))))
  expect(await paris.next('received')).toMatchObject({ upTo: 1 })
  const good = syncCodec.encodeEntry(here.signed(here.create('paris', 'mug', ['paris', HERE])))
  paris.says({ kind: 'entries', incarnation: INCARNATION, first: 2, entries: [spoil(good)] })
  expect(await paris.next('received')).toBe('invalid')
  const next = here.from('paris')
  next.says(hello('paris', 2))
  expect(await next.next('welcome')).toMatchObject({ cursors: [{ upTo: 1 }] })
})

test('nobody speaks for another member, and who is no member has no say', async () => {
  await using here = await Scripted.start()
  const paris = here.from('paris')
  const created = here.create('paris', 'mug', ['paris', 'rome', HERE])
  const { life, dot, stamp } = created
  paris.says(hello('paris', 9))
  paris.says(entries(1, here.signed(created)))
  expect(await paris.next('received')).toMatchObject({ upTo: 1 })

  const removal = (member: string): OutboxEntry => ({
    kind: 'removal',
    replicant: name('mug'),
    told: { life, removal: { stamp, dot: { ...dot, number: 99 } }, member, held: [] },
  })
  const known = { life, knowledge: [{ ...dot, number: 50 }], holes: [] }
  const nothing = { droppers: [], changes: [], keys: new Map(), conflictsForgotten: 0 }
  const summary = (from: string): OutboxEntry => ({
    kind: 'transfer',
    replicant: name('mug'),
    more: false,
    transfer: { life, operations: [], summary: { ...known, ...nothing, since: { knowledge: [], holes: [] }, from } },
  })
  paris.says(entries(2, removal('rome'), summary('rome')))
  expect(await paris.next('received')).toMatchObject({ upTo: 3 })
  expect(here.refusals()).toEqual(['paris: not-its-word', 'paris: not-its-word'])

  const mallory = here.from('mallory')
  const acknowledgement: OutboxEntry = {
    kind: 'acknowledgement',
    replicant: name('mug'),
    lives: [known],
    clock: stamp,
  }
  mallory.says(hello('mallory', 9))
  mallory.says(entries(1, removal('mallory'), summary('mallory'), acknowledgement))
  expect(await mallory.next('received')).toMatchObject({ upTo: 3 })
  expect(here.refusals().slice(2)).toEqual(['mallory: not-a-member', 'mallory: not-a-member'])
  // It may have become one by what is not here: that it can show.
  expect(await mallory.next('want')).toMatchObject({ lives: [{ knowledge: [dot] }] })
  const record = new TextDecoder().decode(await here.store.get('replication/replicant/shop/items/mug/core'))
  expect(record).not.toContain('mallory')

  // A member may.
  const rome = here.from('rome')
  rome.says(hello('rome', 1))
  rome.says(entries(1, { ...acknowledgement, lives: [here.knowledge(created)] }))
  expect(await rome.next('received')).toMatchObject({ upTo: 1 })
  expect(new TextDecoder().decode(await here.store.get('replication/replicant/shop/items/mug/core'))).toContain('rome')
})

test('nothing is taken whose stamp is more than a thousand years ahead: nobody could write behind it', async () => {
  await using here = await Scripted.start()
  const paris = here.from('paris')
  const created = here.create('paris', 'mug', ['paris', HERE])
  paris.says(hello('paris', 9))
  paris.says(entries(1, here.signed(created)))
  expect(await paris.next('received')).toMatchObject({ upTo: 1 })
  const { life, dot } = created
  const never = { ms: Number.MAX_SAFE_INTEGER, counter: 0xffffffff }
  const { members: _, ...again } = created
  const later = here.signed({
    ...again,
    stamp: never,
    dot: { ...dot, number: 2 },
    type: 'replace',
    context: [dot],
    previous: dot,
  })
  const removal = { stamp: never, dot: { ...dot, number: 3 } }
  const changes = [{ site: 'rome', by: removal, member: true, held: [], told: [] }]
  const known = { life, knowledge: [dot], holes: [] }
  const summary = { ...known, droppers: [], changes, keys: new Map(), conflictsForgotten: 0 }
  const since = { knowledge: [dot], holes: [] }
  paris.says(
    entries(
      2,
      later,
      { kind: 'removal', replicant: name('mug'), told: { life, removal, member: 'paris', held: [] } },
      {
        kind: 'transfer',
        replicant: name('mug'),
        more: false,
        transfer: { life, operations: [], summary: { ...summary, since, from: 'paris' } },
      },
    ),
  )
  expect(await paris.next('received')).toMatchObject({ upTo: 4 })
  expect(here.refusals()).toEqual(Array.from({ length: 3 }, () => 'paris: stamp-ahead'))
  const clock = await here.replicator.inspect(name('mug'), ({ core }) => core.replicant.clock)
  expect(clock.ms).toBeLessThan(2_000_000_000_000)
})

test('parts of transfers are kept within a bound, over all outboxes that a site invents', async () => {
  await using here = await Scripted.start(undefined, STILL)
  let number = 0
  const part = (life: number, bytes: number): OutboxEntry => {
    const create = here.create('paris', 'mug', ['paris'])
    const dot = { ...create.dot, number: life }
    const { members: _, ...merge } = create
    const headers = Array.from(
      { length: Math.floor(bytes / 50_000) },
      (_, n) => [`x-${n}`, 'x'.repeat(50_000)] as const,
    )
    const operation: Operation = {
      ...merge,
      dot: { ...dot, number: 100_000 + ++number },
      life: { stamp: { ms: 1, counter: 0 }, dot },
      type: 'merge',
      payload: { method: 'PATCH', path: '/items/mug', headers, body: { bytes: new Uint8Array() } },
    }
    const sealed = sealedBy(here.sealOf('paris'), operation)
    return {
      kind: 'transfer',
      replicant: name('mug'),
      transfer: { life: operation.life, operations: [sealed] },
      more: true,
    }
  }
  const many = here.from('paris')
  many.says(hello('paris', MAX_TRANSFER_PARTS + 1))
  for (let n = 1; n <= MAX_TRANSFER_PARTS + 1; n++) many.says(entries(n, part(1, 10)))
  expect(await many.next('received')).toBe('too-large')

  const large = here.from('paris')
  const each = 500_000
  const perOutbox = 20
  const count = Math.ceil(MAX_TRANSFER_BYTES / each / perOutbox) + 1
  const incarnations = Array.from({ length: count }, (_, i) => `${1_763_762_400_000 - i}-0000000000000001`)
  const outboxes = incarnations.map(incarnation => ({ incarnation, first: 1, next: 100 }))
  large.says(hello('paris', 0, { outboxes }))
  for (const incarnation of incarnations)
    for (let first = 1; first <= perOutbox; first++)
      large.says({ ...entries(first, part(1, each)), incarnation } as SyncMessage)
  expect(await large.next('received')).toBe('too-large')
  expect(await here.count('replication/cursor/')).toBe(0)
})

test('what is remembered of outboxes that nobody has any more is bounded; what is shown again is not forgotten', async () => {
  await using here = await Scripted.start(undefined, FAST)
  const created = here.signed(here.create('paris', 'mug', ['paris', HERE]))
  const incarnationOf = (n: number): string => `${1_763_762_400_000 + n}-0000000000000001`
  const kept = { incarnation: incarnationOf(0), first: 1, next: 2 }
  for (let n = 0; n < MAX_IDLE_CURSORS + 20; n++) {
    const incarnation = incarnationOf(n)
    const paris = here.from('paris')
    const outboxes = n === 0 ? [kept] : [kept, { incarnation, first: 1, next: 2 }]
    paris.says(hello('paris', 0, { incarnation, outboxes }))
    paris.says({ ...entries(1, created), incarnation } as SyncMessage)
    expect(await paris.next('received'), String(n)).toMatchObject({ upTo: 1 })
  }
  expect(await here.count('replication/cursor/paris/')).toBeLessThanOrEqual(MAX_IDLE_CURSORS + 2)
  expect(await here.store.get(`replication/cursor/paris/${kept.incarnation}`)).toBeDefined()
})

test('a second conversation takes the place of the first, and goes on where that one ended', async () => {
  await using here = await Scripted.start()
  const first = here.from('paris')
  first.says(hello('paris', 1))
  first.says(entries(1, here.signed(here.create('paris', 'mug', ['paris', HERE]))))
  const second = here.from('paris')
  second.says(hello('paris', 1))
  expect(await first.next('digest')).toBe('replaced')
  const welcome = await second.next('welcome')
  // What the first has begun to take is there, or was not begun.
  const upTo = typeof welcome === 'string' ? undefined : (welcome.cursors[0]?.upTo ?? 0)
  expect(await here.count('replication/replicant/shop/items/mug/operation/')).toBe(upTo)
})

test('a site that speaks another version is reported once, asked ever more seldom, and told when it speaks this one', async () => {
  await using here = await Scripted.start(undefined, FAST)
  here.foreign.add('rome')
  here.replicator.connected('rome')
  await vi.waitUntil(() => here.attempts >= 9)
  const foreign = here.events.filter(event => event.kind === 'foreign')
  expect(foreign).toEqual([{ kind: 'foreign', site: 'rome' }])
  here.foreign.clear()
  here.replicator.connected('rome')
  expect(await (await here.to('rome')).next('hello')).toMatchObject({ site: HERE })
})

test('the end of a transfer whose beginning may have been given up is not taken for all of it, and all is asked for', async () => {
  await using here = await Scripted.start()
  const paris = here.from('paris')
  const create = here.create('paris', 'mug', ['paris', HERE])
  const operations = [sealedBy(here.sealOf('paris'), create)]
  const transfer = {
    kind: 'transfer',
    replicant: create.replicant,
    transfer: { life: create.life, operations },
  } as const
  paris.says(hello('paris', 0, { outboxes: [{ incarnation: INCARNATION, first: 3, next: 6 }] }))
  paris.says(entries(3, { ...transfer, more: true }, { ...transfer, more: false }))
  expect(await paris.next('received')).toMatchObject({ upTo: 4 })
  expect(await paris.next('want')).toMatchObject({ replicant: create.replicant, lives: [] })
  expect(await here.count('replication/replicant/')).toBe(0)
  // What comes behind it is whole.
  paris.says(entries(5, { ...transfer, more: false }))
  expect(await paris.next('received')).toMatchObject({ upTo: 5 })
  expect(await here.count('replication/replicant/')).toBeGreaterThan(0)
})

test('so is it where this site believes to be no member: what is lost may have said that it is one again', async () => {
  await using here = await Scripted.start()
  const paris = here.from('paris')
  const create = here.create('paris', 'mug', ['paris', HERE])
  const { dot, stamp } = here.create('paris', 'mug', [])
  const { replicant, life } = create
  const members = { added: [], removed: [HERE] }
  const removal: Operation = {
    dot,
    stamp,
    replicant,
    life,
    type: 'members',
    context: [create.dot],
    previous: create.dot,
    members,
  }
  const operations = [create, removal].map(operation => sealedBy(here.sealOf('paris'), operation))
  const transfer = { kind: 'transfer', replicant, more: false, transfer: { life, operations } } as const
  paris.says(hello('paris', 1))
  paris.says(entries(1, transfer))
  expect(await paris.next('received')).toMatchObject({ upTo: 1 })
  const again = here.from('paris')
  again.says(hello('paris', 0, { outboxes: [{ incarnation: INCARNATION, first: 5, next: 7 }] }))
  again.says(entries(5, transfer))
  expect(await again.next('want')).toMatchObject({ replicant })
  // What can be read is known, and it has no part in what it lacks.
  again.says(entries(6, transfer))
  expect(await again.next('received')).toMatchObject({ upTo: 5 })
  expect(await again.next('received')).toMatchObject({ upTo: 6 })
  expect(again.said('want')).toEqual([])
})
