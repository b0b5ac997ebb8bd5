/**
 * The failure detector on virtual time: how soon a silent site is suspect and down at the default interval, that pauses of
 * this process and cuts of this site count against nobody, and what must hold for any sequence of events.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { beatIntervalMs, MAX_BEATS_PER_SECOND } from '../../../../src/core/liveness/beat-interval.ts'
import { createLiveness, step } from '../../../../src/core/liveness/liveness.ts'
import type { LivenessChange, LivenessEvent, LivenessState } from '../../../../src/core/liveness/liveness.ts'

const TICK_MS = 250
const INTERVAL_MS = 1_000

/** Drives the detector: `run` ticks to a time and lets beats come in between. */
class Driver {
  state: LivenessState = createLiveness({ tickMs: TICK_MS, intervalMs: INTERVAL_MS })
  now = 0
  readonly changes: (LivenessChange & { at: number })[] = []

  send(
    event: { kind: 'tick' } | { kind: 'beat' | 'contact' | 'left' | 'known'; site: string; intervalMs?: number },
  ): void {
    const times = { at: this.now, wall: 1_000_000 + this.now }
    const full = { intervalMs: INTERVAL_MS, ...event, ...times } as LivenessEvent
    const { state, changes } = step(this.state, full)
    this.state = state
    this.changes.push(...changes.map(change => ({ ...change, at: this.now })))
  }

  /** Lets `ms` pass with a tick every 250 ms and, each interval, a beat of each of the sites. */
  run(ms: number, beating: readonly string[] = [], beatMs = INTERVAL_MS): void {
    const until = this.now + ms
    let nextBeat = this.now + beatMs
    while (this.now + TICK_MS <= until) {
      this.now += TICK_MS
      if (this.now >= nextBeat) {
        nextBeat += beatMs
        for (const site of beating) this.send({ kind: 'beat', site })
      }
      this.send({ kind: 'tick' })
    }
    this.now = until
  }

  stateOf(site: string) {
    return this.state.sites.get(site)?.state
  }

  timeOf(site: string, to: string): number | undefined {
    return this.changes.findLast(change => change.site === site && change.to === to)?.at
  }
}

function meeting(...sites: string[]): Driver {
  const driver = new Driver()
  for (const site of sites) driver.send({ kind: 'beat', site })
  driver.run(30_000, sites)
  return driver
}

describe('a site that is silent', () => {
  test('is suspect within 10 s and down soon after, at the default interval', () => {
    const driver = meeting('a', 'b', 'c')
    const silentSince = driver.now
    driver.run(40_000, ['b', 'c'])
    const suspectAfter = (driver.timeOf('a', 'suspect') ?? Infinity) - silentSince
    const downAfter = (driver.timeOf('a', 'down') ?? Infinity) - silentSince
    expect(suspectAfter).toBeGreaterThan(3 * INTERVAL_MS)
    expect(suspectAfter).toBeLessThan(10_000)
    expect(downAfter).toBeLessThan(20_000)
    expect(driver.state.sites.get('a')?.reason).toMatch(/^no beat for \d+ s$/)
    expect(driver.stateOf('b')).toBe('alive')
  })

  test('is suspect within 10 s also when its beats came as irregularly as possible', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 5, maxLength: 60 }), gaps => {
        const driver = new Driver()
        driver.send({ kind: 'beat', site: 'a' })
        for (const gap of gaps) {
          driver.now += gap
          driver.send({ kind: 'beat', site: 'a' })
        }
        const silentSince = driver.now
        driver.run(10_000)
        expect(driver.timeOf('a', 'suspect')).toBeLessThan(silentSince + 10_000)
      }),
    )
  })

  test('is alive again with one beat, and says how long it was away', () => {
    const driver = meeting('a', 'b')
    driver.run(60_000, ['b'])
    expect(driver.stateOf('a')).toBe('down')
    driver.send({ kind: 'beat', site: 'a' })
    expect(driver.state.sites.get('a')).toMatchObject({
      state: 'alive',
      since: 1_000_000 + driver.now,
      reason: 'beat received after 60 s of silence',
    })
  })

  test('that was never heard is suspect at once, and down when it stays so', () => {
    const driver = meeting('b')
    driver.send({ kind: 'known', site: 'a' })
    expect(driver.stateOf('a')).toBe('suspect')
    driver.run(30_000, ['b'])
    expect(driver.stateOf('a')).toBe('down')
    expect(driver.state.sites.get('a')?.reason).toMatch(/not heard since it became known/)
  })

  test('is expected later when it announced longer intervals', () => {
    const driver = meeting('b')
    driver.send({ kind: 'beat', site: 'a', intervalMs: 10_000 })
    driver.run(40_000, ['b'])
    expect(driver.stateOf('a')).toBe('alive')
    driver.run(60_000, ['b'])
    expect(driver.stateOf('a')).not.toBe('alive')
  })
})

