/**
 * What a site may ask for: a real replicator with many resources, and a member that asks for all of them, and for one of them again and again. What it is told is
 * counted in the conversation; the clock stands still, or passes when the test says so.
 */
import { expect, test, vi } from 'vitest'
import {
  ASKED_STATES,
  MAX_WAITING_WANT_DOTS,
  MAX_WANT_DOTS,
  MAX_TOLD_BEFORE_WANTS,
  WANTED,
  WANT_ANYHOW_MS,
} from '../../../../../src/runtime/replication/limits.ts'
import { TokenBuckets } from '../../../../../src/runtime/membership/token-buckets.ts'
import { AskedWants } from '../../../../../src/runtime/replication/sync/asked-wants.ts'
import { realClock, silentLogger } from '../../../../support/real-time.ts'
import { ABC, Lab } from '../lab.ts'
import { HERE, INCARNATION, Scripted, ScriptedChannel, entries, hello } from '../scripted.ts'
import type { Engine } from '../../../../../src/runtime/replication/engine.ts'
import type { Clock } from '../../../../../src/ports/clock.ts'
import type { ReplicantName } from '../../../../../src/core/oplog/index.ts'
import type { SyncMessage } from '../../../../../src/ports/sync.ts'

const NAME = { service: 'shop', kind: 'items', name: 'mug' }
const want = (replicant: ReplicantName): SyncMessage => ({ kind: 'want', replicant, lives: [] })

/** A site with so many resources, and its conversation with rome, in which rome has been welcomed. */
async function withMany(here: Scripted, count: number): Promise<{ rome: ScriptedChannel; names: ReplicantName[] }> {
  const creates = Array.from({ length: count }, (_, n) => here.create('paris', `item-${n}`, ['paris', 'rome', HERE]))
  const paris = here.from('paris')
  paris.says(hello('paris', count))
  for (let first = 0; first < count; first += 100)
    paris.says(entries(first + 1, ...creates.slice(first, first + 100).map(create => here.signed(create))))
  for (let upTo = 0; upTo < count;) {
    const received = await paris.next('received')
    if (typeof received === 'string') throw new Error(`it ended: ${received}`)
    upTo = received.upTo
  }
  here.replicator.connected('rome')
  const rome = await here.to('rome')
  await rome.next('hello')
  rome.says({ kind: 'welcome', version: 0, site: 'rome', incarnation: INCARNATION, cursors: [] })
  return { rome, names: creates.map(({ replicant }) => replicant) }
}

/** How many entries the site tells until it says nothing for a while. */
async function told(channel: ScriptedChannel): Promise<number> {
  let count = 0
  for (let upTo = 0; ;) {
    const quiet = new Promise<undefined>(resolve => setTimeout(() => resolve(undefined), 1_000))
    const message = await Promise.race([channel.next('entries'), quiet])
    if (message === undefined || typeof message === 'string') return count
    count += message.entries.length
    upTo = message.first + message.entries.length - 1
    channel.says({ kind: 'received', incarnation: message.incarnation, upTo })
  }
}

test('a name that is asked for again and again is told once at a time', async () => {
  await using here = await Scripted.start()
  const { rome, names } = await withMany(here, 1)
  const [name] = names
  await told(rome)
  for (let n = 0; n < 2_000; n++) if (name !== undefined) rome.says(want(name))
  expect(await told(rome)).toBeLessThan(20)
})

/** As who knows so many runs of a site would ask. */
function wantOfMany(replicant: ReplicantName, runs: number): SyncMessage {
  const knowledge = Array.from({ length: runs }, (_, n) => ({
    site: 'rome',
    incarnation: `1763762400000-${n.toString(16).padStart(16, '0')}`,
    number: 1,
  }))
  const life = { stamp: { ms: 1, counter: 0 }, dot: { site: 'rome', incarnation: INCARNATION, number: 1 } }
  return { kind: 'want', replicant, lives: [{ life, knowledge, holes: [] }] }
}

