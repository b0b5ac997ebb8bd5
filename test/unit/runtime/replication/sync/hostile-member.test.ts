/**
 * A member of one replicant that does what it likes with it harms nobody's other replicants, nor the conversations of others: lists that it makes too long to be told,
 * lives without end, members without end. A real replicator that is told every message.
 */
import { expect, test, vi } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import { Replicator } from '../../../../../src/runtime/replication/replicator.ts'
import { requestOf } from '../../../../../src/runtime/replication/write/kept-requests.ts'
import { realClock } from '../../../../support/real-time.ts'
import {
  MAX_LIVES_BROUGHT,
  MAX_OPERATIONS_PAST_RESET,
  lifeKey,
  withAcknowledgement,
} from '../../../../../src/core/oplog/index.ts'
import { syncCodec } from '../../../../../protocols/sync/codec.ts'
import { Lab } from '../lab.ts'
import { HERE, INCARNATION, Scripted, entries, hello, sha256 } from '../scripted.ts'
import type { Dot, LifeTransfer, Operation, OperationId } from '../../../../../src/core/oplog/index.ts'
import type { OutboxEntry } from '../../../../../src/ports/sync.ts'
import type { Replica } from '../../../../../src/runtime/replication/replica.ts'
import type { ScriptedChannel } from '../scripted.ts'

type Summary = NonNullable<LifeTransfer['summary']>

/** A hundred times as fast as the machine's. */
const FAST = {
  ...realClock,
  monotonic: () => realClock.monotonic() * 100,
  after: (ms: number, fn: () => void) => realClock.after(ms / 100, fn),
}
const TOGETHER = 1_024

/** Says these, some in each message, and waits until they were received. */
async function tells(channel: ScriptedChannel, first: number, all: readonly OutboxEntry[]): Promise<void> {
  for (let at = 0; at < all.length; at += TOGETHER) {
    const some = all.slice(at, at + TOGETHER)
    channel.says(entries(first + at, ...some))
    expect(await channel.next('received')).toMatchObject({ upTo: first + at + some.length - 1 })
  }
}

/** What others do meanwhile and afterwards goes on. */
async function isServing(here: Scripted): Promise<void> {
  const rome = here.from('rome')
  rome.says(hello('rome', 9))
  rome.says(entries(1, here.signed(here.create('rome', 'cup', ['rome', HERE]))))
  expect(await rome.next('received')).toMatchObject({ upTo: 1 })
  expect((await here.replicator.status({ service: 'shop', kind: 'items', name: 'cup' }))?.isPresent).toBe(true)
  rome.says({ kind: 'digest', digest: { count: 0, sum: 0n } })
  expect(await rome.next('digest')).toMatchObject({ digest: { count: expect.any(Number) as number } })
}

test('a name with more lives than may be told', async () => {
  await using here = await Scripted.start(undefined, FAST)
  here.replicator.connected('paris')
  here.replicator.connected('rome')
  const paris = here.from('paris')
  paris.says(hello('paris', 9_999))
  const creates = Array.from({ length: MAX_LIVES_BROUGHT + 20 }, () =>
    here.create('paris', 'mug', ['paris', 'rome', HERE]),
  )
  await tells(
    paris,
    1,
    creates.map(create => here.signed(create)),
  )
  expect(here.refusals()).toEqual(Array.from({ length: 20 }, () => 'paris: no-room'))
  await isServing(here)
}, 60_000)

test('more members than may be told, over and over', async () => {
  await using here = await Scripted.start(undefined, FAST)
  here.replicator.connected('paris')
  here.replicator.connected('rome')
  const paris = here.from('paris')
  paris.says(hello('paris', 9_999))
  const created = here.create('paris', 'mug', ['paris', 'rome', HERE])
  const { payload: _, ...change } = created
  const changes = Array.from({ length: 20 }, (__, n): Operation => {
    const dot = { ...created.dot, number: 1_000_000 + n }
    const previous = n === 0 ? created.dot : { ...dot, number: dot.number - 1 }
    const stamp = { ms: created.stamp.ms + 1 + n, counter: 0 }
    const added = Array.from({ length: 1_000 }, (___, m) => `s${n}-${m}`).toSorted()
    return { ...change, dot, stamp, previous, type: 'members', context: [previous], members: { added, removed: [] } }
  })
  await tells(
    paris,
    1,
    [created, ...changes].map(operation => here.signed(operation)),
  )
  expect(here.refusals()).toContain('paris: no-room')
  const members = await here.replicator.inspect(
    { service: 'shop', kind: 'items', name: 'mug' },
    ({ core }) => core.replicant.lives[0]?.changes.length,
  )
  expect(members).toBe(3)
  await isServing(here)
}, 60_000)

