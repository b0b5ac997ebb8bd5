import type { Placement } from '../core/scope/index.ts'
import type { Membership } from '../ports/membership.ts'

/** The sites of a placement that is nothing but `&`, sorted; undefined for any other. */
export function membersOf(placement: Placement): readonly string[] | undefined {
  if (placement.kind !== 'and') return undefined
  const sites = placement.parts.map(part => (part.kind === 'site' ? part.site : undefined))
  return sites.includes(undefined) ? undefined : sites.filter(site => site !== undefined).toSorted()
}

/** Members in the order in which a site that is none asks them: those that are not down first, the nearest of them first. */
export function nearestFirst(members: readonly string[], membership: Membership): readonly string[] {
  const rank = (name: string): readonly [down: number, rttMs: number] => {
    const site = membership.site(name)
    return [site === undefined || site.liveness === 'down' ? 1 : 0, site?.rttMs ?? Number.POSITIVE_INFINITY]
  }
  const ranks = new Map(members.map(name => [name, rank(name)]))
  return members.toSorted((a, b) => {
    const [[downA, rttA], [downB, rttB]] = [ranks.get(a) ?? [1, 0], ranks.get(b) ?? [1, 0]]
    return downA - downB || (rttA < rttB ? -1 : rttA > rttB ? 1 : 0)
  })
}