test('a site that asks for more than its share is told the rest as time passes, as far as what it says of it has room in memory', async () => {
  let monotonic = 0
  // Waits pass as they are; what is measured does not.
  const clock: Clock = { ...realClock, monotonic: () => monotonic }
  await using here = await Scripted.start(undefined, clock)
  const count = WANTED.burst + 100
  const runs = MAX_WANT_DOTS - 2
  const room = Math.floor(MAX_WAITING_WANT_DOTS / MAX_WANT_DOTS) - 1
  const { rome, names } = await withMany(here, count + room + 5)
  await told(rome)
  const [large, ...others] = names.slice(count)
  for (const name of names.slice(0, count)) rome.says(want(name))
  expect(await told(rome)).toBe(WANTED.burst)
  if (large !== undefined) rome.says(wantOfMany(large, runs + 1))
  for (const name of others) rome.says(wantOfMany(name, runs))
  monotonic += 1_000
  expect(await told(rome)).toBe(WANTED.perSecond)
  monotonic += 60_000
  expect(await told(rome)).toBe(100 - WANTED.perSecond + room)
  // And what was told makes room.
  for (const name of others.slice(-1)) rome.says(wantOfMany(name, runs))
  expect(await told(rome)).toBe(1)
}, 60_000)

/** The wants of one conversation, with an engine of which only what they need is there; and the names that were told. */
function asked(clock: Clock, unreceived: number): { readonly ask: (name: string) => void; readonly told: string[] } {
  const told: string[] = []
  const tell = (_: string, { replicant }: { readonly replicant: ReplicantName }): void => void told.push(replicant.name)
  const engine = {
    options: { clock, logger: silentLogger },
    wants: new TokenBuckets(WANTED),
    replicas: {
      outboxes: { length: () => unreceived },
      with: async () => true,
      commit: async (change: (commit: { readonly tell: typeof tell }) => void) => change({ tell }),
    },
  } as unknown as Engine
  const wants = new AskedWants(engine, new ScriptedChannel('rome', 'sender'), () => false)
  return { ask: name => wants.want({ kind: 'want', replicant: { ...NAME, name }, lives: [] }), told }
}

test('over a link that is always behind a site is told little of what it lacks, and not nothing', async () => {
  let monotonic = 0
  const clock: Clock = { ...realClock, monotonic: () => monotonic, after: (_, fn) => realClock.after(0, fn) }
  const { ask, told } = asked(clock, MAX_TOLD_BEFORE_WANTS)
  for (const name of ['a', 'b', 'c']) ask(name)
  for (const more of [1, 2]) {
    monotonic += WANT_ANYHOW_MS - 1
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(told).toHaveLength(more - 1)
    monotonic += 1
    await vi.waitFor(() => expect(told).toHaveLength(more))
  }
})

test('what is asked for just when nothing was left is told too', async () => {
  for (let turns = 0; turns < 30; turns++) {
    const { ask, told } = asked(realClock, 0)
    ask('first')
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    ask('second')
    await vi.waitFor(() => expect(told, `after ${turns} turns`).toEqual(['first', 'second']))
  }
})

test('states of an application are told to each site so many at once, and so many a second', async () => {
  const lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x' }, ABC)
  await lab.pass(30_000)
  const a = lab.replicators.get('a')
  const began = lab.world.time.now
  const more = 5 * ASKED_STATES.perSecond
  for (let n = 0; n < ASKED_STATES.burst + more; n++)
    expect(await lab.until(a?.stateFor(lab.name('x'), 'b') ?? Promise.resolve(undefined)), String(n)).toBeDefined()
  // Who asks for more waits for his turn: that nobody answers would tell him that nobody has it.
  expect(lab.world.time.now - began).toBeGreaterThan(4_500)
  expect(await lab.until(a?.stateFor(lab.name('x'), 'c') ?? Promise.resolve(undefined))).toBeDefined()
  lab.assertSound()
})
