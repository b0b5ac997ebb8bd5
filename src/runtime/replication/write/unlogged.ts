/**
 * Replicants at level `none`: their record (members, life) is an operation like any other, so that all members know of it; requests to
 * them are not. Source: src/consistency.md "Replicants, lives, members".
 */
import { holderOf, levelOf, membersOfReplicant, type Operation } from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import { draftOf } from './draft.ts'
import { takeNameBack } from '../admission/foreign-creates.ts'
import { release } from './release.ts'
import type { Engine } from '../engine.ts'
import type { Replica } from '../replica.ts'

export type RecordChange =
  | { readonly is: 'created'; readonly members: readonly string[] }
  /** Every member has said that it is gone. */
  | { readonly is: 'deleted' }

/**
 * Records that a resource was made, or is gone; released at once, since no application is asked. What was recorded already with the same members is not again.
 * @throws CheopsError ERR_REPLICANT_LEVEL where the name has another level by now, ERR_REPLICANT_NOT_FOUND for the end of what is none
 */
export async function recordUnlogged(engine: Engine, replica: Replica, change: RecordChange): Promise<Operation> {
  const { name } = replica.name
  if (change.is === 'created') await takeNameBack(engine, replica)
  const { replicant } = replica.core
  const isLive = holderOf(replicant)?.live.some(({ type }) => type === 'delete') === false
  if (isLive && levelOf(replicant) !== 'none')
    throw new CheopsError('ERR_REPLICANT_LEVEL', `${name} is replicated at level ${levelOf(replicant)} already.`)
  if (change.is === 'created') {
    // Another client has made it in the same moment: to begin a second life would show the first as replaced.
    const first = isLive ? holderOf(replicant)?.live.find(({ type }) => type === 'create') : undefined
    if (first?.members?.added.toSorted().join() === change.members.toSorted().join()) return first
    const more = { members: change.members, level: 'none' }
    return release(engine, replica, draftOf(engine, replica, engine.nextNumber(), 'create', undefined, more), undefined)
  }
  if (!isLive || !membersOfReplicant(replicant).includes(engine.options.site))
    throw new CheopsError('ERR_REPLICANT_NOT_FOUND', `${name} is not replicated here.`)
  const draft = draftOf(engine, replica, engine.nextNumber(), 'delete', undefined, { level: 'none' })
  return release(engine, replica, draft, undefined)
}
