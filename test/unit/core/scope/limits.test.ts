/** Shows each bound of the scope language from both sides: what reaches it is read, what goes one beyond is ERR_SCOPE_LIMIT with a place. */
import { describe, expect, test } from 'vitest'
import {
  bindScope,
  MAX_AROUND_US,
  MAX_SCOPE_BYTES,
  MAX_SCOPE_DEPTH,
  MAX_SCOPE_SITES,
  parseScope,
  printScope,
  resolveScope,
  scopeOfSites,
  sitesOf,
  validateScope,
} from '../../../../src/core/scope/index.ts'
import { errorOf, meshOf } from './scopes.ts'

function limit(work: () => unknown): { column: number; message: string } {
  const error = errorOf(work)
  expect(error.code).toBe('ERR_SCOPE_LIMIT')
  return { column: Number(error.meta.column), message: error.message }
}

test('the bounds are those of the documentation', () => {
  expect([MAX_SCOPE_BYTES, MAX_SCOPE_DEPTH, MAX_SCOPE_SITES, MAX_AROUND_US]).toEqual([4096, 32, 256, 3_600_000_000])
})

describe('bytes', () => {
  test('of ASCII', () => {
    expect(parseScope('a'.padEnd(MAX_SCOPE_BYTES)).bindings).toHaveLength(1)
    const { column, message } = limit(() => parseScope('a'.padEnd(MAX_SCOPE_BYTES + 1)))
    expect(column).toBe(MAX_SCOPE_BYTES + 1)
    expect(message).toContain('at most 4096 bytes')
  })

  test.each([
    ['two bytes', 'é', 2],
    ['three bytes', '€', 3],
    ['four bytes', '😀', 4],
    ['a lone surrogate, sent as three', '\ud800', 3],
  ])('of UTF-8: %s', (_, character, bytes) => {
    const fits = 'a'.repeat(MAX_SCOPE_BYTES - bytes) + character
    // It fits, and is refused for what it says.
    expect(errorOf(() => parseScope(fits)).code).toBe('ERR_SCOPE_SYNTAX')
    expect(limit(() => parseScope(`a${fits}`)).column).toBe(MAX_SCOPE_BYTES - bytes + 2)
  })

  test('of a text without end: only its beginning is looked at', () => {
    expect(limit(() => parseScope('('.repeat(50_000_000))).column).toBe(MAX_SCOPE_BYTES + 1)
  })

  test('of --sites', () => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => String(10_000 + index))
    // 512 names of five digits and 511 times " & " are 4093 bytes.
    expect(scopeOfSites(names(512)).bindings).toHaveLength(1)
    limit(() => scopeOfSites(names(513)))
  })

  test('of a scope that is given the name of its service, so that it can be sent on', () => {
    const fits = parseScope(`${'a&'.repeat((MAX_SCOPE_BYTES - 4) / 2)}bb`)
    expect(fits.text).toHaveLength(MAX_SCOPE_BYTES - 2)
    expect(printScope(bindScope(fits, 'A'))).toHaveLength(MAX_SCOPE_BYTES)
    expect(limit(() => bindScope(fits, 'AB')).column).toBe(1)
  })
})

describe('depth', () => {
  const nested = (depth: number) => `${'('.repeat(depth)}a${')'.repeat(depth)}`
  const groups = (depth: number) => `${'('.repeat(depth)}a & b${') & b'.repeat(depth)}`

  test.each([nested, groups])('of parentheses', build => {
    expect(parseScope(build(MAX_SCOPE_DEPTH)).bindings).toHaveLength(1)
    expect(limit(() => parseScope(build(MAX_SCOPE_DEPTH + 1))).column).toBe(MAX_SCOPE_DEPTH + 1)
  })

  test('what is read at the deepest can be printed, read again and resolved', () => {
    const printed = printScope(parseScope(groups(MAX_SCOPE_DEPTH)))
    expect(printScope(parseScope(printed))).toBe(printed)
    const deep = parseScope(groups(MAX_SCOPE_DEPTH).replaceAll('a', 'n1').replaceAll('b', 'n2'))
    expect(resolveScope(deep, 'A', meshOf(2))).toMatchObject({ kind: 'placed' })
  })

  test('parentheses beside each other do not add up', () => {
    expect(parseScope(Array.from({ length: 40 }, () => '(a || b)').join(' & ')).bindings).toHaveLength(1)
  })
})

describe('sites', () => {
  const size = (text: string, count: number) => {
    const resolution = resolveScope(parseScope(text), 'A', meshOf(count))
    return resolution.kind === 'placed' ? sitesOf(resolution.placement).length : 0
  }

  test('of a dynamic location', () => {
    expect(size('*', MAX_SCOPE_SITES)).toBe(MAX_SCOPE_SITES)
    expect(limit(() => size('n1 || *', MAX_SCOPE_SITES + 1)).column).toBe(7)
    expect(limit(() => size('around(n1, 1s)', MAX_SCOPE_SITES + 1)).column).toBe(1)
  })

  test('that are named', () => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => `n${String(index + 1)}`).join('&')
    expect(size(names(MAX_SCOPE_SITES), 300)).toBe(MAX_SCOPE_SITES)
    const text = names(MAX_SCOPE_SITES + 1)
    expect(limit(() => size(text, 300)).column).toBe(text.lastIndexOf('n257') + 1)
  })

  test('are counted once each, however often they are named', () => {
    expect(size('(* % *) || * || nearest(256)', MAX_SCOPE_SITES)).toBe(MAX_SCOPE_SITES)
  })

  test('are counted for each service alone', () => {
    const catalog = meshOf(300)
    const both = { ...catalog, sites: catalog.sites.map(site => ({ ...site, services: ['A', 'B'] })) }
    const validate = (text: string) => validateScope(parseScope(text), 'A', both)
    expect(() => validate('A: nearest(256), B: nearest(256)')).not.toThrow()
    expect(limit(() => validate('A: nearest(256), B: *')).column).toBe(21)
  })

  test('of nearest', () => {
    expect(size(`nearest(${String(MAX_SCOPE_SITES)})`, 300)).toBe(MAX_SCOPE_SITES)
    expect(limit(() => parseScope(`nearest(${String(MAX_SCOPE_SITES + 1)})`)).column).toBe(9)
    limit(() => parseScope(`nearest(${'9'.repeat(400)})`))
  })
})

test('the distance of around', () => {
  for (const most of ['3600s', '3600000ms', '3600000000us', '3600.000000s']) {
    expect(parseScope(`around(a, ${most})`).bindings[0]?.where).toMatchObject({ withinUs: MAX_AROUND_US })
  }
  for (const beyond of ['3601s', '3600.000001s', '3600000001us', '9'.repeat(400) + 's']) {
    expect(limit(() => parseScope(`around(a, ${beyond})`)).column).toBe(11)
  }
})
