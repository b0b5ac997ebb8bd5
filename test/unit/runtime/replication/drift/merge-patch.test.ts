/** The merge patch that makes one object of another: absolute examples, and as a property what comes of merging it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { combinedPatches, merged, mergePatchTo } from '../../../../../src/runtime/replication/drift/merge-patch.ts'

type JsonObject = Readonly<Record<string, unknown>>

test.each<[JsonObject, JsonObject, boolean, JsonObject]>([
  [{ n: 1, f: 2 }, { n: 1, f: 3 }, false, { f: 3 }],
  [{ n: 1, own: 2 }, { n: 1 }, false, {}],
  [{ n: 1, own: 2 }, { n: 1 }, true, { own: null }],
  [{ deep: { a: 1, b: 2 } }, { deep: { a: 1, b: 3 }, c: [1] }, true, { deep: { b: 3 }, c: [1] }],
  [{ list: [1, 2] }, { list: [2] }, false, { list: [2] }],
])('from %j to %j, taking away: %s: %j', (has, wants, takesAway, patch) =>
  expect(mergePatchTo(has, wants, takesAway)).toEqual(patch),
)

/** Objects with few names, so that they meet; `besides` may stand wherever a value does. */
function objects(...besides: readonly fc.Arbitrary<unknown>[]): fc.Arbitrary<JsonObject> {
  const value = fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.integer({ min: 0, max: 3 }),
      ...besides,
      fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value
  return fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { maxKeys: 3, noNullPrototype: true })
}

test.each<[JsonObject, JsonObject, JsonObject | undefined]>([
  [{ n: 1, f: 2 }, { n: 3 }, { n: 3, f: 2 }],
  [{ n: 1 }, { n: null }, { n: null }],
  [{ deep: { a: 1, b: 2 } }, { deep: { b: null, c: 3 } }, { deep: { a: 1, b: null, c: 3 } }],
  [{ deep: { a: 1 } }, { deep: [1] }, { deep: [1] }],
  // What is there by then is nothing to merge into.
  [{ deep: null }, { deep: { a: 1 } }, undefined],
  [{ deep: [1] }, { deep: { a: 1 } }, undefined],
])('%j and then %j is %j', (first, second, both) => expect(combinedPatches(first, second)).toEqual(both))

test('one patch for two does what they do, one after the other', () => {
  const patch = objects(fc.constant(null))
  let combined = 0
  fc.assert(
    fc.property(objects(), patch, patch, (has, first, second) => {
      const both = combinedPatches(first, second)
      if (both === undefined) return
      combined++
      expect(merged(has, both)).toEqual(merged(merged(has, first), second))
    }),
    { numRuns: 500 },
  )
  expect(combined, 'pairs that one patch stands for').toBeGreaterThan(100)
})

test('what it says makes one of the other', () => {
  // A merge patch has no null, and an empty object is where nothing is left of one.
  const object = objects()
  fc.assert(
    fc.property(object, object, (has, wants) => {
      expect(merged(has, mergePatchTo(has, wants, true))).toEqual(wants)
    }),
  )
})