/** What a member says that its application has, whatever it has. */
function says(lab: Lab, site: string, value: Readonly<Record<string, unknown>>): () => void {
  const replicator = lab.replicators.get(site)
  if (replicator === undefined) throw new Error(`no agent runs at ${site}`)
  const told = vi.spyOn(replicator, 'stateFor')
  told.mockImplementation(async (name, to) => {
    const state = await Replicator.prototype.stateFor.call(replicator, name, to)
    if (state === undefined) return undefined
    const body = new TextEncoder().encode(JSON.stringify(value))
    return { ...state, state: { rawHeaders: ['content-type', 'application/json'], body } }
  })
  return () => told.mockRestore()
}

test('of a member that may write nothing here nothing is taken but that it agrees: what was written is what operations say', async () => {
  const lab = await Lab.of(['a', 'b'])
  lab.mayRun = (site, operation) => site !== 'a' || operation.dot.site !== 'b'
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(10_000)
  const isHonest = says(lab, 'b', { id: 'x', n: 666, owner: 'b' })
  // Somebody changes it past Cheops.
  lab.world.site('a').application.write(SERVICE, '/items/x', { id: 'x', n: 2 })
  await lab.pass(5 * 60_000)
  expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 1 })
  isHonest()
  await lab.pass(5 * 60_000)
  expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 1 })
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees' })
  lab.assertSound()
})

test('what only an application can say is taken of those that may write it here', async () => {
  const lab = await Lab.of(['a', 'b', 'c'])
  lab.mayRun = (site, operation) => site !== 'a' || operation.dot.site !== 'b'
  const members = ['a', 'b', 'c']
  await lab.ask('a', 'POST /items', { id: 'x', lines: [] }, { members })
  await lab.ask('a', 'POST /items/x/lines', { by: 'a' })
  await lab.pass(10_000)
  says(lab, 'b', { id: 'x', lines: [{ by: 'b' }] })
  lab.cut('c')
  await lab.pass(20_000)
  lab.world.site('a').application.write(SERVICE, '/items/x', { id: 'x', lines: [] })
  await lab.pass(5 * 60_000)
  expect(lab.read('a', 'x')).toEqual({ id: 'x', lines: [] })
  await lab.heal(5 * 60_000)
  expect(lab.read('a', 'x')).toEqual({ id: 'x', lines: [{ by: 'a' }] })
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees' })
  lab.assertSound()
})

/** What a member says that it knows of a life, without any operation. */
function knows(create: Operation, more: Partial<Summary>): OutboxEntry {
  const { life, dot, replicant } = create
  const known = { knowledge: [dot], holes: [] }
  const nothing = { droppers: [], changes: [], keys: new Map<string, OperationId>(), conflictsForgotten: 0 }
  const summary: Summary = { life, ...known, ...nothing, from: dot.site, since: known, ...more }
  return { kind: 'transfer', replicant, more: false, transfer: { life, operations: [], summary } }
}

test.each(['knowledge', 'a dropper', 'a context'])(
  'what this site has still to write is known to nobody: %s',
  async by => {
    await using here = await Scripted.start()
    const paris = here.from('paris')
    paris.says(hello('paris', 9))
    const create = here.create('paris', 'cup', ['paris', 'rome', HERE])
    const future = { site: HERE, incarnation: INCARNATION, number: 2 ** 53 - 1 }
    const context = [future, create.dot]
    const dropper = { type: 'replace', reset: true, greatest: create, context }
    const { members: _, ...rest } = create
    const dot = { ...create.dot, number: 77 }
    const replace: Operation = { ...rest, type: 'replace', dot, stamp: { ...create.stamp, counter: 1 }, context }
    const told: Readonly<Record<string, OutboxEntry>> = {
      knowledge: knows(create, { knowledge: context }),
      'a dropper': knows(create, { droppers: [dropper] }),
      'a context': here.signed(replace),
    }
    await tells(paris, 1, [here.signed(create), ...[told[by]].flatMap(entry => entry ?? [])])
    expect(here.refusals()).toEqual(['paris: own-number'])
    const written = await here.replicator.changeMembers(create.replicant, ['lyon'], [])
    const life = await here.replicator.inspect(create.replicant, ({ core }) => core.replicant.lives[0])
    expect(life?.membership.map(operation => operation.dot)).toContainEqual(written)
  },
)

