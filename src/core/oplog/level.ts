/** The level of consistency of a replicant: fixed by the create of its life. Source: src/consistency.md "Levels". */
import { isCarriedOut } from '../resource/level.ts'
import { holderOf } from './replicant.ts'
import type { Replicant } from './replicant.ts'

/** Of the life that holds the name. */
export function levelOf(replicant: Replicant): string {
  return holderOf(replicant)?.live.find(({ level }) => level !== undefined)?.level ?? 'eventual'
}

/** Whether the operations of the life that holds the name are carried out, and not just held. */
export function isExecuted(replicant: Replicant): boolean {
  return isCarriedOut(levelOf(replicant))
}
