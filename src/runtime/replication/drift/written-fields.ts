/**
 * Which fields of a resource the operations of its schedule have set, and what they come to. An application adds fields of its own, which
 * differ from site to site; where two members know the same operations, what those have set must be the same at both.
 */
import type { Resource } from '../application/resource.ts'
import type { State } from '../application/state.ts'
import type { Operation } from '../../../core/oplog/index.ts'
import type { ParsedBody } from '../../../ports/replication-glue.ts'

/** `all`: the whole value. Members that are not named, and elements beyond, are not looked at. */
export type Fields =
  'all' | { readonly members: ReadonlyMap<string, Fields> } | { readonly elements: readonly Fields[] }

/** Operations whose body is what the resource is. */
const WHOLE: ReadonlySet<string> = new Set(['create', 'replace', 'state'])

/**
 * Where the definition names what the application sets by itself, all other fields are compared, whoever has set them.
 *
 * @param schedule a reset, then what changes it
 */
export async function writtenFields(resource: Resource, schedule: readonly Operation[]): Promise<Fields> {
  if (resource.glue.kind(resource.name.kind)?.comparesAll !== false) return 'all'
  let fields: Fields | undefined
  for (const operation of schedule) {
    const set = await fieldsSet(resource, operation)
    if (set === 'all') return 'all'
    fields = fields === undefined ? set : union(fields, set)
  }
  return fields ?? 'all'
}

async function fieldsSet(resource: Resource, operation: Operation): Promise<Fields> {
  const body = await resource.stateIn(operation)
  if (body?.is !== 'json') return 'all'
  if (operation.type === 'patch') return patchedFields(body.value)
  return operation.type === 'merge' || WHOLE.has(operation.type) ? fieldsOf(body.value) : 'all'
}

function fieldsOf(value: unknown): Fields {
  if (Array.isArray(value)) return { elements: value.map(fieldsOf) }
  if (!isObject(value)) return 'all'
  return { members: new Map(Object.entries(value).map(([name, item]) => [name, fieldsOf(item)])) }
}

/** JSON Patch (RFC 6902): what stands at the top of each pointer. */
function patchedFields(value: unknown): Fields {
  if (!Array.isArray(value)) return 'all'
  const members = new Map<string, Fields>()
  for (const step of value as readonly unknown[]) {
    if (!isObject(step)) return 'all'
    for (const pointer of [step['path'], step['from']]) {
      if (pointer === undefined) continue
      const [, top] = typeof pointer === 'string' ? pointer.split('/') : []
      if (top === undefined) return 'all'
      members.set(top.replaceAll('~1', '/').replaceAll('~0', '~'), 'all')
    }
  }
  return { members }
}

/** What both have set; of a list the later one says what it is. */
function union(earlier: Fields, later: Fields): Fields {
  if (earlier === 'all' || later === 'all') return 'all'
  if ('elements' in later) return 'elements' in earlier ? later : 'all'
  if ('elements' in earlier) return 'all'
  const members = new Map(earlier.members)
  for (const [name, fields] of later.members) {
    const before = members.get(name)
    members.set(name, before === undefined ? fields : union(before, fields))
  }
  return { members }
}

/** The state that a body shows, for other members: only what was set, and what says whose it is. */
export async function stateShown(
  resource: Resource,
  schedule: readonly Operation[],
  body: ParsedBody,
): Promise<ParsedBody> {
  const { glue, name } = resource
  const fields = await writtenFields(resource, schedule)
  const state = glue.stateOf(name.kind, body)
  if (fields === 'all' || 'elements' in fields) return state
  const tops = (glue.kind(name.kind)?.idAt ?? []).flatMap(pointer => pointer.split('/').slice(1, 2))
  const identity = { members: new Map<string, Fields>(tops.map(top => [top, 'all'])) }
  return onlyFields(state, union(fields, identity))
}

