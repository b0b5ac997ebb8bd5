import { holderOf, knowledgeOf, sameDot } from '../../core/oplog/index.ts'
import { othersOf, tellEvent, type Shared } from './admission.ts'
import type { Resource, Sent } from './resource.ts'
import type { MemberState } from './context.ts'
import type { Replica } from './replicas-store.ts'

/**
 * Copies the state and the executed list of a member that agrees: it holds the same, and has nothing left to do.
 * @returns false when none can be reached, or the application does not take it now
 */
export async function copyState(shared: Shared, replica: Replica, resource: Resource): Promise<boolean> {
  for (const member of othersOf(replica.core.replicant)) {
    const theirs = await shared.options.fetchState(member, replica.name)
    if (theirs === undefined || !agrees(shared, replica, theirs)) continue
    return takeState(shared, replica, resource, theirs)
  }
  return false
}

/** Whether both hold the same, down to the holes, and what was executed there is of the life that holds the name here. */
function agrees({ options }: Shared, { name, core }: Replica, { lives, executed }: MemberState): boolean {
  const holder = holderOf(core.replicant)
  if (holder === undefined || executed.life === undefined || !sameDot(executed.life.dot, holder.life.dot)) return false
  const [ours, theirs] = [knowledgeOf(core.replicant), lives].map(known => options.codec.encodeKnowledge(name, known))
  return ours?.length === theirs?.length && ours?.every((byte, place) => byte === theirs?.[place]) === true
}

async function takeState(
  shared: Shared,
  replica: Replica,
  resource: Resource,
  { executed, state }: MemberState,
): Promise<boolean> {
  const reading = await resource.read()
  if (reading.is === 'unknown') return false
  if (reading.is === 'present' && !replica.local.bound) return false
  // Until it is done neither a write nor a replay may come between; what was absent before is ours afterwards.
  await shared.replicas.commit(commit =>
    commit.local(replica, { replaying: true, bound: true, hash: undefined, answered: undefined }),
  )
  const { kind } = resource.name
  let sent: Sent | undefined
  if (state === undefined) sent = reading.is === 'present' ? await resource.delete() : undefined
  else {
    const body = resource.glue.stateOf(kind, resource.glue.parseBody(state.rawHeaders, state.body))
    if (reading.is === 'absent') sent = await resource.create(body)
    else if (!resource.glue.equal(kind, reading.body, body)) sent = await resource.replace(body, reading)
  }
  if (sent !== undefined && sent.is !== 'done') return false
  await shared.replicas.commit(commit => {
    commit.local(replica, {
      executed,
      bound: state !== undefined,
      replaying: false,
      suspect: false,
      diverged: false,
      intent: undefined,
    })
    tellEvent(shared, commit, { kind: 'agrees', replicant: replica.name })
    commit.afterwards(() => shared.unanswered.update(replica))
  })
  return true
}
