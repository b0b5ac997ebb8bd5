import { isObject } from './merge-patch.ts'
import { contains } from '../application/contains.ts'

/** What a JSON Patch comes to; undefined where it cannot be applied: then only the application can say what came of it. */
export type Patched = { readonly value: unknown } | undefined

type Step = Readonly<Record<string, unknown>>

/** JSON Patch, RFC 6902: all of its steps, or none. */
export function patched(target: unknown, steps: unknown): Patched {
  if (!Array.isArray(steps)) return undefined
  let at: Patched = { value: target }
  for (const step of steps as readonly unknown[]) {
    if (at === undefined || !isObject(step)) return undefined
    at = stepped(at.value, step)
  }
  return at
}

function stepped(whole: unknown, { op, path, from, value }: Step): Patched {
  const to = placeOf(path)
  if (to === undefined) return undefined
  switch (op) {
    case 'add':
      return value === undefined ? undefined : changed(whole, to, value, 'add')
    case 'replace':
      return value === undefined ? undefined : changed(whole, to, value, 'replace')
    case 'remove':
      return changed(whole, to, undefined, 'remove')
    case 'test': {
      const found = at(whole, to)
      const isSame = found !== undefined && contains(found.value, value) && contains(value, found.value)
      return isSame ? { value: whole } : undefined
    }
    case 'move':
    case 'copy': {
      const source = placeOf(from)
      const found = source && at(whole, source)
      if (source === undefined || found === undefined) return undefined
      const rest = op === 'move' ? changed(whole, source, undefined, 'remove') : { value: whole }
      return rest && changed(rest.value, to, found.value, 'add')
    }
    default:
      return undefined
  }
}

/** The parts of a JSON Pointer; undefined for what is none. */
function placeOf(pointer: unknown): readonly string[] | undefined {
  if (pointer === '') return []
  if (typeof pointer !== 'string' || !pointer.startsWith('/')) return undefined
  return pointer
    .slice(1)
    .split('/')
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function at(whole: unknown, [part, ...below]: readonly string[]): Patched {
  if (part === undefined) return { value: whole }
  if (Array.isArray(whole)) {
    const place = indexOf(part, whole.length - 1)
    return place === undefined ? undefined : at(whole[place], below)
  }
  return isObject(whole) && Object.hasOwn(whole, part) ? at(whole[part], below) : undefined
}

function changed(
  whole: unknown,
  [part, ...below]: readonly string[],
  value: unknown,
  how: 'add' | 'replace' | 'remove',
): Patched {
  // All of it cannot be taken away.
  if (part === undefined) return how === 'remove' ? undefined : { value }
  if (Array.isArray(whole)) return changedList(whole as readonly unknown[], part, below, value, how)
  if (!isObject(whole)) return undefined
  const fields = new Map(Object.entries(whole))
  if (below.length === 0) {
    if (how !== 'add' && !fields.has(part)) return undefined
    if (how === 'remove') fields.delete(part)
    else fields.set(part, value)
  } else {
    const inner = fields.has(part) ? changed(fields.get(part), below, value, how) : undefined
    if (inner === undefined) return undefined
    fields.set(part, inner.value)
  }
  return { value: Object.fromEntries(fields) }
}

function changedList(
  list: readonly unknown[],
  part: string,
  below: readonly string[],
  value: unknown,
  how: 'add' | 'replace' | 'remove',
): Patched {
  const adds = how === 'add' && below.length === 0
  const place = adds && part === '-' ? list.length : indexOf(part, adds ? list.length : list.length - 1)
  if (place === undefined) return undefined
  if (adds) return { value: list.toSpliced(place, 0, value) }
  if (how === 'remove' && below.length === 0) return { value: list.toSpliced(place, 1) }
  const inner = changed(list[place], below, value, how)
  return inner && { value: list.with(place, inner.value) }
}

function indexOf(part: string, last: number): number | undefined {
  if (!/^(0|[1-9]\d{0,8})$/.test(part)) return undefined
  return Number(part) <= last ? Number(part) : undefined
}
