import { MAX_JSON_DEPTH } from '../../../core/resource/json-object.ts'
import { namesIn } from '../../../core/resource/json-pointer.ts'
import { isObject } from './merge-patch.ts'

/** What a JSON Patch comes to; undefined where it cannot be applied: then only the application can say what came of it. */
export type Patched = { readonly value: unknown } | undefined

/** What steps may still copy and move, characters: of all patches of one resource together, since each doubles what the one before has doubled. */
export interface CopyRoom {
  left: number
}

type Step = Readonly<Record<string, unknown>>
type Container = unknown[] | Record<string, unknown>

/** Places of a list that are moved up or down in the time that one character takes to be copied. */
const MOVED_AT_ONCE = 32

/**
 * JSON Patch, RFC 6902: all of its steps, or none. The target stays as it is, and what comes of it is a tree: no part of it stands in two places. Takes time in
 * proportion to the target, the steps, and the room.
 * @param room is used up by what it copies and moves; where that is not enough, or the result is deeper than any body may be, undefined
 */
export function patched(target: unknown, steps: unknown, room: CopyRoom): Patched {
  if (!Array.isArray(steps)) return undefined
  const draft = new Draft(target, room)
  const isDone = (steps as readonly unknown[]).every(step => isObject(step) && draft.step(step))
  return isDone ? { value: draft.value } : undefined
}

/** A value that is changed in place, but for what is still part of the target: that is copied once, one level of it, when it is to change. */
class Draft {
  value: unknown
  readonly #own = new Set<unknown>()
  readonly #room: CopyRoom

  constructor(value: unknown, room: CopyRoom) {
    this.value = value
    this.#room = room
  }

  /** @returns false where it cannot be done: the draft is worth nothing then */
  step({ op, path, from, value }: Step): boolean {
    const to = placeOf(path)
    if (to === undefined) return false
    switch (op) {
      case 'add':
      case 'replace':
        return sizeOf(value, MAX_JSON_DEPTH - to.length) !== undefined && this.#put(to, value, op)
      case 'remove':
        return this.#remove(to)
      case 'test': {
        const found = this.#at(to)
        return found !== undefined && isSame(found.value, value)
      }
      case 'move':
      case 'copy': {
        const source = placeOf(from)
        const found = source && this.#at(source)
        if (source === undefined || found === undefined) return false
        const depth = MAX_JSON_DEPTH - to.length
        if (op === 'copy') return this.#spend(sizeOf(found.value, depth)) && this.#put(to, copyOf(found.value), 'add')
        // Whoever comes no deeper need not be looked into.
        const isSpent = to.length <= source.length || this.#spend(sizeOf(found.value, depth))
        return isSpent && this.#remove(source) && this.#put(to, found.value, 'add')
      }
      default:
        return false
    }
  }

  #put(place: readonly string[], value: unknown, how: 'add' | 'replace'): boolean {
    const name = place.at(-1)
    if (name === undefined) {
      this.value = value
      return true
    }
    const above = this.#container(place)
    if (above === undefined) return false
    if (!Array.isArray(above)) {
      if (how === 'replace' && !Object.hasOwn(above, name)) return false
      set(above, name, value)
      return true
    }
    const isAdded = how === 'add'
    const at = isAdded && name === '-' ? above.length : indexOf(name, isAdded ? above.length : above.length - 1)
    if (at === undefined || !this.#spend(isAdded ? (above.length - at) / MOVED_AT_ONCE : 0)) return false
    above.splice(at, isAdded ? 0 : 1, value)
    return true
  }

  #remove(place: readonly string[]): boolean {
    const name = place.at(-1)
    const above = this.#container(place)
    // All of it cannot be taken away.
    if (name === undefined || above === undefined) return false
    if (!Array.isArray(above)) return Object.hasOwn(above, name) && delete above[name]
    const at = indexOf(name, above.length - 1)
    if (at === undefined || !this.#spend((above.length - at) / MOVED_AT_ONCE)) return false
    above.splice(at, 1)
    return true
  }

