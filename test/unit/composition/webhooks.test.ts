/** What receivers of webhooks are told of an event: names and numbers, never a body, and of its own operations only. How: events are handed in. */
import { expect, test } from 'vitest'
import { toldOf } from '../../../src/composition/webhooks.ts'
import type { Operation } from '../../../src/core/oplog/index.ts'
import type { ReplicationEvent } from '../../../src/runtime/replication/events.ts'

const NOW = 1_763_805_600_000
const replicant = { service: 'inventory', kind: 'items', name: 'purple' }
const dot = { site: 'site1', incarnation: '1763800000000-9f86d081884c7d65', number: 7 }
const of = { replicant: 'inventory/items/purple', operation: 'site1/1763800000000-9f86d081884c7d65/7' }
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
const outcome = (is: 'applied' | 'failed' | 'superseded' | 'uncertain', status?: number): ReplicationEvent => ({
  kind: 'outcome',
  replicant,
  dot,
  site: 'site3',
  outcome: is,
  status,
})
const done = (...outcomes: ('applied' | 'superseded' | 'failed')[]): ReplicationEvent => ({
  kind: 'done',
  replicant,
  dot,
  sites: outcomes.map((is, index) => ({ site: `site${index + 1}`, outcome: is, at: NOW })),
})

test.each<[ReplicationEvent, object | undefined]>([
  [
    done('applied', 'superseded'),
    {
      event: 'done',
      ...of,
      everywhere: true,
      sites: [
        { site: 'site1', outcome: 'applied' },
        { site: 'site2', outcome: 'superseded' },
      ],
    },
  ],
  [done('failed'), { event: 'done', ...of, everywhere: false, sites: [{ site: 'site1', outcome: 'failed' }] }],
  [outcome('failed', 507), { event: 'failed', ...of, where: 'site3', status: 507 }],
  [outcome('superseded'), { event: 'superseded', ...of, where: 'site3' }],
  [outcome('applied', 200), undefined],
  [outcome('uncertain'), undefined],
  [
    { kind: 'conflict', replicant, conflict: { operation, why: 'deleted' } },
    {
      event: 'conflict',
      ...of,
      type: 'replace',
      why: 'deleted',
      detail: 'another site deleted the resource without having seen it',
    },
  ],
  [
    { kind: 'diverged', replicant, why: 'it is refused' },
    { event: 'diverged', replicant: of.replicant, detail: 'it is refused' },
  ],
  [{ kind: 'released', replicant, dot, type: 'replace' }, undefined],
])('%o', (event, expected) => {
  expect(toldOf(event, 'site1')).toEqual(expected)
})

test("what others' operations come to is told by their origins", () => {
  expect(toldOf(outcome('failed', 507), 'site3')).toBeUndefined()
})
