import { headerValue, type RequestHead } from '../core/resource/http-head.ts'
import type { Analysis } from '../ports/glue.ts'
import { ANY_KIND, type CompiledGlue, type Target } from './compile.ts'
import { matchTemplate, splitPath } from './template.ts'

/**
 * What a request is, by its path and method alone. The default is local: what no template describes, and what stands
 * below a resource without a name, is `other`.
 */
export function analyse(glue: CompiledGlue, head: RequestHead, path: string): Analysis {
  const { raw, decoded } = splitPath(path, glue.depth)
  let below: { target: Target; values: ReadonlyMap<string, string> } | undefined
  for (const target of glue.targets) {
    const { role, template } = target
    const values = matchTemplate(template, decoded)
    if (values === undefined) continue
    if (raw.length === template.segments.length) {
      if (role.is !== 'operation') return describe(target, values, verbOf(target, head), undefined)
      if (role.method === head.method) return describe(target, values, 'other', role.name)
    } else if (role.is === 'resource' && template.segments.length > (below?.target.template.segments.length ?? 0)) {
      below = { target, values }
    }
  }
  if (below === undefined) return { kind: undefined, verb: 'other', id: undefined, operation: undefined }
  const rest = raw.slice(below.target.template.segments.length).join('/')
  return describe(below.target, below.values, 'other', rest)
}

function describe(
  target: Target,
  values: ReadonlyMap<string, string>,
  verb: Analysis['verb'],
  operation: string | undefined,
): Analysis {
  const kind = target.kindName === ANY_KIND ? values.get('kind') : target.kindName
  return { kind, verb, id: values.get('id'), operation }
}

function verbOf(target: Target, head: RequestHead): Analysis['verb'] {
  const creates = target.kind.create?.method ?? 'POST'
  const onResource = target.role.is === 'resource'
  switch (head.method) {
    case 'GET':
    case 'HEAD':
      return onResource ? 'get' : 'list'
    case 'POST':
      return !onResource && creates === 'POST' ? 'create' : 'other'
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

function isMergePatch(head: RequestHead): boolean {
  const type = headerValue(head.rawHeaders, 'content-type') ?? ''
  return type.split(';', 1)[0]?.trim().toLowerCase() === 'application/merge-patch+json'
}