  #at(place: readonly string[]): Patched {
    let value = this.value
    for (const name of place) {
      const inner = inside(value, name)
      if (inner === undefined) return undefined
      value = inner.value
    }
    return { value }
  }

  /** What a place stands in, to be changed. */
  #container(place: readonly string[]): Container | undefined {
    if (place.length > MAX_JSON_DEPTH) return undefined
    let above = this.#owned(this.value)
    if (above !== undefined) this.value = above
    for (const name of place.slice(0, -1)) {
      const found = above && inside(above, name)
      const inner = found && this.#owned(found.value)
      if (above === undefined || inner === undefined) return undefined
      if (Array.isArray(above)) above[Number(name)] = inner
      else set(above, name, inner)
      above = inner
    }
    return above
  }

  #owned(value: unknown): Container | undefined {
    if (!Array.isArray(value) && !isObject(value)) return undefined
    if (this.#own.has(value)) return value as Container
    const own: Container = Array.isArray(value) ? value.slice() : { ...value }
    this.#own.add(own)
    return own
  }

  #spend(size: number | undefined): boolean {
    if (size === undefined || size > this.#room.left) return false
    this.#room.left -= size
    return true
  }
}

function inside(value: unknown, name: string): Patched {
  if (Array.isArray(value)) {
    const place = indexOf(name, value.length - 1)
    return place === undefined ? undefined : { value: value[place] }
  }
  return isObject(value) && Object.hasOwn(value, name) ? { value: value[name] } : undefined
}

/** Also a field that is called `__proto__`. */
function set(object: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
}

/** The parts of a JSON Pointer; undefined for what is none. */
function placeOf(pointer: unknown): readonly string[] | undefined {
  if (pointer === '') return []
  if (typeof pointer !== 'string' || !pointer.startsWith('/')) return undefined
  return namesIn(pointer)
}

function indexOf(part: string, last: number): number | undefined {
  if (!/^(0|[1-9]\d{0,8})$/.test(part)) return undefined
  return Number(part) <= last ? Number(part) : undefined
}

/** Characters of a value, roughly; undefined where it is deeper, or nothing. */
function sizeOf(value: unknown, depth: number): number | undefined {
  if (value === undefined || depth < 0) return undefined
  if (typeof value === 'string') return value.length + 1
  if (typeof value !== 'object' || value === null) return 1
  if (!Array.isArray(value) && !isObject(value)) return JSON.stringify(value).length
  if (depth === 0) return undefined
  let sum = 1
  for (const [name, item] of Object.entries(value)) {
    const size = sizeOf(item, depth - 1)
    if (size === undefined) return undefined
    sum += size + (Array.isArray(value) ? 0 : name.length)
  }
  return sum
}

/** Another value that is the same. A number that was kept as it was written cannot change. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copyOf(item)]))
}

/** Takes no more time than the second one is long, but for the names at the top of what differs. */
function isSame(found: unknown, wanted: unknown): boolean {
  if (typeof found !== 'object' || found === null || typeof wanted !== 'object' || wanted === null)
    return found === wanted
  if (Array.isArray(found) || Array.isArray(wanted)) {
    if (!Array.isArray(found) || !Array.isArray(wanted)) return false
    return found.length === wanted.length && wanted.every((item, place) => isSame(found[place], item))
  }
  const fields = Object.entries(wanted)
  const has = found as Readonly<Record<string, unknown>>
  return (
    Object.keys(has).length === fields.length &&
    fields.every(([name, item]) => Object.hasOwn(has, name) && isSame(has[name], item))
  )
}

/** Whether headers say that a body is one. */
export function isJsonPatch(headers: readonly (readonly [name: string, value: string])[]): boolean {
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  return type.split(';', 1)[0]?.trim().toLowerCase() === 'application/json-patch+json'
}
