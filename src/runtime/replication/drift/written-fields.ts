/**
 * Which fields of a resource the operations of its schedule have set, and what they come to. An application adds fields of its own, which
 * differ from site to site; where two members know the same operations, what those have set must be the same at both.
 */
import { combined, hiddenIn, isOnlyMissing, unlike, type CombineRules, type Hidden } from './combined.ts'
import { namesIn } from '../../../core/resource/json-pointer.ts'
import { MAX_HELD_BODY_BYTES, MAX_HIDDEN_TEXT } from '../limits.ts'
import { isObject } from './merge-patch.ts'
import { isMerging, mergesLists } from './merging.ts'
import { headerValue } from '../../../core/resource/http-head.ts'
import { WHOLE, wholeOf, type Whole } from './whole.ts'
import type { LocalState } from '../replica.ts'
import { placeOf, toldNames, topsOf } from '../application/framed.ts'
import type { Resource } from '../application/resource.ts'
import type { State } from '../application/state.ts'
import type { Operation } from '../../../core/oplog/index.ts'
import type { ParsedBody } from '../../../ports/replication-glue.ts'

/** `all`: the whole value. Members that are not named, and elements beyond, are not looked at. */
export type Fields =
  'all' | { readonly members: ReadonlyMap<string, Fields> } | { readonly elements: readonly Fields[] }

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

/** What a PATCH of a form that nobody has defined names, it has set: so nearly all applications mean it. */
async function fieldsSet(resource: Resource, operation: Operation): Promise<Fields> {
  const body = await resource.stateIn(operation)
  if (body?.is !== 'json') return 'all'
  if (isMerging(operation, body) || WHOLE.has(operation.type)) return fieldsOf(body.value)
  if (operation.type === 'patch' && mergesLists(operation.payload?.headers ?? [], body.value))
    return keyedFields(body.value)
  return operation.type === 'patch' ? patchedFields(body.value) : 'all'
}

function fieldsOf(value: unknown): Fields {
  if (Array.isArray(value)) return { elements: value.map(fieldsOf) }
  if (!isObject(value)) return 'all'
  return { members: new Map(Object.entries(value).map(([name, item]) => [name, fieldsOf(item)])) }
}

/** Lists are the application's to merge: all that is in one counts. Directives are shown by nobody. */
function keyedFields(value: unknown): Fields {
  if (!isObject(value)) return 'all'
  const named = Object.entries(value).filter(([name]) => !name.startsWith('$'))
  return { members: new Map(named.map(([name, item]) => [name, keyedFields(item)])) }
}

