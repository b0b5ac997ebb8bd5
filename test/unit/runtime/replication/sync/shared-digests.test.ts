/** What is counted for each site that shares something, and nothing for one that shares nothing any more: anybody can make up names of sites. */
import { expect, test } from 'vitest'
import { NO_MATRICES, admit, newReplicant, type Operation } from '../../../../../src/core/oplog/index.ts'
import { SharedDigests } from '../../../../../src/runtime/replication/sync/shared-digests.ts'

const replicant = { service: 'shop', kind: 'items', name: 'mug' }

function created(number: number, member: string): Operation {
  const dot = { site: 'rome', incarnation: '1763762400000-0000000000000001', number }
  const stamp = { ms: number, counter: 0 }
  const members = { added: ['paris', 'rome', member], removed: [] }
  return { dot, stamp, replicant, life: { stamp, dot }, type: 'create', context: [], members }
}

test('a site with which nothing is shared any more takes no room, and each change is another number', () => {
  const digests = new SharedDigests('paris', { knowledgeHash: (_, lives) => BigInt(lives.length) })
  digests.complete()
  const empty = newReplicant(replicant, 'paris')
  const numbers = new Set([digests.changesOf('rome')])
  for (let number = 1; number <= 20; number++) {
    const held = admit(empty, created(number, `made-up-${String(number)}`), NO_MATRICES).replicant
    digests.changed('mug', empty, held)
    numbers.add(digests.changesOf('rome'))
    expect(digests.of('rome')).toEqual({ count: 1, sum: 1n })
    expect(digests.of(`made-up-${String(number)}`)).toEqual({ count: 1, sum: 1n })
    digests.changed('mug', held, empty)
    numbers.add(digests.changesOf('rome'))
    expect(digests.of('rome')).toEqual({ count: 0, sum: 0n })
  }
  expect(digests.counted?.sums.size).toBe(0)
  let held = admit(empty, created(1, 'lyon'), NO_MATRICES).replicant
  digests.changed('mug', empty, held)
  for (let number = 2; number <= 3; number++) {
    // What is counted anew is not nothing in between.
    digests.of('rome')
    const before = digests.changesOf('rome')
    expect(before).toBeGreaterThan(0)
    const next = admit(held, created(number, 'lyon'), NO_MATRICES).replicant
    digests.changed('mug', held, next)
    digests.of('rome')
    expect(digests.changesOf('rome')).toBeGreaterThan(before)
    held = next
  }
  expect(numbers.size).toBe(41)
})