describe('a site that stops in order', () => {
  test('is down at once, says so for as long as it is away, and is alive with one beat', () => {
    const driver = meeting('a', 'b')
    driver.send({ kind: 'left', site: 'a' })
    expect(driver.state.sites.get('a')).toMatchObject({ state: 'down', reason: 'left: stopped in order' })
    driver.send({ kind: 'left', site: 'a' })
    driver.run(60_000, ['b'])
    expect(driver.state.sites.get('a')).toMatchObject({ state: 'down', reason: 'left: stopped in order' })
    expect(driver.changes.filter(change => change.site === 'a' && change.to === 'down')).toHaveLength(1)
    driver.send({ kind: 'beat', site: 'a' })
    expect(driver.state.sites.get('a')).toMatchObject({
      state: 'alive',
      reason: 'beat received after 60 s of silence',
    })
  })

  test('is no sign that this site is cut off', () => {
    const driver = meeting('a', 'b', 'c')
    for (const site of ['a', 'b', 'c']) driver.send({ kind: 'left', site })
    driver.run(60_000)
    expect(driver.state.cutOff).toBe(false)
  })
})

describe('what is not the fault of others', () => {
  test('a pause of this process counts against nobody', () => {
    const driver = meeting('a', 'b', 'c')
    const before = driver.changes.length
    driver.now += 600_000
    driver.send({ kind: 'tick' })
    driver.run(3_000)
    driver.run(20_000, ['a', 'b', 'c'])
    expect(driver.changes.slice(before)).toEqual([])
  })

  test('a beat that waited during the pause is judged without it', () => {
    const driver = meeting('a', 'b')
    const before = driver.changes.length
    driver.now += 600_000
    driver.send({ kind: 'beat', site: 'a' })
    driver.run(3_000, ['a'])
    expect(driver.changes.slice(before)).toEqual([])
    expect(driver.stateOf('b')).toBe('alive')
  })

  test('when nobody is heard the reason says that this site may be cut off, and all come back with one beat each', () => {
    const driver = meeting('a', 'b', 'c')
    driver.run(60_000)
    for (const site of ['a', 'b', 'c']) {
      expect(driver.stateOf(site)).toBe('down')
      expect(driver.state.sites.get(site)?.reason).toMatch(/this site may be cut off itself/)
    }
    for (const site of ['a', 'b', 'c']) driver.send({ kind: 'beat', site })
    expect(['a', 'b', 'c'].map(site => driver.stateOf(site))).toEqual(['alive', 'alive', 'alive'])
  })

  test('the time of a cut does not make those down that were only suspect when the first one is heard again', () => {
    const driver = meeting('a', 'b', 'c')
    driver.run(8_000)
    expect(driver.stateOf('a')).toBe('suspect')
    driver.send({ kind: 'beat', site: 'a' })
    driver.run(4_000, ['a'])
    expect(driver.stateOf('b')).toBe('suspect')
    expect(driver.state.cutOff).toBe(false)
  })

  test('one site of many that dies is no cut', () => {
    const driver = meeting('a', 'b', 'c')
    driver.run(60_000, ['b', 'c'])
    expect(driver.state.sites.get('a')?.reason).not.toMatch(/cut off/)
  })
})

test('for any sequence of events: one beat makes alive, every change is told once, and nobody changes while heard', () => {
  const site = fc.constantFrom('a', 'b', 'c')
  const event = fc.oneof(
    fc.record({ kind: fc.constant('tick' as const), wait: fc.integer({ min: 0, max: 2_000 }) }),
    fc.record({
      kind: fc.constantFrom('beat' as const, 'contact' as const, 'left' as const, 'known' as const),
      site,
      wait: fc.nat(3_000),
    }),
    fc.record({ kind: fc.constant('tick' as const), wait: fc.integer({ min: 10_000, max: 100_000 }) }),
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), events => {
      const driver = new Driver()
      const states = new Map<string, string>()
      for (const one of events) {
        driver.now += one.wait
        const told = driver.changes.length
        driver.send(one)
        for (const change of driver.changes.slice(told)) {
          expect(change.from).toBe(states.get(change.site) ?? 'suspect')
          expect(change.to).not.toBe(change.from)
          states.set(change.site, change.to)
        }
        for (const [name, health] of driver.state.sites) {
          expect(health.state).toBe(states.get(name) ?? 'suspect')
          expect(health.heardAt).toBeLessThanOrEqual(driver.now)
        }
        if (one.kind === 'beat' || one.kind === 'contact') expect(driver.stateOf(one.site)).toBe('alive')
        if (one.kind === 'left') expect(driver.stateOf(one.site)).toBe('down')
      }
    }),
  )
})

test('the interval grows with the mesh, so that nobody receives more than 100 beats a second', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 10, max: 10_000 }), (sites, baseMs) => {
      const interval = beatIntervalMs(sites, baseMs)
      expect(interval).toBeGreaterThanOrEqual(baseMs)
      expect(((sites - 1) / interval) * 1000).toBeLessThanOrEqual(MAX_BEATS_PER_SECOND)
    }),
  )
  expect(beatIntervalMs(3, 1_000)).toBe(1_000)
})
