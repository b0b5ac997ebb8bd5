import { compareOperations, dotKey, findLife } from '../../../src/core/oplog/index.ts'
import { wasHeld } from '../../../src/core/oplog/holes.ts'
import { groupOf } from './ending-checker.ts'
import type { Life, Operation } from '../../../src/core/oplog/index.ts'
import type { Ending } from '../../world/replication/ending.ts'
import type { EndingChecker } from './ending-checker.ts'

/** Whatever a client was told is accepted is known to every member, also where its origin has left; but for what stood on no disk any more when one was set back. */
export const nothingLost: EndingChecker = {
  name: 'nothing acknowledged is lost',
  look: ending =>
    ending.ledger.acknowledged
      .filter(({ dot }) => !ending.lost.has(dotKey(dot)))
      .flatMap(({ site: origin, words, dot }) => {
        const operation = ending.ledger.find(dot)
        if (operation === undefined) return [`${origin} acknowledged "${words}", and nobody ever released it`]
        return groupOf(ending, operation.replicant, dot.site).flatMap(({ site, replicant }) => {
          const life = replicant === undefined ? undefined : findLife(replicant, operation.life)
          if (life !== undefined && (wasHeld(life, dot) || isSuperseded(ending, operation, life))) return []
          return [`${origin} acknowledged "${words}", and ${site} does not know of it`]
        })
      }),
}

/**
 * A change of members says nothing any more where a greater one, that is known, names each of its sites: whoever is removed forgets the smaller one
 * with all else.
 */
function isSuperseded({ ledger }: Ending, { type, stamp, dot, members, replicant }: Operation, life: Life): boolean {
  if (type !== 'members' || members === undefined) return false
  const greater = ledger
    .operationsOf(replicant)
    .filter(other => compareOperations(other, { stamp, dot }) > 0 && wasHeld(life, other.dot))
    .flatMap(other => [...(other.members?.added ?? []), ...(other.members?.removed ?? [])])
  return [...members.added, ...members.removed].every(site => greater.includes(site))
}
