/** What the tests of this folder share: a mesh to resolve against, generators of scopes and catalogs, and structural comparison. */
import fc from 'fast-check'
import type {
  Expression,
  Location,
  Operator,
  Placement,
  Scope,
  SiteLocation,
} from '../../../../src/core/scope/index.ts'
import { MAX_AROUND_US, MAX_SCOPE_SITES, RESERVED_WORDS } from '../../../../src/core/scope/index.ts'
import type { Catalog, CatalogSite } from '../../../../src/core/resource/catalog.ts'
import { CheopsError } from '../../../../src/errors.ts'

export function site(name: string, services: readonly string[], more: Partial<CatalogSite> = {}): CatalogSite {
  return { name, services, labels: {}, liveness: 'alive', rttMs: undefined, announcedRttMs: {}, ...more }
}

/**
 * Seen from site1: site2 is at 12 ms, site3 at 80 ms, site4 down, site5 never measured; site3 and site4 told each other's distance.
 * A is everywhere but at site5, B at site2 and site5.
 */
export const mesh: Catalog = {
  self: 'site1',
  sites: [
    site('site3', ['A'], { rttMs: 80, labels: { region: 'us' }, announcedRttMs: { site4: 7.5, site1: 81 } }),
    site('site1', ['A'], { rttMs: 0, labels: { region: 'eu' } }),
    site('site4', ['A'], { rttMs: 85, labels: { region: 'us', tier: 'edge' }, liveness: 'down' }),
    site('site2', ['A', 'B'], { rttMs: 12, labels: { region: 'eu' }, announcedRttMs: { site3: 30 } }),
    site('site5', ['B']),
  ],
}

/** A catalog of one service A at sites `n1`, `n2`, … of which the first looks. */
export function meshOf(count: number): Catalog {
  const sites = Array.from({ length: count }, (_, index) => site(`n${String(index + 1)}`, ['A'], { rttMs: index }))
  return { self: 'n1', sites }
}

