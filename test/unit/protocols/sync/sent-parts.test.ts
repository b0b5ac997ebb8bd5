// What the bytes of a message of replication are counted as: entries by their kind, in proportion to their lengths, since they are compressed together.

import { expect, test } from 'vitest'
import { tellParts } from '../../../../protocols/sync/sent-parts.ts'
import { syncCodec } from '../../../../protocols/sync/codec.ts'
import type { SyncMessage } from '../../../../src/ports/sync.ts'

const replicant = { service: 'inventory', kind: 'items', name: 'mug' }
const dot = { site: 'paris', incarnation: '1763762400000-0000000000000001', number: 1 }
const clock = { ms: 1_763_762_400_123, counter: 0 }
const acknowledgement = syncCodec.encodeEntry({ kind: 'acknowledgement', replicant, lives: [], clock })
const life = { stamp: clock, dot }
const outcome = syncCodec.encodeEntry({
  kind: 'outcome',
  replicant,
  life,
  dot,
  site: 'lyon',
  outcome: 'applied',
  at: 1,
})

function told(message: SyncMessage, frameBytes: number): Record<string, number> {
  const parts: Record<string, number> = {}
  tellParts(message, frameBytes, (part, bytes) => (parts[part] = bytes))
  return parts
}

test('a message that is no list is counted as a whole', () => {
  const digest: SyncMessage = { kind: 'digest', digest: { count: 1, sum: 1n } }
  expect(told(digest, 40)).toEqual({ digest: 40 })
})

test('entries share what the message takes, those of a kind that is not known too', () => {
  const unknown = Uint8Array.from([15 << 3, 0])
  const entries = [acknowledgement, outcome, acknowledgement, unknown]
  const total = entries.reduce((sum, { length }) => sum + length, 0)
  const message: SyncMessage = { kind: 'entries', incarnation: dot.incarnation, first: 1, entries }
  const half = told(message, total / 2)
  expect(half['acknowledgement']).toBeCloseTo(acknowledgement.length, -0.5)
  expect(half['outcome']).toBeCloseTo(outcome.length / 2, -0.5)
  expect(half['entries']).toBe(1)
  const sum = Object.values(half).reduce((all, bytes) => all + bytes, 0)
  expect(Math.abs(sum - total / 2)).toBeLessThan(3)
})
