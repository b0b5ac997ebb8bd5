/**
 * What nobody needs any more of a replicant goes: tombstones that all members have had for the retention time, idempotency keys after
 * their day. Of a name of which nothing is left no record stays. Source: src/consistency.md "Forgetting".
 */
import {
  IDEMPOTENCY_RETENTION_MS,
  RETENTION_MS,
  membersOfReplicant,
  newReplicant,
  prune,
  replicantKey,
  type Replicant,
} from '../../../core/oplog/index.ts'
import { currentPlan } from '../lane/current-plan.ts'
import { hasSay } from '../admission/foreign-creates.ts'
import { leaveUnheard } from '../admission/leaving.ts'
import { newLocalState, type Replica } from '../replica.ts'
import type { Engine } from '../engine.ts'

/**
 * Within the lane of the replicant. Does nothing while there is anything left to do, or in doubt.
 * @throws CheopsError ERR_STORE_FAILED
 */
export async function forgetOld(engine: Engine, replica: Replica): Promise<void> {
  const { replicas, bodies } = engine
  if (!hasSay(engine, replica)) await forgetUnproven(engine, replica)
  await leaveUnheard(engine, replica)
  const { core, local, draft } = replica
  const isBusy = draft !== undefined || local.intent !== undefined || local.uncertain !== undefined || local.replaying
  if (isBusy || core.replicant.waiting.length > 0 || currentPlan(engine, replica).plan.kind !== 'nothing') return
  // By a clock that is wrong for a moment it would be gone for good.
  const now = engine.time.now()
  const pruned = prune(core.replicant, core.acknowledgements, concerned(core.replicant, now), now)
  const requests = local.requests.filter(({ at }) => at > now - IDEMPOTENCY_RETENTION_MS)
  if (isSame(pruned.replicant, core.replicant) && requests.length === local.requests.length) return
  await replicas.commit(commit => {
    for (const operation of pruned.operations) {
      commit.deleteOperation(replica, operation.dot)
      bodies.forget(commit, operation, 'operation')
    }
    commit.local(replica, { requests })
    if (pruned.replicant.lives.length > 0) return commit.core(replica, { replicant: pruned.replicant })
    const { name, site } = core.replicant
    commit.core(replica, { replicant: newReplicant(name, site), acknowledgements: new Map() })
    commit.local(replica, newLocalState())
    replicas.due(commit, name, false)
  })
}

/** What was told of a life that never came. What others have put here who may create nothing here is only counted. */
async function forgetUnproven({ replicas, unproven, bodies }: Engine, replica: Replica): Promise<void> {
  const { replicant, acknowledgements } = replica.core
  const isKept = replicant.lives.length + replicant.waiting.length + replicant.early.length + acknowledgements.size > 0
  if (!isKept || !unproven.isOld(replicantKey(replica.name)) || replicant.lives.length > 0) return
  await replicas.commit(commit => {
    for (const operation of replicant.waiting) {
      commit.deleteOperation(replica, operation.dot)
      bodies.forget(commit, operation, 'operation')
    }
    commit.core(replica, { replicant: newReplicant(replica.name, replicant.site), acknowledgements: new Map() })
    replicas.due(commit, replica.name, false)
    commit.afterwards(() => unproven.drop(replicantKey(replica.name)))
  })
}

/** Whose acknowledgements count: the other members, and those that have left within the retention time and may yet come back. */
function concerned(replicant: Replicant, nowMs: number): readonly string[] {
  const sites = new Set(membersOfReplicant(replicant))
  for (const { changes } of replicant.lives)
    for (const { site, by } of changes) if (by.stamp.ms > nowMs - RETENTION_MS) sites.add(site)
  sites.delete(replicant.site)
  return [...sites]
}

function isSame(a: Replicant, b: Replicant): boolean {
  return a.lives.length === b.lives.length && a.lives.every((life, place) => life === b.lives[place])
}
