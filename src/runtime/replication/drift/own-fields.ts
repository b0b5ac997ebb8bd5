/**
 * Replicants whose applications each show something of their own, whatever they are put into, where no definition says so: nothing is gained by putting them
 * into the same state after each write. They stay `diverged`. In memory alone: after a start it is found out once more.
 */
import { pointerPart } from '../../../core/resource/json-pointer.ts'
import type { Operation } from '../../../core/oplog/index.ts'
import { MAX_HIDDEN_TEXT, MAX_SAID_IN_VAIN, MAX_STATE_AGAIN_MS, STATE_AGAIN_MS } from '../limits.ts'
import { contains } from '../application/contains.ts'
import type { Resource } from '../application/resource.ts'
import type { State } from '../application/state.ts'
import type { Replica, RunState } from '../replica.ts'
import { isObject } from './merge-patch.ts'
import { wholeOf } from './whole.ts'
import { comparedFields, writtenFields } from './written-fields.ts'

const known = new WeakMap<RunState, ReadonlySet<string>>()

/** @param at what was written and is shown as something else, JSON Pointers; what nobody has written differs too */
export function noteOwn(replica: Replica, at: readonly string[]): void {
  known.set(replica.run, new Set([...(known.get(replica.run) ?? []), ...at]))
}

/** Whether it differs, and all that is shown here otherwise than it was written was so before. */
export function isOwn(replica: Replica, at: readonly string[]): boolean {
  const before = known.get(replica.run)
  return before !== undefined && at.every(pointer => before.has(pointer))
}

/** A copy was answered with what was written, by what was held then; and whether it was made once more for that. */
const copied = new WeakMap<RunState, { readonly knowledge: string; readonly isAgain: boolean }>()

/** @param knowledge hash of what is held */
export function noteCopiedRight(replica: Replica, knowledge: string): void {
  if (copied.get(replica.run)?.knowledge !== knowledge) copied.set(replica.run, { knowledge, isAgain: false })
}

/**
 * Whether what differs behind a copy may have been changed past Cheops before anybody has read what came of that, and be no field of the application's own: its answer had what was written.
 * Said once: what moves by itself is other than it was answered each time.
 */
export function mayCopyAgain(replica: Replica, knowledge: string): boolean {
  const before = copied.get(replica.run)
  if (before?.knowledge !== knowledge || before.isAgain) return false
  copied.set(replica.run, { knowledge, isAgain: true })
  return true
}

/** What this site said of what there is, since it shows something beside or other than what was written at the same places. */
interface Said {
  readonly at: string
  /** In a row. */
  readonly times: number
  /** The last time, milliseconds by the monotonic clock. */
  readonly sinceMs: number
  /** What members showed when it was left at that. */
  readonly shown?: string
}

const said = new WeakMap<RunState, Said>()

/**
 * Whether this site has said what there is as often as anything can come of it, and nothing else is shown since. What is shown may have been changed past Cheops, or be something that moves by
 * itself (a moment, a counter): so it is said again then, each time after twice as long.
 * @param at where something is shown beside or other than what was written, JSON Pointers
 * @param shown what members show, this one included
 * @param now by the monotonic clock, milliseconds
 */
export function wasSaidInVain(replica: Replica, at: readonly string[], shown: string, now: number): boolean {
  const before = said.get(replica.run)
  if (before?.at !== at.join(' ') || before.times < MAX_SAID_IN_VAIN) return false
  if (before.shown === undefined) said.set(replica.run, { ...before, shown })
  const waitMs = Math.min(STATE_AGAIN_MS * 2 ** (before.times + 1 - MAX_SAID_IN_VAIN), MAX_STATE_AGAIN_MS)
  return (before.shown ?? shown) === shown || now - before.sinceMs < waitMs
}

