/**
 * By which time stamps are given: a scripted machine whose clock is set, or has been wrong from the start, and what other sites' clocks say. Then real
 * replicators in the simulated world, at one of which the clock is two years ahead for a minute.
 */
import { expect, test } from 'vitest'
import { MAX_STAMP_AHEAD_MS } from '../../../../../src/core/oplog/index.ts'
import { CLOCK_SETTLES_MS, LATEST_CLOCK_MS, OTHERS_CLOCKS_MS } from '../../../../../src/runtime/replication/limits.ts'
import { StampTime } from '../../../../../src/runtime/replication/write/stamp-time.ts'
import { silentLogger } from '../../../../support/real-time.ts'
import { ABC, Lab } from '../lab.ts'

const TRUE_MS = 1_800_000_000_000
const HOUR_MS = 3_600_000
const YEAR_MS = 365 * 24 * HOUR_MS

/** A machine whose wall clock is off by `offsetMs`, and peers whose clocks are off by so much each. */
class Machine {
  monotonic = 5_000
  offsetMs = 0
  peers: number[] = []
  readonly warnings: string[] = []
  readonly time = new StampTime({
    clock: { now: () => this.truth + this.offsetMs, monotonic: () => this.monotonic },
    othersAheadMs: () => this.peers.map(peer => peer - this.offsetMs),
    logger: { ...silentLogger, warn: (_, message) => void this.warnings.push(message) },
  })

  get truth(): number {
    return TRUE_MS + this.monotonic
  }

  /** By how much stamps are ahead of the truth. */
  get error(): number {
    return this.time.now() - this.truth
  }

  /** Lets time pass, while something is written now and then. */
  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += OTHERS_CLOCKS_MS) {
      this.monotonic += OTHERS_CLOCKS_MS
      this.time.now()
    }
  }
}

test('a clock that runs is believed, and so is one that is set by minutes, or back', () => {
  const machine = new Machine()
  for (const offset of [0, 1_000, MAX_STAMP_AHEAD_MS, 2 * MAX_STAMP_AHEAD_MS, -HOUR_MS, -YEAR_MS]) {
    machine.offsetMs = offset
    expect(machine.error).toBe(offset)
    machine.pass(HOUR_MS / 60)
  }
  expect(machine.warnings).toEqual([])
})

test('one that jumps ahead is not, for as long as nobody confirms it: what was said before goes on', () => {
  const machine = new Machine()
  expect(machine.error).toBe(0)
  for (const jump of [MAX_STAMP_AHEAD_MS + 1, HOUR_MS, 2 * YEAR_MS]) {
    machine.offsetMs = jump
    machine.pass(10 * HOUR_MS)
    expect(machine.error).toBe(0)
    machine.offsetMs = 0
    expect(machine.error).toBe(0)
  }
  expect(machine.warnings).toHaveLength(6)
})

test('others that say the same confirm it, once they have for a while: a machine that slept', () => {
  const machine = new Machine()
  machine.peers = [0, 0]
  machine.offsetMs = -8 * HOUR_MS
  // Asleep: nothing was heard, and its monotonic clock stood still.
  machine.peers = []
  expect(machine.error).toBe(-8 * HOUR_MS)
  machine.offsetMs = 0
  machine.peers = [0, 50]
  expect(machine.error).toBe(-8 * HOUR_MS)
  machine.pass(CLOCK_SETTLES_MS + 2 * OTHERS_CLOCKS_MS)
  expect(machine.error).toBe(0)
})

test('one that was wrong at the start gives way to what most others say, and one that is wrong among them does not count', () => {
  const machine = new Machine()
  machine.offsetMs = 2 * YEAR_MS
  machine.peers = [0, 20, -40 * YEAR_MS]
  expect(machine.error).toBe(0)
  machine.pass(HOUR_MS)
  expect(machine.error).toBe(0)
  // Somebody sets it right.
  machine.offsetMs = 0
  expect(machine.error).toBe(0)
})

