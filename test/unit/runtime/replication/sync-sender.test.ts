/**
 * Shows which conversations are given up when a site is heard again: those that nothing came over meanwhile, and no others, however slow the link is
 * and however often the site is lost and heard. How: a real replicator in virtual time; the other site is the test.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VirtualTime } from '../../../../sims/world/virtual-time.ts'
import { INCARNATION, Scripted, type ScriptedChannel } from './scripted.ts'

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
