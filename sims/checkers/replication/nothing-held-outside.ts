import { hasParted } from '../../../src/core/oplog/index.ts'
import type { EndingChecker } from './ending-checker.ts'

/** A site that has learnt that it is no member any more holds nothing that was written by somebody who knew so, but that it is over. */
export const nothingHeldOutside: EndingChecker = {
  name: 'nothing is held by former members',
  look: ending =>
    ending.names.flatMap(name =>
      ending.replicasOf(name).flatMap(({ site, replicant }) => {
        // What a backup has of before is its own.
        if (replicant === undefined || ending.setBack.has(site) || !hasParted({ ...replicant, site })) return []
        const lives = replicant.lives.flatMap(({ live, conflicts, outside }) => [...live, ...conflicts, ...outside])
        return [...lives, ...replicant.waiting]
          .filter(operation => operation.type !== 'delete' && ending.ledger.beliefs.isBehind(site, operation))
          .map(({ type, dot }) => `${site} holds the ${type} of ${name.name} that ${dot.site} has written`)
      }),
    ),
}
