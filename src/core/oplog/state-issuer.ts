/**
 * Who says anew what a resource is, by a `state` operation: a reset whose body is what its own application shows. Each member decides for
 * itself, by what it holds and was told, so that mostly one of them issues it; two at once do no harm, since the ≺-greater stays.
 * Source: src/consistency.md "Plan, at one site" (Repair), "Forgetting".
 */
import { operationsPastReset } from './life.ts'
import { MAX_OPERATIONS_PAST_RESET } from './limits.ts'
import type { Life } from './life.ts'
import type { Matrices } from './matrix.ts'

/** What a member has told of itself by the knowledge that is held here. */
export interface Standing {
  readonly site: string
  /** It looks for the state of a member that agrees, and has found none. */
  readonly looks: boolean
  /** Its application has a resource to show. */
  readonly has: boolean
  /** It shows what was written, as far as that can be told. */
  readonly fits: boolean
}

/**
 * Which member gives the state when none agrees: the origin of the ≺-last operation, or else the smallest by name, of those whose
 * applications show what was written as far as that can be told, or else have the resource at all. Undefined as long as some member may agree, since it knows something else or has not told that it looks
 * too: what one member has acknowledged is not overwritten because nobody asked it. `nobody` has it: all look, and none can show anything.
 *
 * @param members sorted by name
 * @param standings of members that know exactly the same; the others are left out
 */
export function stateIssuer(
  life: Life,
  members: readonly string[],
  standings: readonly Standing[],
): { readonly is: 'issuer'; readonly site: string } | { readonly is: 'nobody' } | undefined {
  const looking = members.flatMap(member => standings.filter(({ site, looks }) => site === member && looks))
  if (looking.length < members.length) return undefined
  const having = looking.filter(({ has }) => has)
  const fitting = having.filter(({ fits }) => fits)
  const sites = (fitting.length > 0 ? fitting : having).map(({ site }) => site)
  const [smallest] = sites
  if (smallest === undefined) return { is: 'nobody' }
  return { is: 'issuer', site: lastAmong(life, sites) ?? smallest }
}

/** Which member shortens a life that was changed too often since its last reset; undefined where that is not due. */
export function shortenerOf(life: Life, members: readonly string[], matrices: Matrices): string | undefined {
  if (operationsPastReset(life, matrices) <= MAX_OPERATIONS_PAST_RESET) return undefined
  return lastAmong(life, members) ?? members[0]
}

/** The origin of the ≺-last operation that counts, if it is one of these. */
function lastAmong({ live }: Life, sites: readonly string[]): string | undefined {
  const origin = live.at(-1)?.dot.site
  return origin !== undefined && sites.includes(origin) ? origin : undefined
}
