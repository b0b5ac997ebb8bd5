import { conflictsOf, levelOf, membersOfReplicant, type Conflict } from '../../../core/oplog/index.ts'
import { currentPlan, isRecordOnly } from '../lane/current-plan.ts'
import { failingOf, type Failing } from './failing.ts'
import { hasSay } from '../admission/foreign-creates.ts'
import { isReplicatedAt } from '../replica.ts'
import type { Engine } from '../engine.ts'
import type { Replica } from '../replica.ts'

/** Whose a replicant is, and how it stands at this site: what a request on it has to know. */
export interface ReplicaStanding {
  readonly members: readonly string[]
  /** `eventual` or `none`. */
  readonly level: string
  /** Whether it should be there: its life has not ended. */
  readonly isPresent: boolean
  /** `bound`: ours, or not there yet; `unbound`: the name belongs to something else, also after the resource was deleted. */
  readonly state: 'agrees' | 'busy' | 'uncertain' | 'unbound' | 'diverged'
  /** What is to be done about an `unbound` one, where more is known than that the name is taken. */
  readonly detail: string | undefined
}

/** That, and all that people ask about it. */
export interface ReplicaStatus extends ReplicaStanding {
  /** It agrees as far as is known, and its application was not looked at yet since the start. */
  readonly isUnchecked: boolean
  /** Why it is `uncertain`, `unbound` or `diverged`, as a part of a sentence; undefined for the others. */
  readonly reason: string | undefined
  readonly conflicts: readonly Conflict[]
  /** How many older ones were given up, as far as is known here: of each life only so many are kept. */
  readonly conflictsForgotten: number
  /** Where writes of this site are not carried out. */
  readonly failing: readonly Failing[]
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
 * @param fault that nobody has thought of, and that holds it
 */
export function standingOf(engine: Engine, replica: Replica, fault: string | undefined): ReplicaStanding | undefined {
  const { core, local, draft } = replica
  if (!isReplicatedAt(replica, engine.options.site) || !hasSay(engine, replica)) return undefined
  const { plan, schedule } = currentPlan(engine, replica)
  // A lane that holds compares nothing before somebody has decided.
  const isHeld = (local.uncertain !== undefined || local.draft?.uncertain === true) && fault === undefined
  const isDiverged = !isHeld && (local.diverged || local.suspect || fault !== undefined)
  const isUncertain = isHeld || draft !== undefined
  const isBusy = plan.kind !== 'nothing' || local.parted !== undefined || local.replaying || local.intent !== undefined
  const isTheirs = local.unbound || (local.leftover && schedule.state === 'absent')
  return {
    members: membersOfReplicant(core.replicant),
    level: levelOf(core.replicant),
    isPresent: schedule.state === 'present',
    state: isTheirs ? 'unbound' : isDiverged ? 'diverged' : isUncertain ? 'uncertain' : isBusy ? 'busy' : 'agrees',
    detail: local.unbound ? local.showsAll : undefined,
  }
}

/** As `standingOf`, with all that people ask about it. */
export function statusOf(engine: Engine, replica: Replica, fault: string | undefined): ReplicaStatus | undefined {
  const standing = standingOf(engine, replica, fault)
  if (standing === undefined) return undefined
  const { state, isPresent } = standing
  const { core, local, run } = replica
  const missingBodies = engine.bodies.missingOf(replica.name).map(({ hash, length }) => {
    const found = engine.options.blobs.find(hash)
    return { hash, length, here: found.kind === 'partial' ? found.bytes : 0 }
  })
  return {
    ...standing,
    isUnchecked: state === 'agrees' && isPresent && isToBeRead(replica) && !run.checked,
    reason: reasonOf(state, replica, fault),
    failing: isRecordOnly(replica) ? [] : failingOf(core, local, engine.time.now()),
    conflicts: conflictsOf(core.replicant.lives),
    conflictsForgotten: core.replicant.lives.reduce((sum, life) => sum + life.conflictsForgotten, 0),
    missingBodies,
  }
}

/** What is there only to be told has nothing to be looked at; what was deleted is looked for by itself. */
function isToBeRead(replica: Replica): boolean {
  return replica.local.bound && !isRecordOnly(replica)
}

function reasonOf(
  state: ReplicaStatus['state'],
  { local, draft }: Replica,
  fault: string | undefined,
): string | undefined {
  switch (state) {
    case 'diverged':
      if (fault !== undefined) return fault
      if (local.diverged)
        return local.divergedBy ?? 'what stands in its way was not written down by the agent of before'
      return 'the application here does not show what it did last, and another member is asked for the state'
    case 'unbound':
      if (local.unbound && local.showsAll !== undefined) return local.showsAll
      return local.unbound
        ? 'the application here has something else by this name, which is not touched'
        : 'it was deleted, and the application here has something by this name, which is not touched'
    case 'uncertain': {
      const dot = local.uncertain ?? draft?.dot
      return dot && `whether ${dot.site}/${dot.incarnation}/${dot.number} took effect here is not known`
    }
    case 'busy':
    case 'agrees':
      return undefined
  }
}
