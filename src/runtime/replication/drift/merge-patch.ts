import { contains } from '../application/contains.ts'

/** JSON Merge Patch, RFC 7396. */
export function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result = new Map(Object.entries(isObject(target) ? target : {}))
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name)
    else result.set(name, merged(result.get(name), value))
  }
  return Object.fromEntries(result)
}

/**
 * One merge patch that does what two do, the second after the first; undefined where none does: what the second puts in the place of something else may not be
 * merged into what is there.
 */
export function combinedPatches(
  first: Readonly<Record<string, unknown>>,
  second: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  const result = new Map(Object.entries(first))
  for (const [name, value] of Object.entries(second)) {
    const before = result.get(name)
    if (!isObject(value) || !result.has(name)) {
      result.set(name, value)
      continue
    }
    const both = isObject(before) ? combinedPatches(before, value) : undefined
    if (both === undefined) return undefined
    result.set(name, both)
  }
  return Object.fromEntries(result)
}

/** Not a number that was kept as it was written, which is an object without a prototype. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.getPrototypeOf(value) !== null
}

/**
 * The merge patch that makes one object of another; without fields where all is there.
 * @param takesAway whether what is there besides has to go: it may be the application's own
 */
export function mergePatchTo(
  has: Readonly<Record<string, unknown>>,
  wants: Readonly<Record<string, unknown>>,
  takesAway: boolean,
): Readonly<Record<string, unknown>> {
  const patch = new Map<string, unknown>()
  for (const [name, value] of Object.entries(wants)) {
    const before = Object.hasOwn(has, name) ? has[name] : undefined
    if (isObject(before) && isObject(value)) {
      const below = mergePatchTo(before, value, takesAway)
      if (Object.keys(below).length > 0) patch.set(name, below)
    } else if (!contains(before, value) || !contains(value, before)) patch.set(name, value)
  }
  if (takesAway) for (const name of Object.keys(has)) if (!Object.hasOwn(wants, name)) patch.set(name, null)
  return Object.fromEntries(patch)
}
