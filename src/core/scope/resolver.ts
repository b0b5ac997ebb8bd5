import { CheopsError } from '../../errors.ts'
import type { Catalog, CatalogSite } from '../resource/catalog.ts'
import {
  isGroup,
  type Binding,
  type DynamicLocation,
  type Expression,
  type Group,
  type Location,
  type Operator,
  type Scope,
  type SiteLocation,
} from './ast.ts'
import { candidatesOf, type Candidate } from './candidates.ts'
import { indexOf, type CatalogIndex } from './catalog-index.ts'
import { MAX_SCOPE_BYTES, MAX_SCOPE_SITES } from './limits.ts'
import { join, keyedSite, sitesOf, type Keyed, type Placement } from './placement.ts'
import { printLocation, printScope } from './printer.ts'
import { quoted, scopeError } from './scope-error.ts'
import { nearestName } from './suggest.ts'

/** Where a request for one service runs. */
export type Resolution =
  /** The scope does not name the service: at the site that was asked. */
  | { readonly kind: 'local' }
  /** `prime` is the site that leads; undefined where the scope leaves it open, or it leads another service of the scope. */
  | { readonly kind: 'placed'; readonly placement: Placement; readonly prime: string | undefined }

/**
 * `R` of the paper's figure 1: where a request for `service` runs, as this agent sees the mesh. Dynamic locations become sites.
 * Only what the scope says of this service is looked at; `validateScope` looks at all of it.
 * @throws CheopsError with column and caret as `scopeError` says:
 *   ERR_SCOPE_UNKNOWN_SITE, ERR_SCOPE_UNKNOWN_SERVICE, ERR_SCOPE_SERVICE_NOT_AT_SITE; ERR_SCOPE_DOWN, ERR_SCOPE_EMPTY where a dynamic location matches
 *   no site and `||` offers no other; ERR_SCOPE_LIMIT for more than MAX_SCOPE_SITES sites; ERR_SCOPE_PRIME where the prime is none of the
 *   sites and leads nothing else; ERR_SCOPE_SYNTAX where the scope binds the service both by name and without
 */
export function resolveScope(scope: Scope, service: string, catalog: Catalog): Resolution {
  const bound = bindScope(scope, service)
  const binding = bound.bindings.find(candidate => candidate.service === service)
  if (binding === undefined) return { kind: 'local' }
  const index = indexOf(catalog)
  const { placement } = placeBinding(bound, binding, service, index)
  const prime = bound.prime === undefined ? undefined : knownSite(bound, bound.prime, index).name
  const leads = prime !== undefined && sitesOf(placement).includes(prime)
  if (bound.prime !== undefined && !leads && bound.bindings.length === 1) throw uselessPrime(bound, bound.prime)
  return { kind: 'placed', placement, prime: leads ? prime : undefined }
}

/**
 * Checks the whole scope of a request for `service`, that for other services included, so that a slip in it shows at once and not in
 * the middle of the application's work. For where a scope enters the mesh; `resolveScope` is enough afterwards.
 * @throws CheopsError as `resolveScope` does, for the first mistake in the order of the text
 */
export function validateScope(scope: Scope, service: string, catalog: Catalog): void {
  const bound = bindScope(scope, service)
  const index = indexOf(catalog)
  const sites = new Set<string>()
  for (const binding of bound.bindings) {
    const { placement } = placeBinding(bound, binding, binding.service ?? service, index)
    for (const site of sitesOf(placement)) sites.add(site)
  }
  if (bound.prime === undefined) return
  if (!sites.has(knownSite(bound, bound.prime, index).name)) throw uselessPrime(bound, bound.prime)
}

/**
 * The scope with the binding that names no service given to `service`. It is what goes on with the request: the application's own calls
 * to other services must not take that binding for theirs.
 * @throws CheopsError ERR_SCOPE_SYNTAX where the scope binds `service` by name too: which one is meant cannot be told;
 *   ERR_SCOPE_LIMIT where the name makes it too long to be sent on
 */
