import { compareText } from '../resource/text-order.ts'
import type { CatalogSite } from '../resource/catalog.ts'
import type { AroundLocation, DynamicLocation, LabelLocation } from './ast.ts'
import { rttBetween, type CatalogIndex } from './catalog-index.ts'

/** What a dynamic location makes of one site. */
export interface Candidate {
  readonly site: string
  readonly taken: boolean
  /** Why, in a few words: `12 ms`, `region=us`, `down`. */
  readonly why: string
}

/**
 * All sites as one dynamic location sees them, those taken first and in the location's order: `*` and `@label=value` by name,
 * `around` and `nearest` by distance and then name.
 * @param centre the site of `around`, which the caller has looked up; ignored by the others
 */
export function candidatesOf(
  location: DynamicLocation,
  service: string,
  index: CatalogIndex,
  centre: CatalogSite | undefined,
): Candidate[] {
  const offering = index.sites.filter(site => site.services.includes(service))
  const others = index.sites
    .filter(site => !site.services.includes(service))
    .map(site => ({ site: site.name, taken: false, why: `does not offer ${service}` }))
  return [...judge(location, offering, index, centre).toSorted(takenFirst), ...others]
}

function takenFirst(a: Candidate, b: Candidate): number {
  return Number(b.taken) - Number(a.taken)
}

function judge(
  location: DynamicLocation,
  offering: readonly CatalogSite[],
  index: CatalogIndex,
  centre: CatalogSite | undefined,
): Candidate[] {
  switch (location.kind) {
    case 'all':
      return offering.map(site => ({ site: site.name, taken: true, why: 'offers it' }))
    case 'label':
      return offering.map(site => judgeLabel(location, site))
    case 'around':
      return centre === undefined ? [] : judgeAround(location, offering, index, centre)
    case 'nearest':
      return judgeNearest(location.count, offering, index)
  }
}

function judgeLabel(location: LabelLocation, site: CatalogSite): Candidate {
  const value = Object.hasOwn(site.labels, location.label) ? site.labels[location.label] : undefined
  const why = value === undefined ? `no label ${location.label}` : `${location.label}=${value}`
  return { site: site.name, taken: value === location.value, why }
}

function judgeAround(
  location: AroundLocation,
  offering: readonly CatalogSite[],
  index: CatalogIndex,
  centre: CatalogSite,
): Candidate[] {
  return byDistance(offering, index, centre).map(({ site, rttMs }) => ({
    site: site.name,
    taken: rttMs !== undefined && Math.round(rttMs * 1000) <= location.withinUs,
    why: formatRtt(rttMs),
  }))
}

/** Sites that are down are passed over: `nearest` says where to go now. A site that nobody has measured comes last. */
function judgeNearest(count: number, offering: readonly CatalogSite[], index: CatalogIndex): Candidate[] {
  const self = index.byName.get(index.self)
  let taken = 0
  return byDistance(offering, index, self).map(({ site, rttMs }) => {
    if (site.liveness === 'down' && site !== self) return { site: site.name, taken: false, why: 'down' }
    taken += 1
    return { site: site.name, taken: taken <= count, why: formatRtt(rttMs) }
  })
}

/** The centre itself first, whoever else is at no distance. */
function byDistance(
  sites: readonly CatalogSite[],
  index: CatalogIndex,
  centre: CatalogSite | undefined,
): { site: CatalogSite; rttMs: number | undefined }[] {
  return sites
    .map(site => ({ site, rttMs: centre === undefined ? undefined : rttBetween(index, centre, site) }))
    .sort(
      (a, b) =>
        Number(b.site === centre) - Number(a.site === centre) ||
        compareRtt(a.rttMs, b.rttMs) ||
        compareText(a.site.name, b.site.name),
    )
}

function compareRtt(a: number | undefined, b: number | undefined): number {
  if (a === b) return 0
  if (a === undefined) return 1
  return b === undefined ? -1 : a - b
}

/** To a microsecond, as far as distances can be given. */
function formatRtt(ms: number | undefined): string {
  return ms === undefined ? 'never measured' : `${String(Number(ms.toFixed(3)))} ms`
}
