/** Lists of several sites made one: absolute examples, and as a property that merging one changes nothing but the marks. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { glue, rest, json, opaque, value } from './body-fixture.ts'

describe('lists', () => {
  it.each([
    [
      { items: [1], page: { next: 'x' } },
      { items: [1], next: 'x' },
    ],
    [
      { items: [], page: { next: null } },
      { items: [], next: undefined },
    ],
    [{ other: [1] }, undefined],
    [[1], undefined],
  ])('of a definition: %o', (body, found) => {
    expect(glue.items('item', json(body))).toEqual(found)
  })

  it.each([
    [
      [1, 2],
      [1, 2],
    ],
    [{ data: [1], total: 1 }, [1]],
    [{ data: [1], links: [] }, undefined],
    [{ id: 'web' }, undefined],
    ['text', undefined],
  ])('of rest: %o', (body, found) => {
    expect(rest.items('pods', json(body))?.items).toEqual(found)
  })

  it('merge: what is equal stands once, what differs once for each site, the frame is the first', () => {
    const merged = glue.mergeLists('item', [
      { site: 'down', body: opaque },
      {
        site: 'a',
        body: json({
          items: [{ meta: { sku: '1' }, price: 1, updated: 'a' }, { meta: { sku: '2' }, price: 1 }, 'x'],
          page: { next: 't', size: 3 },
        }),
      },
      {
        site: 'b',
        body: json({
          items: [
            { meta: { sku: '1' }, price: 1, updated: 'b' },
            { meta: { sku: '2' }, price: 2 },
          ],
        }),
      },
    ])
    expect(merged).toMatchObject({
      nexts: new Map([['a', 't']]),
      mayContinue: false,
      body: {
        items: [
          { meta: { sku: '1', sites: ['a', 'b'] }, price: 1, updated: 'a' },
          { meta: { sku: '2', sites: ['a'] }, price: 1 },
          'x',
          { meta: { sku: '2', sites: ['b'] }, price: 2 },
        ],
        page: { size: 3 },
      },
      incomplete: ['a'],
      unreadable: ['down'],
    })
  })

  it.each([
    ['null', [null, null], null],
    ['""', ['', ''], ''],
    ['null behind the last page of one', ['t', null], null],
    ['nothing', [undefined, undefined], undefined],
  ])('merge: the end is said as applications say it: %s', (_, said, end) => {
    const answers = said.map((next, place) => ({
      site: `s${place}`,
      body: json({ items: [], page: next === undefined ? { size: 1 } : { next, size: 1 } }),
    }))
    const merged = glue.mergeLists('item', answers)
    expect(merged?.body).toEqual({ items: [], page: end === undefined ? { size: 1 } : { size: 1, next: end } })
  })

  it('of rest merge too, and keep what one site lists twice', () => {
    const body = json([{ id: 1 }, { id: 1 }])
    expect(
      rest.mergeLists('pods', [
        { site: 'a', body },
        { site: 'b', body: json([{ id: 1 }]) },
      ])?.body,
    ).toEqual([
      { id: 1, cheops: { sites: ['a', 'b'] } },
      { id: 1, cheops: { sites: ['a'] } },
    ])
    expect(rest.mergeLists('pods', [{ site: 'a', body: opaque }])).toBeUndefined()
  })

  it('merging one list changes nothing but the marks', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), list => {
        const merged = glue.mergeLists('item', [{ site: 'a', body: json({ items: list }) }])
        expect(glue.items('item', json(merged?.body))?.items).toHaveLength(list.length)
        expect(merged).toMatchObject({ incomplete: [], unreadable: [] })
      }),
    )
  })
})
