import { knowledgeOf } from '../../../core/oplog/index.ts'
import { currentPlan } from '../lane/current-plan.ts'
import { failedHere } from '../lane/failed.ts'
import { STATE_AGAIN_MS } from '../limits.ts'
import { Resource } from '../application/resource.ts'
import { differing, judge, lastShown, shownHash, writtenOf } from './comparison.ts'
import { canBeSaid, wasSaidLately } from './issue-state.ts'
import { doAllLook } from './looking.ts'
import { fitOf } from './written-fields.ts'
import type { Engine } from '../engine.ts'
import type { MemberState } from '../context.ts'
import type { Replica, RunState } from '../replica.ts'
import type { Reading } from '../application/state.ts'

/** Since when nothing was given of a replicant, as one of its members is to say what it is; by the monotonic clock. */
const withheldSince = new WeakMap<RunState, number>()

/** What another member may copy of a replicant; undefined while anything is left to do here, or it is not sure that this site is right. */
export async function memberState(engine: Engine, replica: Replica): Promise<MemberState | undefined> {
  const { local, core, draft, name } = replica
  // Whether this site's own store or application was set back is to be known first.
  if (!replica.run.checked) {
    engine.kick(replica)
    return undefined
  }
  const glue = engine.options.glueOf(name.service)
  const { plan, schedule } = currentPlan(engine, replica)
  const isSound =
    local.parted === undefined && !local.suspect && !local.replaying && !local.unbound && local.uncertain === undefined
  if (glue === undefined || plan.kind !== 'nothing' || !isSound || draft !== undefined) return undefined
  // What it lacks is not for others to take over.
  if (failedHere(replica).length > 0) return undefined
  if (schedule.state !== 'present' && schedule.state !== 'absent') return undefined
  // What arrives while the application is asked is none of what it shows.
  const { executed } = local
  const lives = knowledgeOf(core.replicant)
  const resource = new Resource(engine.options, name, glue)
  const reading = await resource.read()
  if (reading.is === 'unknown' || (reading.is === 'present') !== (schedule.state === 'present')) return undefined
  if (reading.is === 'absent') return { lives, executed, state: undefined }
  if (await isToBeSaid(engine, replica, resource, reading)) {
    engine.kick(replica)
    return undefined
  }
  // Changed past Cheops here as well: nobody is to take that for what was written.
  const shown = await shownHash(engine, replica, resource, reading)
  // What is too large to be held is not told.
  if (shown === undefined) return undefined
  const hash = local.hash ?? (local.answersTell ? local.answered : undefined)
  if (hash !== undefined && reading.hash !== hash && shown !== lastShown(replica)) return undefined
  // Others say nothing while they show what was written: what does not, and was never compared with theirs, may be wrong.
  if (hash === undefined && (await fitOf(resource, writtenOf(engine, replica), reading.body)).shows === 'no')
    return undefined
  const others = differing(engine, replica, shown)
  if (others.length > 0 && (await judge(engine, replica, resource, reading, others)) !== 'right') return undefined
  return { lives, executed, state: { rawHeaders: reading.rawHeaders, body: reading.bytes } }
}

/**
 * One of all that look says what there is; what none can say, or has said for long, is given to whoever asks. What was changed past Cheops waits also where a state was
 * said a moment ago, and none is said now: copied, it would be at all members, and no operation would say it.
 */
async function isToBeSaid(engine: Engine, replica: Replica, resource: Resource, reading: Reading): Promise<boolean> {
  const isChanged = replica.local.shown?.was !== undefined
  const isDue = isChanged || (doAllLook(engine, replica) && !wasSaidLately(engine, replica))
  if (!isDue || !(await canBeSaid(engine, replica, resource, reading))) {
    withheldSince.delete(replica.run)
    return false
  }
  const now = engine.options.clock.monotonic()
  const since = withheldSince.get(replica.run) ?? now
  withheldSince.set(replica.run, since)
  return now - since < STATE_AGAIN_MS
}
