/**
 * Marks: what a request writes into its body so that its effect is found again, whatever else the application makes of it. A create and a
 * replace have it where the kind's `marker` says, an operation of the kind's own where its `probe` does. Source: src/consistency.md "Applying to
 * a black box" (doubt).
 */
import { isObject } from '../core/resource/json-object.ts'
import type { ParsedBody } from '../ports/replication-glue.ts'
import { compiledKind, type CompiledGlue } from './compile.ts'
import { pointerGet, pointerSet } from './pointer.ts'

/** Where a mark stands in a request, and in which list of the resource its effect does; without one in the resource itself, at the same place. */
interface MarkPlace {
  readonly at: string
  readonly list: string | undefined
}

function placeOf(glue: CompiledGlue, kindName: string, type: string): MarkPlace | undefined {
  const kind = compiledKind(glue, kindName)
  if (kind === undefined) return undefined
  const { definition, traits } = kind
  if (type === 'create' || type === 'replace')
    return traits.markerAt === undefined ? undefined : { at: traits.markerAt, list: undefined }
  const probe = Object.hasOwn(definition.operations ?? {}, type) ? definition.operations?.[type]?.probe : undefined
  return probe && { at: probe.mark, list: probe.list }
}

/** The body with a mark; the same object where it takes none. */
export function marked(glue: CompiledGlue, kind: string, type: string, body: ParsedBody, mark: string): ParsedBody {
  const place = placeOf(glue, kind, type)
  if (place === undefined || body.is === 'opaque' || !isObject(body.value)) return body
  return { is: 'json', value: pointerSet(body.value, place.at, mark) }
}

/** The mark that a request has, undefined for none. */
export function markIn(glue: CompiledGlue, kind: string, type: string, body: ParsedBody): string | undefined {
  const place = placeOf(glue, kind, type)
  const mark = place === undefined || body.is === 'opaque' ? undefined : pointerGet(body.value, place.at)
  return typeof mark === 'string' ? mark : undefined
}

/** Whether a resource shows the effect of a request with this mark; undefined where that cannot be told. */
export function showsMark(
  glue: CompiledGlue,
  kind: string,
  type: string,
  resource: ParsedBody,
  mark: string,
): boolean | undefined {
  const place = placeOf(glue, kind, type)
  if (place === undefined || resource.is === 'opaque') return undefined
  // What has another mark by now, or none, may have had this one.
  if (place.list === undefined) return pointerGet(resource.value, place.at) === mark ? true : undefined
  const list = pointerGet(resource.value, place.list)
  // An empty list may be left out.
  if (list === undefined) return false
  return Array.isArray(list) ? list.some(item => pointerGet(item, place.at) === mark) : undefined
}
