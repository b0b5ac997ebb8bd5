import { membersOfReplicant } from '../../../src/core/oplog/index.ts'
import type { Replica, Ending } from '../../world/replication/ending.ts'
import type { ReplicantName } from '../../../src/core/oplog/index.ts'

/** Looks at a world that has come to rest, and says what must not be. */
export interface EndingChecker {
  readonly name: string
  /** What is violated, in sentences. */
  readonly look: (ending: Ending) => readonly string[]
}

/** Who is a member of a name as some site knows it that holds it; the checker of operations sees to it that all know the same. */
export function membersOf(ending: Ending, name: ReplicantName): readonly Replica[] {
  const replicas = ending.replicasOf(name)
  const members = new Set(
    replicas.flatMap(({ site, replicant }) => {
      const known = replicant === undefined ? [] : membersOfReplicant(replicant)
      return known.includes(site) ? known : []
    }),
  )
  return replicas.filter(({ site }) => members.has(site))
}

/** Keys in order, so that equal objects have equal texts. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? 'absent'
  )
}
