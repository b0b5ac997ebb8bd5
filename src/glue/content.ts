/** Frames: what an application shows of a resource may stand in an object (`{"data": {…}}`) that it does not take. */
import { isObject } from '../core/resource/json-object.ts'
import { pointerPart } from '../core/resource/json-pointer.ts'
import type { ParsedBody } from '../ports/replication-glue.ts'
import { canonicalJson } from './json.ts'
import { pointerGet } from './pointer.ts'

/** How deep a frame is looked for: `{"result": {"data": {…}}}`. */
const MAX_DEPTH = 2

/** What stands in the frame; the same object where there is none, as in answers to writes of some applications. */
export function contentOf(body: ParsedBody, at: string | undefined): ParsedBody {
  const value = body.is === 'json' && at !== undefined ? pointerGet(body.value, at) : undefined
  return value === undefined ? body : { is: 'json', value }
}

/**
 * The place of a frame, where nothing of what was written is shown at the top.
 * @param written its fields are looked for, each with its value
 */
export function frameAt(shown: unknown, written: unknown): string | undefined {
  if (!isObject(written) || !isObject(shown)) return undefined
  const fields = Object.entries(written)
  const isShown = (value: Readonly<Record<string, unknown>>): boolean =>
    fields.some(([name, held]) => value[name] !== undefined && canonicalJson(value[name]) === canonicalJson(held))
  return isShown(shown) ? undefined : placeIn(shown, isShown, MAX_DEPTH)
}

function placeIn(
  value: Readonly<Record<string, unknown>>,
  isWanted: (below: Readonly<Record<string, unknown>>) => boolean,
  depth: number,
): string | undefined {
  for (const [name, below] of Object.entries(value)) {
    if (!isObject(below)) continue
    const at = `/${pointerPart(name)}`
    const rest = isWanted(below) ? '' : depth > 1 ? placeIn(below, isWanted, depth - 1) : undefined
    if (rest !== undefined) return at + rest
  }
  return undefined
}
