import { CheopsError, type ErrorCode } from '../../errors.ts'
import type { Catalog } from '../resource/catalog.ts'
import type { Scope } from './ast.ts'
import type { Candidate } from './candidates.ts'
import { indexOf, type CatalogIndex } from './catalog-index.ts'
import { printPlacement, sitesOf, type Placement } from './placement.ts'
import { printLocation, printScope } from './printer.ts'
import { bindScope, placeBinding, resolveScope, validateScope } from './resolver.ts'

/** What a scope would do, and why. Plain data: `cheops scope explain -o json` prints it as it is. */
export interface ScopeExplanation {
  /** The scope in canonical form. */
  readonly scope: string
  /** The site that looks: distances and liveness are as it sees them. */
  readonly self: string
  readonly services: readonly ServiceExplanation[]
  /** Why the scope would be refused as a whole although each service alone is right; undefined if it would not. */
  readonly problem: ScopeProblem | undefined
}

export interface ServiceExplanation {
  readonly service: string
  /** `mixed`: groups inside groups; `refused`: see `problem`. */
  readonly collaboration: 'local' | 'sharing' | 'replication' | 'cross' | 'mixed' | 'refused'
  /** What happens, in a sentence. */
  readonly sentence: string
  /** The placement in scope-lang (`site1 & site2`); undefined where it is local or refused. */
  readonly placement: string | undefined
  /** All sites of the placement. */
  readonly sites: readonly string[]
  readonly prime: string | undefined
  /** Each location of the text, in its order, and what it makes of each site. */
  readonly locations: readonly LocationExplanation[]
  readonly problem: ScopeProblem | undefined
}

export interface LocationExplanation {
  /** As the scope has it: `around(site1, 50ms)`. */
  readonly location: string
  /** Sites taken come first. */
  readonly candidates: readonly Candidate[]
}

export interface ScopeProblem {
  readonly code: ErrorCode
  /** Several lines: a sentence, the scope, a caret. */
  readonly message: string
}

/**
 * Explains what a scope means for the services that it names and, if given, for `service`, the one that a request would address. Without
 * `service` a binding that names none is explained for each service of the catalog, since it is for whichever is addressed.
 * Never throws for what the scope or `service` says: such errors are part of the answer.
 */
export function explainScope(scope: Scope, catalog: Catalog, service?: string): ScopeExplanation {
  const index = indexOf(catalog)
  const services = servicesToExplain(scope, index, service).map(name => explainService(scope, name, catalog, index))
  const refused = services.some(({ problem }) => problem !== undefined)
  const wholeFor = service ?? services[0]?.service
  const problem =
    refused || wholeFor === undefined ? undefined : problemOf(() => validateScope(scope, wholeFor, catalog))
  return { scope: printScope(scope), self: catalog.self, services, problem }
}

function servicesToExplain(scope: Scope, index: CatalogIndex, service: string | undefined): string[] {
  const named = scope.bindings.map(binding => binding.service).filter(name => name !== undefined)
  const addressed = service === undefined ? (named.length < scope.bindings.length ? index.services : []) : [service]
  return [...new Set([...addressed, ...named])]
}

function explainService(scope: Scope, service: string, catalog: Catalog, index: CatalogIndex): ServiceExplanation {
  const nothing = { service, placement: undefined, sites: [], prime: undefined, locations: [], problem: undefined }
  let explanation: ServiceExplanation | undefined
  const problem = problemOf(() => {
    const resolution = resolveScope(scope, service, catalog)
    if (resolution.kind === 'local') {
      const sentence = `stays at ${catalog.self}: the scope does not name it`
      explanation = { ...nothing, collaboration: 'local', sentence }
      return
    }
    const { placement, prime } = resolution
    explanation = {
      ...nothing,
      ...describe(placement, catalog.self),
      placement: printPlacement(placement),
      sites: sitesOf(placement),
      prime,
      locations: explainLocations(scope, service, index),
    }
  })
  return explanation ?? { ...nothing, collaboration: 'refused', sentence: 'is refused', problem }
}

function explainLocations(scope: Scope, service: string, index: CatalogIndex): LocationExplanation[] {
  const bound = bindScope(scope, service)
  const binding = bound.bindings.find(candidate => candidate.service === service)
  if (binding === undefined) return []
  const { traces } = placeBinding(bound, binding, service, index)
  return traces.map(({ location, candidates }) => ({ location: printLocation(location), candidates }))
}

function describe(placement: Placement, self: string): Pick<ServiceExplanation, 'collaboration' | 'sentence'> {
  if (placement.kind === 'site') {
    if (placement.site === self) return { collaboration: 'local', sentence: `runs at ${self}, which is this site` }
    return { collaboration: 'sharing', sentence: `runs at ${placement.site}` }
  }
  if (placement.parts.some(part => part.kind !== 'site')) {
    return { collaboration: 'mixed', sentence: `runs at ${printPlacement(placement)}` }
  }
  const sites = sitesOf(placement).join(', ')
  switch (placement.kind) {
    case 'and':
      return { collaboration: 'replication', sentence: `is replicated at ${sites}` }
    case 'cross':
      return { collaboration: 'cross', sentence: `is one cross resource with parts at ${sites}` }
    case 'either':
      return { collaboration: 'sharing', sentence: `runs at the first of ${sites} that can be reached` }
  }
}

function problemOf(work: () => void): ScopeProblem | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof CheopsError) return { code: error.code, message: error.message }
    throw error
  }
}
