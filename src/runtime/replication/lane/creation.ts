/**
 * How a resource is made here where there is none: as it was made elsewhere, as far as that is known. A definition says what may make one; only
 * the application that made it knows what does.
 */
import { holderOf, sameDot, type Operation, type Payload } from '../../../core/oplog/index.ts'
import { headerValue } from '../../../core/resource/http-head.ts'
import { pointerPart } from '../../../core/resource/json-pointer.ts'
import { topsOf } from '../application/framed.ts'
import { isJsonType } from '../application/json-type.ts'
import { isOfVersion } from '../application/sending.ts'
import { isGone, isUnknownWay, type Made, type Sent } from '../application/sent.ts'
import type { Reading, State } from '../application/state.ts'
import type { Resource } from '../application/resource.ts'
import { isJsonPatch } from '../drift/json-patch.ts'
import { isObject, mergePatchTo } from '../drift/merge-patch.ts'
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
  if (payload?.method !== 'PATCH')
    return (
      (await resource.create(state, headers, payload?.method, payload)) ??
      (await createAsWritten(resource, state, payload))
    )
  // What says whose the fields are (server-side apply) stands in its query.
  const sent = await resource.send(payload)
  return isUnknownWay(sent) ? ((await resource.create(state, headers, undefined)) ?? sent) : sent
}

/**
 * A body that nobody can look into says its name, as its origin has found by reading: what was written is sent, and not what an application shows of it, which may
 * be less. What can be looked into, and says no name, makes something of another name.
 */
async function createAsWritten(
  resource: Resource,
  state: State,
  payload: Payload | undefined,
): Promise<Made | undefined> {
  if (state.is !== 'large' || payload?.method !== 'POST') return undefined
  const known = resource.knownGivenName
  if (known !== undefined) return resource.otherwise(known, false)
  const sent = await resource.send(payload)
  const given = sent.is === 'done' ? await resource.givenName(payload.path, sent.answer) : undefined
  return given === undefined ? sent : resource.otherwise(given, true)
}

/** How what is there is given another state. */
interface Giving {
  /** Names and values in turn, that came with the state. */
  readonly headers: readonly string[]
  /** As it is made where there is none. */
  readonly make: () => Promise<Made | undefined>
  /** As for `Resource.replace`. */
  readonly asked?: Payload | undefined
  /** It says what is there already, or was: what the query of `asked` demands of that (that nothing may be there) was none of what was written. */
  readonly isPutBack?: boolean
  /** What is there besides may stay: it is the application's own, or what comes next says it. */
  readonly isRestSaid?: boolean
}

/**
 * Gives what is there another state; where its kind is immutable, or a PUT would leave something that is there, by taking it away and making it anew, if
 * somebody can say how; where the application knows no PUT, by a PATCH of what differs. What is immutable and shows all of that state is first put there as it
 * is: an application that takes the same again need not lose what stands below it.
 * @returns undefined where nobody can say how, or nothing differs that could be said in that way
 */
export async function replaceBy(
  resource: Resource,
  replica: Replica,
  reading: Reading & { readonly is: 'present' },
  state: State,
  { headers, make, asked, isPutBack = false, isRestSaid = false }: Giving,
): Promise<Made | undefined> {
  const replace = async (): Promise<Sent | undefined> => {
    const sent = await resource.replace(state, headers, reading, asked)
    const isOfQuery = isPutBack && asked?.path.includes('?') === true && sent !== undefined && isOfVersion(sent)
    return isOfQuery ? resource.replace(state, headers, reading) : sent
  }
  const isImmutable = resource.glue.kind(resource.name.kind)?.isImmutable === true
  if (isImmutable && resource.shows(reading.body, state)) {
    const sent = await replace()
    if (sent !== undefined && !isRefusal(sent)) return sent
  }
  if (!isImmutable && (isRestSaid || !leavesMore(resource, reading.body, state))) {
    const sent = await replace()
    return sent !== undefined && isUnknownWay(sent) ? changeBy(resource, replica, reading.body, state, sent) : sent
  }
  const gone = resource.canCreate(state) ? await resource.delete(reading) : undefined
  return gone !== undefined && (gone.is === 'done' || isGone(gone)) ? make() : gone
}

/** The application means that it does not take it, by any of the answers that stand for that; not that it cannot now, or that somebody else may. */
function isRefusal(sent: Sent): boolean {
  return sent.is === 'refused' || (sent.is === 'not-now' && sent.status === CONFLICT)
}

const CONFLICT = 409

/**
 * What is there besides what is said stays where only what was written is compared: it may be the application's own.
 * @param refused what came of the PUT
 */
async function changeBy(
  resource: Resource,
  replica: Replica,
  read: State,
  state: State,
  refused: Made,
): Promise<Made | undefined> {
  const { glue, name } = resource
  if (read.is !== 'json' || state.is !== 'json') return refused
  const [has, wants] = [glue.stateOf(name.kind, read), glue.stateOf(name.kind, state)]
  if (has.is !== 'json' || wants.is !== 'json' || !isObject(has.value) || !isObject(wants.value)) return refused
  const traits = glue.kind(name.kind)
  const isNamed = (value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
    Object.fromEntries(
      Object.entries(value).filter(([field]) => traits?.idAt.includes(`/${pointerPart(field)}`) !== true),
    )
  const patch = mergePatchTo(isNamed(has.value), isNamed(wants.value), traits?.comparesAll === true)
  if (Object.keys(patch).length === 0) return undefined
  const sent = await resource.merge(patch, patchTypeIn(replica))
  // That there is no PUT is what people can do something about.
  return sent === undefined || isUnknownWay(sent) ? refused : sent
}

/** The media type in which clients have patched it; undefined where that is not known. */
function patchTypeIn({ core }: Replica): string | undefined {
  const types = (holderOf(core.replicant)?.live ?? []).flatMap(({ payload }) => {
    if (payload?.method !== 'PATCH' || isJsonPatch(payload.headers)) return []
    const said = headerValue(payload.headers.flat(), 'content-type')
    return said !== undefined && isJsonType(said) ? [said] : []
  })
  return types.at(-1)
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
  const ids = new Set(topsOf(traits.idAt))
  return Object.keys(has.value).some(field => !Object.hasOwn(named, field) && !ids.has(field))
}

/** The method of the request that began the life that holds the name, as long as that is held. */
export function begunBy({ core }: Replica): Payload['method'] | undefined {
  const holder = holderOf(core.replicant)
  if (holder === undefined) return undefined
  const { live, membership, life } = holder
  return [...live, ...membership].find(({ dot }) => sameDot(dot, life.dot))?.payload?.method
}
