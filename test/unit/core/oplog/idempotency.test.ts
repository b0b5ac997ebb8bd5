/**
 * What is remembered of idempotency keys: the same in whatever order and parts it is learnt, the ≺-smallest operation of each key, of resets no
 * more than their bound, which take nothing from the others. Properties over random sets of keyed operations.
 */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  isOfKey,
  joinKeys,
  keyOf,
  resetKeyOf,
  withKey,
  withoutOldKeys,
  type Keys,
} from '../../../../src/core/oplog/idempotency.ts'
import { MAX_RESET_KEYS } from '../../../../src/core/oplog/limits.ts'
import type { Operation } from '../../../../src/core/oplog/index.ts'

const NOTHING: Keys = new Map()

const operation = (ms: number, type: string, key: string, request = key): Operation =>
  ({
    type,
    stamp: { ms, counter: 0 },
    dot: { site: 'a', incarnation: '1-0', number: ms },
    idempotency: { principal: '', key, request },
  }) as unknown as Operation

/** @param keys how many there are; each operation has one of its own if it is undefined */
const operations = (keys: number | undefined, length: number) =>
  fc
    .uniqueArray(
      fc.record({
        ms: fc.integer({ min: 1, max: 100_000 }),
        type: fc.constantFrom('merge', 'replace', 'create', 'delete'),
        key: fc.nat(keys ?? 0),
      }),
      { selector: ({ ms }) => ms, minLength: length, maxLength: length },
    )
    .map(all => all.map(({ ms, type, key }) => operation(ms, type, String(keys === undefined ? ms : key))))

const all = (list: readonly Operation[]): Keys => list.reduce((keys, one) => withKey(keys, one, new Map()), NOTHING)
const sorted = (keys: Keys) => [...keys].toSorted(([a], [b]) => (a < b ? -1 : 1))
const resets = (keys: Keys) => [...keys.keys()].filter(text => text.endsWith(',"reset"]'))

/** A few keys that come again and again; and more than are kept, each once. */
test.each([
  [20, 60],
  [undefined, MAX_RESET_KEYS + 150],
])('keys that are learnt in parts, in whatever order, are those that are learnt at once (%s keys)', (keys, length) => {
  const property = fc.property(operations(keys, length), fc.nat(length), (list, cut) => {
    const whole = all(list)
    const [one, other] = [all(list.slice(0, cut)), all(list.slice(cut))]
    const merges = new Set(list.flatMap(({ type, idempotency }) => (type === 'merge' ? [idempotency?.key] : [])))
    return (
      isDeepStrictEqual(sorted(joinKeys(one, other)), sorted(whole)) &&
      isDeepStrictEqual(sorted(joinKeys(other, one)), sorted(whole)) &&
      resets(whole).length <= MAX_RESET_KEYS &&
      whole.size - resets(whole).length === merges.size
    )
  })
  fc.assert(property, { numRuns: 20, endOnFailure: true })
})

test('a reset and a change with one key and request are remembered beside each other, and are found by the key', () => {
  const keys = all([
    operation(1, 'merge', 'k', 'r'),
    operation(2, 'replace', 'k', 'r'),
    operation(3, 'replace', 'k', 'r'),
  ])
  const idempotency = { principal: '', key: 'k', request: 'r' }
  expect(keys.get(keyOf(idempotency))?.dot.number).toBe(1)
  expect(keys.get(resetKeyOf(idempotency) ?? '')?.dot.number).toBe(2)
  expect([...keys.keys()].every(text => isOfKey(text, idempotency))).toBe(true)
  expect([...keys.keys()].some(text => isOfKey(text, { principal: '', key: 'other' }))).toBe(false)
  expect(resetKeyOf({ principal: '', key: 'k' })).toBe(undefined)
})

test('keys of what is old and everywhere go, those of what somebody lacks stay', () => {
  const keys = all([operation(1, 'replace', 'old'), operation(2, 'replace', 'lacked'), operation(10, 'replace', 'new')])
  const left = withoutOldKeys(keys, 10, ({ dot }) => dot.number !== 2)
  expect([...left.values()].map(({ dot }) => dot.number)).toEqual([2, 10])
})
