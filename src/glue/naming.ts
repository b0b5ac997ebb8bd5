import { kindNameOf, matchRequest } from './analyse.ts'
import type { CompiledGlue, CompiledKind } from './compile.ts'
import { rawInteger } from './json.ts'
import { pointerGet } from './pointer.ts'
import { decodeSegment, encodeSegment, expandTemplate, TemplateError } from './template.ts'
import { hasDotSegment } from '../core/resource/dot-segment.ts'
import { remember } from '../core/resource/remember.ts'

/** Names stand in keys of the store and in URLs, which most applications bound to some kilobytes. */
export const MAX_NAME_LENGTH = 1024

/** The paths of a resource, percent-encoded. */
export interface ResourcePaths {
  readonly collectionPath: string
  readonly resourcePath: string
}

/**
 * The name for the values of a path's variables: the ID as it is, or, where parents stand in the path, all values in
 * their order, percent-encoded, with slashes between; a value of several segments has its own. Undefined where one is missing.
 */
export function nameOf(kind: CompiledKind, values: ReadonlyMap<string, string>): string | undefined {
  const parts: string[] = []
  for (const variable of kind.nameVariables) {
    const value = values.get(variable)
    if (value === undefined) return undefined
    parts.push(value)
  }
  if (parts.length === 1) return parts[0]
  const rest = restPlace(kind)
  return parts.map((part, i) => (i === rest ? encodeEach(part) : encodeSegment(part))).join('/')
}

/** Which of the variables that make up a name takes several segments; -1 for none. */
function restPlace({ resource, nameVariables }: CompiledKind): number {
  return resource.rest === undefined ? -1 : nameVariables.indexOf(resource.rest.name)
}

function encodeEach(value: string): string {
  return value.split('/').map(encodeSegment).join('/')
}

/** The opposite of `nameOf`; undefined for what it cannot have given. */
export function valuesOf(kind: CompiledKind, name: string): Map<string, string> | undefined {
  const { nameVariables } = kind
  if (nameVariables.length === 1) return new Map([['id', name]])
  const parts = name.split('/')
  const rest = restPlace(kind)
  const more = parts.length - nameVariables.length
  if (more < 0 || (more > 0 && rest === -1)) return undefined
  const decoded = parts.map(decodeSegment)
  if (decoded.some((part, i) => encodeSegment(part) !== parts[i])) return undefined
  return new Map(
    nameVariables.map((variable, i) => {
      const at = rest !== -1 && i > rest ? i + more : i
      return [variable, decoded.slice(at, i === rest ? at + more + 1 : at + 1).join('/')]
    }),
  )
}

/**
 * Where a resource of this name is, undefined where the name cannot be: it is empty, too long or no text, makes a dot segment, or its path means
 * something else (`/items/search`, where that is an operation's or another kind's).
 */
export function pathsOf(
  glue: CompiledGlue,
  kind: CompiledKind,
  kindName: string,
  name: string,
): ResourcePaths | undefined {
  if (name.length > MAX_NAME_LENGTH) return undefined
  const known = lastPaths.get(glue) ?? new Map<string, ResourcePaths | undefined>()
  // Any two have another key, whatever stands in them.
  const key = `${kindName.length} ${kindName}${name}`
  const last = known.get(key)
  if (last !== undefined || known.has(key)) return last
  const paths = pathsAnew(glue, kind, kindName, name)
  remember(known, key, paths, MAX_LAST_PATHS)
  lastPaths.set(glue, known)
  return paths
}

/** Of the names that were asked for last: each step of a write asks for the same one. */
const lastPaths = new WeakMap<CompiledGlue, Map<string, ResourcePaths | undefined>>()
const MAX_LAST_PATHS = 1024

function pathsAnew(glue: CompiledGlue, kind: CompiledKind, kindName: string, name: string): ResourcePaths | undefined {
  const values = valuesOf(kind, name)
  if (values === undefined) return undefined
  if (kind.name !== kindName) values.set('kind', kindName)
  const resourcePath = expanded(kind, 'resource', values)
  const collectionPath = expanded(kind, 'collection', values)
  if (resourcePath === undefined || collectionPath === undefined) return undefined
  // Also what is no text, and what was encoded in another way, is not found again as it was.
  const match = matchRequest(glue, 'GET', resourcePath)
  const isSame =
    match?.target.role.is === 'resource' &&
    match.below === undefined &&
    kindNameOf(match) === kindName &&
    match.target.kind === kind &&
    nameOf(kind, match.values) === name
  return isSame ? { collectionPath, resourcePath } : undefined
}

/**
 * A path from a template; undefined where a value is missing, or makes a segment that leads to another place (RFC 3986, 5.2.4), or an empty
 * one, which many servers take for none.
 */
export function expanded(
  kind: CompiledKind,
  which: 'collection' | 'resource',
  values: ReadonlyMap<string, string>,
): string | undefined {
  try {
    const path = expandTemplate(kind[which], values)
    return path.includes('//') || hasDotSegment(path) ? undefined : path
  } catch (error) {
    if (error instanceof TemplateError) return undefined
    throw error
  }
}

/** What a body says at one of these places: the first that is not null. `bad` for what can be no ID. */
export function idIn(
  value: unknown,
  pointers: readonly string[],
): { is: 'id'; id: string } | { is: 'none' } | { is: 'bad'; at: string } {
  for (const at of pointers) {
    const found = pointerGet(value, at)
    if (found === undefined || found === null) continue
    const id = asId(found)
    return id === undefined ? { is: 'bad', at } : { is: 'id', id }
  }
  return { is: 'none' }
}

/** Text, or an integer in decimal digits. */
export function asId(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  return rawInteger(value)
}
