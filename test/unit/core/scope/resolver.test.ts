/**
 * Shows where each scope makes a service run in a small mesh (`mesh` of scopes.ts), which errors the catalog causes and where they point, and, over
 * generated scopes and catalogs, what always holds: only sites that offer the service, simplified, and stable when printed and resolved again.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Catalog } from '../../../../src/core/resource/catalog.ts'
import {
  bindScope,
  parseScope,
  printPlacement,
  printScope,
  resolveScope,
  scopesEqual,
  sitesOf,
  validateScope,
  type Placement,
} from '../../../../src/core/scope/index.ts'
import { CheopsError } from '../../../../src/errors.ts'
import { anyCatalog, errorOf, groupsOf, knownScope, mesh, site } from './scopes.ts'

function place(text: string, service = 'A', catalog: Catalog = mesh): string {
  const resolution = resolveScope(parseScope(text), service, catalog)
  return resolution.kind === 'local' ? 'local' : printPlacement(resolution.placement)
}

describe('where a service runs', () => {
  test.each([
    // Sites and operators
    ['site1', 'site1'],
    ['{site1 & site2}', 'site1 & site2'],
    ['{site2 % site1}', 'site2 % site1'],
    ['site2 || site1', 'site2 || site1'],
    ['(site1 || site2) & (site3 % site4)', '(site1 || site2) & (site3 % site4)'],
    // Simplified: alone, nested, twice
    ['((site1))', 'site1'],
    ['site1 & (site2 & site3)', 'site1 & site2 & site3'],
    ['(site1 % site2) % site3', 'site1 % site2 % site3'],
    ['site1 || (site2 || site3)', 'site1 || site2 || site3'],
    ['site1 & site2 & site1', 'site1 & site2'],
    ['site1 & site1', 'site1'],
    ['(site1 & site2) % (site2 & site1)', 'site1 & site2'],
    ['(site1 || site2) & (site2 || site1)', '(site1 || site2) & (site2 || site1)'],
    ['(site1 || site1) & (site2 & site3)', 'site1 & site2 & site3'],
    // Sets of sites: all of them, unless the group has another operator
    ['*', 'site1 & site2 & site3 & site4'],
    ['* % site1', 'site1 % site2 % site3 % site4'],
    ['* % *', 'site1 % site2 % site3 % site4'],
    ['* || site1', 'site1 & site2 & site3 & site4 || site1'],
    ['@region=eu', 'site1 & site2'],
    ['@region=eu % site3', 'site1 % site2 % site3'],
    ['@region=eu || site3', 'site1 & site2 || site3'],
    ['@tier=edge', 'site4'],
    ['(@region=eu) & (@region=us)', 'site1 & site2 & site3 & site4'],
    // Neighbourhoods: measured here, announced there, from either side
    ['around(site1, 50ms)', 'site1 & site2'],
    ['{around: site1, 80ms}', 'site1 & site2 & site3'],
    ['around(site1, 79999us)', 'site1 & site2'],
    ['around(site1, 0s)', 'site1'],
    ['around(site3, 10ms)', 'site3 & site4'],
    ['around(site4, 7.5ms)', 'site4 & site3'],
    ['around(site4, 7499us)', 'site4'],
    ['around(site3, 1s)', 'site3 & site4 & site2 & site1'],
    ['around(site2, 20ms) % site4', 'site2 % site1 % site4'],
    ['around(site5, 1ms) || site1', 'site1'],
    // The nearest that are not down: a list in order, unless the group has another operator
    ['nearest(1)', 'site1'],
    ['nearest(2)', 'site1 || site2'],
    ['nearest(9)', 'site1 || site2 || site3'],
    ['nearest(2) & site4', 'site1 & site2 & site4'],
    ['nearest(2) % nearest(2)', 'site1 % site2'],
    ['site4 || nearest(2)', 'site4 || site1 || site2'],
    // An alternative without a site is passed over
    ['@region=mars || site2', 'site2'],
    ['site3 || (@region=mars & site2) || site1', 'site3 || site1'],
  ])('%s → %s', (text, expected) => {
    expect(place(text)).toBe(expected)
  })

  test('a service that the scope does not name stays local, known or not', () => {
    expect(place('{B: site2}')).toBe('local')
    expect(place('{B: site2}', 'C')).toBe('local')
  })

  test('a binding without a service is for the service that is addressed, one with a name for that service only', () => {
    expect(place('{site2, B: site5}', 'A')).toBe('site2')
    expect(place('{A: site2, B: site5}', 'A')).toBe('site2')
    expect(place('{A: site2, B: site5}', 'B')).toBe('site5')
    expect(place('{site2}', 'B')).toBe('site2')
    expect(place('*', 'B')).toBe('site2 & site5')
  })

  test('what is sent on names the service, so that calls to others do not take the binding for theirs', () => {
    const scope = parseScope('{site2, C: site3}')
    const bound = bindScope(scope, 'A')
    expect(printScope(bound)).toBe('{A: site2, C: site3}')
    expect(resolveScope(bound, 'B', mesh)).toEqual({ kind: 'local' })
    expect(bindScope(bound, 'B')).toBe(bound)
  })
})

describe('nearest', () => {
  const sites = [
    site('me', [], { rttMs: 0 }),
    site('b', ['A'], { rttMs: 5 }),
    site('a', ['A'], { rttMs: 5 }),
    site('unmeasured', ['A']),
    site('suspect', ['A'], { rttMs: 1, liveness: 'suspect' }),
    site('down', ['A'], { rttMs: 0.1, liveness: 'down' }),
  ]

  test('goes by distance, then name; passes over what is down; takes what was never measured last', () => {
    expect(place('nearest(9)', 'A', { self: 'me', sites })).toBe('suspect || a || b || unmeasured')
  })

  test('begins with the own site, even beside one at no distance', () => {
    const self = site('zzz', ['A'], { rttMs: 0 })
    expect(place('nearest(2)', 'A', { self: 'zzz', sites: [site('a', ['A'], { rttMs: 0 }), self] })).toBe('zzz || a')
  })

  test('takes an announced time that is none for not measured', () => {
    const odd = [Number.NaN, -1, Number.POSITIVE_INFINITY].map((rttMs, index) =>
      site(`odd${String(index)}`, ['A'], { rttMs }),
    )
    const catalog = {
      self: 'me',
      sites: [site('me', ['A'], { rttMs: 0 }), ...odd, site('far', ['A'], { rttMs: 9000 })],
    }
    expect(place('nearest(9)', 'A', catalog)).toBe('me || far || odd0 || odd1 || odd2')
    expect(place('around(me, 3600s)', 'A', catalog)).toBe('me & far')
  })
})

test('names of JavaScript’s own properties are no labels and no distances', () => {
  const sites = ['constructor', 'toString', 'x'].map(name => site(name, ['A']))
  const catalog = { self: 'x', sites }
  expect(place('* & around(constructor, 1s)', 'A', catalog)).toBe('constructor & toString & x')
  expect(place('around(constructor, 3600s)', 'A', catalog)).toBe('constructor')
  expect(errorOf(() => place('@constructor=x', 'A', catalog)).code).toBe('ERR_SCOPE_EMPTY')
  expect(errorOf(() => place('valueOf', 'A', catalog)).code).toBe('ERR_SCOPE_UNKNOWN_SITE')
  expect(errorOf(() => place('x', 'valueOf', catalog)).code).toBe('ERR_SCOPE_UNKNOWN_SERVICE')
})

describe('prime', () => {
  const resolve = (text: string, service = 'A') => resolveScope(parseScope(text), service, mesh)

  test('is told with the placement', () => {
    expect(resolve('site1 & site2, prime: site2')).toMatchObject({ kind: 'placed', prime: 'site2' })
    expect(resolve('{prime: site3, *}')).toMatchObject({ prime: 'site3' })
    expect(resolve('site1 & site2')).toMatchObject({ prime: undefined })
  })

  test('leads only the services that it is a site of', () => {
    expect(resolve('{A: site1 & site3, B: site2 & site5, prime: site5}', 'A')).toMatchObject({ prime: undefined })
    expect(resolve('{A: site1 & site3, B: site2 & site5, prime: site5}', 'B')).toMatchObject({ prime: 'site5' })
  })

  test('that leads nothing is refused', () => {
    const error = errorOf(() => resolve('site1 & site2, prime: site3'))
    expect(error.code).toBe('ERR_SCOPE_PRIME')
    expect(error.meta.column).toBe(23)
    const several = parseScope('{A: site1, B: site2, prime: site3}')
    expect(errorOf(() => validateScope(several, 'A', mesh)).code).toBe('ERR_SCOPE_PRIME')
  })
})

describe('what the catalog refuses', () => {
  test.each<[text: string, code: string, column: number, sentence: string, suggestion?: string]>([
    ['{site1 & sit2}', 'ERR_SCOPE_UNKNOWN_SITE', 10, 'Did you mean "site2"?', 'site2'],
    ['{Site1 & Site2}', 'ERR_SCOPE_UNKNOWN_SITE', 2, 'Names are compared exactly.', 'site1'],
    ['{A: mars}', 'ERR_SCOPE_UNKNOWN_SITE', 5, 'The mesh knows no site "mars".'],
    ['around(sote1, 5ms)', 'ERR_SCOPE_UNKNOWN_SITE', 8, 'Did you mean "site1"?', 'site1'],
    ['site1 || mars', 'ERR_SCOPE_UNKNOWN_SITE', 10, 'The mesh knows no site "mars".'],
    ['site1, prime: sit1', 'ERR_SCOPE_UNKNOWN_SITE', 15, 'Did you mean "site1"?', 'site1'],
    ['{site1 & site5}', 'ERR_SCOPE_SERVICE_NOT_AT_SITE', 10, 'offered at: site1, site2, site3, …'],
    ['site1 || site5', 'ERR_SCOPE_SERVICE_NOT_AT_SITE', 10, '"site5" does not offer the service "A"'],
    ['@region=es', 'ERR_SCOPE_EMPTY', 1, 'Did you mean "@region=eu"?', '@region=eu'],
    ['site1 & @regoin=eu', 'ERR_SCOPE_EMPTY', 9, 'Did you mean "@region=eu"?', '@region=eu'],
    ['@region=mars || @region=venus', 'ERR_SCOPE_EMPTY', 1, 'label region=mars'],
    ['around(site5, 1ms)', 'ERR_SCOPE_EMPTY', 1, 'as near to "site5"'],
    ['site1, A: site2', 'ERR_SCOPE_SYNTAX', 1, 'binds by name too'],
  ])('%s', (text, code, column, sentence, suggestion) => {
    for (const work of [() => place(text), () => validateScope(parseScope(text), 'A', mesh)]) {
      const error = errorOf(work)
      expect(error.code).toBe(code)
      expect(error.message).toContain(sentence)
      expect(error.meta).toMatchObject({ column, suggestion })
    }
  })

  test('a service that no site offers', () => {
    const catalog = { ...mesh, sites: [...mesh.sites, site('site6', ['inventory'])] }
    const error = errorOf(() => place('{site1, inventroy: site6}', 'inventroy', { ...catalog }))
    expect(error.code).toBe('ERR_SCOPE_SYNTAX')
    const named = errorOf(() => place('{B: site2, inventroy: site6}', 'inventroy', catalog))
    expect(named.code).toBe('ERR_SCOPE_UNKNOWN_SERVICE')
    expect(named.meta).toMatchObject({ column: 12, suggestion: 'inventory' })
    expect(errorOf(() => place('site1', 'Inventory', catalog)).meta.suggestion).toBe('inventory')
  })

  test('nearest where everything is down, and the own site does not offer the service', () => {
    const sites = [site('site1', []), site('site2', ['A'], { liveness: 'down' })]
    const error = errorOf(() => place('nearest(1)', 'A', { self: 'site1', sites }))
    expect(error.code).toBe('ERR_SCOPE_DOWN')
    expect(error.message).toContain('Every site that offers "A" is down')
  })

  test('a slip in a binding for another service shows when the scope is validated, not when the first service is resolved', () => {
    const scope = parseScope('{A: site1, B: site3}')
    expect(resolveScope(scope, 'A', mesh).kind).toBe('placed')
    const error = errorOf(() => validateScope(scope, 'A', mesh))
    expect(error.code).toBe('ERR_SCOPE_SERVICE_NOT_AT_SITE')
    expect(error.meta.column).toBe(15)
    expect(errorOf(() => validateScope(parseScope('{A: site1, C: site3}'), 'A', mesh)).code).toBe(
      'ERR_SCOPE_UNKNOWN_SERVICE',
    )
  })

  test('the place is that of the text, also after the scope was bound to its service', () => {
    const bound = bindScope(parseScope('site1&mars'), 'A')
    expect(errorOf(() => resolveScope(bound, 'A', mesh)).meta).toMatchObject({ column: 7, line: 'site1&mars' })
  })
})

describe('what always holds', () => {
  /** The placement of A, or the error; every other error fails the test. */
  function outcome(work: () => Placement | undefined): Placement | string | undefined {
    try {
      return work()
    } catch (error) {
      if (error instanceof CheopsError) return error.code
      throw error
    }
  }
  const resolved = (scope: Parameters<typeof resolveScope>[0], catalog: Catalog) =>
    outcome(() => {
      const resolution = resolveScope(scope, 'A', catalog)
      return resolution.kind === 'placed' ? resolution.placement : undefined
    })

  test('only sites that offer the service are named', () => {
    let placed = 0
    fc.assert(
      fc.property(knownScope, anyCatalog, (scope, catalog) => {
        const placement = resolved(scope, catalog)
        if (placement === undefined || typeof placement === 'string') return
        placed += 1
        const offering = catalog.sites.filter(({ services }) => services.includes('A')).map(({ name }) => name)
        for (const name of sitesOf(placement)) expect(offering).toContain(name)
      }),
      { numRuns: 2000 },
    )
    expect(placed).toBeGreaterThan(300)
  })

  test('a placement is simplified: groups have two parts or more, none of their own kind, none twice', () => {
    fc.assert(
      fc.property(knownScope, anyCatalog, (scope, catalog) => {
        const placement = resolved(scope, catalog)
        for (const group of typeof placement === 'object' ? groupsOf(placement) : []) {
          expect(group.parts.length).toBeGreaterThanOrEqual(2)
          expect(group.parts.map(({ kind }) => kind)).not.toContain(group.kind)
          expect(new Set(group.parts.map(part => JSON.stringify(part))).size).toBe(group.parts.length)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('printing and reading a scope changes nothing of where it runs', () => {
    fc.assert(
      fc.property(knownScope, anyCatalog, (scope, catalog) => {
        const again = parseScope(printScope(scope))
        expect(scopesEqual(again, scope)).toBe(true)
        expect(resolved(again, catalog)).toEqual(resolved(scope, catalog))
      }),
      { numRuns: 1000 },
    )
  })

  test('a placement that is printed, read and resolved is itself', () => {
    fc.assert(
      fc.property(knownScope, anyCatalog, (scope, catalog) => {
        const placement = resolved(scope, catalog)
        if (placement === undefined || typeof placement === 'string') return
        expect(resolved(parseScope(printPlacement(placement)), catalog)).toEqual(placement)
      }),
      { numRuns: 1000 },
    )
  })

  test('the order of the sites in the catalog means nothing', () => {
    fc.assert(
      fc.property(knownScope, anyCatalog, (scope, catalog) => {
        const reversed = { ...catalog, sites: catalog.sites.toReversed() }
        expect(resolved(scope, reversed)).toEqual(resolved(scope, catalog))
      }),
      { numRuns: 1000 },
    )
  })

  test('what is validated resolves', () => {
    fc.assert(
      fc.property(knownScope, anyCatalog, (scope, catalog) => {
        const valid = outcome(() => {
          validateScope(scope, 'A', catalog)
          return undefined
        })
        expect(valid === undefined && typeof resolved(scope, catalog) === 'string').toBe(false)
      }),
      { numRuns: 1000 },
    )
  })
})
