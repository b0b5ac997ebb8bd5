/** A client asks for what the log says is there, and the application here has not got it any more. Source: src/consistency.md "Promises to clients". */
import { CheopsError } from '../../../errors.ts'
import type { Operation } from '../../../core/oplog/index.ts'
import { isGone, type Sent } from '../application/sent.ts'
import { othersOf } from '../admission/words.ts'
import { Resource } from '../application/resource.ts'
import { hasEnded } from '../drift/gone.ts'
import { suspectDrift, wasThere } from '../drift/read-back.ts'
import { isSettling } from '../drift/settling.ts'
import type { Engine } from '../engine.ts'
import { currentPlan } from '../lane/current-plan.ts'
import type { Replica } from '../replica.ts'

/**
 * Why a client is not answered what the application has answered to a change of one resource: that says that it does not exist, and it is put back soon, or others have it. Undefined where the
 * agent sees it (then it is hidden from this client, or something below it is missing), where it is still to be made, where it has ended with what it stands below, and where it is `diverged`.
 */
export async function lostHere(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  draft: Operation,
  sent: Sent,
): Promise<CheopsError | undefined> {
  const { local, name } = replica
  if (!isGone(sent) || draft.type === 'create' || local.diverged) return undefined
  if (!(await isLostHere(engine, replica, resource))) return undefined
  // It has lost others too, and this one was there: nobody needs to look again.
  if (engine.losesAll(name.service) && wasThere(engine, replica)) {
    await suspectDrift(engine, replica)
    engine.kick(replica)
  }
  const message = `${name.name} takes no write now: the application here does not have it, though nobody has deleted it through Cheops. It is put back.`
  return new CheopsError('ERR_REPLICANT_LOCKED', message)
}

/** The other members of what a client has read, and the application here has lost: they have it, and it is put back. Nobody where it is not lost. */
export async function lostAt(engine: Engine, replica: Replica): Promise<readonly string[]> {
  const glue = engine.options.glueOf(replica.name.service)
  if (glue === undefined || !(await isLostHere(engine, replica, new Resource(engine.options, replica.name, glue))))
    return []
  engine.lookAt(replica.name)
  return othersOf(replica.core.replicant)
}

/** Whether the application here has not got any more what it had, and what should be there: as the agent sees it, which looks. */
async function isLostHere(engine: Engine, replica: Replica, resource: Resource): Promise<boolean> {
  if (!replica.local.bound || isSettling(engine, replica)) return false
  if (currentPlan(engine, replica).schedule.state !== 'present') return false
  return (await resource.read()).is === 'absent' && !(await hasEnded(engine, replica, resource))
}
