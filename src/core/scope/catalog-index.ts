import { compareText } from '../resource/text-order.ts'
import type { Catalog, CatalogSite } from '../resource/catalog.ts'

/** A catalog as resolving asks for it. */
export interface CatalogIndex {
  readonly self: string
  /** Sorted by name. */
  readonly sites: readonly CatalogSite[]
  readonly byName: ReadonlyMap<string, CatalogSite>
  /** Names of all services that any site offers, sorted. */
  readonly services: readonly string[]
}

/** Catalogs are snapshots that never change, so one index serves every request until the next snapshot. */
const indexes = new WeakMap<Catalog, CatalogIndex>()

export function indexOf(catalog: Catalog): CatalogIndex {
  const known = indexes.get(catalog)
  if (known !== undefined) return known
  const sites = catalog.sites.toSorted((a, b) => compareText(a.name, b.name))
  const index: CatalogIndex = {
    self: catalog.self,
    sites,
    byName: new Map(sites.map(site => [site.name, site])),
    services: [...new Set(sites.flatMap(site => site.services))].sort(compareText),
  }
  indexes.set(catalog, index)
  return index
}

/**
 * Round-trip time between two sites, milliseconds: what this agent measured where it is one of them, else what `a` announced, else what
 * `b` did. Undefined where nobody measured it.
 */
export function rttBetween(index: CatalogIndex, a: CatalogSite, b: CatalogSite): number | undefined {
  if (a.name === b.name) return 0
  const measured = a.name === index.self ? b.rttMs : b.name === index.self ? a.rttMs : undefined
  return usable(measured) ?? announced(a, b) ?? announced(b, a)
}

function announced(from: CatalogSite, to: CatalogSite): number | undefined {
  return Object.hasOwn(from.announcedRttMs, to.name) ? usable(from.announcedRttMs[to.name]) : undefined
}

/** Announcements come from other machines: what is no length of time counts as not measured. */
function usable(ms: number | undefined): number | undefined {
  return ms !== undefined && Number.isFinite(ms) && ms >= 0 ? ms : undefined
}
