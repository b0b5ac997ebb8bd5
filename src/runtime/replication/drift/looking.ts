/** That a site looks for a state: no member that it could reach agrees. Source: src/consistency.md "Plan, at one site" (Repair). */
import { othersOf } from '../admission/words.ts'
import { knowledgeNow, looksFor, tellShown } from './comparison.ts'
import type { Engine } from '../engine.ts'
import type { Replica } from '../replica.ts'
import type { Shown } from '../../../ports/sync.ts'

/** Tells the others, once for what is known and shown. */
export async function tellLooking(engine: Engine, replica: Replica, shown: Shown): Promise<void> {
  const looks = looksFor(knowledgeNow(engine, replica), shown.hash)
  if (replica.local.looks === looks) return
  await engine.replicas.commit(commit => {
    commit.local(replica, { looks })
    tellShown(engine, commit, replica, shown)
  })
}

/** A member may have lost what it was told, with its disk: where the lane waits for a state, it tells once more that it looks when it looks next. */
export async function tellLookAgain(engine: Engine, replica: Replica): Promise<void> {
  if (!replica.local.suspect || replica.local.looks === undefined) return
  await engine.replicas.commit(commit => commit.local(replica, { looks: undefined }))
  engine.kick(replica)
}

/**
 * Whether all members look by what is known now, this site included: then one of them says what there is. Who goes on while it looks does not know better
 * than the others do.
 */
export function doAllLook(engine: Engine, replica: Replica): boolean {
  const looks = replica.local.looks?.startsWith(looksFor(knowledgeNow(engine, replica), undefined)) === true
  return looks && doOthersLook(engine, replica)
}

/** As above, whether this site looks or not. */
export function doOthersLook(engine: Engine, replica: Replica): boolean {
  const { told } = replica.local
  if (told.length === 0) return false
  const knowledge = knowledgeNow(engine, replica)
  const isLooking = (member: string): boolean =>
    told.some(word => word.site === member && word.diverged && word.knowledge === knowledge)
  return othersOf(replica.core.replicant).every(isLooking)
}
