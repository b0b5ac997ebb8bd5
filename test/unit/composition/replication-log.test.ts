/** A flood of one kind of warning neither fills the log nor hides the others, and what is left out is counted. How: time passes by hand. */
import { expect, test } from 'vitest'
import { OMITTED_TOLD_MS, ReplicationLog, WARNINGS_LOGGED } from '../../../src/composition/replication-log.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { ReplicationEvent } from '../../../src/runtime/replication/events.ts'

const drift: ReplicationEvent = { kind: 'drift', replicant: { service: 'a', kind: 'b', name: 'c' } }

function logged() {
  let now = 0
  let timers: { readonly at: number; readonly fn: () => void }[] = []
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after(delayMs, fn) {
      const timer = { at: now + delayMs, fn }
      timers.push(timer)
      return { cancel: () => void (timers = timers.filter(other => other !== timer)) }
    },
  }
  const lines: [message: string, fields: object][] = []
  const note = (fields: object, message: string): void => void lines.push([message, fields])
  const logger = { debug: () => {}, info: note, warn: note, error: note, child: () => logger }
  const pass = (ms: number): void => {
    now += ms
    for (const { fn } of timers.filter(({ at }) => at <= now)) fn()
  }
  return { log: new ReplicationLog(logger, clock), lines, pass }
}

test('of a thousand a few are logged, the rest is counted after a minute', () => {
  const { log, lines, pass } = logged()
  for (let number = 0; number < 1_000; number++) log.see(drift)
  expect(lines).toHaveLength(WARNINGS_LOGGED.burst)
  log.see({ kind: 'set-back', site: 'site2' })
  expect(lines.at(-1)?.[0]).toBe('replication: set-back')
  pass(OMITTED_TOLD_MS)
  expect(lines.at(-1)?.[1]).toEqual({ omitted: { drift: 1_000 - WARNINGS_LOGGED.burst } })
  log.see(drift)
  expect(lines.at(-1)?.[0], 'after a while they are logged again').toBe('replication: drift')
})

test('at the end it says what was left out', () => {
  const { log, lines } = logged()
  for (let number = 0; number < WARNINGS_LOGGED.burst + 2; number++) log.see(drift)
  log.close()
  expect(lines.at(-1)?.[1]).toEqual({ omitted: { drift: 2 } })
})
