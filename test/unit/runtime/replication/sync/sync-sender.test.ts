/**
 * Shows which conversations are given up when a site is heard again: those that nothing came over meanwhile, and no others, however slow the link is
 * and however often the site is lost and heard; and that less is told at a time where nothing arrives before a conversation ends. How: a real
 * replicator in virtual time; the other site is the test.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VirtualTime } from '../../../../../sims/world/virtual-time.ts'
import { MAX_ENTRIES_BYTES, MIN_ENTRIES_BYTES } from '../../../../../src/runtime/replication/limits.ts'
import { Pace } from '../../../../../src/runtime/replication/sync/pace.ts'
import type { Payload } from '../../../../../src/core/oplog/index.ts'
import { HERE, INCARNATION, Scripted, entries, hello, type ScriptedChannel } from '../scripted.ts'

let time: VirtualTime
let here: Scripted

beforeEach(async () => {
  time = new VirtualTime()
  const clock = {
    now: () => 1_763_762_400_000 + time.now,
    monotonic: () => time.now,
    after: (delayMs: number, fn: () => void) => time.after(delayMs, fn),
  }
  here = await Scripted.start(undefined, clock)
})
afterEach(() => here[Symbol.asyncDispose]())

const pass = (ms: number): Promise<void> => time.run(time.now + ms)
const opened = (): readonly ScriptedChannel[] => here.opened.get('rome') ?? []
const isConnected = (): boolean | undefined => here.replicator.peers().find(({ site }) => site === 'rome')?.connected
const answer = (channel: ScriptedChannel | undefined): void =>
  channel?.says({ kind: 'welcome', version: 0, site: 'rome', incarnation: INCARNATION, cursors: [] })

test('a conversation in which nothing came while its site was not heard is replaced; one in which something did goes on', async () => {
  here.replicator.connected('rome')
  await pass(10)
  answer(opened()[0])
  await pass(10)
  expect(isConnected()).toBe(true)

  here.replicator.disconnected('rome')
  await pass(10_000)
  opened().forEach(channel => (channel.silentMs = 4_000))
  here.replicator.connected('rome')
  await pass(10)
  expect(opened()).toHaveLength(1)

  here.replicator.disconnected('rome')
  await pass(10_000)
  opened().forEach(channel => (channel.silentMs = 12_000))
  here.replicator.connected('rome')
  await pass(10)
  expect(opened()).toHaveLength(2)
  expect(await opened()[0]?.next('want')).toBe('stopping')
})

test('a site that is lost and heard every three seconds is told all the same, over a link where an answer takes seven', async () => {
  const answered = new Set<ScriptedChannel>()
  for (let turn = 0; turn < 40; turn++) {
    here.replicator.connected('rome')
    for (let step = 0; step < 2; step++) {
      for (const channel of opened())
        if (!answered.has(channel)) {
          answered.add(channel)
          time.after(7_000, () => answer(channel))
        }
      await pass(1_500)
      if (step === 0) here.replicator.disconnected('rome')
    }
    // Signs of life are on their way for long.
    for (const channel of opened()) channel.silentMs = 4_000
    if (isConnected() === true && turn > 20) break
  }
  expect(isConnected()).toBe(true)
  // The first ones were given up too early; since then the same one stands.
  const count = opened().length
  expect(count).toBeLessThanOrEqual(5)
  for (let turn = 0; turn < 10; turn++) {
    here.replicator.disconnected('rome')
    await pass(1_500)
    here.replicator.connected('rome')
    await pass(1_500)
  }
  expect(opened()).toHaveLength(count)
})

test('where conversations end before anything has arrived, each tells half as much at a time, down to little', async () => {
  const COUNT = 100
  const paris = here.from('paris')
  paris.says(hello('paris', COUNT))
  const created = Array.from({ length: COUNT }, (_, n) => here.create('paris', `mug-${n}`, ['paris', 'rome', HERE]))
  for (const [place, create] of created.entries()) {
    const payload = {
      ...(create.payload as Payload),
      body: {
        bytes: new TextEncoder().encode(JSON.stringify({ id: create.replicant.name, text: 'x'.repeat(10_000) })),
      },
    }
    paris.says(entries(place + 1, here.signed({ ...create, payload })))
    await pass(100)
  }
  const told: number[][] = []
  for (let turn = 0; turn < 11; turn++) {
    here.replicator.connected('rome')
    await pass(100)
    const channel = opened()[turn]
    answer(channel)
    // All of them are on disk from then on, in the order of the questions.
    if (turn === 0) for (const { replicant } of created) channel?.says({ kind: 'want', replicant, lives: [] })
    await pass(5_000)
    const message = await channel?.next('entries')
    if (message === undefined || typeof message === 'string') throw new Error(`turn ${turn}: ${message}`)
    told.push(message.entries.map(({ length }) => length))
    await channel?.close('lost')
    await pass(100)
  }
  const sums = told.map(lengths => lengths.reduce((sum, length) => sum + length, 0))
  const one = Math.max(...told.flat())
  // What was asked for one by one was told so the first time.
  for (const [turn, sum] of sums.entries()) {
    const most = MAX_ENTRIES_BYTES / 2 ** turn
    expect(sum, `turn ${turn}`).toBeLessThanOrEqual(Math.max(most, one))
    if (turn > 0) expect(sum, `turn ${turn}`).toBeGreaterThan(most - one)
  }
})

test('how much is told at a time is halved by what does not arrive, doubled by what does, within bounds; a larger message may take longer', () => {
  const pace = new Pace()
  const fail = (): void => {
    const one = pace.begin()
    one.sent(INCARNATION, 9, [new Uint8Array(1024)])
    one.end()
  }
  fail()
  expect(pace.bytes).toBe(MAX_ENTRIES_BYTES / 2)
  for (let n = 0; n < 20; n++) fail()
  expect(pace.bytes).toBe(MIN_ENTRIES_BYTES)
  const one = pace.begin()
  expect(one.dueMs).toBeUndefined()
  one.sent(INCARNATION, 9, [new Uint8Array(1024), new Uint8Array(1024)])
  one.sent(INCARNATION, 12, [new Uint8Array(10_240)])
  expect(one.dueMs).toBe(62_000)
  one.received(INCARNATION, 8)
  expect([one.dueMs, pace.bytes]).toEqual([62_000, MIN_ENTRIES_BYTES])
  one.received(INCARNATION, 10)
  expect([one.dueMs, pace.bytes]).toEqual([70_000, 2 * MIN_ENTRIES_BYTES])
  // Something has arrived: the link is slow, and not too slow.
  one.end()
  expect(pace.bytes).toBe(2 * MIN_ENTRIES_BYTES)
  for (let number = 13; number < 40; number++) {
    one.sent(INCARNATION, number, [])
    one.received(INCARNATION, number)
  }
  expect(pace.bytes).toBe(MAX_ENTRIES_BYTES)
})