test('what others say is believed after a while by one that had nobody to ask at its start', () => {
  const machine = new Machine()
  machine.offsetMs = 2 * YEAR_MS
  expect(machine.error).toBe(2 * YEAR_MS)
  machine.peers = [0]
  machine.pass(CLOCK_SETTLES_MS + 2 * OTHERS_CLOCKS_MS)
  expect(machine.error).toBe(0)
  expect(machine.warnings).toHaveLength(1)
})

test('others of which half an hour ago is the time do not drag a clock that is right for a moment', () => {
  const machine = new Machine()
  machine.peers = [0, 0]
  machine.pass(HOUR_MS)
  // What they said last is from before a jump.
  machine.peers = [-YEAR_MS, -YEAR_MS]
  machine.pass(CLOCK_SETTLES_MS / 2)
  expect(machine.error).toBe(0)
  machine.peers = [0, 0]
  machine.pass(CLOCK_SETTLES_MS)
  expect(machine.error).toBe(0)
})

test('others whose clock says no time that can be do not count, at a start nor later, how many they are', () => {
  for (const peers of [[-57 * YEAR_MS], [0, 0, -9e15, -9e15, -9e15], [200 * YEAR_MS], [-TRUE_MS]]) {
    const machine = new Machine()
    machine.peers = peers
    expect(machine.error).toBe(0)
    machine.pass(2 * CLOCK_SETTLES_MS)
    expect(machine.error).toBe(0)
    machine.peers = []
    machine.pass(2 * CLOCK_SETTLES_MS)
    expect([machine.error, machine.warnings]).toEqual([0, []])
  }
})

test('no clock says more than a century from now', () => {
  const machine = new Machine()
  machine.offsetMs = 5_000 * YEAR_MS
  expect(machine.time.now()).toBe(LATEST_CLOCK_MS)
})

test('a clock that is two years ahead for a minute costs no write, and wins no conflict', async () => {
  const lab = await Lab.of(['a', 'b', 'c'])
  for (const id of ['x', 'y', 'z']) await lab.ask('a', 'POST /items', { id, v: 0 }, ABC)
  await lab.pass(30_000)
  lab.world.site('a').machine.clockOffsetMs = 2 * YEAR_MS
  await lab.ask('a', 'PUT /items/x', { id: 'x', v: 'meanwhile' })
  await lab.pass(60_000)
  lab.world.site('a').machine.clockOffsetMs = 0
  await lab.ask('a', 'PUT /items/y', { id: 'y', v: 'after it' })
  await lab.pass(60_000)
  const [x, y] = [
    { id: 'x', v: 'meanwhile' },
    { id: 'y', v: 'after it' },
  ]
  expect(lab.all('x')).toEqual({ a: x, b: x, c: x })
  expect(lab.all('y')).toEqual({ a: y, b: y, c: y })
  // Of two that have not seen each other the later one counts.
  lab.cut('a')
  await lab.ask('a', 'PUT /items/z', { id: 'z', v: 'earlier' })
  await lab.pass(5_000)
  await lab.ask('b', 'PUT /items/z', { id: 'z', v: 'later' })
  await lab.heal()
  const z = { id: 'z', v: 'later' }
  expect(lab.all('z')).toEqual({ a: z, b: z, c: z })
  lab.assertSound()
})

test('what was written while nobody could tell that the clock is wrong is taken everywhere, and written over', async () => {
  const lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', v: 0 }, ABC)
  await lab.pass(10_000)
  // It starts anew with a clock that is wrong from its first moment.
  lab.world.site('a').machine.clockOffsetMs = 20 * YEAR_MS
  await lab.restart('a')
  await lab.ask('a', 'PUT /items/x', { id: 'x', v: 'of the future' })
  await lab.pass(20_000)
  const future = { id: 'x', v: 'of the future' }
  expect(lab.all('x')).toEqual({ a: future, b: future, c: future })
  lab.world.site('a').machine.clockOffsetMs = 0
  await lab.restart('a')
  await lab.ask('b', 'PUT /items/x', { id: 'x', v: 'of now' })
  await lab.pass(20_000)
  const now = { id: 'x', v: 'of now' }
  expect(lab.all('x')).toEqual({ a: now, b: now, c: now })
  lab.assertSound()
})
