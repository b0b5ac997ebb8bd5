/** Who is believed that this store was set back, and about what: sites, and replicants by their members alone. */
import { expect, test } from 'vitest'
import {
  NO_MATRICES,
  admit,
  newReplicant,
  type Operation,
  type Replicant,
} from '../../../../../src/core/oplog/index.ts'
import { CONFIRMED_WITHIN_MS } from '../../../../../src/runtime/replication/limits.ts'
import { Standing } from '../../../../../src/runtime/replication/sync/standing.ts'

/** A replicant that `a` has created. */
function createdFor(added: readonly string[]): Replicant {
  const name = { service: 'shop', kind: 'items', name: 'cup' }
  const dot = { site: 'a', incarnation: '1-0', number: 1 }
  const stamp = { ms: 1, counter: 0 }
  const members = { added, removed: [] }
  const create: Operation = { dot, stamp, life: { dot, stamp }, replicant: name, type: 'create', context: [], members }
  return admit(newReplicant(name, 'a'), create, NO_MATRICES).replicant
}

test('a site that says that this store was set back says so of what it is a member of', () => {
  let told = 0
  const standing = new Standing({ monotonic: () => 0 }, () => told++)
  const [ours, theirs] = [createdFor(['a', 'b']), createdFor(['a', 'mallory'])]
  expect([ours, theirs].map(replicant => standing.isOldFor(replicant))).toEqual([false, false])
  standing.wasSetBack('mallory')
  standing.wasSetBack('mallory')
  expect([ours, theirs].map(replicant => standing.isOldFor(replicant))).toEqual([false, true])
  standing.wasSetBack('b')
  expect(standing.isOldFor(ours)).toBe(true)
  expect(told, 'all is told anew once').toBe(1)
})

test('a store is the last one when all have confirmed it, and none says otherwise', () => {
  let now = 0
  const standing = new Standing({ monotonic: () => now }, () => undefined)
  expect(standing.amongst(['b'])).toBe('unknown')
  standing.confirmed('b')
  expect(standing.amongst(['b'])).toBe('last')
  standing.wasSetBack('c')
  expect(standing.amongst(['b'])).toBe('unknown')
  now = CONFIRMED_WITHIN_MS
  expect(standing.amongst(['b'])).toBe('old')
})
