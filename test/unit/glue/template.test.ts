/**
 * URI templates: what is matched, what is refused, and as properties that expansion and match are each other's inverse and
 * that no path whatsoever makes the matcher throw.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compileTemplate,
  expandTemplate,
  matchEnd,
  matchPath,
  matchTemplate,
  splitPath,
} from '../../../src/glue/template.ts'

function match(template: string, path: string): Record<string, string> | undefined {
  const values = matchTemplate(compileTemplate(template), splitPath(path, 16).decoded)
  return values && Object.fromEntries(values)
}

describe('matchTemplate', () => {
  it.each([
    ['/items', '/items', {}],
    ['/items', '/items/', {}],
    ['/items', '/items?limit=3', {}],
    ['/items', '/it%65ms', {}],
    ['/items', '/item', undefined],
    ['/items/{id}', '/items/7', { id: '7' }],
    ['/items/{id}', '/items/7?x=/y', { id: '7' }],
    ['/items/{id}', '/items/a%2Fb', { id: 'a/b' }],
    ['/items/{id}', '/items/', undefined],
    ['/items/{id}', '/items//', undefined],
    ['/items/{id}.json', '/items/7.json', { id: '7' }],
    ['/items/{id}.json', '/items/.json', undefined],
    ['/v1/ns/{namespace}/pods/{id}', '/v1/ns/a/pods/b', { namespace: 'a', id: 'b' }],
    // What cannot be decoded is taken as it stands.
    ['/items/{id}', '/items/%zz', { id: '%zz' }],
    ['/items/{id}', '/items/%ff', { id: '%ff' }],
    ['/', '/', {}],
    // One segment or more, to the end or between others.
    ['/files/{+id}', '/files/a', { id: 'a' }],
    ['/files/{+id}', '/files/a/b%20c/d.txt?x=/y', { id: 'a/b c/d.txt' }],
    ['/files/{+id}', '/files/a%2Fb/c', { id: 'a/b/c' }],
    ['/files/{+id}', '/files/a//b', { id: 'a//b' }],
    ['/files/{+id}', '/files', undefined],
    ['/files/{+id}', '/files/', undefined],
    ['/files/{+id}', '/files//', undefined],
    ['/files/{+id}', '/file/a', undefined],
    ['/{+id}', '/a/b', { id: 'a/b' }],
    ['/{+id}', '/', undefined],
    ['/v2/{+name}/manifests/{id}', '/v2/a/b/manifests/c', { name: 'a/b', id: 'c' }],
    ['/v2/{+name}/manifests/{id}', '/v2/a/manifests/manifests/c', { name: 'a/manifests', id: 'c' }],
    ['/v2/{+name}/manifests/{id}', '/v2/manifests/c', undefined],
    ['/v2/{+name}/manifests/{id}', '/v2/a/b/manifests/c/d', undefined],
  ])('%s on %s', (template, path, values) => {
    expect(match(template, path)).toEqual(values)
  })

  it('matches the beginning of a longer path, so that what stands below a resource is found', () => {
    expect(match('/items/{id}', '/items/7/lines/3')).toEqual({ id: '7' })
  })
})

describe('compileTemplate', () => {
  it.each([
    ['items', 'begin with a slash'],
    ['/items//x', 'empty segment'],
    ['/items/{id', 'without its partner'],
    ['/items/id}', 'without its partner'],
    ['/items/}{', 'without its partner'],
    ['/items/{+id}.json', 'nothing stands beside it'],
    ['/items/v{+id}', 'nothing stands beside it'],
    ['/items/{+id}/', 'that is a folder'],
    ['/{+a}/x/{+b}', 'nobody can say where one ends'],
    ['/items/{id+}', 'no expression that is known'],
    ['/items/{#id}', 'no expression that is known'],
    ['/items/{}', 'no expression that is known'],
    ['/items/{a,b}', 'no expression that is known'],
    ['/{id}/x/{+id}', 'twice'],
    ['/items/{a}-{b}', 'two expressions'],
    ['/{id}/x/{id}', 'twice'],
  ])('refuses %s', (template, why) => {
    expect(() => compileTemplate(template)).toThrow(why)
  })
})

const NAMES = ['id', 'kind', 'a_1', 'Z']
const literal = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).map(encodeURIComponent_)
const segment = fc.oneof(
  literal.map(text => ({ text, variable: false })),
  fc.record({ prefix: fc.constantFrom('', 'v', '~'), suffix: fc.constantFrom('', '.json', ':x') }).map(affix => ({
    text: affix,
    variable: true,
  })),
)

/** Well-formed text only: lone surrogates have no percent-encoding. */
function encodeURIComponent_(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll("'", '%27')
}

