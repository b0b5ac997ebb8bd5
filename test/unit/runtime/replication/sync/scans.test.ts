/**
 * What costs a look at all records, and other sites may ask for: one at a time for each site, with a pause that is counted from the end and grows with
 * what it cost, whatever conversation asks. Time is the test's own.
 */
import { syncCodec } from '../../../../../protocols/sync/codec.ts'
import { MemoryStore } from '../../../../support/memory-store.ts'
import { realClock } from '../../../../support/real-time.ts'
import { HERE, INCARNATION, Scripted, entries, hello } from '../scripted.ts'
import type { Clock } from '../../../../../src/ports/clock.ts'
import { expect, test } from 'vitest'
import { VirtualTime } from '../../../../../sims/world/virtual-time.ts'
import { SCAN_AGAIN_MS, SCAN_PAUSE } from '../../../../../src/runtime/replication/limits.ts'
import { Scans } from '../../../../../src/runtime/replication/sync/scans.ts'

function timed(): { time: VirtualTime; clock: Clock } {
  const time = new VirtualTime()
  const clock: Clock = { now: () => time.now, monotonic: () => time.now, after: (ms, fn) => time.after(ms, fn) }
  return { time, clock }
}

test('who asks without end costs a twentieth of the time, and keeps nobody else waiting', async () => {
  const { time, clock } = timed()
  const scans = new Scans(clock)
  const lookMs = 1_000
  let looks = 0
  const look = async (): Promise<void> => {
    looks++
    await new Promise<void>(resolve => void clock.after(lookMs, resolve))
  }
  const ask = async (): Promise<void> => {
    for (;;) {
      await scans.run('mallory', () => true, look)
      await new Promise<void>(resolve => void clock.after(1, resolve))
    }
  }
  void ask()
  // Another conversation of the same site waits behind the first, and has its turns within the same share.
  const others: (undefined | 'done')[] = []
  const also = async (): Promise<void> => {
    for (;;) {
      others.push(
        await scans.run(
          'mallory',
          () => true,
          async () => 'done' as const,
        ),
      )
      await new Promise<void>(resolve => void clock.after(100, resolve))
    }
  }
  void also()
  const whileMs = 600_000
  await time.run(whileMs)
  expect(looks * lookMs).toBeLessThanOrEqual(whileMs / (SCAN_PAUSE + 1) + 2 * lookMs)
  expect(others.filter(each => each === 'done').length).toBeLessThanOrEqual(whileMs / SCAN_AGAIN_MS)
  let isDone = false
  void scans.run('paris', () => true, look).then(() => (isDone = true))
  await time.run(whileMs + lookMs + 1)
  expect(isDone).toBe(true)
})

test('what nobody wants any more when its turn comes is not looked for', async () => {
  const { time, clock } = timed()
  const scans = new Scans(clock)
  await scans.run(
    'paris',
    () => true,
    async () => undefined,
  )
  let isWanted = true
  const late = scans.run(
    'paris',
    () => isWanted,
    async () => 'looked',
  )
  isWanted = false
  await time.run(SCAN_AGAIN_MS + 1)
  expect(await late).toBeUndefined()
})

test('what an audit has found missing is told though looks take long, and what is received meanwhile is heard', async () => {
  const SPEED = 200
  const fast: Clock = {
    ...realClock,
    monotonic: () => realClock.monotonic() * SPEED,
    after: (ms, fn) => realClock.after(ms / SPEED, fn),
  }
  class SlowStore extends MemoryStore {
    override async *iterate(range: Parameters<MemoryStore['iterate']>[0]): ReturnType<MemoryStore['iterate']> {
      if (range.prefix === 'replication/replicant/') await new Promise<void>(resolve => void fast.after(5_000, resolve))
      yield* super.iterate(range)
    }
  }
  await using here = await Scripted.start(new SlowStore(), fast)
  here.replicator.connected('paris')
  const rome = here.from('rome')
  rome.says(hello('rome', 99))
  const cup = here.create('rome', 'cup', ['rome', 'paris', HERE])
  rome.says(entries(1, here.signed(cup)))
  await rome.next('received')
  const paris = await here.to('paris')
  paris.says({ kind: 'welcome', version: 0, site: 'paris', incarnation: INCARNATION, cursors: [] })
  let upTo = 0
  const received = async (): Promise<void> => {
    const told = await paris.next('entries')
    if (typeof told === 'string') throw new Error(`it has ended: ${told}`)
    upTo = told.first + told.entries.length - 1
    paris.says({ kind: 'received', incarnation: told.incarnation, upTo })
  }
  await received()
  paris.says({ kind: 'audit', seed: 7, from: 0, count: 32 })
  expect(await paris.next('symbols')).toMatchObject({ kind: 'symbols' })
  paris.says({ kind: 'lack', names: [syncCodec.auditElement(cup.replicant, []).subarray(0, 3)] })
  // A look is due only after 19 times as long as the last one took. What is written meanwhile is told and heard.
  const before = upTo
  rome.says(entries(2, here.signed(here.create('rome', 'mug', ['rome', 'paris', HERE]))))
  while (upTo <= before) await received()
  await expect.poll(() => here.replicator.peers().find(({ site }) => site === 'paris')?.outbox).toBe(0)
  // In the end the lacked one comes.
  const last = upTo
  while (upTo === last) await received()
})
