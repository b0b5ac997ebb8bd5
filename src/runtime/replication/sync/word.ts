/**
 * What a member brings of another one whose key of then is not known here: of a site that was never met, that is gone for good, or that has lost its key.
 * Nobody can check it, and a newcomer needs it. It counts as if the one who brings it had written it: who can lie about it could as well say the same in
 * its own name.
 */
import { covers, findLife, leavesOfReplicant, membersOfReplicant, type Operation } from '../../../core/oplog/index.ts'
import { signedMembers } from './proven-summary.ts'
import type { Arrival } from './arrivals.ts'
import type { ReplicationContext } from '../context.ts'
import type { Replica } from '../replica.ts'

/**
 * Whether operations that cannot be checked here count on the word of who brings them: it is a member of the replicant, or leaves it, by what is here, or of a life
 * that is not here by what comes with it, and this site lets it do all that they do.
 *
 * @param from who brings them
 * @param unverified those among the arrival's that are not here yet; not empty
 */
export function countsOnWord(
  options: Pick<ReplicationContext, 'mayRun'>,
  { core: { replicant } }: Pick<Replica, 'core'>,
  from: string,
  { lives, operations }: Pick<Arrival & { readonly kind: 'step' }, 'lives' | 'operations'>,
  unverified: readonly Operation[],
): boolean {
  // Nobody becomes a member by its own word, but by a create that it could have signed itself.
  const others = operations.filter(operation => operation.type !== 'members' || !unverified.includes(operation))
  // What was only told of the end of a membership begins a life, and does not say who its members are: that its create does, which comes with it.
  const isNew = lives.every(life => !covers(findLife(replicant, life)?.knowledge ?? [], life.dot))
  // Who leaves keeps what it held, and hands it on to members that have lost it.
  const leaves = leavesOfReplicant(replicant).some(({ site }) => site === from)
  const isMember =
    leaves || membersOfReplicant(replicant).includes(from) || (isNew && signedMembers({ lives: [] }, others).has(from))
  return isMember && mayWrite(options, from, unverified)
}

/** Whether this site would let a site do what operations of others do. Who is a member runs nowhere: members say that. */
export function mayWrite(
  { mayRun }: Pick<ReplicationContext, 'mayRun'>,
  site: string,
  operations: readonly Operation[],
): boolean {
  return operations.every(
    operation => operation.type === 'members' || mayRun({ ...operation, dot: { ...operation.dot, site } }),
  )
}
