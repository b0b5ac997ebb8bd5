/**
 * How a resource is made here where there is none: as it was made elsewhere, as far as that is known. A definition says what may make one; only
 * the application that made it knows what does.
 */
import { holderOf, sameDot, type Operation, type Payload } from '../../../core/oplog/index.ts'
import { isGone, isUnknownWay, type Made } from '../application/sent.ts'
import type { Reading, State } from '../application/state.ts'
import type { Resource } from '../application/resource.ts'
import { isObject } from '../drift/merge-patch.ts'
import type { Replica } from '../replica.ts'

/**
 * @param operation a reset that is carried out
 * @param state what it says
 * @returns undefined where nobody can say how
 */
export async function createBy(
  resource: Resource,
  replica: Replica,
  operation: Operation,
  state: State,
): Promise<Made | undefined> {
  const { type, payload } = operation
  const headers = payload?.headers.flat() ?? []
  if (type !== 'create') return resource.create(state, headers, begunBy(replica), payload)
  if (payload?.method !== 'PATCH') return resource.create(state, headers, payload?.method, payload)
  // What says whose the fields are (server-side apply) stands in its query.
  const sent = await resource.send(payload)
  return isUnknownWay(sent) ? ((await resource.create(state, headers, undefined)) ?? sent) : sent
}

/**
 * Gives what is there another state; where its kind is immutable, or a PUT would leave something that is there, by taking it away and making it anew, if
 * somebody can say how.
 * @param make as it is made where there is none
 * @param asked as for `Resource.replace`
 * @returns undefined where nobody can say how
 */
export async function replaceBy(
  resource: Resource,
  reading: Reading & { readonly is: 'present' },
  state: State,
  headers: readonly string[],
  make: () => Promise<Made | undefined>,
  asked?: Payload,
): Promise<Made | undefined> {
  if (resource.glue.kind(resource.name.kind)?.isImmutable !== true && !leavesMore(resource, reading.body, state))
    return resource.replace(state, headers, reading, asked)
  const gone = resource.canCreate(state) ? await resource.delete(reading) : undefined
  return gone !== undefined && (gone.is === 'done' || isGone(gone)) ? make() : gone
}

/**
 * Whether a PUT of a state would leave fields at the top that it does not name. Where only what was written is compared nobody can tell these from what the
 * application sets by itself.
 */
function leavesMore({ glue, name: { kind } }: Resource, read: State, state: State): boolean {
  const traits = glue.kind(kind)
  if (traits?.putMerges !== true || !traits.comparesAll || read.is !== 'json' || state.is !== 'json') return false
  const [has, wants] = [glue.stateOf(kind, read), glue.stateOf(kind, state)]
  if (has.is !== 'json' || wants.is !== 'json' || !isObject(has.value) || !isObject(wants.value)) return false
  const named = wants.value
  const ids = new Set(traits.idAt.map(at => at.split('/')[1]))
  return Object.keys(has.value).some(field => !Object.hasOwn(named, field) && !ids.has(field))
}

/** The method of the request that began the life that holds the name, as long as that is held. */
export function begunBy({ core }: Replica): Payload['method'] | undefined {
  const holder = holderOf(core.replicant)
  if (holder === undefined) return undefined
  const { live, membership, life } = holder
  return [...live, ...membership].find(({ dot }) => sameDot(dot, life.dot))?.payload?.method
}
