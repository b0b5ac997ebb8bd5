import type { RequestHead } from '../core/resource/http-head.ts'
import type { Analysis } from '../ports/glue.ts'
import { ANY_KIND, type CompiledGlue, type Target } from './compile.ts'
import { mediaTypeOf } from './parse-body.ts'
import { endsInRest, matchTemplate, splitPath } from './template.ts'

/**
 * What a request is, by its path and method alone. The default is local: what no template describes, and what stands
 * below a resource without a name, is `other`.
 */
export function analyse(glue: CompiledGlue, head: RequestHead, path: string): Analysis {
  const match = matchRequest(glue, head.method, path)
  if (match === undefined) return { kind: undefined, verb: 'other', id: undefined, operation: undefined }
  const { target, values, below, isFolder } = match
  const verb = below !== undefined || target.role.is === 'operation' ? 'other' : verbOf(match, head)
  const operation = target.role.is === 'operation' ? target.role.name : below
  return { kind: kindNameOf(match), verb, id: isFolder ? undefined : values.get('id'), operation }
}

/** What a path fits, with the values of its variables. */
export interface Match {
  readonly target: Target
  readonly values: ReadonlyMap<string, string>
  /** What follows the path of a resource, as it stood there; undefined where the whole path fits. */
  readonly below: string | undefined
  /** The path of a resource, were it not for the slash at its end: of those that stand in folders it is one of these. */
  readonly isFolder: boolean
}

/** The most specific target that a request fits, or the longest resource that it stands below. */
export function matchRequest(glue: CompiledGlue, method: string, path: string): Match | undefined {
  const { raw, decoded, endsInSlash } = splitPath(path, glue.depth)
  let below: { target: Target; values: ReadonlyMap<string, string> } | undefined
  for (const target of glue.targets) {
    const { role, template } = target
    const values = matchTemplate(template, decoded)
    if (values === undefined) continue
    if (raw.length === template.segments.length || template.rest !== undefined) {
      const isFolder = endsInSlash && role.is === 'resource' && endsInRest(template)
      if (role.is !== 'operation' || role.method === method) return { target, values, below: undefined, isFolder }
    } else if (role.is === 'resource' && template.segments.length > (below?.target.template.segments.length ?? 0)) {
      below = { target, values }
    }
  }
  if (below === undefined) return undefined
  return { ...below, below: raw.slice(below.target.template.segments.length).join('/'), isFolder: false }
}

export function kindNameOf({ target, values }: Match): string | undefined {
  return target.kind.name === ANY_KIND ? values.get('kind') : target.kind.name
}

function verbOf({ target, isFolder }: Match, head: RequestHead): Analysis['verb'] {
  const { createMethod: creates, isMadeByPath } = target.kind.traits
  const onResource = target.role.is === 'resource' && !isFolder
  switch (head.method) {
    case 'GET':
    case 'HEAD':
      return onResource ? 'get' : 'list'
    case 'POST':
      return !isFolder && creates === 'POST' && onResource === isMadeByPath ? 'create' : 'other'
    case 'PUT':
      // Where PUT creates, only the application knows whether this one replaces.
      return onResource ? (creates === 'PUT' ? 'create' : 'replace') : 'other'
    case 'PATCH':
      return onResource ? (isMergePatch(head) ? 'merge' : 'patch') : 'other'
    case 'DELETE':
      return 'delete'
    default:
      return 'other'
  }
}

export function isMergePatch(head: RequestHead): boolean {
  return mediaTypeOf(head.rawHeaders) === 'application/merge-patch+json'
}
