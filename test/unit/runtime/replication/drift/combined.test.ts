/** What an application shows and what was written as one state, and JSON Patch: single cases by hand, the rest as properties. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  combined,
  hiddenIn,
  isOnlyMissing,
  withoutHidden,
} from '../../../../../src/runtime/replication/drift/combined.ts'
import { merged } from '../../../../../src/runtime/replication/drift/merge-patch.ts'
import { patched } from '../../../../../src/runtime/replication/drift/json-patch.ts'
import { contains } from '../../../../../src/runtime/replication/application/contains.ts'
import type { CombineRules } from '../../../../../src/runtime/replication/drift/combined.ts'
import type { Sureness, Whole } from '../../../../../src/runtime/replication/drift/whole.ts'

const DOT = { site: 'a', incarnation: '1-0000000000000000', number: 1 }

const whole = (value: unknown, sureness: Sureness = 'sure', changed: readonly string[] = []): Whole => ({
  value,
  isKnown: sureness === 'sure',
  surenessOf: () => sureness,
  namedBy: () => DOT,
  changed: new Set(changed),
})

const RULES: CombineRules = { declared: [], hidden: [], missed: [], looked: [DOT], prefers: 'written' }

function together(shown: unknown, written: Whole, rules: Partial<CombineRules> = {}) {
  return combined(shown, written.value, written, { ...RULES, ...rules })
}

describe('one state of two', () => {
  test('what is not shown is as it was written, at any depth, and what the application has added stays', () => {
    const shown = { id: 'x', auth: { user: 'u' }, stock: 3 }
    const written = whole({ id: 'x', auth: { user: 'u', password: 'p' }, pin: 1 })
    expect(together(shown, written)).toEqual({
      value: { id: 'x', auth: { user: 'u', password: 'p' }, stock: 3, pin: 1 },
      unclear: [],
    })
  })

  test('what is shown as something else is as it was written, but for lists that a change has named', () => {
    const shown = { password: '***', tags: [1, 2], all: [9] }
    const written = whole({ password: 'p', tags: [2], all: [1] }, 'sure', ['tags'])
    expect(together(shown, written).value).toEqual({ password: 'p', tags: [1, 2], all: [1] })
  })

  test('where all were changed what is shown holds, but for what was hidden before', () => {
    const written = whole({ role: 'r', password: 'p', gone: 1 })
    const shown = { role: 'other', password: '***' }
    const rules = { prefers: 'shown', hidden: ['/password'] } as const
    expect(together(shown, written, rules).value).toEqual({ role: 'other', password: 'p', gone: 1 })
    expect(together(shown, written, { prefers: 'shown', hidden: undefined }).value).toEqual(written.value)
  })

  test('of what nobody has looked for nobody can say what it is, unless the application that is to have it shows it as it was written', () => {
    const written = whole({ n: 1, m: true, auth: { user: 'u', pin: 1 }, none: null }, 'unsure')
    const shown = { n: 2, auth: {} }
    const unlooked = { looked: [] }
    expect(together(shown, written, unlooked).unclear).toEqual(['/m', '/auth/user', '/auth/pin', '/none'])
    const here = { n: 1, m: true, auth: { user: 'u', pin: '***' } }
    expect(together(shown, written, { ...unlooked, here }).unclear).toEqual(['/auth/pin', '/none'])
    const all = { ...here, auth: { user: 'u', pin: 1 }, none: null }
    expect(together(shown, written, { ...unlooked, here: all })).toEqual({ value: shown, unclear: [] })
  })

  test('after what only the application knows what it shows holds, and what it never showed is as it was written', () => {
    const written = whole({ n: 1, password: 'p' }, 'unsure')
    expect(together({ n: 2 }, written, { hidden: ['/password'] })).toEqual({
      value: { n: 2, password: 'p' },
      unclear: [],
    })
    expect(together({ n: 2 }, written)).toEqual({ value: { n: 2 }, unclear: [] })
    // It was not there when that was looked at, before the last write.
    expect(together({ n: 2 }, written, { hidden: undefined, missed: ['/password'] }).value).toEqual({
      n: 2,
      password: 'p',
    })
    expect(together({ n: 2 }, written, { hidden: undefined, looked: [] }).unclear).toEqual(['/password'])
    expect(together({ n: 2 }, written, { hidden: undefined, looked: [], declared: ['/password'] }).unclear).toEqual([])
  })

  test('what was shown after that is as it was written, but for what was not shown so then', () => {
    const written = whole({ n: 1, of: { a: 1, b: 2 }, done: 3 }, 'unsure')
    const { gone } = hiddenIn({ n: 1, of: { a: 1 } }, written.value, written, { hidden: [], looked: [DOT] })
    expect(gone).toEqual(['/of/b', '/done'])
    expect(together({ by: 'others' }, written, { prefers: 'shown', gone }).value).toEqual({
      by: 'others',
      n: 1,
      of: { a: 1 },
    })
  })

  test('what is hidden is remembered as long as only the application knows what was done since', () => {
    const shown = { n: 2, password: '***' }
    expect(hiddenIn(shown, { n: 2, password: 'p' }, whole(0), { hidden: [], looked: [DOT] }).at).toEqual(['/password'])
    expect(
      hiddenIn(shown, { n: 1, password: 'p' }, whole(0, 'unsure'), { hidden: ['/password'], looked: [DOT] }).at,
    ).toEqual(['/password'])
    expect(
      hiddenIn({ n: 2, password: 'p' }, { n: 2, password: 'p' }, whole(0), { hidden: ['/password'], looked: [DOT] }).at,
    ).toEqual([])
  })

  test('what was never looked at before only the application could know is not said to be shown', () => {
    const look = { hidden: [], looked: [] }
    expect(hiddenIn({ n: 1 }, { n: 1, password: 'p' }, whole(0, 'unsure'), look)).toEqual({
      at: [],
      isClear: false,
      gone: ['/password'],
    })
    expect(hiddenIn({ n: 1 }, { n: 1 }, whole(0, 'unsure'), look)).toEqual({ at: [], isClear: true, gone: [] })
  })

  test('so many that nobody has them: all of it is', () => {
    const written = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`f${n}`, n]))
    expect(hiddenIn({}, written, whole(written), { hidden: [], looked: [DOT] }).at).toEqual([''])
    expect(together({ f1: 'other' }, whole(written, 'unsure'), { hidden: [''] }).value).toEqual(written)
  })

  const object = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true })

  test('whatever is shown, all that was surely written is in it', () => {
    fc.assert(
      fc.property(object, object, (shown, written) => {
        const { value } = together(shown, whole(written))
        expect(contains(value, written)).toBe(true)
        expect(Object.keys(value as object)).toEqual(expect.arrayContaining(Object.keys(shown)))
      }),
    )
  })

  test('what was written stands in what is shown, but for what is hidden', () => {
    fc.assert(
      fc.property(object, object, (shown, written) => {
        const { at: hidden } = hiddenIn(shown, written, whole(written), { hidden: [], looked: [DOT] })
        expect(contains(shown, withoutHidden(written, hidden))).toBe(true)
        if (contains(shown, written)) expect(isOnlyMissing(shown, written)).toBe(true)
      }),
    )
  })
})

describe('JSON patch', () => {
  const room = () => ({ left: 1000 })

  test.each<[unknown, unknown, unknown]>([
    [{ a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    [{ a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    [{ a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    [{ a: [1, 2] }, [{ op: 'remove', path: '/a/0' }], { a: [2] }],
    [
      { 'a/b': 1, 'm~n': 2 },
      [
        { op: 'replace', path: '/a~1b', value: 3 },
        { op: 'remove', path: '/m~0n' },
      ],
      { 'a/b': 3 },
    ],
    [{ a: { b: 1 } }, [{ op: 'move', from: '/a/b', path: '/c' }], { a: {}, c: 1 }],
    [
      { a: 1 },
      [
        { op: 'copy', from: '/a', path: '/b' },
        { op: 'test', path: '/b', value: 1 },
      ],
      { a: 1, b: 1 },
    ],
    [{ a: 1 }, [{ op: 'add', path: '', value: { z: 1 } }], { z: 1 }],
  ])('%j by %j is %j', (target, steps, result) => expect(patched(target, steps, room())).toEqual({ value: result }))

  test.each<[unknown, unknown]>([
    [{ a: 1 }, [{ op: 'test', path: '/a', value: 2 }]],
    [{ a: 1 }, [{ op: 'replace', path: '/b', value: 2 }]],
    [{ a: 1 }, [{ op: 'remove', path: '/b' }]],
    [{ a: [1] }, [{ op: 'add', path: '/a/2', value: 2 }]],
    [{ a: [1] }, [{ op: 'remove', path: '/a/01' }]],
    [{ a: 1 }, [{ op: 'add', path: '/b/c', value: 2 }]],
    [{ a: 1 }, [{ op: 'add', path: 'b', value: 2 }]],
    [{ a: 1 }, [{ op: 'paint', path: '/a' }]],
    [{ a: 1 }, { op: 'add', path: '/a', value: 2 }],
  ])('%j by %j only the application can say', (target, steps) => expect(patched(target, steps, room())).toBeUndefined())

  test('a merge patch of fields is that as steps', () => {
    const fields = fc.dictionary(fc.constantFrom('a', 'b/c', 'd~'), fc.integer(), { noNullPrototype: true })
    fc.assert(
      fc.property(fields, fields, (target, patch) => {
        const steps = Object.entries(patch).map(([name, value]) => {
          const path = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
          return { op: 'add', path, value }
        })
        expect(patched(target, steps, room())).toEqual({ value: merged(target, patch) })
      }),
    )
  })
})
