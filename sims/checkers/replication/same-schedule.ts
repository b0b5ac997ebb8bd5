import {
  compareOperations,
  compileMatrix,
  dotKey,
  findLife,
  holderOf,
  membersOfReplicant,
  scheduleOf,
} from '../../../src/core/oplog/index.ts'
import { wasHeld } from '../../../src/core/oplog/holes.ts'
import { standingOf } from '../../../src/core/oplog/members.ts'
import { expectedOf } from './expected.ts'
import { ofEachGroup } from './ending-checker.ts'
import { isResetIn } from './plain-matrix.ts'
import type { Life, Operation, Replicant, ReplicantName } from '../../../src/core/oplog/index.ts'
import type { Ending } from '../../world/replication/ending.ts'
import type { EndingChecker } from './ending-checker.ts'

/** What each member would execute from the little that it keeps is what the full log says. */
export const sameSchedule: EndingChecker = {
  name: 'pruned equals unpruned',
  look: ending =>
    ofEachGroup(ending, (name, group) =>
      group.flatMap(({ site, replicant }) => {
        if (replicant === undefined) return []
        const log = fullLog(ending, name, replicant)
        const [has, should] = [wordsOf(replicant, ending), expectedWords(log, name.name, ending)]
        return has === should
          ? []
          : [`${name.name}: the schedule of ${site} is ${has}, and the full log says ${should}`]
      }),
    ),
}

/** Of all operations that were ever released those that a member holds or held, and that count. */
export function fullLog(ending: Ending, name: ReplicantName, replicant: Replicant): readonly Operation[] {
  const members = membersOfReplicant(replicant)
  return ending.ledger.operationsOf(name).filter(operation => {
    const { life, dot } = operation
    const known = findLife(replicant, life)
    // What lies in a hole it never held.
    if (known === undefined || !wasHeld(known, dot)) return false
    // What a removed site has forgotten itself by what does not count is known to be gone, and stands in no list.
    if (standingOf(known.changes, members, operation) === 'out') return false
    if (isGone(ending, known, operation)) return false
    return !known.outside.some(other => dotKey(other.dot) === dotKey(dot))
  })
}

/**
 * An operation that stands on no disk any more, of which this member has heard by what came after it only, as from who had left and let go of it. Of what says all
 * that the resource is each member remembers the greatest.
 */
function isGone({ lost, matrices }: Ending, { live, conflicts, droppers }: Life, operation: Operation): boolean {
  if (!lost.has(dotKey(operation.dot))) return false
  if ([...live, ...conflicts].some(({ dot }) => dotKey(dot) === dotKey(operation.dot))) return false
  const isPast = droppers.some(
    ({ type, greatest }) => type === operation.type && compareOperations(greatest, operation) >= 0,
  )
  return !isResetIn(operation, matrices) || !isPast
}

function wordsOf(replicant: Replicant, { matrices }: Ending): string {
  const known = new Map([...matrices].map(([hash, definition]) => [hash, compileMatrix(definition)]))
  const schedule = scheduleOf(holderOf(replicant), known)
  switch (schedule.state) {
    case 'none':
    case 'unknown':
      return 'none'
    case 'absent':
      return 'absent'
    case 'present':
      return [schedule.reset, ...schedule.changes].map(({ dot }) => dotKey(dot)).join()
  }
}

function expectedWords(operations: readonly Operation[], id: string, { matrices }: Ending): string {
  const expected = expectedOf(operations, id, NO_BODIES, matrices)
  return expected.state === 'present' ? expected.schedule.map(({ dot }) => dotKey(dot)).join() : expected.state
}

/** Only the order is looked at. */
const NO_BODIES: ReadonlyMap<string, Uint8Array> = new Map()
