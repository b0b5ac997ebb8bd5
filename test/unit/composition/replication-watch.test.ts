/**
 * What happens in replication is told in one sentence each, but not what goes as it should, never with a body, and never so often that
 * nothing else can be seen. How: events are handed in, time passes by hand.
 */
import { expect, test } from 'vitest'
import { MAX_EVENTS_A_SECOND, ReplicationWatch, shownEvent } from '../../../src/composition/replication-watch.ts'
import type { Operation } from '../../../src/core/oplog/index.ts'
import type { AgentEvent } from '../../../src/ports/control.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { Metrics } from '../../../src/ports/metrics.ts'
import type { ReplicationEvent } from '../../../src/runtime/replication/events.ts'

const NOW = 1_763_805_600_000
const replicant = { service: 'inventory', kind: 'items', name: 'purple' }
const dot = { site: 'site2', incarnation: '1763800000000-9f86d081884c7d65', number: 7 }
const OPERATION = 'site2/1763800000000-9f86d081884c7d65/7'
const stamp = { ms: NOW, counter: 0 }
const operation: Operation = {
  dot,
  stamp,
  replicant,
  life: { stamp, dot },
  type: 'replace',
  context: [],
  payload: { method: 'PUT', path: '/items/purple', headers: [], body: { bytes: new TextEncoder().encode('hunter2') } },
}
const outcome = (
  site: string,
  is: 'applied' | 'failed' | 'superseded' | 'uncertain',
  status?: number,
): ReplicationEvent => ({
  kind: 'outcome',
  replicant,
  dot,
  site,
  outcome: is,
  status,
})
const released: ReplicationEvent = { kind: 'released', replicant, dot, type: 'replace' }

test.each<[ReplicationEvent, string | undefined]>([
  [released, `a replace was accepted here as ${OPERATION}; the other members will get it`],
  [
    { ...released, type: 'state' },
    `what the resource is was said anew here as ${OPERATION}; the other members will get it`,
  ],
  [{ ...released, type: 'members' }, `its members were changed here as ${OPERATION}; the other members will get it`],
  [outcome('site1', 'applied', 200), undefined],
  [outcome('site3', 'applied', 200), undefined],
  [outcome('site3', 'failed', 507), `${OPERATION} has failed at site3: the application answered 507`],
  [outcome('site1', 'failed'), `${OPERATION} has failed at site1`],
  [outcome('site3', 'superseded'), `${OPERATION} was not carried out at site3: a later write had replaced it before`],
  [outcome('site1', 'superseded'), undefined],
  [
    outcome('site3', 'uncertain'),
    `whether ${OPERATION} took effect at site3 is not known yet; nothing else is done to the resource there until it is`,
  ],
  [
    { kind: 'conflict', replicant, conflict: { operation, why: 'deleted' } },
    `the replace ${OPERATION} has no effect: another site deleted the resource without having seen it; see "cheops conflict ls"`,
  ],
  [
    {
      kind: 'done',
      replicant,
      dot,
      sites: [
        { site: 'site1', outcome: 'applied', at: NOW },
        { site: 'site2', outcome: 'applied', at: NOW },
        { site: 'site3', outcome: 'superseded', at: NOW },
      ],
    },
    `${OPERATION} is done everywhere: applied at site1, site2; superseded at site3`,
  ],
  [
    { kind: 'done', replicant, dot, sites: [{ site: 'site1', outcome: 'failed', at: NOW }] },
    `${OPERATION} has come to an end at all members: failed at site1`,
  ],
  [
    { kind: 'ahead', replicant, dot, byMs: 3_600_000 },
    `the time of ${OPERATION} is 60 minutes ahead of the clock here: set the clock of site2, or the one of this site; until then it wins against writes that have not seen it`,
  ],
  [
    { kind: 'unbound', replicant },
    'what the application here has by this name is not the replicated resource: it is not touched; rename or remove one of the two',
  ],
  [
    { kind: 'diverged', replicant, why: 'it is read-only' },
    'the application here cannot be made equal to the other members: it is read-only',
  ],
  [{ kind: 'agrees', replicant }, 'the application here is equal to the other members again'],
  [{ kind: 'members', replicant, members: ['site1'] }, undefined],
])('%# is one sentence, or nothing', (event, detail) => {
  expect(shownEvent(event, 'site1')).toEqual(
    detail === undefined ? undefined : { type: `replication.${event.kind}`, subject: 'inventory/items/purple', detail },
  )
})

function watch() {
  const counted = new Map<string, number>()
  const counter = (name: string) => ({
    add: (value: number, ...labels: string[]) => {
      const key = [name, ...labels].join(' ')
      counted.set(key, (counted.get(key) ?? 0) + value)
    },
  })
  const metrics: Metrics = { counter, gauge: () => ({ set() {} }), histogram: () => ({ observe() {} }) }
  let endSecond: (() => void) | undefined
  const clock: Clock = {
    now: () => NOW,
    monotonic: () => 0,
    after(delayMs, fn) {
      expect(delayMs).toBe(1_000)
      endSecond = fn
      return { cancel: () => (endSecond = undefined) }
    },
  }
  const told: AgentEvent[] = []
  const watching = new ReplicationWatch('site1', clock, metrics)
  watching.onEvent(event => told.push(event))
  return { watching, told, counted, endSecond: () => endSecond?.(), waits: () => endSecond !== undefined }
}

test('of thousands of events in a second some are told, and how many are not', () => {
  const { watching, told, endSecond } = watch()
  for (let n = 0; n < 3_000; n++) watching.see(released)
  expect(told).toHaveLength(MAX_EVENTS_A_SECOND)
  endSecond()
  expect(told.at(-1)).toEqual({
    type: 'replication.omitted',
    subject: 'site1',
    detail: '2950 more events of replication within a second are not shown; "cheops replicant ls" has how all stands',
    at: NOW,
  })
  // The next second begins anew, and a quiet one says nothing.
  watching.see(released)
  endSecond()
  expect(told).toHaveLength(MAX_EVENTS_A_SECOND + 2)
})

test('outcomes at this site and conflicts are counted, also those that are not told', () => {
  const { watching, counted } = watch()
  for (let n = 0; n < 200; n++) watching.see(outcome('site1', 'applied', 200))
  watching.see(outcome('site2', 'applied', 200))
  watching.see(outcome('site1', 'failed', 507))
  watching.see({ kind: 'conflict', replicant, conflict: { operation, why: 'replaced' } })
  watching.see({ kind: 'settled', replicant, conflict: { operation, why: 'replaced' } })
  expect(Object.fromEntries(counted)).toEqual({
    'cheops_replication_operations_total applied': 200,
    'cheops_replication_operations_total failed': 1,
    cheops_replication_conflicts_total: 1,
  })
})

test('bodies are in no event; closing ends the wait', () => {
  const { watching, told, waits } = watch()
  watching.see({ kind: 'conflict', replicant, conflict: { operation, why: 'replaced' } })
  expect(told).toHaveLength(1)
  expect(JSON.stringify(told)).not.toContain('hunter2')
  expect(waits()).toBe(true)
  watching.close()
  expect(waits()).toBe(false)
})
