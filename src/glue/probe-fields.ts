/** What the body of a probe tells of the fields that the application has set by itself. */
import type { KindDefinition } from './definition.ts'
import { canonicalJson } from './json.ts'
import { pointerPart } from '../core/resource/json-pointer.ts'
import { placesIn, pointerGet } from './pointer.ts'
import { traitsOf } from './traits.ts'

/**
 * Fields at the top of what is shown of a probe that nobody has written, and the definition says nothing of: JSON Pointers.
 * @param shown what is shown of it, without a frame
 */
export function unsaid(kind: KindDefinition, shown: unknown): readonly string[] {
  const { example } = kind
  if (!isObject(shown) || !isObject(example)) return []
  const tops = new Set([...saidOf(kind, shown)].map(at => at.split('/')[1]))
  return Object.keys(shown)
    .filter(field => !Object.hasOwn(example, field) && !tops.has(pointerPart(field)))
    .map(field => `/${pointerPart(field)}`)
}

/**
 * The same at any depth, as far as what is shown and the example have the same objects and lists: by their places, with `-` for each item of a
 * list, as definitions name them, the places that these stand for.
 */
export function unsaidWithin(kind: KindDefinition, shown: unknown): ReadonlyMap<string, readonly string[]> {
  const places = saidOf(kind, shown)
  const found = new Map<string, string[]>()
  const walk = (value: unknown, written: unknown, at: string, name: string): void => {
    for (const [field, below] of Object.entries(value ?? {}) as [string, unknown][]) {
      const place = `${at}/${pointerPart(field)}`
      const called = `${name}/${Array.isArray(value) ? '-' : pointerPart(field)}`
      if (places.has(place)) continue
      const has = pointerGet(written, `/${pointerPart(field)}`)
      const isBoth = isObject(below) ? isObject(has) : isList(below) && isList(has) && below.length === has.length
      const isPartlySaid = isObject(below) && [...places].some(each => each.startsWith(`${place}/`))
      if (isBoth || (isPartlySaid && has === undefined)) walk(below, has, place, called)
      else if (has === undefined) found.set(called, [...(found.get(called) ?? []), place])
    }
  }
  if (isObject(shown) && isObject(kind.example)) walk(shown, kind.example, '', '')
  return found
}

/** The places in what is shown that the definition says something of. */
function saidOf(kind: KindDefinition, shown: unknown): ReadonlySet<string> {
  const { conditions, idAt, markerAt, writeOnly } = traitsOf(kind)
  const versions = conditions.in === 'body' ? conditions.at : []
  const { 'server-set': set = [], assigned = [], links = [] } = kind
  const said = [...idAt, ...versions, ...set, ...assigned, ...links, ...writeOnly, markerAt ?? '']
  return new Set(said.flatMap(at => placesIn(shown, at)))
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

/** Whether a value looks like what each instance sets for itself: a moment, a number that was drawn, an address of its own. */
export function looksOwn(value: unknown): boolean {
  return typeof value === 'string' && OWN.test(value)
}

const OWN = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$|https?:\/\/)/i

/**
 * What to do where a resource is still shown after its deletion: nobody can tell from it whether it is deleted for the application, or on its way
 * to be; a rule of `errors` is given where a field says that it was.
 * @param status of the answer to the delete
 * @param before what was answered before
 * @param after what is answered since, frames included
 */
export function deletedAdvice(status: number, before: unknown, after: unknown): string {
  const found = turned(before, after, '')
  const past = status === 202 ? undefined : found.find(({ at }) => PAST.test(at) && !FUTURE.test(at))
  if (past !== undefined) {
    const is = past.value === true ? ', is: true' : ''
    return `if that is how it is shown then, write errors: [{at: ${past.at}${is}, read: true, status: 404}]`
  }
  const [first] = found
  const slow = 'deletion may take a while here'
  return first === undefined
    ? slow
    : `${slow}; where it stays so, and ${first.at} says that it is deleted, name that in errors`
}

/** Names of fields by which applications say that something is deleted for them, and that it is to be. */
const PAST = /(deleted|removed|archived|trashed|discarded|destroyed|erased)[^/]*$/i
const FUTURE = /(pending|scheduled|marked|will|to_?be)[^/]*$/i

/** The fields that say something since, and were empty or not there: `deleted: true`, `deleted_at: "…"`. */
function turned(before: unknown, after: unknown, at: string): { readonly at: string; readonly value: unknown }[] {
  if (!isObject(after)) return []
  return Object.entries(after).flatMap(([field, value]) => {
    const place = `${at}/${pointerPart(field)}`
    const was = pointerGet(before, `/${pointerPart(field)}`)
    if (isEmpty(was) && (value === true || (typeof value === 'string' && value !== ''))) return [{ at: place, value }]
    return canonicalJson(was ?? null) === canonicalJson(value) ? [] : turned(was, value, place)
  })
}

const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === false || value === ''

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