/** Only what was set of a body. */
export function onlyFields(body: ParsedBody, fields: Fields): ParsedBody {
  return body.is === 'opaque' ? body : { is: 'json', value: only(body.value, fields) }
}

/**
 * Only what was set of an item of a list, which may have less than the resource has, or stand in another frame: as it is where nothing that was
 * set is in it.
 * @param idAt where the resource says its ID
 */
export function onlyItemFields(item: unknown, fields: Fields, idAt: readonly string[]): unknown {
  if (fields === 'all' || 'elements' in fields || !isObject(item)) return item
  const ids = new Set(idAt.map(pointer => pointer.split('/')[1]))
  const set = [...fields.members.keys()].filter(name => !ids.has(name))
  return set.length === 0 || set.some(name => Object.hasOwn(item, name)) ? only(item, fields) : item
}

function only(value: unknown, fields: Fields): unknown {
  if (fields === 'all') return value
  if ('elements' in fields) {
    const { elements } = fields
    if (!Array.isArray(value) || value.length !== elements.length) return value
    return value.map((item, place) => only(item, elements[place] ?? 'all'))
  }
  if (!isObject(value)) return value
  const { members } = fields
  const entries = Object.entries(value).flatMap(([name, item]) => {
    const below = members.get(name)
    return below === undefined ? [] : [[name, only(item, below)] as const]
  })
  return Object.fromEntries(entries)
}

/** How a body stands to what the schedule comes to. */
export interface Fit {
  /**
   * Whether all of it is there; `unknown` where only the application can say what an operation does, or where more is there and all fields are
   * compared.
   */
  readonly shows: 'yes' | 'no' | 'unknown'
  /** Whether it is there as far as that can be told. */
  readonly fits: boolean
}

export async function fitOf(resource: Resource, schedule: readonly Operation[], body: State): Promise<Fit> {
  const expected = await expectedOf(resource, schedule)
  // Of what is too large to be looked into nobody can tell.
  if (expected === undefined || body.is === 'large') return { shows: 'unknown', fits: true }
  const { whole, isKnown } = expected
  const fits = resource.shows(body, whole)
  // Where all fields are compared, more than was written is what somebody has added, or the application everywhere.
  const isMore = resource.glue.kind(resource.name.kind)?.comparesAll === true && !resource.equal(body, whole)
  return { shows: !isKnown || (fits && isMore) ? 'unknown' : fits ? 'yes' : 'no', fits }
}

/**
 * Whether a hash of what operations have set is that of what the schedule comes to: every site can tell it by itself.
 * @param fields that are compared
 */
export async function isExpected(
  resource: Resource,
  schedule: readonly Operation[],
  fields: Fields,
  hash: string,
): Promise<boolean> {
  const expected = await expectedOf(resource, schedule)
  return expected?.isKnown === true && resource.hashOf(onlyFields(expected.whole, fields)) === hash
}

/** What the schedule comes to; not `isKnown` where only the application can say what some of its changes do. Undefined where nothing is. */
async function expectedOf(
  resource: Resource,
  [reset, ...changes]: readonly Operation[],
): Promise<{ readonly whole: ParsedBody; readonly isKnown: boolean } | undefined> {
  const said = reset && (await resource.stateIn(reset))
  if (reset === undefined || said?.is !== 'json' || !WHOLE.has(reset.type)) return undefined
  let { value } = said
  let isKnown = true
  for (const change of changes) {
    const patch = change.type === 'merge' ? await resource.stateIn(change) : undefined
    if (patch?.is === 'json') value = merged(value, patch.value)
    else isKnown = false
  }
  return { whole: { is: 'json', value }, isKnown }
}

/** JSON Merge Patch, RFC 7396. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result = new Map(Object.entries(isObject(target) ? target : {}))
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name)
    else result.set(name, merged(result.get(name), value))
  }
  return Object.fromEntries(result)
}

/** Not a number that was kept as it was written, which is an object without a prototype. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.getPrototypeOf(value) !== null
}
