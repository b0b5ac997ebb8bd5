/** What is known of large bodies is what the last commit that was given says: one that is undone leaves nothing. */
import { expect, test } from 'vitest'
import { MemoryBlobs } from '../../../../../sims/world/memory-blobs.ts'
import { simHash } from '../../../../../sims/world/replication/sim-bodies.ts'
import { BodyRecords } from '../../../../../src/runtime/replication/bodies/body-records.ts'
import { Commit } from '../../../../../src/runtime/replication/store/commit.ts'
import { MemoryStore } from '../../../../support/memory-store.ts'
import { realClock } from '../../../../support/real-time.ts'
import type { Operation } from '../../../../../src/core/oplog/index.ts'

const replicant = { service: 'shop', kind: 'items', name: 'mug' }
const body = { hash: 'a'.repeat(64), length: 100_000 }

function operation(number: number): Operation {
  const dot = { site: 'paris', incarnation: '1763762400000-0000000000000001', number }
  const stamp = { ms: 1, counter: number }
  const payload = { method: 'PUT', path: '/items/mug', headers: [], body }
  return { dot, stamp, replicant, life: { stamp, dot }, type: 'replace', context: [], payload }
}

test('a reference of a commit that is undone is none; one that was there before stays', () => {
  const blobs = new MemoryBlobs(new Map(), { hash: simHash, maxBytes: 1_000_000 })
  const records = new BodyRecords(new MemoryStore(), blobs, realClock, error => expect.unreachable(String(error)))
  const undone = new Commit()
  records.refer(undone, operation(1), 'operation')
  expect(records.missingOf(replicant)).toHaveLength(1)
  undone.undo()
  expect([records.isNamed({ replicant, ...body }), records.missingOf(replicant)]).toEqual([false, []])

  records.refer(new Commit(), operation(1), 'operation')
  const again = new Commit()
  records.refer(again, operation(1), 'operation')
  records.refer(again, operation(2), 'operation')
  again.undo()
  expect(records.isNamed({ replicant, ...body })).toBe(true)
  records.stop()
})

test('a reference that is on its way out, and is named again by a commit that is undone, goes all the same', () => {
  const blobs = new MemoryBlobs(new Map([[body.hash, { kind: 'whole', content: new Uint8Array(body.length) }]]), {
    hash: simHash,
    maxBytes: 1_000_000,
  })
  const records = new BodyRecords(new MemoryStore(), blobs, realClock, error => expect.unreachable(String(error)))
  const done = (commit: Commit): void => commit.done(error => expect.unreachable(String(error)))
  records.refer(new Commit(), operation(1), 'operation')
  const undone = new Commit()
  records.refer(undone, operation(1), 'operation', true)
  undone.undo()
  expect(records.isHere(replicant, body), 'nobody has given its bytes').toBe(false)

  const going = new Commit()
  records.forget(going, operation(1), 'operation')
  const again = new Commit()
  records.refer(again, operation(1), 'operation')
  again.undo()
  const twice = new Commit()
  records.forget(twice, operation(1), 'operation')
  twice.undo()
  done(going)
  expect(records.isNamed({ replicant, ...body })).toBe(false)
  records.stop()
})
