/**
 * A repair that an operator asks for: how long it waits for members that are known and not connected yet, and what it says. Virtual time, and an
 * answer for each attempt.
 */
import { expect, test } from 'vitest'
import { REPAIR_WAITS_MS } from '../../../../../src/runtime/replication/limits.ts'
import { repairPatiently } from '../../../../../src/runtime/replication/operator/patient-repair.ts'
import { VirtualTime } from '../../../../../sims/world/virtual-time.ts'
import type { Liveness } from '../../../../../src/core/resource/catalog.ts'
import type { Clock } from '../../../../../src/ports/clock.ts'
import type { RepairResult } from '../../../../../src/ports/replication-control.ts'

const PURPLE = { service: 'inventory', kind: 'items', name: 'purple' }

interface Seen {
  readonly liveness: Liveness | undefined
  readonly connected: boolean
  readonly digest: 'agrees' | 'differs' | 'unknown'
}

const MET: Seen = { liveness: 'alive', connected: true, digest: 'agrees' }
const STARTING: Seen = { liveness: 'suspect', connected: false, digest: 'unknown' }

/** @param seen how the members are seen at a time, by name */
async function repair(
  seen: (now: number) => Readonly<Record<string, Seen>>,
  copiedAt: number,
  { from, signal }: { from?: string; signal?: AbortSignal } = {},
): Promise<{ result: RepairResult; tookMs: number; attempts: number }> {
  const time = new VirtualTime()
  const clock: Clock = { now: () => time.now, monotonic: () => time.now, after: (ms, fn) => time.after(ms, fn) }
  let attempts = 0
  const parts = {
    clock,
    repair: async () => {
      attempts++
      return time.now >= copiedAt ? ('copied' as const) : ('nobody' as const)
    },
    membersOf: async () => Object.keys(seen(time.now)),
    livenessOf: (site: string) => seen(time.now)[site]?.liveness,
    peers: () =>
      Object.entries(seen(time.now)).map(([site, { connected, digest }]) => ({
        site,
        connected,
        digest,
        outbox: 0,
        lagMs: 0,
        shared: 1,
        agreedAt: undefined,
      })),
  }
  const done: { result?: RepairResult } = {}
  void repairPatiently(parts, PURPLE, from, signal).then(result => (done.result = result))
  await time.run(60_000, () => done.result !== undefined)
  if (done.result === undefined) throw new Error('it ends within a minute')
  return { result: done.result, tookMs: time.now, attempts }
}

test('a member that is connected a second later gives its state', async () => {
  const { result, tookMs } = await repair(now => ({ site2: now < 1_000 ? STARTING : MET }), 1_000)
  expect(result).toEqual({ result: 'copied' })
  expect(tookMs).toBeLessThan(2_000)
})

test('one that is connected, and with which nothing was compared yet, is waited for as well', async () => {
  const comparing: Seen = { liveness: 'alive', connected: true, digest: 'unknown' }
  expect((await repair(() => ({ site2: comparing }), 3_000)).result).toEqual({ result: 'copied' })
})

test('those that stay away are named, after a bounded time', async () => {
  const { result, tookMs } = await repair(() => ({ site2: MET, site3: STARTING }), Infinity)
  expect(result).toEqual({ result: 'not-yet', waitsFor: ['site3'] })
  expect(tookMs).toBeGreaterThanOrEqual(REPAIR_WAITS_MS)
  expect(tookMs).toBeLessThan(REPAIR_WAITS_MS + 1_000)
})

test('members that are met and do not agree, that are down or that nobody knows, are not waited for', async () => {
  const down: Seen = { ...STARTING, liveness: 'down' }
  const unknown: Seen = { ...STARTING, liveness: undefined }
  const { result, attempts } = await repair(() => ({ site2: MET, site3: down, site4: unknown }), Infinity)
  expect(result).toEqual({ result: 'nobody' })
  expect(attempts).toBe(1)
})

test('only the member that is asked for is waited for', async () => {
  const seen = { site2: MET, site3: STARTING }
  expect((await repair(() => seen, Infinity, { from: 'site2' })).result).toEqual({ result: 'nobody' })
  const asked = await repair(() => seen, Infinity, { from: 'site3' })
  expect(asked.result).toEqual({ result: 'not-yet', waitsFor: ['site3'] })
})

test('who does not wait any more is told at once how it stands', async () => {
  const { result, attempts } = await repair(() => ({ site2: STARTING }), Infinity, { signal: AbortSignal.abort() })
  expect([result.result, attempts]).toEqual(['not-yet', 1])
})
