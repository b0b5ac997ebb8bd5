/** A set of buckets is the numbers that were added to it, whichever way it was made. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BucketSet, NAME_BUCKETS } from '../../../../src/core/oplog/index.ts'

const bucket = fc.nat(NAME_BUCKETS - 1)

test('it has what was added, each once and in order, also when it is made of its bits', () => {
  fc.assert(
    fc.property(fc.array(bucket), bucket, (added, other) => {
      const set = new BucketSet()
      const isNew = added.map(each => set.add(each))
      expect(isNew.filter(Boolean)).toHaveLength(new Set(added).size)
      for (const same of [set, new BucketSet(set.bits)]) {
        expect([...same]).toEqual([...new Set(added)].toSorted((a, b) => a - b))
        expect(same.size).toBe(new Set(added).size)
        expect(same.has(other)).toBe(added.includes(other))
      }
    }),
  )
})

test('what is no bucket is not in it, and bits of another length are none', () => {
  const set = new BucketSet(new Uint8Array(100).fill(255))
  expect([set.add(-1), set.add(NAME_BUCKETS), set.size]).toEqual([false, false, 0])
  const { bits } = set
  set.add(1)
  expect([bits.length, bits[0]]).toEqual([NAME_BUCKETS / 8, 0])
})
