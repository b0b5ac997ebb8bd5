/**
 * Reading scopes against the catalog: each once as long as the catalog stays the same, in bounded memory, and in a form that
 * the calls of the request can inherit.
 */
import { describe, expect, test } from 'vitest'
import type { Catalog, CatalogSite } from '../../../src/core/resource/catalog.ts'
import { CheopsError } from '../../../src/errors.ts'
import { ScopeReader } from '../../../src/runtime/scope-reader.ts'

function site(name: string, services: readonly string[] = ['app', 'other']): CatalogSite {
  return { name, labels: {}, services, liveness: 'alive', rttMs: 1, announcedRttMs: {} }
}

const catalog: Catalog = { self: 'site1', sites: [site('site1'), site('site2')] }

function codeOf(read: () => unknown): string {
  try {
    read()
    return 'none'
  } catch (error) {
    if (error instanceof CheopsError) return error.code
    throw error
  }
}

describe('the canonical form', () => {
  test('names the service that it was for, so that calls to other services do not inherit it', () => {
    const { canonical, resolution } = new ScopeReader(() => catalog).read('site2', 'app')
    expect(canonical).toContain('app')
    expect(resolution).toMatchObject({ kind: 'placed', placement: { kind: 'site', site: 'site2' } })
    expect(new ScopeReader(() => catalog).read(canonical, 'other').resolution.kind).toBe('local')
  })

  test('stays within the bound of a scope: what is longer once its service stands in it is refused at once', () => {
    const reader = new ScopeReader(() => ({ self: 's', sites: [site('s')] }))
    const groups = (bytes: number): string => `s${'||s'.repeat((bytes - 1) / 3)}`
    const longest = groups(4_096 - ((4_096 - 1) % 3))
    expect(codeOf(() => reader.read(longest, 'app'))).toBe('ERR_SCOPE_LIMIT')
    const shorter = groups(3_001)
    const { canonical } = reader.read(shorter, 'app')
    expect(canonical.length).toBeLessThanOrEqual(4_096)
    expect(reader.read(canonical, 'app').canonical).toBe(canonical)
  })
})

describe('what is remembered', () => {
  test('the same text for the same service is the same answer', () => {
    const reader = new ScopeReader(() => catalog)
    expect(reader.read('site2', 'app')).toBe(reader.read('site2', 'app'))
    expect(reader.read('site2', 'other')).not.toBe(reader.read('site2', 'app'))
  })

  test('not beyond a change of the catalog', () => {
    let now = catalog
    const reader = new ScopeReader(() => now)
    const before = reader.read('site2', 'app')
    now = { self: 'site1', sites: [site('site1'), site('site2', ['other'])] }
    expect(codeOf(() => reader.read('site2', 'app'))).toBe('ERR_SCOPE_SERVICE_NOT_AT_SITE')
    now = { ...catalog }
    expect(reader.read('site2', 'app')).not.toBe(before)
  })

  test('not errors, and no more than so many: the oldest state can be asked for again', () => {
    const reader = new ScopeReader(() => catalog)
    const first = reader.read('site2', 'app')
    for (let i = 0; i < 5_000; i++)
      expect(codeOf(() => reader.read(`nowhere${i}`, 'app'))).toBe('ERR_SCOPE_UNKNOWN_SITE')
    // Other texts of the same meaning push the first one out.
    for (let i = 1; i <= 1_100; i++) reader.read(`site2${' '.repeat(i)}`, 'app')
    const again = reader.read('site2', 'app')
    expect(again).not.toBe(first)
    expect(again).toEqual(first)
  })
})

test('every refusal of a scope is an error with a code', () => {
  const reader = new ScopeReader(() => catalog)
  expect(codeOf(() => reader.read('', 'app'))).toBe('ERR_SCOPE_SYNTAX')
  expect(codeOf(() => reader.read('site9', 'app'))).toBe('ERR_SCOPE_UNKNOWN_SITE')
  expect(codeOf(() => reader.read('x'.repeat(4_097), 'app'))).toBe('ERR_SCOPE_LIMIT')
  expect(codeOf(() => reader.read('('.repeat(40) + 'site1' + ')'.repeat(40), 'app'))).toBe('ERR_SCOPE_LIMIT')
  expect(codeOf(() => reader.read('constructor', 'app'))).toBe('ERR_SCOPE_UNKNOWN_SITE')
})