/** The CheopsError that `work` throws; anything else, or nothing, fails the test. */
export function errorOf(work: () => unknown): CheopsError {
  try {
    work()
  } catch (error) {
    if (error instanceof CheopsError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** A scope without text and columns: what it says, not where. */
export function bare(scope: Scope): unknown {
  const where = (expression: Expression): unknown => {
    switch (expression.kind) {
      case 'and':
      case 'cross':
      case 'either':
        return { kind: expression.kind, parts: expression.parts.map(where) }
      case 'site':
        return expression.site
      case 'all':
        return '*'
      case 'label':
        return { label: expression.label, value: expression.value }
      case 'around':
        return { around: expression.centre.site, us: expression.withinUs }
      case 'nearest':
        return { nearest: expression.count }
    }
  }
  const bindings = scope.bindings.map(binding => ({ service: binding.service, where: where(binding.where) }))
  return { bindings, prime: scope.prime?.site }
}

const WORD_CHARACTERS = 'abcXYZ0189-_.'.split('')
export const word: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...WORD_CHARACTERS), { minLength: 1, maxLength: 6 })
  .map(characters => characters.join(''))

export const name: fc.Arbitrary<string> = word.filter(
  text => /^[A-Za-z0-9]/.test(text) && !RESERVED_WORDS.includes(text.toLowerCase()),
)

const siteLocation = (names: fc.Arbitrary<string>): fc.Arbitrary<SiteLocation> =>
  names.map(text => ({ kind: 'site', site: text, column: 1 }))

/** Any location; `names` are those of sites, `labels` pairs of label and value. */
function location(names: fc.Arbitrary<string>, labels: fc.Arbitrary<[string, string]>): fc.Arbitrary<Location> {
  const distance = fc.oneof(
    fc.nat(MAX_AROUND_US),
    fc.nat(100).map(ms => ms * 1000),
  )
  const dynamic: fc.Arbitrary<Location> = fc.oneof<fc.Arbitrary<Location>[]>(
    fc.constant({ kind: 'all', column: 1 }),
    labels.map(([label, value]) => ({ kind: 'label', label, value, column: 1 })),
    fc
      .tuple(siteLocation(names), distance)
      .map(([centre, withinUs]) => ({ kind: 'around', centre, withinUs, column: 1 })),
    fc.integer({ min: 1, max: MAX_SCOPE_SITES }).map(count => ({ kind: 'nearest', count, column: 1 })),
  )
  return fc.oneof(siteLocation(names), dynamic)
}

function expression(leaf: fc.Arbitrary<Location>): fc.Arbitrary<Expression> {
  const { tree } = fc.letrec<{ tree: Expression; group: Expression }>(tie => ({
    tree: fc.oneof({ maxDepth: 4, depthIdentifier: 'scope' }, leaf, tie('group')),
    group: fc
      .tuple(
        fc.constantFrom<Operator>('and', 'cross', 'either'),
        fc.array(tie('tree'), { minLength: 2, maxLength: 4, depthIdentifier: 'scope' }),
      )
      .map(([kind, parts]) => ({ kind, parts })),
  }))
  return tree
}

function scopeOf(services: fc.Arbitrary<string>, names: fc.Arbitrary<string>, labels: fc.Arbitrary<[string, string]>) {
  const binding = fc.record({
    service: fc.option(services, { nil: undefined, freq: 3 }),
    column: fc.constant(1),
    where: expression(location(names, labels)),
  })
  return fc.record({
    text: fc.constant(''),
    bindings: fc.uniqueArray(binding, { minLength: 1, maxLength: 3, selector: ({ service }) => service }),
    prime: fc.option(siteLocation(names), { nil: undefined }),
  })
}

/** Scopes with any names. */
export const anyScope: fc.Arbitrary<Scope> = scopeOf(name, name, fc.tuple(word, word))

const SITES = ['s1', 's2', 's3', 's4', 's5', 's6']
const LABELS: readonly [string, string][] = [
  ['region', 'eu'],
  ['region', 'us'],
  ['tier', 'edge'],
]

/** Scopes for `anyCatalog`, most of which resolve. */
export const knownScope: fc.Arbitrary<Scope> = scopeOf(
  fc.constantFrom('A', 'B'),
  fc.constantFrom(...SITES),
  fc.constantFrom(...LABELS),
)

const rtt = fc.oneof(fc.double({ min: 0, max: 120, noNaN: true }), fc.constant(undefined))

/** Catalogs of four to six sites with two services, which most of them offer: most scopes resolve. */
export const anyCatalog: fc.Arbitrary<Catalog> = fc
  .array(
    fc.record({
      services: fc.oneof({ arbitrary: fc.constant(['A', 'B']), weight: 8 }, fc.subarray(['A', 'B'])),
      labels: fc.subarray([...LABELS]).map(pairs => Object.fromEntries(pairs)),
      liveness: fc.constantFrom('alive', 'suspect', 'down'),
      rttMs: rtt,
      announcedRttMs: fc.dictionary(fc.constantFrom(...SITES), fc.double({ min: 0, max: 120, noNaN: true })),
    }),
    { minLength: 4, maxLength: SITES.length },
  )
  .map(sites => ({ self: 's1', sites: sites.map((fields, index) => ({ name: SITES[index] ?? '', ...fields })) }))

/** All groups inside a placement, itself included. */
export function groupsOf(placement: Placement): Exclude<Placement, { kind: 'site' }>[] {
  return placement.kind === 'site' ? [] : [placement, ...placement.parts.flatMap(groupsOf)]
}

/** Text made of the language's own pieces: far more of it is nearly right than of arbitrary text. */
export const nearlyScope: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...'{}(),:&%|*@= \n'.split(''),
        '||',
        ' and ',
        ' or ',
        ' cross ',
        'prime:',
        'around(',
        'nearest(',
        'around:',
      ),
      fc.constantFrom(
        'site1',
        'site2',
        'A:',
        'A',
        'B',
        '50ms',
        '3',
        '.5s',
        '-',
        '@region=eu',
        ' ',
        '\ud800',
        '😀',
        '\u202e',
      ),
    ),
    { maxLength: 60 },
  )
  .map(pieces => pieces.join(''))
