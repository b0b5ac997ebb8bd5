import {
  commute,
  executedAs,
  fateOf,
  holderOf,
  isDeleted,
  isExecuted,
  isReset,
  planOf,
  sameDot,
  scheduleOf,
  type Executed,
  type ExecutedAs,
  type Matrices,
  type Plan,
  type Replicant,
  type Schedule,
} from '../../../core/oplog/index.ts'
import type { Engine } from '../engine.ts'
import type { Replica } from '../replica.ts'
import type { KindTraits } from '../../../ports/replication-glue.ts'

interface Planned {
  readonly schedule: Schedule
  readonly plan: Plan
  /** What was executed as the same request under an identity that does not count. */
  readonly executedAs: readonly ExecutedAs[]
}

/** What it was made of: as long as that is the same, so is the plan. */
interface Made extends Planned {
  readonly replicant: Replicant
  readonly executed: Executed
  readonly traits: KindTraits['operations'] | undefined
  readonly matrices: number
  readonly isBegunAnew: boolean
}

/** Asked several times for each step. */
const last = new WeakMap<Replica, Made>()

/** What is planned for a replicant at present. */
export function currentPlan({ options }: Engine, replica: Replica): Planned {
  const { name, core, local } = replica
  const { site, matrices } = options
  const traits = options.glueOf(name.service)?.kind(name.kind)?.operations
  // Matrices are learnt, and never forgotten.
  const isBegunAnew = replica.isBegunAnew && local.replaying
  const { replicant } = core
  const { executed } = local
  const known = last.get(replica)
  if (
    known?.replicant === replicant &&
    known.executed === executed &&
    known.traits === traits &&
    known.matrices === matrices.size &&
    known.isBegunAnew === isBegunAnew
  )
    return known
  const schedule = scheduleOf(holderOf(core.replicant), matrices)
  const plan: Plan = !isExecuted(core.replicant)
    ? { kind: 'nothing' }
    : planOf(local.executed, schedule, {
        site,
        isBegunAnew,
        mayReplay: ({ type }) => traits?.[type]?.mayReplay ?? false,
        commute: (a, b) => commute(a, b, matrices),
      })
  const isKnown = knowsExecuted(replica)
  const planned = {
    schedule,
    plan: isKnown ? plan : inPart(plan),
    executedAs: isKnown && isExecuted(replicant) ? executedAs(executed, schedule) : [],
  }
  last.set(replica, { ...planned, replicant, executed, traits, matrices: matrices.size, isBegunAnew })
  return planned
}

/**
 * Who has left, or was removed, and is a member again, hears of what it has executed only when all was told: until then its application shows more than
 * it knows of, and that is not undone.
 */
function inPart(plan: Plan): Plan {
  return plan.kind === 'run' || plan.kind === 'replay' ? { kind: 'repair', again: [] } : plan
}

/** Whether all that was executed here, and not undone, is known here. */
function knowsExecuted({ core, local: { executed } }: Replica): boolean {
  const holder = holderOf(core.replicant)
  if (holder === undefined || executed.life === undefined || isDeleted(holder)) return true
  if (!sameDot(executed.life.dot, holder.life.dot)) return true
  return executed.operations.every(({ dot }) => fateOf(holder, dot) !== 'unknown')
}

/** What is only recorded is nobody's to carry out. */
export function isRecordOnly({ core }: Replica): boolean {
  return core.replicant.lives.length > 0 && !isExecuted(core.replicant)
}

/** Whether what is done next puts the application into a state, whatever it shows. */
export function beginsWithReset(plan: Plan, matrices: Matrices): boolean {
  const first = plan.kind === 'run' || plan.kind === 'replay' ? plan.operations[0] : undefined
  return first !== undefined && isReset(first, matrices)
}
