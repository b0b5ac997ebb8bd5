import { conflictsOf, levelOf, membersOfReplicant, type Conflict } from '../../core/oplog/index.ts'
import { currentPlan } from './current-plan.ts'
import { hasSay } from './foreign-creates.ts'
import { isReplicatedAt } from './local-write.ts'
import type { Shared } from './shared.ts'
import type { Replica } from './replica.ts'

/** How a replicant stands at this site. */
export interface ReplicaStatus {
  readonly members: readonly string[]
  /** `eventual` or `none`. */
  readonly level: string
  /** Whether it should be there: its life has not ended. */
  readonly isPresent: boolean
  /** `bound`: ours, or not there yet; `unbound`: the name belongs to something else, also after the resource was deleted. */
  readonly state: 'agrees' | 'busy' | 'uncertain' | 'unbound' | 'Diverged'
  /** What is to be done about an `unbound` one, where more is known than that the name is taken. */
  readonly detail: string | undefined
  readonly conflicts: readonly Conflict[]
  /** Large bodies that its operations name and that are not here yet: what needs them waits. */
  readonly missingBodies: readonly MissingBody[]
}

export interface MissingBody {
  /** SHA-256 in lower-case hexadecimal. */
  readonly hash: string
  /** Bytes. */
  readonly length: number
  /** How many of them are here. */
  readonly here: number
}

/**
 * Undefined for what is not replicated here.
 * @param isLeftAlone a fault that nobody has thought of holds it
 */
export function statusOf(shared: Shared, replica: Replica, isLeftAlone: boolean): ReplicaStatus | undefined {
  const { core, local, draft } = replica
  if (!isReplicatedAt(replica, shared.options.site) || !hasSay(shared, replica)) return undefined
  const { plan, schedule } = currentPlan(shared, replica)
  const isDiverged = local.diverged || local.suspect || isLeftAlone
  const isUncertain = local.uncertain !== undefined || draft !== undefined
  const isBusy = plan.kind !== 'nothing' || local.replaying || local.intent !== undefined
  const isTheirs = local.unbound || (local.leftover && schedule.state === 'absent')
  const state = isTheirs ? 'unbound' : isDiverged ? 'Diverged' : isUncertain ? 'uncertain' : isBusy ? 'busy' : 'agrees'
  const missingBodies = shared.bodies.missingOf(replica.name).map(({ hash, length }) => {
    const found = shared.options.blobs.find(hash)
    return { hash, length, here: found.kind === 'partial' ? found.bytes : 0 }
  })
  return {
    members: membersOfReplicant(core.replicant),
    level: levelOf(core.replicant),
    isPresent: schedule.state === 'present',
    state,
    detail: local.unbound ? local.showsAll : undefined,
    conflicts: conflictsOf(core.replicant.lives),
    missingBodies,
  }
}
