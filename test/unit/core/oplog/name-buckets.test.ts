/** Buckets of names: within the bounds, spread evenly, and the same for ever, since sites of different versions speak of them. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NAME_BUCKETS, bucketOf } from '../../../../src/core/oplog/index.ts'

const items = (name: string) => ({ service: 'inventory', kind: 'items', name })

test('within the bounds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), name => {
      const bucket = bucketOf(items(name))
      expect(Number.isInteger(bucket) && bucket >= 0 && bucket < NAME_BUCKETS).toBe(true)
    }),
  )
})

test('spread evenly', () => {
  const buckets = new Map<number, number>()
  for (let n = 0; n < 8 * NAME_BUCKETS; n++) {
    const bucket = bucketOf(items(`item-${n}`))
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1)
  }
  expect(buckets.size).toBeGreaterThan(NAME_BUCKETS * 0.98)
  expect(Math.max(...buckets.values())).toBeLessThan(32)
})

test.each([
  ['shared', 1680],
  ['bolt', 2837],
])('%s', (name, bucket) => expect(bucketOf(items(name))).toBe(bucket))
