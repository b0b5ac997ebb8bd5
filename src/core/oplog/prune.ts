/**
 * What even the little that is remembered of dropped operations is not kept for longer than needed: idempotency keys, tombstones,
 * lower lives that nobody can write to any more. What a reset has seen went at once, see `dropped.ts`. Source: src/consistency.md "Forgetting".
 */
import { isBehindAll, unacknowledgedBy } from './acknowledgements.ts'
import { lastDelete } from './dropped.ts'
import { withoutOldKeys } from './idempotency.ts'
import { endedBefore } from './life.ts'
import { IDEMPOTENCY_RETENTION_MS, MAX_KEPT_LIVES, RETENTION_MS } from './limits.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import type { Replicant } from './replicant.ts'
import type { Operation } from './operation.ts'
import type { LifeId, OperationId } from './order.ts'

export interface Pruned {
  readonly replicant: Replicant
  /** Lives that are gone, with all that was kept of them; if none is left the name can be forgotten. */
  readonly lives: readonly LifeId[]
  /** Operations that are gone with them. */
  readonly operations: readonly Operation[]
}

/**
 * @param nowMs wall clock
 * @param members whose acknowledgements count: those of the replicant, this site excepted, and those that left within the retention time
 */
export function prune(
  replicant: Replicant,
  acknowledgements: Acknowledgements,
  members: readonly string[],
  nowMs: number,
): Pruned {
  const holder = replicant.lives.at(-1)
  let surplus = replicant.lives.length - MAX_KEPT_LIVES
  const gone = replicant.lives.filter(life => {
    const deleted = lastDelete(life.droppers)
    // A name that is made and deleted all the time does not keep all of them.
    const isSurplus = life !== holder && surplus-- > 0
    if (deleted === undefined || (!isSurplus && deleted.stamp.ms > nowMs - RETENTION_MS)) return false
    // A lower life that had not ended when the greatest began still lends it its members.
    if (holder !== undefined && life !== holder && !endedBefore(life, holder.life)) return false
    return isBehindAll(acknowledgements, members, life.life, deleted)
  })
  const lives = replicant.lives
    .filter(life => !gone.includes(life))
    .map(life => {
      const isDone = (id: OperationId): boolean =>
        unacknowledgedBy(acknowledgements, members, life.life, id).length === 0
      const keys = withoutOldKeys(life.keys, nowMs - IDEMPOTENCY_RETENTION_MS, isDone)
      return keys.size === life.keys.size ? life : { ...life, keys }
    })
  return {
    replicant: { ...replicant, lives },
    lives: gone.map(({ life }) => life),
    operations: gone.flatMap(({ live, conflicts, outside, membership }) => [
      ...live,
      ...conflicts,
      ...outside,
      ...membership,
    ]),
  }
}