const made = (count: number, letter: string): readonly Dot[] =>
  Array.from({ length: count }, (_, n) => ({
    site: `${letter}${String(n).padStart(5, '0')}`,
    incarnation: INCARNATION,
    number: 1,
  }))

test('vectors that would be too long to be told are not taken', async () => {
  await using here = await Scripted.start()
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  const create = here.create('paris', 'cup', ['paris', 'rome', HERE])
  const [first, second] = [made(2_000, 'a'), made(2_000, 'b')]
  await tells(paris, 1, [
    here.signed(create),
    knows(create, { knowledge: [...first, create.dot] }),
    knows(create, { knowledge: [...second, create.dot] }),
  ])
  expect(here.refusals()).toEqual(['paris: no-room'])
  const known = await here.replicator.inspect(create.replicant, ({ core }) => core.replicant.lives[0]?.knowledge.length)
  expect(known).toBe(2_001)
  await isServing(here)
})

test('what is too long to be told holds up nothing that stands behind it', async () => {
  // Keys of requests have no bound of their own in sum.
  await using here = await Scripted.start()
  here.replicator.connected('rome')
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  const create = here.create('paris', 'cup', ['paris', 'rome', HERE])
  const long = 'k'.repeat(5_000)
  const keys = new Map(Array.from({ length: 300 }, (_, n) => [JSON.stringify(['me', `${long}${n}`]), create] as const))
  const halves = [...keys].reduce<Map<string, OperationId>[]>((all, entry, n) => {
    ;(all[n % 2] ??= new Map()).set(...entry)
    return all
  }, [])
  const told = halves.map(half => knows(create, { keys: half, knowledge: [...made(1, 'a'), create.dot] }))
  await tells(paris, 1, [here.signed(create), ...told])
  expect(here.refusals()).toEqual([])
  const rome = await here.to('rome')
  rome.says({ kind: 'welcome', version: 0, site: 'rome', incarnation: INCARNATION, cursors: [] })
  // As who has lost its disk does.
  const before = await here.count('replication/outbox/rome/')
  rome.says({ kind: 'want', replicant: create.replicant, lives: [] })
  await vi.waitFor(async () => expect(await here.count('replication/outbox/rome/')).toBeGreaterThan(before))
  await here.replicator.changeMembers(create.replicant, ['lyon'], [])
  const types = new Set<string>()
  for (let upTo = 0; !types.has('members');) {
    const message = await rome.next('entries')
    if (typeof message === 'string') expect.unreachable(`the conversation has ended: ${message}`)
    for (const bytes of message.entries) {
      const entry = syncCodec.decodeEntry(bytes)
      if (entry.kind === 'operation') types.add(syncCodec.decodeOperation(entry.operation.bytes).type)
    }
    upTo = message.first + message.entries.length - 1
    rome.says({ kind: 'received', incarnation: INCARNATION, upTo })
  }
})

test('acknowledgements of what is made up are not kept', async () => {
  await using here = await Scripted.start()
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  const create = here.create('paris', 'cup', ['paris', HERE])
  const acknowledged = (knowledge: readonly Dot[]): OutboxEntry => {
    const lives = [{ life: create.life, knowledge, holes: [] }]
    return { kind: 'acknowledgement', replicant: create.replicant, lives, clock: create.stamp }
  }
  const parts = ['a', 'b', 'c', 'd'].map(letter => acknowledged([...made(4_000, letter), create.dot]))
  await tells(paris, 1, [here.signed(create), ...parts])
  const known = await here.replicator.inspect(create.replicant, ({ core }) =>
    [...(core.acknowledgements.get('paris')?.knowledge.values() ?? [])].flat(),
  )
  expect(known).toEqual([create.dot])
  // Some of it may be what is still to come.
  await tells(paris, 6, [acknowledged([...made(9, 'a'), create.dot])])
  const few = await here.replicator.inspect(create.replicant, ({ core }) =>
    core.acknowledgements.get('paris')?.knowledge.get(lifeKey(create.life)),
  )
  expect(few).toHaveLength(10)
})

