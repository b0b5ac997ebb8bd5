/**
 * What an application has under a name whose resource was deleted: somebody has made it past Cheops, or this store was set back to before it has
 * carried out the create. It is not touched and shown as `unbound`, unless it is surely what was deleted. Source: src/consistency.md "Schedule".
 */
import { holderOf, type Life, type Operation } from '../../../core/oplog/index.ts'
import { tellEvent } from '../admission/words.ts'
import type { Engine } from '../engine.ts'
import { isInTheWay, isWithin } from './settling.ts'
import { ACCEPTED_WITHIN_MS, MAX_LOOKS_FOR_ABSENT } from '../limits.ts'
import type { Replica } from '../replica.ts'
import type { Resource } from '../application/resource.ts'

/**
 * @param attempts how often something was there in a row: some applications delete in the background
 * @returns `again`: to be looked at again soon; `look`: the lane has something to delete
 */
export async function lookForLeftover(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  attempts: number,
): Promise<'done' | 'again' | 'look'> {
  const { local, core, name } = replica
  const holder = holderOf(core.replicant)
  if (holder === undefined) return 'done'
  const reading = await resource.read()
  if (reading.is === 'unknown' || holderOf(core.replicant) !== holder) return 'done'
  if (reading.is === 'absent') {
    if (!local.leftover) return 'done'
    await engine.replicas.commit(commit => {
      commit.local(replica, { leftover: false })
      tellEvent(engine, commit, { kind: 'agrees', replicant: name })
    })
    return 'done'
  }
  if (isInTheWay(engine, replica, reading)) return 'done'
  // What was deleted here and takes its time to go is nobody else's; what stays, or is back from a backup of the application, people must know of.
  if (local.leftover || (reading.hash === local.leaving && mayBeGoing(engine, resource, holder))) return 'done'
  const create = [...holder.live, ...holder.conflicts, ...holder.membership].find(({ type }) => type === 'create')
  const mayBeOurs = engine.standing.isOldFor(core.replicant)
  if (mayBeOurs && local.executed.life === undefined && (await isMadeBy(resource, create, reading.body))) {
    const executed = { life: holder.life, operations: [], context: [] }
    await engine.replicas.commit(commit => {
      commit.local(replica, { executed, bound: true })
      engine.replicas.due(commit, name, true)
    })
    return 'look'
  }
  if (attempts < MAX_LOOKS_FOR_ABSENT) return 'again'
  await engine.replicas.commit(commit => {
    commit.local(replica, { leftover: true })
    tellEvent(engine, commit, { kind: 'unbound', replicant: name })
  })
  return 'done'
}

/** By when it was deleted: where it was carried out later it is shown for the moment. */
function mayBeGoing({ time }: Engine, { glue, name }: Resource, { live }: Life): boolean {
  const deletedAt = live.find(({ type }) => type === 'delete')?.stamp.ms
  return (
    deletedAt !== undefined &&
    isWithin(time.now(), deletedAt, glue.kind(name.kind)?.settlesWithinMs ?? ACCEPTED_WITHIN_MS)
  )
}

async function isMadeBy(
  resource: Resource,
  create: Operation | undefined,
  body: Parameters<Resource['shows']>[0],
): Promise<boolean> {
  const state = create && (await resource.stateIn(create))
  return state !== undefined && resource.shows(body, state)
}