export function bindScope(scope: Scope, service: string): Scope {
  const bare = scope.bindings.find(binding => binding.service === undefined)
  if (bare === undefined) return scope
  if (scope.bindings.some(binding => binding.service === service)) {
    const sentence = `This binding without a service is for ${quoted(service)}, which the scope binds by name too.`
    throw scopeError('ERR_SCOPE_SYNTAX', scope.text, bare.column, sentence)
  }
  const bindings = scope.bindings.map(binding => (binding === bare ? { ...binding, service } : binding))
  const bound = { ...scope, bindings }
  if (scope.text.length + service.length + 1 > MAX_SCOPE_BYTES && printScope(bound).length > MAX_SCOPE_BYTES) {
    const sentence = `With the name of the service ${quoted(service)} the scope has more than ${String(MAX_SCOPE_BYTES)} bytes.`
    throw scopeError('ERR_SCOPE_LIMIT', scope.text, bare.column, sentence)
  }
  return bound
}

/** A placement and how each location of the text came to its sites, in the order of the text. */
export interface Placed {
  readonly placement: Placement
  readonly traces: readonly LocationTrace[]
}

export interface LocationTrace {
  readonly location: Location
  readonly candidates: readonly Candidate[]
}

/** Throws as `resolveScope` does. */
export function placeBinding(scope: Scope, binding: Binding, service: string, index: CatalogIndex): Placed {
  if (!index.services.includes(service)) {
    const suggestion = nearestName(service, index.services)
    const sentence = `No site offers the service ${quoted(service)}.${didYouMean(suggestion)}`
    throw scopeError('ERR_SCOPE_UNKNOWN_SERVICE', scope.text, binding.column, sentence, { suggestion })
  }
  const expansion = new Expansion(scope, service, index)
  const expanded = expansion.expand(binding.where)
  if (expanded instanceof CheopsError) throw expanded
  return { placement: expanded.placement, traces: expansion.traces }
}

/** Turns one binding into sites. What matches nothing is an error as a value, since `||` goes on behind it. */
class Expansion {
  readonly traces: LocationTrace[] = []
  readonly #scope: Scope
  readonly #service: string
  readonly #index: CatalogIndex
  /** All sites so far. */
  readonly #sites = new Set<string>()
  /** Dynamic locations by their text: the same one again costs nothing. */
  readonly #candidates = new Map<string, readonly Candidate[]>()

  constructor(scope: Scope, service: string, index: CatalogIndex) {
    this.#scope = scope
    this.#service = service
    this.#index = index
  }

  expand(expression: Expression): Keyed | CheopsError {
    if (isGroup(expression)) return expression.kind === 'either' ? this.#either(expression) : this.#all(expression)
    // Alone, a set of sites means all of them; `nearest` is a list in order, and means the first that can be reached.
    return this.#location(expression, expression.kind === 'nearest' ? 'either' : 'and')
  }

