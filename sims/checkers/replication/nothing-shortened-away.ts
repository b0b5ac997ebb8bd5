import { conflictsOf, covers, dotKey, type Operation, type ReplicantName } from '../../../src/core/oplog/index.ts'
import { bodyOf } from './expected.ts'
import { ofEachGroup } from './ending-checker.ts'
import { fullLog } from './same-schedule.ts'
import type { EndingChecker } from './ending-checker.ts'
import type { Ending } from '../../world/replication/ending.ts'

/** By clients. */
const SAYS_ALL: ReadonlySet<string> = new Set(['create', 'replace', 'delete', 'restore'])

/**
 * What agents say anew takes nothing away that a client has changed: where nobody but agents has said what a resource is since it was created, each field that
 * a client has set, but what is shown as a conflict, is there at each member, or its site says itself that it is not as the others are. What a client has put away by a whole body that stands on no
 * disk any more is gone from what its application shows, and so from a state that is said of that.
 */
export const nothingShortenedAway: EndingChecker = {
  name: 'nothing is lost by a state',
  look: ending =>
    ofEachGroup(ending, (name, members) =>
      members.flatMap(({ site, replicant, resource, admits }) => {
        if (replicant === undefined || admits !== undefined) return []
        const log = fullLog(ending, name, replicant)
        const said = log.filter(({ type }) => SAYS_ALL.has(type))
        // An operator has looked at what has lost, and left it so.
        if (ending.ledger.settled.some(settled => settled.name === name.name)) return []
        if (said.length !== 1 || !log.some(({ type }) => type === 'state')) return []
        // What lost against others, as a matrix says, is shown as that.
        const conflicts = new Set(conflictsOf(replicant.lives).map(({ operation }) => dotKey(operation.dot)))
        const putAway = lostResets(ending, name)
        const merges = log.filter(
          ({ type, dot }) =>
            type === 'merge' && !conflicts.has(dotKey(dot)) && !putAway.some(({ context }) => covers(context, dot)),
        )
        const lost = merges
          .flatMap(merge => Object.keys(bodyOf(merge, ending.bodies)))
          .filter(key => resource?.[key] === undefined)
        return lost.length === 0 ? [] : [`${name.name} of ${site} has lost ${[...new Set(lost)].join(', ')}`]
      }),
    ),
}

/** Whole bodies that were carried out at their sites, and that no disk has any more, since those of their sites were set back. */
function lostResets({ ledger, lost, setBack }: Ending, name: ReplicantName): readonly Operation[] {
  return ledger
    .operationsOf(name)
    .filter(({ type, dot }) => SAYS_ALL.has(type) && lost.has(dotKey(dot)) && setBack.has(dot.site))
}
