/** The merge patch that makes one object of another: absolute examples, and as a property what comes of merging it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { merged, mergePatchTo } from '../../../../../src/runtime/replication/drift/merge-patch.ts'

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

test('what it says makes one of the other', () => {
  // A merge patch has no null, and an empty object is where nothing is left of one.
  const value = fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.integer({ min: 0, max: 3 }),
      fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value
  const object = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { maxKeys: 3, noNullPrototype: true })
  fc.assert(
    fc.property(object, object, (has, wants) => {
      expect(merged(has, mergePatchTo(has, wants, true))).toEqual(wants)
    }),
  )
})
