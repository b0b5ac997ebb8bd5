/**
 * The catalog: which site offers which service, with labels, as one agent sees it now.
 * It is what scopes are validated and resolved against.
 */
export interface Catalog {
  /** Name of the site whose agent looks. */
  readonly self: string
  /** All known sites, `self` included, in any order. Names are unique. */
  readonly sites: readonly CatalogSite[]
}

export interface CatalogSite {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Names of the services that the site offers. */
  readonly services: readonly string[]
  readonly liveness: Liveness
  /** Measured round-trip time from `self`, milliseconds; undefined where it was never measured; 0 for `self`. */
  readonly rttMs: number | undefined
  /** RTTs that this site itself announced, to other sites by name, milliseconds. */
  readonly announcedRttMs: Readonly<Record<string, number>>
}

export type Liveness = 'alive' | 'suspect' | 'down'
