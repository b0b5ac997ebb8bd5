/**
 * A member that was silent for long is detached, so that the others need not keep what it has not acknowledged for ever. When it comes
 * back it may be made a member again: what it did unseen is shown as conflicts. Source: src/consistency.md "Replicants, lives, members".
 */
import { holderOf, membersOfReplicant } from '../../../core/oplog/index.ts'
import { changeMembers } from '../write/change-members.ts'
import type { Engine } from '../engine.ts'
import type { Replica } from '../replica.ts'
import type { Silence } from './silence.ts'

/**
 * Within the lane of the replicant.
 * @param afterMs how long a member may be silent
 * @throws CheopsError ERR_STORE_FAILED
 */
export async function detachSilent(engine: Engine, replica: Replica, silence: Silence, afterMs: number): Promise<void> {
  const { site, onEvent, logger } = engine.options
  const { replicant } = replica.core
  const members = membersOfReplicant(replicant)
  if (holderOf(replicant) === undefined || !members.includes(site)) return
  for (const member of members) if (member !== site) silence.watch(member)
  const silent = members.filter(member => member !== site && silence.silentMs(member) >= afterMs)
  if (silent.length === 0) return
  const heard = members.filter(member => member === site || silence.isSteady(member))
  if (!mayDetach(members, heard)) return
  const { dot } = await changeMembers(engine, replica, { added: [], removed: silent })
  logger.debug({ replicant: replica.name, dot, silent }, 'silent members are detached')
  onEvent({ kind: 'detached', replicant: replica.name, sites: silent })
}

/** More than half, or half with the smallest by name: of two parts of the members that are cut from each other at most one may. */
export function mayDetach(members: readonly string[], heard: readonly string[]): boolean {
  const [smallest] = members.toSorted()
  const twice = heard.length * 2
  return twice > members.length || (twice === members.length && smallest !== undefined && heard.includes(smallest))
}
