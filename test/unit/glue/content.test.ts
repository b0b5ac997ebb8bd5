/** What a definition's `content` takes out of an answer, and where a frame is found that it does not name. */
import { describe, expect, test } from 'vitest'
import { checkDefinition } from '../../../src/glue/check.ts'
import { contentOf, frameAt } from '../../../src/glue/content.ts'
import type { GlueDefinition } from '../../../src/glue/definition.ts'
import { interpret } from '../../../src/glue/interpreter.ts'

const MADE = { id: 'x', n: 1 }

test.each<[unknown, string | undefined, unknown]>([
  [{ data: MADE, meta: 7 }, '/data', MADE],
  [{ result: { item: MADE } }, '/result/item', MADE],
  [{ data: null }, '/data', null],
  // An answer to a write, or an error, may have none.
  [MADE, '/data', MADE],
  [[MADE], '/data', [MADE]],
  [{ data: MADE }, undefined, { data: MADE }],
])('of %j at %s is %j', (value, at, content) =>
  expect(contentOf({ is: 'json', value }, at)).toEqual({ is: 'json', value: content }),
)

test('what is no JSON is as it is', () => {
  const body = { is: 'opaque', bytes: new Uint8Array([1]), why: 'is no JSON' } as const
  expect(contentOf(body, '/data')).toBe(body)
})

test.each<[unknown, unknown, string | undefined]>([
  [{ data: { ...MADE, at: 7 }, meta: {} }, MADE, '/data'],
  [{ result: { 'a/b': { n: 1 } } }, MADE, '/result/a~1b'],
  [MADE, MADE, undefined],
  [{ id: 'x', owner: { n: 1 } }, MADE, undefined],
  [{ data: { n: 2 } }, MADE, undefined],
  // It is taken with it.
  [{ data: MADE }, { data: MADE }, undefined],
  [{ a: { b: { c: MADE } } }, MADE, undefined],
  [[MADE], MADE, undefined],
  [{ data: MADE }, {}, undefined],
  [{ data: 'x' }, 'x', undefined],
])('of %j, written %j, is shown at %s', (shown, written, at) => expect(frameAt(shown, written)).toBe(at))

describe('lists', () => {
  const text =
    'glue: 1\napplication: a\nkinds: {item: {collection: /items, resource: "/items/{id}", id: {at: /id, from: client}, content: /data, list: {items: /items}, server-set: [/at]}}'
  const glue = interpret(checkDefinition(text).definition as GlueDefinition)
  const merged = (...each: readonly unknown[]): unknown => {
    const answers = each.map((item, place) => ({
      site: `site${place}`,
      body: { is: 'json', value: { items: [item] } } as const,
    }))
    const list = glue.mergeLists('item', answers)
    return list === undefined ? undefined : glue.items('item', { is: 'json', value: list.body })?.items
  }
  const sites = { cheops: { sites: ['site0', 'site1'] } }

  test('items in the same frame as single answers stand once, whole', () => {
    const framed = (at: number) => ({ data: { ...MADE, at } })
    expect(merged(framed(1), framed(2))).toEqual([{ ...framed(1), ...sites }])
    expect(glue.itemName('item', '/items', framed(1))).toBe('x')
  })

  test('items without it too, also with a field of that name', () => {
    const plain = (at: number) => ({ ...MADE, at, data: { id: 'another' } })
    expect(merged(plain(1), plain(2))).toEqual([{ ...plain(1), ...sites }])
    expect(glue.itemName('item', '/items', plain(1))).toBe('x')
  })
})
