/**
 * Who says anew what a resource is, by a `state` operation: a reset whose body is what its own application shows. Each member decides for
 * itself, by what it holds and was told, so that mostly one of them issues it; of two at once the ≺-greater stays.
 * Source: src/consistency.md "Plan, at one site" (Repair), "Forgetting".
 */
import { covers, includes } from './context.ts'
import { operationsPastReset } from './life.ts'
import { MAX_OPERATIONS_PAST_RESET, OPERATIONS_PAST_TURN, SHORTENED_AFTER_MS } from './limits.ts'
import { lifeKey } from './operation.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import type { Context } from './context.ts'
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

/** What a site knows of a life that may have to be shortened. */
export interface Shortening {
  readonly site: string
  /** Sorted by name. */
  readonly members: readonly string[]
  readonly acknowledgements: Acknowledgements
  /** Members that do not give what they have acknowledged: they have it not, and nothing that they have acknowledged counts. */
  readonly ungiven: ReadonlySet<string>
  /** Wall clock, Unix milliseconds. */
  readonly nowMs: number
}

/**
 * Whether a site shortens a life that was changed too often since its last reset. What one state has seen is dropped, also where another state
 * stays that has not seen it; so there are to be no two at once. It is the site that has created the life, whoever writes, and the other members in turn where it
 * does not; each only where a majority of the members, or half of them with the smallest by name, has acknowledged all that is held but what was written just now, and
 * nobody anything that is not held: so at most one side of a cut says states, and who comes back learns of them before it says one. Who has acknowledged what it does not give
 * does not hold that up, or a member could by one word about what nobody ever wrote.
 */
export function isShortener(
  life: Life,
  { site, members, acknowledgements, ungiven, nowMs }: Shortening,
  matrices: Matrices,
): boolean {
  const past = operationsPastReset(life, matrices)
  if (past <= MAX_OPERATIONS_PAST_RESET) return false
  const creator = life.life.dot.site
  const inTurn = members.toSorted((a, b) => Number(b === creator) - Number(a === creator))
  const place = inTurn.indexOf(site)
  if (place < 0 || past <= place * OPERATIONS_PAST_TURN) return false
  const known = (member: string): Context => acknowledgements.get(member)?.knowledge.get(lifeKey(life.life)) ?? []
  const others = members.filter(member => member !== site && !ungiven.has(member))
  if (others.some(member => !includes(life.knowledge, known(member)))) return false
  const settled = life.live.filter(({ stamp }) => stamp.ms <= nowMs - SHORTENED_AFTER_MS)
  const isAgreeing = (member: string): boolean => settled.every(({ dot }) => covers(known(member), dot))
  const agreeing = members.filter(member => member === site || (others.includes(member) && isAgreeing(member)))
  const half = members.length / 2
  return agreeing.length > half || (agreeing.length === half && agreeing[0] === members[0])
}

/** The origin of the ≺-last operation that counts, if it is one of these. */
function lastAmong({ live }: Life, sites: readonly string[]): string | undefined {
  const origin = live.at(-1)?.dot.site
  return origin !== undefined && sites.includes(origin) ? origin : undefined
}
