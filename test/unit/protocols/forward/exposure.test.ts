/**
 * What a site lets others use: sites, methods and paths, nothing by default; and that a path which applications may read in
 * different ways never passes a rule for paths.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exposes, NOTHING_EXPOSED } from '../../../../protocols/forward/exposure.ts'
import type { Exposure } from '../../../../protocols/forward/exposure.ts'

const items: Exposure = { sites: ['site2'], methods: ['GET'], paths: ['/items/**'] }
const all: Exposure = { sites: ['*'], methods: ['*'], paths: ['/**'] }

const ask = (exposure: Exposure, target: string): boolean => exposes(exposure, 'site2', 'GET', target)

test('nothing is exposed by default', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.webPath(), (site, method, path) => {
      expect(exposes(NOTHING_EXPOSED, site, method, `/${path}`)).toBe(false)
    }),
  )
})

test.each([
  ['site2', 'GET', true],
  ['site3', 'GET', false],
  ['SITE2', 'GET', false],
  ['site2', 'POST', false],
  ['site2', 'get', false],
  ['site2', 'HEAD', false],
])('site and method: %s %s', (site, method, expected) => {
  expect(exposes(items, site, method, '/items/1')).toBe(expected)
  expect(exposes(all, site, method, '/items/1')).toBe(true)
})

test.each([
  ['/items/**', '/items', true],
  ['/items/**', '/items/', true],
  ['/items/**', '/items/1/parts/2?x=/../', true],
  ['/items/**', '/items2', false],
  ['/items/**', '/', false],
  ['/items/**', '/Items/1', false],
  ['/items/*', '/items/1', true],
  ['/items/*', '/items/a%20b', true],
  ['/items/*', '/items', false],
  ['/items/*', '/items/', false],
  ['/items/*', '/items/1/2', false],
  ['/items/*/status', '/items/1/status', true],
  ['/items/*/status', '/items/1/other', false],
  ['/items', '/items', true],
  ['/items', '/items?all', true],
  ['/items', '/items/', false],
  ['/', '/', true],
  ['/', '/x', false],
  // The application sees "items" behind each of these.
  ['/items/*', '/%69tems/1', true],
  ['/secret', '/%73ecret', true],
])('the rule %s, the path %s: %s', (pattern, target, expected) => {
  expect(ask({ ...items, paths: [pattern] }, target)).toBe(expected)
})

describe('what can be read in two ways passes no rule for paths', () => {
  test.each([
    '/items/../secret',
    '/items/%2e%2e/secret',
    '/items/.%2E/secret',
    '/items/./1',
    '/items/..;x=1/secret',
    '/items//secret',
    '//items/1',
    '/items/..%2fsecret',
    '/items/..%5Csecret',
    '/items\\..\\secret',
    '/items/1%2F..',
    '/items/%zz',
    '/items/%ff',
    '/items/a;b',
    'http://other/items/1',
    'items/1',
    '*',
    '',
  ])('%s', target => {
    expect(ask(items, target)).toBe(false)
  })

  test('no path that goes up leaves its rule, however it is written', () => {
    const part = fc.constantFrom('.', '..', '%2e', '%2E%2e', '.%2e', '..;', 'a', '%2f', '%5c', '\\', '/', ';', '')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), parts => {
        const target = `/items/${parts.join('/')}`
        if (!ask(items, target)) return
        // What an application makes of it, decoding and resolving as WHATWG URL does, and once more for those that decode twice.
        const seen = new URL(decodeURIComponent(target), 'http://a').pathname
        expect(seen === '/items' || seen.startsWith('/items/')).toBe(true)
      }),
    )
  })
})