/** JSON Patch (RFC 6902): what stands at the top of each pointer. */
function patchedFields(value: unknown): Fields {
  if (!Array.isArray(value)) return 'all'
  const members = new Map<string, Fields>()
  for (const step of value as readonly unknown[]) {
    if (!isObject(step)) return 'all'
    for (const pointer of [step['path'], step['from']]) {
      if (pointer === undefined) continue
      const [top] = typeof pointer === 'string' ? namesIn(pointer) : []
      if (top === undefined) return 'all'
      members.set(top, 'all')
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

/** A state would take away fields that were written, and nobody can say what they are: JSON Pointers. */
export interface Unclear {
  readonly is: 'unclear'
  readonly fields: readonly string[]
}

/** What a member may be put into. `asSent`: the body of the last reset, as it was written. */
export type Given =
  | { readonly is: 'state'; readonly body: ParsedBody; readonly asSent?: true }
  | { readonly is: 'state'; readonly body: State; readonly asSent: true }
  | Unclear

/** For operators: which they are, and what to write. */
export function unclearText({ fields }: Unclear): string {
  if (fields.length === 1 && fields[0] === '')
    return 'what the application shows is no body that it takes, so nobody can say how it was written by now: write the resource with PUT'
  const named = fields
    .slice(0, 8)
    .map(at => at.slice(0, MAX_HIDDEN_TEXT))
    .join(', ')
  return `no member shows ${named}, which was written, so nobody can say what it is by now: name it in write-only of its definition, or write the resource with PUT`
}

/**
 * What a member may be put into, by what an application shows and what was written: the log says what it can say.
 * @param shown a body that was read; undefined: nobody's is to be believed, and what was written is known
 */
export async function stateToGive(
  resource: Resource,
  schedule: readonly Operation[],
  shown: ParsedBody | undefined,
  rules: Omit<CombineRules, 'declared'>,
): Promise<Given> {
  const whole = await wholeOf(resource, schedule)
  const written = whole && resource.glue.saidOf(resource.name.kind, { is: 'json', value: whole.value })
  if (shown === undefined && whole?.isKnown === true && written !== undefined) return { is: 'state', body: written }
  const state = shown && (await stateShown(resource, schedule, shown))
  if (state === undefined) return { is: 'unclear', fields: [''] }
  const sent = whole === undefined && state.is === 'json' ? await inOtherForm(resource, schedule) : undefined
  if (sent !== undefined)
    return schedule.length === 1 ? { is: 'state', body: sent, asSent: true } : { is: 'unclear', fields: [''] }
  const declared = resource.glue.kind(resource.name.kind)?.writeOnly ?? []
  const unread = whole === undefined && state.is === 'json' ? await unreadIn(resource, schedule) : undefined
  if (unread !== undefined) {
    // What is shown is less than was written, and nobody can look what of it is never shown.
    if (unread.length > MAX_HELD_BODY_BYTES)
      return schedule.length === 1 ? { is: 'state', body: unread, asSent: true } : { is: 'unclear', fields: [''] }
    const hidden = [...new Set([...declared, ...(rules.hidden ?? []), ...(rules.missed ?? [])])]
    if (hidden.length > 0) return { is: 'unclear', fields: hidden }
  }
  if (whole === undefined || written?.is !== 'json' || state.is !== 'json') return { is: 'state', body: state }
  // What is shown is without what its application has assigned: so it is judged by what was written, and gets that back afterwards.
  const { glue, name } = resource
  const bare = glue.stateOf(name.kind, written)
  if (bare.is !== 'json') return { is: 'state', body: state }
  const { value, unclear } = combined(state.value, bare.value, whole, { ...rules, declared })
  if (unclear.length > 0) return { is: 'unclear', fields: unclear }
  return { is: 'state', body: glue.withAssigned(name.kind, { is: 'json', value }, written) }
}

/**
 * The body of the last reset, where it is in a form of its own (fields of an HTML form, plain text): an application that shows JSON then shows nothing that it takes, and may make
 * an empty value of it. YAML and the like say the same as JSON, and who takes them takes that too.
 */
async function inOtherForm(resource: Resource, [reset]: readonly Operation[]): Promise<ParsedBody | undefined> {
  if (reset === undefined || !WHOLE.has(reset.type)) return undefined
  const said = await resource.stateIn(reset)
  if (said?.is !== 'opaque') return undefined
  const type = headerValue(reset.payload?.headers.flat() ?? [], 'content-type') ?? ''
  return OTHER_FORMS.test(type.trim()) ? said : undefined
}

const OTHER_FORMS = /^($|application\/(x-www-form-urlencoded|octet-stream)|multipart\/|text\/plain)/i

/** What says the resource, where it is a file that nobody can look into: it is damaged or lost, or too large. What is never shown stands there alone. */
async function unreadIn(
  resource: Resource,
  [reset]: readonly Operation[],
): Promise<(State & { readonly is: 'large' }) | undefined> {
  const said = reset !== undefined && WHOLE.has(reset.type) ? await resource.stateIn(reset) : undefined
  return said?.is === 'large' ? said : undefined
}

/** The state that a body shows, for other members: only what was set, and what says whose it is; all of it where a change may have set more than it names. */
async function stateShown(resource: Resource, schedule: readonly Operation[], body: ParsedBody): Promise<ParsedBody> {
  const { glue, name } = resource
  const fields = await writtenFields(resource, schedule)
  const state = glue.stateOf(name.kind, body)
  if (fields === 'all' || 'elements' in fields || !(await isNamed(resource, schedule, body))) return state
  const tops = topsOf(glue.kind(name.kind)?.idAt ?? [])
  const identity = { members: new Map<string, Fields>(tops.map(top => [top, 'all'])) }
  return onlyFields(state, union(fields, identity))
}

/**
 * Whether each PATCH of a form that nobody has defined has set what it names, as far as that can be seen: else (`{"op": "add", "to": "n"}`) it has set
 * something that it does not name.
 */
async function isNamed(resource: Resource, schedule: readonly Operation[], body: ParsedBody): Promise<boolean> {
  const declared = resource.glue.kind(resource.name.kind)?.writeOnly ?? []
  const unseen = new Set(topsOf(declared))
  const isThere = ([name, value]: readonly [string, unknown]): boolean =>
    value === null ||
    unseen.has(name) ||
    (body.is === 'json' && isObject(body.value) && Object.hasOwn(body.value, name))
  for (const operation of schedule) {
    const said = operation.type === 'patch' ? await resource.stateIn(operation) : undefined
    if (said?.is === 'json' && isObject(said.value) && !Object.entries(said.value).every(isThere)) return false
  }
  return true
}

/**
 * What of a body is compared with that of another site: only what was set; all of it where nothing that was set stands where it was set, as in a frame
 * (`{"data": {…}}`): two of which nothing is compared would be the same, whatever they show. What shows no more than whose it is hides what was set.
 * @param idAt where the resource says its ID
 */
export function comparedFields(body: ParsedBody, fields: Fields, idAt: readonly string[]): ParsedBody {
  if (fields === 'all' || 'elements' in fields || body.is === 'opaque' || !isObject(body.value))
    return onlyFields(body, fields)
  const { value } = body
  const place = fields.members.size === 0 ? 'top' : placeOf(toldNames([...fields.members.keys()], idAt), value)
  const isHidden = place === 'nowhere' && topsOf(idAt).some(top => Object.hasOwn(value, top))
  return place === 'top' || isHidden ? onlyFields(body, fields) : body
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
  const ids = new Set(topsOf(idAt))
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
  /** Whether it is something else, as far as that can be told: surely, or a field that was written, and of which a PATCH of plain JSON may be the last word, is shown as something else. */
  readonly isOther: boolean
}

/** A PUT need not name the ID that its path says: what was written, with that as applications show it, as text first, or as a number. */
function namedOf({ glue, name }: Resource, written: unknown): readonly ParsedBody[] {
  const tops = (glue.kind(name.kind)?.idAt ?? []).flatMap(at => (/^\/[^/~]+$/.test(at) ? [at.slice(1)] : []))
  if (!isObject(written) || tops.some(top => Object.hasOwn(written, top))) return []
  const number = Number(name.name)
  const ids: readonly unknown[] = String(number) === name.name ? [name.name, number] : [name.name]
  return tops.flatMap(top => ids.map(id => ({ is: 'json', value: { ...written, [top]: id } }) as const))
}

export async function fitOf(resource: Resource, schedule: readonly Operation[], body: State): Promise<Fit> {
  const expected = await wholeOf(resource, schedule)
  // Of what is too large to be looked into nobody can tell.
  if (expected === undefined || body.is === 'large') return { shows: 'unknown', fits: true, isOther: false }
  const whole: ParsedBody = { is: 'json', value: expected.value }
  const fits = resource.shows(body, whole)
  // Where all fields are compared, more than was written is what somebody has added, or the application everywhere.
  const isMore =
    resource.glue.kind(resource.name.kind)?.comparesAll === true &&
    ![whole, ...namedOf(resource, expected.value)].some(each => resource.equal(body, each))
  const shows = !expected.isKnown || (fits && isMore) ? 'unknown' : fits ? 'yes' : 'no'
  return { shows, fits, isOther: shows === 'no' || (!fits && contradictsSaid(resource, schedule, expected, body)) }
}

/**
 * Whether something that was written is shown as something else, where not all of it is known. What is not shown at all may never be; a list may be added to; and what a
 * state alone has said is what one application has shown.
 */
function contradictsSaid(resource: Resource, [reset]: readonly Operation[], whole: Whole, body: State): boolean {
  if (!isObject(whole.value)) return false
  const isSaid = ([name, value]: readonly [string, unknown]): boolean => {
    const isChanged = whole.changed.has(name)
    if (whole.surenessOf(name) === 'unsure' || (Array.isArray(value) && isChanged)) return false
    return isChanged || reset?.type !== 'state'
  }
  const value = Object.fromEntries(Object.entries(whole.value).filter(isSaid))
  return resource.contradicts(body, { is: 'json', value })
}

/** Whether a body that is no JSON is the one that was written, and nothing has changed it since. */
export async function isTextAsSaid(
  resource: Resource,
  [reset, ...changes]: readonly Operation[],
  body: State,
): Promise<boolean> {
  if (reset === undefined || changes.length > 0 || body.is !== 'opaque') return false
  const said = await resource.stateIn(reset)
  return said?.is === 'opaque' && resource.equal(body, said)
}

/** Whether all that was written and that a body does not show is not in it at all, as what an application never shows is not. */
export async function showsNoOther(
  resource: Resource,
  schedule: readonly Operation[],
  body: ParsedBody,
): Promise<boolean> {
  const whole = await wholeOf(resource, schedule)
  return whole !== undefined && body.is === 'json' && isOnlyMissing(body.value, whole.value)
}

/** What was written and is shown as something else, or not: JSON Pointers; `''` for all of it, also where it is not said in JSON. */
export async function unlikeWritten(
  resource: Resource,
  schedule: readonly Operation[],
  body: State,
): Promise<readonly string[]> {
  const whole = await wholeOf(resource, schedule)
  return whole === undefined || body.is !== 'json' ? [''] : unlike(body.value, whole.value)
}

/** What a body stands to what the schedule comes to, for whoever has read it. */
export interface Found {
  /**
   * Whether a hash of what operations have set is that of what the schedule comes to: every site can tell it by itself.
   * @param fields that are compared
   */
  isExpected(fields: Fields, hash: string): boolean
  /** Likewise, also where its ID is shown as a number: what differs by that alone is still to be told to those who expect it as text. */
  isWritten(fields: Fields, hash: string): boolean
  /** What was written and is not shown so; with what was known before. */
  hidden(body: ParsedBody, before: Pick<LocalState, 'hidden' | 'looked'>): Hidden
}

export async function foundOf(resource: Resource, schedule: readonly Operation[]): Promise<Found> {
  const whole = await wholeOf(resource, schedule)
  const isOne = (bodies: readonly ParsedBody[], fields: Fields, hash: string): boolean =>
    bodies.some(body => resource.hashOf(onlyFields(body, fields)) === hash)
  const written: readonly ParsedBody[] = whole?.isKnown === true ? [{ is: 'json', value: whole.value }] : []
  // Where only what was set is compared, it is not among that.
  const named = (fields: Fields): readonly ParsedBody[] =>
    fields === 'all' && whole?.isKnown === true ? namedOf(resource, whole.value) : []
  return {
    isExpected: (fields, hash) => isOne([...written, ...named(fields).slice(0, 1)], fields, hash),
    isWritten: (fields, hash) => isOne([...written, ...named(fields)], fields, hash),
    hidden: (body, before) =>
      whole === undefined || body.is !== 'json'
        ? { at: before.hidden, isClear: false, gone: [''] }
        : hiddenIn(body.value, whole.value, whole, before),
  }
}
