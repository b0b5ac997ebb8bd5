import type { Operation } from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import type { Engine } from '../engine.ts'
import { isReplicatedAt, type Replica } from '../replica.ts'
import { draftOf } from './draft.ts'
import { release } from './release.ts'
import { checkRoom } from './write-checks.ts'

/**
 * Changes who holds a replicant: released at once, since no application is asked.
 * @throws CheopsError ERR_REPLICANT_NOT_FOUND, ERR_STORE_SPACE
 */
export async function changeMembers(
  engine: Engine,
  replica: Replica,
  change: { readonly added: readonly string[]; readonly removed: readonly string[] },
): Promise<Operation> {
  if (!isReplicatedAt(replica, engine.options.site))
    throw new CheopsError('ERR_REPLICANT_NOT_FOUND', `${replica.name.name} is not replicated here.`)
  const { added, removed } = change
  // Who leaves makes room.
  checkRoom(engine.options, added.length === 0)
  const draft = draftOf(engine, replica, engine.nextNumber(), 'members', undefined, { members: added, removed })
  return release(engine, replica, draft, undefined)
}
