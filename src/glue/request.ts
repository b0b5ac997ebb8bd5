import type { ParsedBody, ResourceAction, ResourceRequest } from '../ports/replication-glue.ts'
import { compiledKind, type CompiledGlue, type CompiledKind } from './compile.ts'
import { asId, idIn, nameOf, pathsOf, valuesOf } from './naming.ts'
import { pointerGet, pointerSet } from './pointer.ts'
import { matchEnd, matchPath, splitPath } from './template.ts'

/** Where to send what puts a resource into a state, or reads it; undefined for what can be no resource. */
export function requestFor(
  glue: CompiledGlue,
  kindName: string,
  name: string,
  action: ResourceAction,
): ResourceRequest | undefined {
  const kind = compiledKind(glue, kindName)
  const paths = kind && pathsOf(glue, kind, kindName, name)
  if (kind === undefined || paths === undefined) return undefined
  switch (action) {
    case 'create':
      return {
        method: kind.traits.createMethod,
        path: kind.traits.isMadeByPath ? paths.resourcePath : paths.collectionPath,
      }
    case 'replace':
      return { method: 'PUT', path: paths.resourcePath }
    case 'delete':
      return { method: 'DELETE', path: paths.resourcePath }
    case 'read':
      return { method: 'GET', path: paths.resourcePath }
  }
}

/** A body for a create on the collection says the name; see the port. */
export function createBody(
  glue: CompiledGlue,
  kindName: string,
  name: string,
  body: ParsedBody,
): ParsedBody | undefined {
  const kind = compiledKind(glue, kindName)
  const id = kind && valuesOf(kind, name)?.get('id')
  if (kind === undefined || id === undefined) return undefined
  const { isMadeByPath, idAt } = kind.traits
  if (isMadeByPath) return body
  if (body.is === 'opaque' || typeof body.value !== 'object' || body.value === null || Array.isArray(body.value)) {
    return undefined
  }
  if (idAt.some(at => asId(pointerGet(body.value, at)) === id)) return body
  const [at, ...others] = idAt
  // Where an application may have it in one of several places, the wrong one makes a resource with an ID of its own.
  if (at === undefined || others.length > 0) return undefined
  return { is: 'json', value: pointerSet(body.value, at, id) }
}

/** The name that an answer to a create says, by `Location` and else by the body; see the port. */
export function nameInAnswer(
  glue: CompiledGlue,
  kindName: string,
  path: string,
  location: string | undefined,
  body: ParsedBody,
): string | undefined {
  const kind = compiledKind(glue, kindName)
  if (kind === undefined) return undefined
  const located = location === undefined ? undefined : nameInLocation(kind, kindName, path, location)
  if (located !== undefined || body.is === 'opaque') return located
  const found = idIn(body.value, kind.traits.idAt)
  if (found.is !== 'id') return undefined
  const template = kind.traits.isMadeByPath ? kind.resource : kind.collection
  const parents = matchPath(template, path)
  return parents && nameOf(kind, new Map([...parents, ['id', found.id]]))
}

/** Applications often stand below a prefix of their own, so the end of the path counts. */
function nameInLocation(kind: CompiledKind, kindName: string, path: string, location: string): string | undefined {
  const url = URL.parse(location, `http://application${path}`)
  if (url === null) return undefined
  const { raw, decoded } = splitPath(url.pathname, MAX_LOCATION_SEGMENTS)
  if (raw.length > MAX_LOCATION_SEGMENTS) return undefined
  const values = matchEnd(kind.resource, decoded)
  if (values === undefined) return undefined
  return kind.name === kindName || values.get('kind') === kindName ? nameOf(kind, values) : undefined
}

/** A name has fewer (MAX_NAME_LENGTH, naming.ts). */
const MAX_LOCATION_SEGMENTS = 1_024
