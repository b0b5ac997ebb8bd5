/** A client changes what the log says is there, and the application here has not got it any more. Source: src/consistency.md "Promises to clients". */
import { CheopsError } from '../../../errors.ts'
import type { Operation } from '../../../core/oplog/index.ts'
import { isGone, type Sent } from '../application/sent.ts'
import type { Resource } from '../application/resource.ts'
import { hasEnded } from '../drift/gone.ts'
import { suspectDrift } from '../drift/read-back.ts'
import { isSettling } from '../drift/settling.ts'
import type { Engine } from '../engine.ts'
import { currentPlan } from '../lane/current-plan.ts'
import type { Replica } from '../replica.ts'

/**
 * Why a client is not answered what the application has answered to a change of one resource: that says that it does not exist, and it is put back soon, or others have it. Undefined where the
 * agent sees it (then it is hidden from this client, or something below it is missing), where it is still to be made, and where it has ended with what it stands below.
 */
export async function lostHere(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  draft: Operation,
  sent: Sent,
): Promise<CheopsError | undefined> {
  const { local, name } = replica
  if (!isGone(sent) || draft.type === 'create' || !local.bound || local.diverged) return undefined
  if (currentPlan(engine, replica).schedule.state !== 'present' || isSettling(engine, replica)) return undefined
  if ((await resource.read()).is !== 'absent' || (await hasEnded(engine, replica, resource))) return undefined
  // It has lost others too, and this one was there: nobody needs to look again.
  if (engine.losesAll(name.service) && local.hash !== undefined) {
    await suspectDrift(engine, replica)
    engine.kick(replica)
  }
  const message = `${name.name} takes no write now: the application here does not have it, though nobody has deleted it through Cheops. It is put back.`
  return new CheopsError('ERR_REPLICANT_LOCKED', message)
}
