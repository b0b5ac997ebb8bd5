/**
 * A site that leaves by itself keeps what it holds until a member has told that it holds all of that too: the member's disk may have been lost just
 * then, and what only this site still held with it. Source: src/consistency.md "Replicants, lives, members".
 */
import {
  RETENTION_MS,
  covers,
  knowsAll,
  leavesOfReplicant,
  letGo,
  membersOfReplicant,
  sameDot,
  type Life,
  type LifeKnowledge,
  type Replicant,
} from '../../../core/oplog/index.ts'
import { takeStep } from './admission.ts'
import { tellEntry, tellEvent } from './words.ts'
import type { Commit } from '../store/commit.ts'
import type { Replica } from '../replica.ts'
import type { Engine } from '../engine.ts'

/**
 * A member has told what it holds. If it is all that this site kept since it left, this site lets go of it; else the member is told what it lacks, and
 * tells again.
 */
export function heardByLeaver(
  engine: Engine,
  commit: Commit,
  replica: Replica,
  member: string,
  told: readonly LifeKnowledge[],
): void {
  const { replicant } = replica.core
  const { site } = replicant
  const members = membersOfReplicant(replicant)
  if (members.includes(site) || !members.includes(member)) return
  const leaves = leavesOfReplicant(replicant).filter(leave => leave.site === site)
  for (const { life, by } of leaves) {
    const known = told.find(each => sameDot(each.life.dot, life.life.dot))
    // That this site has left is on its way, and it tells what it holds when that has come.
    if (known === undefined || !covers(known.knowledge, by.dot)) continue
    const isAll = knowsAll(known, life) && knowsEarlier(told, replicant, leaves)
    if (isAll) leave(engine, commit, replica, life, 0)
    else commit.tell(member, { kind: 'replicant', replicant: replica.name, knows: told })
  }
  // It has not heard that this site has let go already: its store was set back, perhaps.
  for (const { life, changes } of replica.core.replicant.lives)
    for (const { by, told: who } of changes.filter(change => change.site === site && !change.member))
      if (by.dot.site === site && who.includes(site) && !leaves.some(({ by: { dot } }) => sameDot(dot, by.dot)))
        tellEntry(engine, commit, member, {
          kind: 'removal',
          replicant: replica.name,
          told: { life, removal: by, member: site, held: [] },
        })
}

/** Of other lives this site keeps nothing either, where it had been removed from them. A member that has forgotten one that has ended knows all that is left of it. */
function knowsEarlier(
  told: readonly LifeKnowledge[],
  { lives }: Replicant,
  leaves: readonly { readonly life: Life }[],
): boolean {
  return lives.every(other => {
    const known = told.find(each => sameDot(each.life.dot, other.life.dot))
    return (
      known === undefined ||
      knowsAll(known, other) ||
      leaves.some(({ life: { life } }) => sameDot(life.dot, other.life.dot))
    )
  })
}

/** Nobody has told for the retention time that it holds what this site kept since it left: it is given up. */
export async function leaveUnheard(engine: Engine, replica: Replica): Promise<void> {
  const { replicas, time } = engine
  const { replicant } = replica.core
  const since = time.now() - RETENTION_MS
  const leaves = leavesOfReplicant(replicant).filter(({ site, by }) => site === replicant.site && by.stamp.ms < since)
  if (leaves.length === 0) return
  await replicas.commit(commit => {
    for (const { life } of leaves) leave(engine, commit, replica, life, life.live.length + life.conflicts.length)
  })
}

function leave(engine: Engine, commit: Commit, replica: Replica, { life }: Life, givenUp: number): void {
  takeStep(engine, commit, replica, letGo(replica.core.replicant, life, engine.options.matrices), new Map())
  tellEvent(engine, commit, { kind: 'left', replicant: replica.name, givenUp })
}
