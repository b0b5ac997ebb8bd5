/**
 * Replicants whose applications each show something of their own, whatever they are put into, where no definition says so: nothing is gained by putting them
 * into the same state after each write. They stay `diverged`. In memory alone: after a start it is found out once more.
 */
import { pointerPart } from '../../../core/resource/json-pointer.ts'
import type { Operation } from '../../../core/oplog/index.ts'
import { MAX_HIDDEN_TEXT, MAX_SAID_IN_VAIN } from '../limits.ts'
import { contains } from '../application/contains.ts'
import type { Resource } from '../application/resource.ts'
import type { State } from '../application/state.ts'
import type { Replica, RunState } from '../replica.ts'
import { isObject } from './merge-patch.ts'
import { wholeOf } from './whole.ts'

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

/** Where what was written was shown as something else when this site said what there is, how often in a row it did so, and what members showed when it left it at that. */
const said = new WeakMap<RunState, { readonly at: string; readonly times: number; readonly shown?: string }>()

/**
 * Whether this site has said what there is as often as anything can come of it, the same is shown otherwise than it was written, and nobody shows anything else since.
 * @param shown what members show, this one included
 */
export function wasSaidInVain(replica: Replica, at: readonly string[], shown: string): boolean {
  const before = said.get(replica.run)
  if (before?.at !== at.join(' ') || before.times < MAX_SAID_IN_VAIN) return false
  if (before.shown !== undefined && before.shown !== shown) {
    // Somebody has changed it past Cheops.
    said.delete(replica.run)
    return false
  }
  said.set(replica.run, { ...before, shown })
  return true
}

/** @param at as for `noteOwn`, before it was said */
export function noteSaid(replica: Replica, at: readonly string[]): void {
  const before = said.get(replica.run)
  const places = at.join(' ')
  said.set(replica.run, { at: places, times: (before?.at === places ? before.times : 0) + 1 })
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
  const shown = JSON.parse(new TextDecoder().decode(glue.comparable(name.kind, body))) as unknown
  const ids = new Set(glue.kind(name.kind)?.idAt)
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
    if (!Object.hasOwn(written, field)) return [place]
    return isUnsure(field) ? [] : unlikeAt(value, written[field], place)
  })
}

/** For operators: where what is shown here is not what was written, and what to do. */
export function ownText(places: readonly string[]): string {
  const named = places.slice(0, MAX_NAMED).map(at => (at === '' ? 'all of it' : at.slice(0, MAX_HIDDEN_TEXT)))
  const more = places.length > MAX_NAMED ? ' and more' : ''
  return `what is shown here is not as it was written at ${named.join(', ')}${more}: ${OWN_ADVICE}`
}

/** Few enough to be read. */
const MAX_NAMED = 8

export const OWN_ADVICE =
  'fields that each application sets by itself belong into server-set of its definition; with compare: written nothing counts that nobody has written'
