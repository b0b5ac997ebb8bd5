import type { Operation } from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import type { Engine } from '../engine.ts'
import { isReplicatedAt, type Replica } from '../replica.ts'
import { draftOf } from './draft.ts'
import { release } from './release.ts'

/**
 * Changes who holds a replicant: released at once, since no application is asked.
 * @throws CheopsError ERR_REPLICANT_NOT_FOUND
 */
export async function changeMembers(
  engine: Engine,
  replica: Replica,
  change: { readonly added: readonly string[]; readonly removed: readonly string[] },
): Promise<Operation> {
  if (!isReplicatedAt(replica, engine.options.site))
    throw new CheopsError('ERR_REPLICANT_NOT_FOUND', `${replica.name.name} is not replicated here.`)
  const { added, removed } = change
  const draft = draftOf(engine, replica, engine.nextNumber(), 'members', undefined, { members: added, removed })
  return release(engine, replica, draft, undefined)
}
