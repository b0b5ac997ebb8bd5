/**
 * Shows what `cheops scope explain` has to print: for each service what runs where and why, as data and as text, for right scopes, for those that
 * the catalog refuses, and for services that the scope leaves alone. The mesh is that of scopes.ts.
 */
import { expect, test } from 'vitest'
import { explainScope, parseScope, renderExplanation } from '../../../../src/core/scope/index.ts'
import { mesh } from './scopes.ts'

const explain = (text: string, service?: string) => explainScope(parseScope(text), mesh, service)
const render = (text: string, service?: string) => renderExplanation(explain(text, service)).split('\n')

test('each dynamic location says which sites it takes, which not, and why', () => {
  expect(render('{A: around(site1, 50ms), B: site2}')).toEqual([
    '{A: around(site1, 50ms), B: site2}, seen from site1',
    'A is replicated at site1, site2',
    '  around(site1, 50ms): site1 0 ms, site2 12 ms; site3 left out: 80 ms; site4 left out: 85 ms; site5 left out: does not offer A',
    'B runs at site2',
    'Every other service stays at site1.',
  ])
  expect(render('@region=eu || nearest(1)', 'A').slice(1, 4)).toEqual([
    'A runs at site1 & site2 || site1',
    '  @region=eu: site1 region=eu, site2 region=eu; site3 left out: region=us; site4 left out: region=us; site5 left out: does not offer A',
    '  nearest(1): site1 0 ms; site2 left out: 12 ms; site3 left out: 80 ms; site4 left out: down; site5 left out: does not offer A',
  ])
  expect(render('@tier=edge', 'A')[2]).toContain('site1 left out: no label tier')
  expect(render('site1 || around(site5, 1ms)', 'A')[2]).toContain(
    'around(site5, 1ms): no site; site1 left out: never measured',
  )
})

test.each([
  ['site1', 'local', 'A runs at site1, which is this site'],
  ['site2', 'sharing', 'A runs at site2'],
  ['site2 || site3', 'sharing', 'A runs at the first of site2, site3 that can be reached'],
  ['site2 & site3', 'replication', 'A is replicated at site2, site3'],
  ['site2 & site3, prime: site3', 'replication', 'A is replicated at site2, site3; site3 leads'],
  ['site2 % site3', 'cross', 'A is one cross resource with parts at site2, site3'],
  ['(site2 & site3) % site4', 'mixed', 'A runs at (site2 & site3) % site4'],
  ['{B: site2}', 'local', 'A stays at site1: the scope does not name it'],
])('%s is %s', (text, collaboration, line) => {
  const explanation = explain(text, 'A')
  expect(explanation.services[0]?.collaboration).toBe(collaboration)
  expect(renderExplanation(explanation).split('\n')[1]).toBe(line)
})

test('the data is plain, and complete', () => {
  const explanation = explain('{A: @region=us || site1, prime: site3}', 'A')
  expect(JSON.parse(JSON.stringify(explanation))).toEqual({
    scope: '{A: @region=us || site1, prime: site3}',
    self: 'site1',
    services: [
      {
        service: 'A',
        collaboration: 'mixed',
        sentence: 'runs at site3 & site4 || site1',
        placement: 'site3 & site4 || site1',
        sites: ['site3', 'site4', 'site1'],
        prime: 'site3',
        locations: [
          {
            location: '@region=us',
            candidates: [
              { site: 'site3', taken: true, why: 'region=us' },
              { site: 'site4', taken: true, why: 'region=us' },
              { site: 'site1', taken: false, why: 'region=eu' },
              { site: 'site2', taken: false, why: 'region=eu' },
              { site: 'site5', taken: false, why: 'does not offer A' },
            ],
          },
          { location: 'site1', candidates: [{ site: 'site1', taken: true, why: 'named' }] },
        ],
      },
    ],
  })
})

test('the service that is asked for comes first, then those that the scope names', () => {
  const services = (text: string, service?: string) => explain(text, service).services.map(each => each.service)
  expect(services('{B: site2, A: site1}')).toEqual(['B', 'A'])
  expect(services('{B: site2, A: site1}', 'A')).toEqual(['A', 'B'])
  expect(services('{B: site2}', 'C')).toEqual(['C', 'B'])
  expect(services('site2', 'A')).toEqual(['A'])
  // Without a service, a binding that names none is explained for each
  expect(services('site2')).toEqual(['A', 'B'])
})

test('what would be refused is part of the answer, with its caret', () => {
  expect(render('{A: site1, B: sit2}')).toEqual([
    '{A: site1, B: sit2}, seen from site1',
    'A runs at site1, which is this site',
    'B is refused (ERR_SCOPE_UNKNOWN_SITE)',
    '  Column 15: The mesh knows no site "sit2". Did you mean "site2"?',
    '    {A: site1, B: sit2}',
    '                  ^',
    'Every other service stays at site1.',
  ])
  const [service] = explain('{site1 & site5}', 'A').services
  expect(service).toMatchObject({
    collaboration: 'refused',
    placement: undefined,
    sites: [],
    problem: { code: 'ERR_SCOPE_SERVICE_NOT_AT_SITE' },
  })
  expect(explain('site1', 'C').services[0]?.problem?.code).toBe('ERR_SCOPE_UNKNOWN_SERVICE')
})

test('so is a prime that leads none of several services, each of which is right', () => {
  const explanation = explain('{A: site1, B: site2, prime: site3}')
  expect(explanation.services.map(({ problem }) => problem)).toEqual([undefined, undefined])
  expect(explanation.problem?.code).toBe('ERR_SCOPE_PRIME')
  expect(renderExplanation(explanation)).toContain('The scope as a whole is refused (ERR_SCOPE_PRIME)')
  expect(explain('{A: site1, B: site2, prime: site2}').problem).toBeUndefined()
})
