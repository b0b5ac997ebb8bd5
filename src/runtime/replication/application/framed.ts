/**
 * What an application shows in a frame (`{"data": {…}}`), though it takes it without one: nothing of what was written stands where it was written, so who
 * compares what was written compares nothing.
 */
import { isObject } from '../../../core/resource/json-object.ts'
import { namesIn, pointerPart } from '../../../core/resource/json-pointer.ts'
import { contains } from './contains.ts'

/** How deep it is looked for: `{"result": {"data": {…}}}`. */
const MAX_DEPTH = 2

/** Longer ones are cut in texts for people. */
const MAX_NAME = 20

type JsonObject = Readonly<Record<string, unknown>>

/**
 * Where a body has one of these fields: at its top; at that of an object in it; nowhere.
 * @param names of fields
 */
export function placeOf(names: readonly string[], body: JsonObject): 'top' | 'frame' | 'nowhere' {
  const has = (value: JsonObject): boolean => names.some(name => Object.hasOwn(value, name))
  return has(body) ? 'top' : someWithin(body, has) ? 'frame' : 'nowhere'
}

/**
 * Whether a body shows nothing of what was written where that was written, and some of it in an object in it.
 * @param idAt JSON Pointers of the ID, which may stand outside of the frame
 */
export function isFramed(shown: unknown, written: unknown, idAt: readonly string[]): boolean {
  if (!isObject(shown) || !isObject(written)) return false
  const names = toldNames(Object.keys(written), idAt)
  const shares = (value: JsonObject): boolean =>
    names.some(name => Object.hasOwn(value, name) && contains(value[name], written[name]))
  return placeOf(names, shown) === 'frame' && someWithin(shown, shares)
}

/** Those of fields that tell more than whose they are, where there are any. */
export function toldNames(names: readonly string[], idAt: readonly string[]): readonly string[] {
  const others = names.filter(name => !idAt.includes(`/${pointerPart(name)}`))
  return others.length > 0 ? others : names
}

/** The fields at the top of a body in which these places are. */
export function topsOf(pointers: readonly string[]): readonly string[] {
  return pointers.flatMap(pointer => namesIn(pointer).slice(0, 1))
}

/** For people: the fields at its top. */
export function frameText(shown: unknown): string {
  const names = isObject(shown) ? Object.keys(shown).slice(0, 4) : []
  return `{${names.map(name => `"${name.slice(0, MAX_NAME)}": …`).join(', ')}}`
}

/** Whether some object in a body, not too deep for a frame, is like that. */
export function someWithin(value: JsonObject, test: (below: JsonObject) => boolean, depth = MAX_DEPTH): boolean {
  return Object.values(value).some(
    below => isObject(below) && (test(below) || (depth > 1 && someWithin(below, test, depth - 1))),
  )
}
