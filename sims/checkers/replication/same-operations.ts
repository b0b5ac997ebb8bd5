import { knowledgeOf, membersOfReplicant } from '../../../src/core/oplog/index.ts'
import { canonical } from '../../world/canonical.ts'
import { ofEachGroup } from './ending-checker.ts'
import type { EndingChecker } from './ending-checker.ts'

/** All members of a name know the same operations of it, agree on who is a member, and wait for nothing. */
export const sameOperations: EndingChecker = {
  name: 'same operations',
  look: ending =>
    ofEachGroup(ending, (name, members) => {
      const words = members.map(({ site, replicant }) => ({
        site,
        knows:
          replicant === undefined
            ? 'nothing'
            : `${canonical(knowledgeOf(replicant))}, members ${membersOfReplicant(replicant).join()}`,
        waiting: replicant?.waiting.length ?? 0,
      }))
      const [first] = words
      return [
        ...words
          .filter(({ knows }) => knows !== first?.knows)
          .map(({ site, knows }) => `${name.name}: ${site} knows ${knows}; ${first?.site} knows ${first?.knows}`),
        ...words
          .filter(({ waiting }) => waiting > 0)
          .map(({ site, waiting }) => `${name.name}: ${waiting} operations wait at ${site}`),
      ]
    }),
}
