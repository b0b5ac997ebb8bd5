/**
 * Whether clocks differ is told by beats, and beats may be held up: a process that stood still reads those of minutes at once. Examples, with the listener
 * that reports it.
 */
import { expect, test } from 'vitest'
import { addClockOffset, clockOffsetMs, type ClockOffsets } from '../../../../src/core/liveness/clock-offset.ts'
import { GossipListener } from '../../../../src/runtime/membership/gossip-listener.ts'
import { Problems } from '../../../../src/runtime/membership/problems.ts'

const BEAT_MS = 5_000

test('what holds beats up makes no clock slow; a clock that is slow, or fast, is seen by all of them', () => {
  const told = (...offsets: number[]): number | undefined =>
    clockOffsetMs(offsets.reduce<ClockOffsets>(addClockOffset, []))
  expect(clockOffsetMs(undefined)).toBeUndefined()
  expect(told(-20, -60_000, -3)).toBe(-3)
  expect(told(-60_020, -60_003, -90_000)).toBe(-60_003)
  expect(told(60_000, 59_990)).toBe(60_000)
  expect(told(0, ...Array.from({ length: 8 }, () => -60_000))).toBe(-60_000)
})

test('who stood still and reads the beats of two minutes at once finds no clock wrong; one that stays wrong is found', () => {
  let now = 1_000_000
  let offsets: ClockOffsets | undefined
  const problems = new Problems()
  const mesh = {
    clock: { now: () => now, monotonic: () => now },
    codec: { readGossip: (sentAt: unknown) => ({ kind: 'beat', beat: sentAt }) },
    cuts: { hasPeer: () => false },
    life: { over: false },
    view: {
      problems,
      siteOfPeer: () => 'paris',
      site: () => ({ clockOffsetMs: clockOffsetMs(offsets) }),
      takeBeat: (_: string, sentAt: number) => {
        offsets = addClockOffset(offsets, sentAt - now)
        return { kind: 'heard', site: 'paris', recordMissing: false }
      },
    },
  }
  const listener = new GossipListener(mesh as never, {} as never, {} as never, {} as never)
  const found: string[] = []
  const hear = (sentAt: number): void => {
    listener.hear({ author: 'p', source: 'p', data: sentAt } as never)
    found.push(...problems.list(now).map(({ id }) => id))
  }
  hear(now)
  const stoppedAt = now
  now += 120_000
  for (let sentAt = stoppedAt + BEAT_MS; sentAt <= now; sentAt += BEAT_MS) hear(sentAt)
  for (let beat = 0; beat < 10; beat++) hear((now += BEAT_MS))
  expect(found).toEqual([])
  for (let beat = 0; beat < 20; beat++) hear((now += BEAT_MS) - 60_000)
  expect(found).toContain('clock-off')
})