  #either(group: Group): Keyed | CheopsError {
    const found: Keyed[] = []
    let firstError: CheopsError | undefined
    for (const part of group.parts) {
      const expanded = this.expand(part)
      if (expanded instanceof CheopsError) firstError ??= expanded
      else found.push(expanded)
    }
    return found.length === 0 && firstError !== undefined ? firstError : join('either', found)
  }

  /** `&` and `%`: every part must match something. A dynamic location's sites are parts of this group. */
  #all(group: Group): Keyed | CheopsError {
    const parts: Keyed[] = []
    for (const part of group.parts) {
      const expanded = isGroup(part) ? this.expand(part) : this.#location(part, group.kind)
      if (expanded instanceof CheopsError) return expanded
      parts.push(expanded)
    }
    return join(group.kind, parts)
  }

  #location(location: Location, operator: Operator): Keyed | CheopsError {
    const candidates = location.kind === 'site' ? [this.#named(location)] : this.#expandDynamic(location)
    this.traces.push({ location, candidates })
    const sites = candidates.filter(candidate => candidate.taken).map(candidate => candidate.site)
    if (sites.length === 0) return this.#nothingMatches(location)
    for (const site of sites) this.#count(site, location)
    return join(operator, sites.map(keyedSite))
  }

  #named(location: SiteLocation): Candidate {
    const site = knownSite(this.#scope, location, this.#index)
    if (!site.services.includes(this.#service)) throw this.#notOffered(location)
    return { site: site.name, taken: true, why: 'named' }
  }

  #expandDynamic(location: DynamicLocation): readonly Candidate[] {
    const text = printLocation(location)
    const known = this.#candidates.get(text)
    if (known !== undefined) return known
    const centre = location.kind === 'around' ? knownSite(this.#scope, location.centre, this.#index) : undefined
    const candidates = candidatesOf(location, this.#service, this.#index, centre)
    this.#candidates.set(text, candidates)
    return candidates
  }

  #count(site: string, location: Location): void {
    this.#sites.add(site)
    if (this.#sites.size <= MAX_SCOPE_SITES) return
    const sentence = `A service has at most ${String(MAX_SCOPE_SITES)} sites in a scope; here it gets more.`
    throw scopeError('ERR_SCOPE_LIMIT', this.#scope.text, location.column, sentence)
  }

  #notOffered(location: SiteLocation): CheopsError {
    const offering = this.#index.sites.filter(site => site.services.includes(this.#service)).map(site => site.name)
    const shown = offering.slice(0, 3).join(', ') + (offering.length > 3 ? ', …' : '')
    const sentence = `Site ${quoted(location.site)} does not offer the service ${quoted(this.#service)}; offered at: ${shown}.`
    return scopeError('ERR_SCOPE_SERVICE_NOT_AT_SITE', this.#scope.text, location.column, sentence)
  }

  #nothingMatches(location: Location): CheopsError {
    const { sentence, suggestion } = this.#whyNothing(location)
    // That all are down passes; that none fits does not.
    const code = location.kind === 'nearest' ? 'ERR_SCOPE_DOWN' : 'ERR_SCOPE_EMPTY'
    return scopeError(code, this.#scope.text, location.column, sentence + didYouMean(suggestion), { suggestion })
  }

  #whyNothing(location: Location): { sentence: string; suggestion: string | undefined } {
    const what = quoted(this.#service)
    switch (location.kind) {
      case 'label': {
        const suggestion = nearestLabel(location.label, location.value, this.#index.sites)
        return {
          sentence: `No site that offers ${what} has the label ${location.label}=${location.value}.`,
          suggestion,
        }
      }
      case 'around':
        return {
          sentence: `No site that offers ${what} is known to be as near to ${quoted(location.centre.site)}.`,
          suggestion: undefined,
        }
      case 'nearest':
        return { sentence: `Every site that offers ${what} is down.`, suggestion: undefined }
      case 'all':
      case 'site':
        return { sentence: `No site offers ${what}.`, suggestion: undefined }
    }
  }
}

/** Throws ERR_SCOPE_UNKNOWN_SITE. */
function knownSite(scope: Scope, location: SiteLocation, index: CatalogIndex): CatalogSite {
  const site = index.byName.get(location.site)
  if (site !== undefined) return site
  const suggestion = nearestName(location.site, index.byName.keys())
  const sameButCase = suggestion !== undefined && suggestion.toLowerCase() === location.site.toLowerCase()
  const note = sameButCase ? ' Names are compared exactly.' : ''
  const sentence = `The mesh knows no site ${quoted(location.site)}.${didYouMean(suggestion)}${note}`
  throw scopeError('ERR_SCOPE_UNKNOWN_SITE', scope.text, location.column, sentence, { suggestion })
}

function uselessPrime(scope: Scope, prime: SiteLocation): CheopsError {
  const sentence = `The prime ${quoted(prime.site)} is none of the sites that the scope names.`
  return scopeError('ERR_SCOPE_PRIME', scope.text, prime.column, sentence)
}

/** `@label=value` with the nearest value that sites have for the label, or with the nearest label. */
function nearestLabel(label: string, value: string, sites: readonly CatalogSite[]): string | undefined {
  const values = sites.flatMap(site => (Object.hasOwn(site.labels, label) ? [site.labels[label] ?? ''] : []))
  if (values.length > 0) {
    const nearest = nearestName(value, values)
    return nearest === undefined ? undefined : `@${label}=${nearest}`
  }
  const nearest = nearestName(label, new Set(sites.flatMap(site => Object.keys(site.labels))))
  return nearest === undefined ? undefined : `@${nearest}=${value}`
}

function didYouMean(suggestion: string | undefined): string {
  return suggestion === undefined ? '' : ` Did you mean ${quoted(suggestion)}?`
}