test('an acknowledgement of what nobody ever wrote does not keep a resource from being shortened', async () => {
  const members = ['a', 'b', 'm']
  const lab = await Lab.of(members)
  lab.mayRun = (_site, operation) => operation.dot.site !== 'm'
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members })
  await lab.pass(10_000)
  const lie: Dot = { site: 'm', incarnation: '1-0000000000000000', number: 9 }
  const atA = <T>(look: (replica: Readonly<Replica>) => T): Promise<T> => {
    const replicator = lab.replicators.get('a')
    if (replicator === undefined) throw new Error('no agent runs at a')
    return lab.until(replicator.inspect(lab.name('x'), look))
  }
  // It has told that it holds something of its own that it never wrote, and answers what it is asked for as ever.
  await atA(({ core }) => {
    const [life] = core.replicant.lives
    if (life === undefined) throw new Error('it has no life')
    const known = { life: life.life, knowledge: [lie], holes: [] }
    const acknowledgements = withAcknowledgement(core.acknowledgements, 'm', [known], core.replicant.clock)
    Object.assign(core, { acknowledgements })
  })
  const states = () =>
    lab.told.filter(({ event }) => event.kind === 'released' && event.type === 'state').map(({ site }) => site)
  let n = 0
  const patches = async (count: number): Promise<void> => {
    for (let each = 0; each < count; each++) {
      expect((await lab.ask('a', 'PATCH /items/x', { n: ++n })).status).toBe(200)
      await lab.pass(10_000)
    }
  }
  await patches(MAX_OPERATIONS_PAST_RESET)
  const told = await atA(({ core }) => core.acknowledgements.get('m'))
  expect(told?.knowledge.values().next().value, 'what m has acknowledged').toContainEqual(lie)
  await patches(10)
  expect(states()).toEqual(['a'])
  expect(lab.all('x')).toEqual({ a: { id: 'x', n }, b: { id: 'x', n }, m: { id: 'x', n } })
}, 60_000)

test('another body under the idempotency key of somebody is not taken for the request that came with it', async () => {
  await using here = await Scripted.start(undefined, FAST)
  const rome = here.from('rome')
  rome.says(hello('rome', 2))
  const created = here.create('rome', 'mug', ['paris', 'rome', HERE])
  const { members: _, payload: __, ...same } = created
  const change = (site: string, number: number, n: number): Operation => ({
    ...same,
    dot: { site, incarnation: INCARNATION, number },
    stamp: { ms: created.stamp.ms + number, counter: 0 },
    type: 'merge',
    context: [created.dot],
    payload: {
      method: 'PATCH',
      path: '/items/mug',
      headers: [],
      body: { bytes: new TextEncoder().encode(JSON.stringify({ n })) },
    },
  })
  const written = change('rome', 1_000_002, 1)
  if (written.payload === undefined) throw new Error('it has a body')
  const idempotency = { principal: 'somebody', key: 'k', request: requestOf(written.payload, sha256) }
  await tells(rome, 1, [here.signed(created), here.signed({ ...written, idempotency })])
  // It has another body, an earlier stamp, and is called the same request.
  const forged = { ...change('paris', 1_000_001, 666), idempotency }
  const paris = here.from('paris')
  paris.says(hello('paris', 1))
  await tells(paris, 1, [here.signed(forged)])
  expect(here.refusals()).toEqual([])
  const live = await here.replicator.inspect(created.replicant, ({ core }) =>
    core.replicant.lives.flatMap(life => life.live.map(each => [each.dot, each.idempotency])),
  )
  // It is another write, and nothing gives way to it.
  expect(live).toEqual([
    [created.dot, undefined],
    [forged.dot, undefined],
    [written.dot, idempotency],
  ])
})
