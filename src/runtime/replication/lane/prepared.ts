/**
 * What a lane is to do next is intended in the commit that brings it, where nothing has to be asked first: a replace on top of what the
 * application has answered last. It saves each member a commit for each write, and the write a sync of the disk.
 */
import { membersOfReplicant, sameDot, type Dot, type Plan } from '../../../core/oplog/index.ts'
import { largeBodyOf } from '../bodies/body-records.ts'
import { currentPlan } from './current-plan.ts'
import { momentOf } from '../drift/settling.ts'
import { hasSay } from '../admission/foreign-creates.ts'
import { isMeantHere } from './meant.ts'
import { Resource } from '../application/resource.ts'
import type { Seen, State } from '../application/state.ts'
import type { Engine } from '../engine.ts'
import type { LocalState, Replica } from '../replica.ts'
import type { Commit } from '../store/commit.ts'

/** Nothing was sent yet: as long as it stands in memory, its intent needs no recovery. */
export interface Prepared {
  readonly dot: Dot
  /** What the application shows before. */
  readonly reading: Seen
  /** What it is to show. */
  readonly state: State
  isOnDisk: boolean
}

/** Intends what the lane will do first, if it is idle and can do so without looking. */
export function prepare(engine: Engine, commit: Commit, replica: Replica): void {
  const { name, seen, local, draft, run, core } = replica
  const { glueOf, site, mayRun } = engine.options
  if (seen === undefined || !run.checked || draft !== undefined || !mayBegin(local, seen) || !engine.isIdle(replica))
    return
  const { plan } = currentPlan(engine, replica)
  const operation = plan.kind === 'run' ? plan.operations[0] : undefined
  if (operation?.type !== 'replace' || largeBodyOf(operation) !== undefined) return
  const glue = glueOf(name.service)
  if (glue === undefined || glue.kind(name.kind)?.isImmutable === true) return
  if (!membersOfReplicant(core.replicant).includes(site) || !hasSay(engine, replica)) return
  if ((operation.dot.site !== site && !mayRun(operation)) || !isMeantHere(glue, operation)) return
  const resource = new Resource(engine.options, name, glue)
  const state = resource.inlineStateIn(operation)
  // What it shows already needs not be said to it again; what it shows by now only reading tells.
  if (state === undefined || resource.says(seen.body, state)) return
  const { dot } = operation
  const intent = { dot, action: 'replace', before: seen.hash, ...momentOf(engine, resource) } as const
  commit.local(replica, { intent, hash: undefined })
  const prepared: Prepared = { dot, reading: seen, state, isOnDisk: false }
  replica.seen = undefined
  replica.prepared = prepared
  commit.afterwards(() => (prepared.isOnDisk = true))
}

/** Whether a plan begins with it. */
export function isNext({ dot }: Prepared, plan: Plan): boolean {
  return plan.kind === 'run' && plan.operations[0] !== undefined && sameDot(plan.operations[0].dot, dot)
}

/** Whether the last answer stands for a reading, and nothing has to be found out or finished before. */
function mayBegin(local: LocalState, seen: Seen): boolean {
  const { bound, unbound, parted, suspect, replaying, intent, uncertain, answersTell, hash, answered } = local
  const isFree =
    bound &&
    !unbound &&
    parted === undefined &&
    !suspect &&
    !replaying &&
    intent === undefined &&
    uncertain === undefined
  return isFree && answersTell && seen.hash === (hash ?? answered)
}
