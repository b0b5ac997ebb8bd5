import { conflictsOf, dotKey } from '../../../src/core/oplog/index.ts'
import { ofEachGroup } from './ending-checker.ts'
import type { EndingChecker } from './ending-checker.ts'

/** All members show the same of what was written and has lost, and say the same of why. */
export const sameConflicts: EndingChecker = {
  name: 'same conflicts',
  look: ending =>
    ofEachGroup(ending, (name, group) => {
      const words = group.map(({ site, replicant }) => ({
        site,
        shows: conflictsOf(replicant?.lives ?? [])
          .map(({ operation, why }) => `${dotKey(operation.dot)} ${why}`)
          .join(', '),
      }))
      const [first] = words
      return words
        .filter(({ shows }) => shows !== first?.shows)
        .map(
          ({ site, shows }) =>
            `${name.name}: ${site} shows ${shows || 'nothing'}; ${first?.site} shows ${first?.shows || 'nothing'}`,
        )
    }),
}
