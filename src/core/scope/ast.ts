/**
 * A scope as it was read. Columns are 1-based and count the characters of `Scope.text`, so that a mistake which shows only
 * against the catalog (an unknown site) can be pointed at as precisely as one of syntax. They are no part of what a scope
 * means: `scopesEqual` ignores them.
 */
export interface Scope {
  /** The text that the scope was read from, untouched. */
  readonly text: string
  /** At least one, in the order of the text. No two for the same service, and at most one without a service. */
  readonly bindings: readonly Binding[]
  /** The site that leads (README, "prime"), undefined where the scope leaves it open. */
  readonly prime: SiteLocation | undefined
}

export interface Binding {
  /** Undefined: the binding is for the service that the request addresses. */
  readonly service: string | undefined
  readonly column: number
  readonly where: Expression
}

export type Expression = Location | Group

/** `and` is replication, `cross` is cross, `either` is fallback: the first that can be reached. */
export type Operator = 'and' | 'cross' | 'either'

/** Two or more expressions under one operator. */
export interface Group {
  readonly kind: Operator
  readonly parts: readonly Expression[]
}

export type Location = SiteLocation | DynamicLocation

export interface SiteLocation {
  readonly kind: 'site'
  readonly site: string
  readonly column: number
}

/** A location that the catalog expands to sites. */
export type DynamicLocation = AllLocation | LabelLocation | AroundLocation | NearestLocation

/** `*` */
export interface AllLocation {
  readonly kind: 'all'
  readonly column: number
}

/** `@label=value` */
export interface LabelLocation {
  readonly kind: 'label'
  readonly label: string
  readonly value: string
  readonly column: number
}

/** `around(centre, duration)` */
export interface AroundLocation {
  readonly kind: 'around'
  readonly centre: SiteLocation
  /** Round-trip time, microseconds, in [0, MAX_AROUND_US]; whole, so that printing loses nothing. */
  readonly withinUs: number
  readonly column: number
}

/** `nearest(count)` */
export interface NearestLocation {
  readonly kind: 'nearest'
  /** In [1, MAX_SCOPE_SITES]. */
  readonly count: number
  readonly column: number
}

export function isGroup(expression: Expression): expression is Group {
  return expression.kind === 'and' || expression.kind === 'cross' || expression.kind === 'either'
}
