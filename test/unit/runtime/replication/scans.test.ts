/**
 * What costs a look at all records, and other sites may ask for: one at a time for each site, with a pause that is counted from the end and grows with
 * what it cost, whatever conversation asks. Time is the test's own.
 */
import { expect, test } from 'vitest'
import { VirtualTime } from '../../../../sims/world/virtual-time.ts'
import { SCAN_AGAIN_MS, SCAN_PAUSE } from '../../../../src/runtime/replication/limits.ts'
import { Scans } from '../../../../src/runtime/replication/scans.ts'
import type { Clock } from '../../../../src/ports/clock.ts'

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
  // Of another conversation of the same site: nothing waits behind what waits.
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
