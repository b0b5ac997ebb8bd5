import { membersOfReplicant } from '../../../src/core/oplog/index.ts'
import type { Replica, Ending } from '../../world/replication/ending.ts'
import type { ReplicantName } from '../../../src/core/oplog/index.ts'

/** Looks at a world that has come to rest, and says what must not be. */
export interface EndingChecker {
  readonly name: string
  /** What is violated, in sentences. */
  readonly look: (ending: Ending) => readonly string[]
}

/**
 * Who is a member of a name as some site knows it that holds it, by group; the checker of operations sees to it that all of one group know the same.
 * Of one group are sites that some operation has ever named together: a name that was created on both sides of nothing stays two.
 */
export function groupsOf(ending: Ending, name: ReplicantName): readonly (readonly Replica[])[] {
  return membersByGroup(ending, name).map(({ members }) => members)
}

/** Who is a member in the group that a site is or was of; also where that site has left. */
export function groupOf(ending: Ending, name: ReplicantName, site: string): readonly Replica[] {
  return membersByGroup(ending, name).find(({ group }) => group.has(site))?.members ?? []
}

interface Group {
  /** Sites that some operation has ever named together. */
  readonly group: ReadonlySet<string>
  readonly members: readonly Replica[]
}

function membersByGroup(ending: Ending, name: ReplicantName): readonly Group[] {
  const replicas = ending.replicasOf(name)
  const members = new Set(
    replicas.flatMap(({ site, replicant }) => {
      const known = replicant === undefined ? [] : membersOfReplicant(replicant)
      return known.includes(site) ? known : []
    }),
  )
  return togetherIn(ending, name).map(group => ({
    group,
    members: replicas.filter(({ site }) => members.has(site) && group.has(site)),
  }))
}

function togetherIn({ ledger }: Ending, name: ReplicantName): readonly ReadonlySet<string>[] {
  const named = ledger
    .operationsOf(name)
    .map(({ dot, members }) => new Set([dot.site, ...(members?.added ?? []), ...(members?.removed ?? [])]))
  return named.reduce<readonly ReadonlySet<string>[]>((groups, together) => {
    const apart = groups.filter(group => group.isDisjointFrom(together))
    const joined = groups.filter(group => !apart.includes(group)).reduce((all, group) => all.union(group), together)
    return [joined, ...apart]
  }, [])
}

/** What a checker finds in each group of members of each name. */
export function ofEachGroup(
  ending: Ending,
  look: (name: ReplicantName, members: readonly Replica[]) => readonly string[],
): readonly string[] {
  return ending.names.flatMap(name => groupsOf(ending, name).flatMap(group => look(name, group)))
}
