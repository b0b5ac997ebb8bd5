/**
 * What the simulation takes for lost when a disk is set back: what was acknowledged, and stands on no disk by then. Disks are made by hand.
 */
import { expect, test } from 'vitest'
import { Ledger } from '../../../../sims/world/replication/ledger.ts'
import { Losses } from '../../../../sims/world/replication/losses.ts'
import { admit, dotKey, newReplicant, NO_MATRICES } from '../../../../src/core/oplog/index.ts'
import type { DiskCopy } from '../../../../sims/world/replication/disk.ts'
import type { Operation, Replicant } from '../../../../src/core/oplog/index.ts'

const NAME = { service: 'warehouse', kind: 'item', name: 'n' }
const dot = (number: number) => ({ site: 's1', incarnation: '1-0000000000000000', number })
const LIFE = { stamp: { ms: 1, counter: 0 }, dot: dot(1) }
const CREATE: Operation = {
  ...LIFE,
  replicant: NAME,
  life: LIFE,
  type: 'create',
  context: [],
  members: { added: ['s1', 's2'], removed: [] },
}
const MERGE: Operation = {
  dot: dot(2),
  stamp: { ms: 2, counter: 0 },
  replicant: NAME,
  life: LIFE,
  type: 'merge',
  previous: dot(1),
  context: [dot(1)],
}

test('what another disk holds is not lost, nor what is acknowledged later; what none holds is lost for good', async () => {
  const ledger = new Ledger()
  const held = new Map<DiskCopy, Replicant>()
  const disk = (...operations: Operation[]): DiskCopy => {
    const copy = new Map<string, Uint8Array>()
    const empty = newReplicant(NAME, 's2')
    held.set(
      copy,
      operations.reduce((replicant, one) => admit(replicant, one, NO_MATRICES).replicant, empty),
    )
    return copy
  }
  const losses = new Losses(ledger, async (_name, copy) => held.get(copy) ?? newReplicant(NAME, 's2'))
  const acknowledge = (operation: Operation): void => {
    ledger.sealed(operation, 0)
    ledger.acknowledged.push({ site: 's1', words: operation.type, dot: operation.dot })
  }
  acknowledge(CREATE)
  losses.note([disk(), disk(CREATE)])
  expect([...(await losses.lost())]).toEqual([])
  acknowledge(MERGE)
  expect([...(await losses.lost())]).toEqual([])
  losses.note([disk(), disk(CREATE)])
  expect([...(await losses.lost())]).toEqual([dotKey(MERGE.dot)])
  losses.note([disk(CREATE, MERGE), disk(CREATE)])
  expect([...(await losses.lost())]).toEqual([dotKey(MERGE.dot)])
})