/** @param at, now as for `wasSaidInVain`, before it was said */
export function noteSaid(replica: Replica, at: readonly string[], now: number): void {
  const places = at.join(' ')
  const before = said.get(replica.run)
  said.set(replica.run, { at: places, times: (before?.at === places ? before.times : 0) + 1, sinceMs: now })
}

/**
 * What was written is shown here as it was written by now: what was shown otherwise before was not the application's own.
 * @param unlike what was written and is shown as something else, JSON Pointers
 */
export async function forgetShown({ run }: Replica, unlike: () => Promise<readonly string[]>): Promise<void> {
  if (known.get(run) === undefined) return
  const still = new Set(await unlike())
  const own = [...(known.get(run) ?? [])].filter(at => still.has(at))
  if (own.length > 0) known.set(run, new Set(own))
  else known.delete(run)
}

/** Since when all agree, by the monotonic clock, milliseconds. */
const wellSince = new WeakMap<RunState, number>()

/** @param now by the monotonic clock, milliseconds */
export function noteWell({ run }: Replica, now: number): void {
  wellSince.set(run, now)
}

/** They differ anew: what was said before, and has helped, was not said in vain. @param now as above */
export function noteDiffers(replica: Replica, now: number): void {
  const since = wellSince.get(replica.run)
  wellSince.delete(replica.run)
  if (since !== undefined && now - since >= STATE_AGAIN_MS) forgetOwn(replica)
}

/** Another member shows the same. */
export function forgetOwn(replica: Replica): void {
  known.delete(replica.run)
  said.delete(replica.run)
}

/**
 * Where the application shows, of what is compared, something beside or other than what was written: JSON Pointers. Of what only the
 * application can say what it is by now nothing is said.
 */
export async function unlikeSaid(
  resource: Resource,
  schedule: readonly Operation[],
  body: State,
): Promise<readonly string[]> {
  const whole = await wholeOf(resource, schedule)
  if (whole === undefined || body.is !== 'json') return []
  const { glue, name } = resource
  const idAt = glue.kind(name.kind)?.idAt ?? []
  const compared = comparedFields(body, await writtenFields(resource, schedule), idAt)
  const shown = JSON.parse(new TextDecoder().decode(glue.comparable(name.kind, compared))) as unknown
  const ids = new Set(idAt)
  const isUnsure = (top: string): boolean => whole.surenessOf(top) === 'unsure'
  return unlikeAt(shown, whole.value, '', isUnsure).filter(at => !ids.has(at))
}

function unlikeAt(
  shown: unknown,
  written: unknown,
  at: string,
  isUnsure: (field: string) => boolean = () => false,
): readonly string[] {
  if (!isObject(shown) || !isObject(written)) return contains(shown, written) ? [] : [at]
  return Object.entries(shown).flatMap(([field, value]) => {
    const place = `${at}/${pointerPart(field)}`
    if (!Object.hasOwn(written, field)) return isUnsure(field) ? [] : [place]
    return isUnsure(field) ? [] : unlikeAt(value, written[field], place)
  })
}

/**
 * For operators: where what is shown here is not as it was written, as far as that can be said, and what to do.
 * @param places JSON Pointers
 */
export function ownText({ glue, name }: Resource, places: readonly string[]): string {
  // Where only that is compared already, it says nothing new.
  const advice = glue.kind(name.kind)?.comparesAll === false ? NAME_THEM : `${NAME_THEM}; ${OR_WRITTEN}`
  if (places.length === 0) return advice
  const named = places.slice(0, MAX_NAMED).map(at => (at === '' ? 'all of it' : at.slice(0, MAX_HIDDEN_TEXT)))
  const more = places.length > MAX_NAMED ? ' and more' : ''
  return `what is shown here is not as it was written at ${named.join(', ')}${more}: ${advice}`
}

/** Few enough to be read. */
const MAX_NAMED = 8

const NAME_THEM = 'fields that each application sets by itself belong into server-set of its definition'
const OR_WRITTEN = 'with compare: written nothing counts that nobody has written'