/** A template and a value for each of its variables. */
const templateAndValues = fc
  .tuple(
    fc.array(segment, { maxLength: 6 }),
    fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }), { minLength: 4, maxLength: 4 }),
  )
  .map(([segments, texts]) => {
    const values = new Map<string, string>()
    const parts = segments.flatMap(({ text }) => {
      if (typeof text === 'string') return [text]
      const name = NAMES[values.size]
      if (name === undefined) return []
      values.set(name, (texts[values.size] as string).toWellFormed())
      return [`${text.prefix}{${name}}${text.suffix}`]
    })
    return { source: '/' + parts.join('/'), values }
  })

function outcomeOf(source: string): string {
  try {
    compileTemplate(source)
    return 'compiled'
  } catch (error) {
    return error instanceof Error ? error.constructor.name : 'unknown'
  }
}

describe('matchEnd', () => {
  it.each([
    ['/items/{id}', '/prefix/items/7', '7'],
    ['/files/{+id}', '/dav/files/a/b', 'a/b'],
    // What is left out in front is as little as can be.
    ['/files/{+id}', '/dav/files/a/files/b', 'a/files/b'],
    ['/{+id}', '/dav/a', 'dav/a'],
    ['/files/{+id}', '/dav/other/a', undefined],
  ])('%s at the end of %s', (template, path, id) => {
    expect(matchEnd(compileTemplate(template), splitPath(path, 16).decoded)?.get('id')).toBe(id)
  })
})

/** Segments of a name, as clients may choose them. */
const names = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 })

describe('properties', () => {
  it('what was expanded into several segments is matched with the same values, at whichever place they stand', () => {
    fc.assert(
      fc.property(names, fc.string({ unit: 'grapheme', minLength: 1 }), (segments, other) => {
        const name = segments.map(text => text.toWellFormed().replaceAll('/', '-')).join('/')
        for (const source of ['/files/{+name}', '/{id}/{+name}', '/{+name}/x/{id}']) {
          const template = compileTemplate(source)
          const values = new Map([['name', name], ...(source.includes('{id}') ? [['id', other] as const] : [])])
          const path = expandTemplate(template, values)
          // Neither query nor fragment, and nothing that some servers read in two ways.
          expect(path).toMatch(/^[A-Za-z0-9\-._~%/!'()*$&,:;=@]+$/)
          expect(Object.fromEntries(matchPath(template, path) ?? [])).toEqual(Object.fromEntries(values))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('what was expanded is matched with the same values', () => {
    fc.assert(
      fc.property(templateAndValues, ({ source, values }) => {
        const template = compileTemplate(source)
        const path = expandTemplate(template, values)
        const { raw, decoded } = splitPath(path, 16)
        expect(raw).toHaveLength(template.segments.length)
        expect(matchTemplate(template, decoded)).toEqual(values)
      }),
      { numRuns: 500 },
    )
  })

  it('what is made of a template that ends in a slash does too, and both are matched', () => {
    const template = compileTemplate('/items/{id}/')
    const values = new Map([['id', 'x']])
    expect(expandTemplate(template, values)).toBe('/items/x/')
    for (const path of ['/items/x', '/items/x/'])
      expect(matchTemplate(template, splitPath(path, 4).decoded)).toEqual(values)
    expect(expandTemplate(compileTemplate('/'), new Map())).toBe('/')
  })

  it('an expanded value never adds a segment, a query or a fragment', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), value => {
        const path = expandTemplate(compileTemplate('/items/{id}'), new Map([['id', value]]))
        expect(path).toMatch(/^\/items\/[A-Za-z0-9\-._~%]+$/)
      }),
    )
  })

  it('no path makes it throw', () => {
    const template = compileTemplate('/items/{id}.x/{kind}')
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[/%a-f0-9?#.]{0,40}$/)), path => {
        const { raw, decoded } = splitPath(`/items/${path}`, 4)
        expect(raw.length).toBeGreaterThanOrEqual(decoded.length)
        // Two segments more than the template's first are needed for a match.
        expect(matchTemplate(template, decoded) === undefined || decoded.length > 2).toBe(true)
        expect(matchTemplate(template, splitPath(path, 1).decoded)).toBeUndefined()
      }),
      { numRuns: 1000 },
    )
  })

  it('no text makes the compiler throw anything but its own error', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\/[{}a-z%/.]{0,30}$/), source => {
        expect(outcomeOf(source)).toMatch(/^(compiled|TemplateError)$/)
      }),
      { numRuns: 1000 },
    )
  })

  it('decodes no more segments than it is told to, however long the path', () => {
    const { raw, decoded } = splitPath('/a%20'.repeat(10_000), 5)
    expect([raw.length, decoded.length]).toEqual([10_000, 5])
  })
})
