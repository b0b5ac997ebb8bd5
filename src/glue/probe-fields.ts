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
  const { conditions, idAt, markerAt, writeOnly } = traitsOf(kind)
  const versions = conditions.in === 'body' ? conditions.at : []
  const { 'server-set': set = [], assigned = [], links = [] } = kind
  const said = [...idAt, ...versions, ...set, ...assigned, ...links, ...writeOnly, markerAt ?? '']
  const tops = new Set(said.flatMap(at => placesIn(shown, at)).map(at => at.split('/')[1]))
  return Object.keys(shown)
    .filter(field => !Object.hasOwn(example, field) && !tops.has(pointerPart(field)))
    .map(field => `/${pointerPart(field)}`)
}

/** Whether a value looks like what each instance sets for itself: a moment, a number that was drawn, an address of its own. */
export function looksOwn(value: unknown): boolean {
  return typeof value === 'string' && OWN.test(value)
}

const OWN = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$|https?:\/\/)/i

/**
 * By what a resource that is still shown after its deletion is known to be deleted: a rule of `errors`, in YAML; undefined where nothing tells.
 * @param before what was answered before
 * @param after what is answered since, frames included
 */
export function deletedRule(before: unknown, after: unknown): string | undefined {
  const found = turned(before, after, '')
  if (found === undefined) return undefined
  const is = found.value === true ? ', is: true' : ''
  return `{at: ${found.at}${is}, read: true, status: 404}`
}

/** The first field that says something since, and was empty or not there: `deleted: true`, `deleted_at: "…"`. */
function turned(
  before: unknown,
  after: unknown,
  at: string,
): { readonly at: string; readonly value: unknown } | undefined {
  if (!isObject(after)) return undefined
  for (const [field, value] of Object.entries(after)) {
    const place = `${at}/${pointerPart(field)}`
    const was = pointerGet(before, `/${pointerPart(field)}`)
    if (isEmpty(was) && (value === true || (typeof value === 'string' && value !== ''))) return { at: place, value }
    const below = canonicalJson(was ?? null) === canonicalJson(value) ? undefined : turned(was, value, place)
    if (below !== undefined) return below
  }
  return undefined
}

const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === false || value === ''

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
