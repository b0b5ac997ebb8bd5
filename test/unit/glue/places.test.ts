/** What stands at the places that a definition names, `-` being each item of a list, however many these are. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { withoutPlaces, withPlacesAdded, withPlacesOf } from '../../../src/glue/places.ts'
import { glue, json, value } from './body-fixture.ts'

describe('what is taken away', () => {
  it('leaves an item of a list that has nothing else', () => {
    const lines = [{ seq: 1 }, { n: 2, seq: 2 }, {}]
    expect(glue.stateOf('line', json({ lines }))).toEqual(json({ lines: [{}, { n: 2 }, {}] }))
    expect(glue.equal('line', json({ lines }), json({ lines: [] }))).toBe(false)
    expect(glue.equal('line', json({ lines }), json({ lines: [{}, { n: 2 }, { seq: 3 }] }))).toBe(true)
  })

  it('takes an object away that is left empty, up to the item that it stands in', () => {
    expect(withoutPlaces({ a: [{ b: { c: 1 } }, { b: { c: 1, d: 2 } }] }, ['/a/-/b/c'])).toEqual({
      a: [{}, { b: { d: 2 } }],
    })
    expect(withoutPlaces({ a: { b: { c: 1 } } }, ['/a/b/c'])).toEqual({})
    // Nothing has been set yet.
    expect(withoutPlaces({ a: { b: {} }, x: 1 }, ['/a/b/c'])).toEqual({ x: 1 })
    expect(withoutPlaces({ a: {}, x: 1 }, ['/a/b/c'])).toEqual({ a: {}, x: 1 })
  })

  it('is a whole item only where the place names that', () => {
    expect(withoutPlaces({ a: [1, { b: 2 }] }, ['/a/-'])).toEqual({ a: [] })
    expect(withoutPlaces({ a: [1, { b: 2 }] }, ['/a/0', '/a/length', '/a/7', '/a/00'])).toEqual({ a: [{ b: 2 }] })
    expect(withoutPlaces([{ b: 1 }, 2, null, [{ b: 1 }]], ['/-/b'])).toEqual([{}, 2, null, [{ b: 1 }]])
  })

  it('of each item is what each index takes away, and the same object where that is nothing', () => {
    const place = fc.constantFrom('/x/-/status/seen', '/-/x', '/-/-/price', '/meta/-')
    const list = fc.oneof(value, fc.array(value), fc.record({ x: fc.array(value) }), fc.array(fc.array(value)))
    fc.assert(
      fc.property(list, place, (body, at) => {
        const before = structuredClone(body)
        const found = withoutPlaces(body, [at])
        // From the last on: what is taken out leaves those before where they are.
        expect(found).toEqual(withoutPlaces(body, at === '/meta/-' ? indexed(at).toReversed() : indexed(at)))
        expect(body).toEqual(before)
        expect(withoutPlaces(found, [at])).toBe(found)
      }),
      { numRuns: 200 },
    )
  })

  /** No list of these tests is longer. */
  function indexed(place: string): readonly string[] {
    const at = place.indexOf('/-')
    if (at === -1) return [place]
    const each = Array.from({ length: 10 }, (_, index) => `${place.slice(0, at)}/${index}${place.slice(at + 2)}`)
    return each.flatMap(indexed)
  }
})

describe('what another body says of it', () => {
  const assigned = ['/address', '/ports/-/node']
  const own = [...assigned, '/ports/-/seen']
  const here = {
    address: 'here',
    ports: [
      { port: 80, node: 1, seen: 4 },
      { port: 81, node: 2 },
      { port: 81, node: 3 },
    ],
  }

  it('is that of the item that says the same, wherever it stands, and of nobody where none does', () => {
    const there = [{ port: 443, node: 7 }, { port: 81, node: 8 }, { port: 80, node: 9, seen: 5 }, { port: 81 }, null]
    expect(withPlacesOf({ address: 'there', ports: there }, here, assigned, own)).toEqual({
      address: 'here',
      ports: [{ port: 443 }, { port: 81, node: 2 }, { port: 80, node: 1, seen: 5 }, { port: 81 }, null],
    })
    expect(withPlacesOf({ ports: there }, { ports: 'none' }, assigned, own)).toEqual({
      ports: [{ port: 443 }, { port: 81 }, { port: 80, seen: 5 }, { port: 81 }, null],
    })
    expect(withPlacesOf(here, structuredClone(here), assigned, own)).toBe(here)
  })

  it('is added where it stands nowhere yet', () => {
    const bare = withoutPlaces(here, own)
    expect(bare).toEqual({ ports: [{ port: 80 }, { port: 81 }, { port: 81 }] })
    expect(withPlacesAdded(bare, here, own, own)).toEqual(here)
    expect(withPlacesAdded({ ports: [{ port: 81 }, { port: 7 }] }, here, assigned, own)).toEqual({
      address: 'here',
      ports: [{ port: 81, node: 2 }, { port: 7 }],
    })
    expect(
      withPlacesAdded({ n: 1 }, { spec: { address: null }, ports: [] }, ['/spec/address', '/ports/-/node'], []),
    ).toEqual({ n: 1, spec: { address: null } })
    for (const same of [{ n: 1 }, 'text', [1]])
      expect(withPlacesAdded(same, { ports: here.ports }, assigned, own)).toBe(same)
  })
})

/** One look at each takes milliseconds; a copy of the whole list for each of its items took a minute, in which an agent does nothing else. */
describe('a list of thousands of items', () => {
  const MOST_MS = 15_000
  const lines = Array.from({ length: 16_000 }, (_, n) => ({ n, seq: n, text: 'some text of a line' }))
  const body = json({ id: 'x', lines })

  function took(work: () => unknown): number {
    const began = performance.now()
    work()
    return performance.now() - began
  }

  test.each(['comparable', 'stateOf', 'saidOf'] as const)('%s', what => {
    expect(took(() => glue[what]('line', body))).toBeLessThan(MOST_MS)
  })

  test.each([
    ['nothing', {}],
    ['another list', { lines: [] }],
    ['as many', { lines: lines.map(line => ({ ...line, seq: line.seq + 1 })) }],
  ])('withOwnFields where the application shows %s', (_, has) => {
    expect(took(() => glue.withOwnFields('line', body, json(has)))).toBeLessThan(MOST_MS)
  })
})
