import type { Operator } from './ast.ts'
import { OPERATOR_SIGNS } from './words.ts'

/**
 * Where a service runs, in sites only: what a scope becomes against a catalog. It is simplified: a group has two parts or more, none
 * of its own kind and no two that are equal.
 */
export type Placement =
  { readonly kind: 'site'; readonly site: string } | { readonly kind: Operator; readonly parts: readonly Placement[] }

/**
 * The placement as a scope's expression without braces: `site1 & (site2 % site3)`. Reading it (where it is not too long for a scope) and
 * resolving it gives the same placement.
 */
export function printPlacement(placement: Placement): string {
  if (placement.kind === 'site') return placement.site
  return placement.parts
    .map(part => {
      const bare = part.kind === 'site' || (placement.kind === 'either' && part.kind !== 'either')
      return bare ? printPlacement(part) : `(${printPlacement(part)})`
    })
    .join(` ${OPERATOR_SIGNS[placement.kind]} `)
}

/** All sites of a placement, each once, in the order in which it names them. */
export function sitesOf(placement: Placement): string[] {
  const sites = new Set<string>()
  const visit = (part: Placement): void => {
    if (part.kind === 'site') sites.add(part.site)
    else part.parts.forEach(visit)
  }
  visit(placement)
  return [...sites]
}

/** A placement while it is built: `key` is equal for placements that mean the same, whatever the order of `&` and `%`. */
export interface Keyed {
  readonly placement: Placement
  readonly key: string
}

export function keyedSite(site: string): Keyed {
  return { placement: { kind: 'site', site }, key: site }
}

/**
 * Joins simplified placements under one operator: groups of the same kind are taken apart, duplicates dropped (the first stays), and what is then alone is
 * itself.
 * @param parts at least one
 */
export function join(kind: Operator, parts: readonly Keyed[]): Keyed {
  const different = new Map<string, Placement>()
  const add = (key: string, placement: Placement): void => {
    if (!different.has(key)) different.set(key, placement)
  }
  for (const { placement, key } of parts) {
    if (placement.kind === kind) for (const inner of placement.parts) add(keyOf(inner), inner)
    else add(key, placement)
  }
  const [only] = different
  if (only === undefined) throw new RangeError('a group needs a part')
  if (different.size === 1) return { key: only[0], placement: only[1] }
  return { key: groupKey(kind, [...different.keys()]), placement: { kind, parts: [...different.values()] } }
}

function keyOf(placement: Placement): string {
  return placement.kind === 'site' ? placement.site : groupKey(placement.kind, placement.parts.map(keyOf))
}

/** The order of `||` means something, that of `&` and `%` does not. */
function groupKey(kind: Operator, keys: string[]): string {
  return `(${(kind === 'either' ? keys : keys.toSorted()).join(OPERATOR_SIGNS[kind])})`
}
