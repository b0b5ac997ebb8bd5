/** The memory of operations that were written last: what it gives back, and that it stays within its bound. */
import { expect, test } from 'vitest'
import { MAX_CACHED_OPERATION_BYTES } from '../../../../../src/runtime/replication/limits.ts'
import { SealedCache } from '../../../../../src/runtime/replication/store/sealed-cache.ts'

const sealed = (bytes: number) => ({ bytes: new Uint8Array(bytes), signature: new Uint8Array(64) })

test('gives back what was set last under a key, until it is deleted', () => {
  const cache = new SealedCache()
  const [first, second] = [sealed(10), sealed(20)]
  cache.set('a', first)
  cache.set('a', second)
  expect(cache.get('a')).toBe(second)
  cache.delete('a')
  cache.delete('a')
  expect(cache.get('a')).toBeUndefined()
})

test('the oldest go first, and room that was freed is room again', () => {
  const cache = new SealedCache()
  const third = Math.floor(MAX_CACHED_OPERATION_BYTES / 3)
  for (const key of ['a', 'b', 'c']) cache.set(key, sealed(third))
  expect(['a', 'b', 'c'].map(key => cache.get(key) !== undefined)).toEqual([false, true, true])
  cache.delete('b')
  cache.set('d', sealed(third / 2))
  expect(['c', 'd'].map(key => cache.get(key) !== undefined)).toEqual([true, true])
})
