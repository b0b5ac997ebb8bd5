import { holderOf } from '../../../src/core/oplog/index.ts'
import { bodyOf } from './expected.ts'
import { ofEachGroup } from './ending-checker.ts'
import { isAnyWrittenOver } from './same-state.ts'
import type { Operation } from '../../../src/core/oplog/index.ts'
import type { Ending, Replica } from '../../world/replication/ending.ts'
import type { EndingChecker } from './ending-checker.ts'

/**
 * No site stays `diverged` where a member agrees, whose state it could copy, nor where all members are, of which one could say a state. Nothing that applications of this world set by themselves
 * differs, so that the only reasons are those that src/consistency.md names: what says the resource is a large body that no member has any more; nobody can say what a field is
 * by now that was written and that nobody shows; or somebody has written the resource over past Cheops at a member just before a client changed a part of it there, and who shows what was
 * written cannot take that; or no application has the resource any more, and what was done to it may not be done twice. A member that is in doubt, or has something else by that name, gives no state, and looks for none: an operator decides.
 */
export const nobodyStaysDiverged: EndingChecker = {
  name: 'nobody stays diverged',
  look: ending =>
    ofEachGroup(ending, (name, members) =>
      members.flatMap(replica => {
        const { site, admits, reason } = replica
        if (admits !== 'diverged') return []
        const others = members.filter(other => other.site !== site)
        const agreeing = others.filter(other => other.admits === undefined).map(other => other.site)
        const areAll = others.every(other => other.admits === 'diverged')
        if (agreeing.length === 0 && !areAll) return []
        // Where all look, who is to say what there is may be another one.
        const looking = agreeing.length > 0 ? [replica] : members
        if (looking.some(one => lacksBody(ending, one, members) || isUnclear(ending, one, members))) return []
        if (isAnyWrittenOver(ending, name, members)) return []
        if (members.every(({ resource }) => resource === undefined) && members.some(mayNotBeMadeAnew)) return []
        const whose = agreeing.length > 0 ? `${agreeing.join(', ')} agree` : 'so do all others'
        return [`${name.name}: ${site} says that it is diverged (${reason ?? 'no reason'}), and ${whose}`]
      }),
    ),
}

function liveOf({ replicant }: Replica): readonly Operation[] {
  return (replicant && holderOf(replicant)?.live) ?? []
}

/** Whether an operation that counts names a large body that stands on the disk of no member any more, or on none as it was written: only members give bodies. */
function lacksBody({ heldBodies }: Ending, replica: Replica, members: readonly Replica[]): boolean {
  const held = new Set(members.flatMap(({ site }) => heldBodies.get(site) ?? []))
  return liveOf(replica).some(({ payload }) => {
    const body = payload?.body
    return body !== undefined && !('bytes' in body) && !held.has(body.hash)
  })
}

/** Whether a site says that nobody has it, and that it does not make it anew, where something was done of which only the application knows what it does. */
function mayNotBeMadeAnew(replica: Replica): boolean {
  return (
    replica.reason?.includes('what was done to it may not be done twice') === true &&
    liveOf(replica).some(({ type }) => !SAYS_ALL.has(type))
  )
}

/** Of what operations say all by themselves; what any other does only the application knows. */
const SAYS_ALL: ReadonlySet<string> = new Set(['create', 'replace', 'state', 'merge', 'members'])

/** Whether the site says that nobody knows what a field is, and some field was written that neither it nor a member that agrees shows, and something was done of which only the application knows what it does. */
function isUnclear(ending: Ending, replica: Replica, members: readonly Replica[]): boolean {
  if (replica.reason?.includes('so nobody can say what it is by now') !== true) return false
  const live = liveOf(replica)
  if (live.every(({ type }) => SAYS_ALL.has(type))) return false
  const showing = members.filter(({ site, admits }) => site === replica.site || admits === undefined)
  const shown = new Set(
    showing.flatMap(({ resource }) => Object.keys(resource ?? {})).filter(field => field !== HIDDEN),
  )
  const written = live.filter(({ type }) => SAYS_ALL.has(type)).flatMap(one => Object.keys(bodyOf(one, ending.bodies)))
  const named = fieldsNamedIn(replica.reason)
  return written.some(field => !shown.has(field)) && !named.some(field => shown.has(field))
}

/** The fields at the top of what a reason says that no member shows. */
function fieldsNamedIn(reason: string): readonly string[] {
  const [, named = ''] = /no member shows (.*), which was written/.exec(reason) ?? []
  return named.split(', ').flatMap(pointer => (pointer.startsWith('/') ? [pointer.slice(1).split('/')[0] ?? ''] : []))
}

/** Applications take it, and never show it. */
const HIDDEN = 'secret'
