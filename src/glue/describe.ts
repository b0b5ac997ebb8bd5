import { headerValue, type RequestHead } from '../core/resource/http-head.ts'
import type { Description, LocalReason, ParsedBody, UnnamedReason } from '../ports/replication-glue.ts'
import { isMergePatch, kindNameOf, matchRequest, type Match } from './analyse.ts'
import { ANY_KIND, type CompiledGlue, type CompiledKind } from './compile.ts'
import type { RequestPlace } from './definition.ts'
import { expanded, idIn, nameOf, pathsOf } from './naming.ts'
import { mediaTypeOf } from './parse-body.ts'
import { pointerGet } from './pointer.ts'
import { isRead as changesNothing } from './reads.ts'
import { isDecodable } from './template.ts'

/** What a definition says beside its kinds. */
export interface DescribeOptions {
  readonly application: string
  /** False where resources are shared only. */
  readonly replication: boolean
}

/** What a request is before its body is looked into: done, or what the body has to say. */
type Outline =
  | { readonly is: 'description'; readonly description: Description }
  | { readonly is: 'create'; readonly kindName: string; readonly match: Match; readonly collectionPath: string }
  | { readonly is: 'change'; readonly operation: Description & { is: 'operation' }; readonly match: Match }

/**
 * What a request is for replication. The default is local: whatever no template describes, whatever stands below a
 * resource without a name, and whatever cannot be recorded as one operation on one resource.
 */
export function describe(
  glue: CompiledGlue,
  options: DescribeOptions,
  head: RequestHead,
  path: string,
  body: ParsedBody | undefined,
): Description {
  const outline = outlineOf(glue, options, head, path)
  if (outline.is === 'description') return outline.description
  const kind = outline.match.target.kind
  const reason = body?.is === 'json' ? SAID_BY_PLACES.find(each => saysBody(kind, each, body.value)) : undefined
  if (reason !== undefined) {
    const name = outline.is === 'change' ? outline.operation.name : undefined
    return local(reason, WHY[reason], kindNameOf(outline.match), name)
  }
  return outline.is === 'change' ? outline.operation : describeCreate(glue, outline, body)
}

/** Says whether `describe` needs the body: for the name of what a POST creates, and where a body can say that it is a dry run or a part. */
export function needsBody(glue: CompiledGlue, options: DescribeOptions, head: RequestHead, path: string): boolean {
  const outline = outlineOf(glue, options, head, path)
  if (outline.is === 'description') return false
  const { kind } = outline.match.target
  return outline.is === 'create' || SAID_BY_PLACES.some(reason => bodyPlaces(kind, reason).length > 0)
}

/** What was found out last of a request: on its way it is asked several times. */
const outlined = new WeakMap<
  RequestHead,
  { readonly glue: CompiledGlue; readonly path: string; readonly outline: Outline }
>()

function outlineOf(glue: CompiledGlue, options: DescribeOptions, head: RequestHead, path: string): Outline {
  const known = outlined.get(head)
  if (known?.glue === glue && known.path === path) return known.outline
  const outline = outlineAnew(glue, options, head, path)
  outlined.set(head, { glue, path, outline })
  return outline
}

function outlineAnew(glue: CompiledGlue, options: DescribeOptions, head: RequestHead, path: string): Outline {
  const match = matchRequest(glue, head.method, path)
  const kindName = match && kindNameOf(match)
  const plainly = (description: Description): Outline => ({ is: 'description', description })
  const stays = (reason: LocalReason, why: string): Outline =>
    plainly(
      local(reason, why, kindName, match && !match.isFolder ? nameOf(match.target.kind, match.values) : undefined),
    )

  if (match === undefined || kindName === undefined) {
    return stays('no-kind', `The glue of ${options.application} knows no resource at this path.`)
  }
  const { target, values } = match
  const { kind, role } = target
  if (kind.name === ANY_KIND && glue.kinds.has(kindName)) {
    return stays('no-kind', `The glue of ${options.application} has resources of the kind ${kindName} at another path.`)
  }
  if (head.method === 'CONNECT' || headerValue(head.rawHeaders, 'upgrade') !== undefined) {
    return stays('upgrade', 'A connection that changes its protocol belongs to one site.')
  }
  if (match.below !== undefined) {
    return stays('below', `What stands below a resource is not replicated unless the glue names it as an operation.`)
  }
  const isSafe = changesNothing(glue, head, path)
  const isRead = head.method === 'GET' || head.method === 'HEAD'
  if (isSafe && (!isRead || role.is === 'operation')) {
    return stays('no-operation', `${head.method} changes nothing here.`)
  }
  const said = isSafe ? undefined : SAID_BY_PLACES.find(reason => saysQuery(kind, reason, path))
  if (said !== undefined) return stays(said, WHY[said])

  // What is no text cannot be written again as it was.
  if (!isDecodable(path)) return stays('bad-name', 'The path names what can be no resource: it is no UTF-8.')
  if (match.isFolder) {
    const folder = expanded(kind, 'resource', values)
    if (folder === undefined) return stays('bad-name', 'The path names what can be no folder.')
    if (isRead) return plainly({ is: 'list', kind: kindName, collectionPath: `${folder}/` })
    const what = `A path with a slash at its end is a folder of ${kindName}`
    if (head.method === 'DELETE') {
      return stays('collection-delete', `${what}: its deletion is no operation on one resource.`)
    }
    return stays('no-operation', `${what}, and ${head.method} on one is no operation of it.`)
  }

  if (role.is === 'collection') {
    const collectionPath = expanded(kind, 'collection', values)
    if (collectionPath === undefined) return stays('bad-name', 'The path names what can be no resource.')
    if (isRead) return plainly({ is: 'list', kind: kindName, collectionPath })
    if (head.method === 'DELETE') {
      return stays('collection-delete', 'The deletion of a collection is no operation on one resource.')
    }
    if (head.method !== 'POST' || kind.traits.isMadeByPath) {
      return stays('no-operation', `${head.method} on the collection of ${kindName} is no operation of it.`)
    }
    if (!options.replication) return stays('sharing-only', sharingOnly(options))
    const unnamed = unnamedBefore(kind, kindName, values)
    if (unnamed === undefined) return { is: 'create', kindName, match, collectionPath }
    return plainly({ is: 'unnamed', kind: kindName, level: kind.traits.level, collectionPath, ...unnamed })
  }

  const name = nameOf(kind, values)
  if (name === undefined)
    return stays('no-resource', 'The path of this operation does not say which resource it changes.')
  const paths = pathsOf(glue, kind, kindName, name)
  if (paths === undefined) return stays('bad-name', 'The path names what can be no resource.')
  if (isRead) return plainly({ is: 'read', kind: kindName, name, ...paths })
  const type = role.is === 'operation' ? role.name : typeOf(head, kind)
  if (type === undefined) {
    return stays('no-operation', `${head.method} on a resource of ${kindName} is no operation of it.`)
  }
  if (!options.replication) return stays('sharing-only', sharingOnly(options))
  const { level, createsBy, operations } = kind.traits
  const traits = operations[type]
  if (traits === undefined) return stays('no-operation', `"${type}" is no operation of ${kindName}.`)
  const operation = {
    is: 'operation',
    kind: kindName,
    name,
    type,
    creates: role.is !== 'operation' && (type === 'create' || mayCreate(head, createsBy)),
    ...traits,
    maySendAgain: traits.maySendAgain || (type === 'patch' && isApply(head)),
    level,
    ...paths,
  } as const
  return { is: 'change', operation, match }
}

function typeOf(head: RequestHead, { traits }: CompiledKind): string | undefined {
  switch (head.method) {
    case 'PUT':
      return traits.putMerges ? 'merge' : 'replace'
    case 'PATCH':
      return isMergePatch(head) ? 'merge' : 'patch'
    case 'DELETE':
      return 'delete'
    case 'POST':
      return traits.isMadeByPath && traits.createMethod === 'POST' ? 'create' : undefined
    default:
      return undefined
  }
}

/** A PUT or PATCH says what the resource shall be; not the steps of a JSON patch, which need one. */
function mayCreate(head: RequestHead, createsBy: CompiledKind['traits']['createsBy']): boolean {
  if (head.method === 'PUT') return createsBy.includes('PUT')
  const isSteps = mediaTypeOf(head.rawHeaders) === 'application/json-patch+json'
  return head.method === 'PATCH' && !isSteps && createsBy.includes('PATCH')
}

/** Server-side apply says which fields shall have which values: twice is once. */
function isApply(head: RequestHead): boolean {
  return mediaTypeOf(head.rawHeaders)?.startsWith('application/apply-patch+') === true
}

function unnamedBefore(
  kind: CompiledKind,
  kindName: string,
  values: ReadonlyMap<string, string>,
): { reason: UnnamedReason; why: string } | undefined {
  const missing = kind.nameVariables.find(variable => variable !== 'id' && !values.has(variable))
  if (missing !== undefined) {
    return {
      reason: 'no-name',
      why: `The path does not say {${missing}}, which a resource of ${kindName} is named by.`,
    }
  }
  if (kind.traits.idFrom !== 'server') return undefined
  return {
    reason: 'server-assigns',
    why: `The application chooses the ID of each ${kindName}, so it is not known before it has answered.`,
  }
}

function describeCreate(
  glue: CompiledGlue,
  { kindName, match, collectionPath }: Outline & { is: 'create' },
  body: ParsedBody | undefined,
): Description {
  const { kind } = match.target
  const { level, idAt, operations } = kind.traits
  const unnamed = (reason: UnnamedReason, why: string): Description => ({
    is: 'unnamed',
    kind: kindName,
    level,
    collectionPath,
    reason,
    why,
  })
  const places = idAt.join(' or ')
  if (body === undefined)
    return unnamed('no-body', `The name of a new ${kindName} stands in the body, which was not read.`)
  if (body.is === 'opaque') {
    const advice = `send JSON that has the name at ${places}, not compressed, as application/json`
    return unnamed('not-json', `The body ${body.why}, so nobody can say how the new ${kindName} is called: ${advice}.`)
  }
  const found = idIn(body.value, idAt)
  if (found.is === 'none') {
    return unnamed('no-name', `The body does not say how the new ${kindName} is called: give it a name at ${places}.`)
  }
  const bad = (at: string): Description =>
    unnamed('bad-name', `What the body has at ${at} cannot be the name of a resource of the kind ${kindName}.`)
  if (found.is === 'bad') return bad(found.at)
  const name = nameOf(kind, new Map([...match.values, ['id', found.id]]))
  const paths = name === undefined ? undefined : pathsOf(glue, kind, kindName, name)
  const traits = operations['create']
  if (name === undefined || paths === undefined || traits === undefined) return bad(places)
  return { is: 'operation', kind: kindName, name, type: 'create', creates: true, ...traits, level, ...paths }
}

/** What places in a request say of it. */
const SAID_BY_PLACES = ['dry-run', 'part'] as const
type SaidByPlaces = (typeof SAID_BY_PLACES)[number]

const WHY: Readonly<Record<SaidByPlaces, string>> = {
  'dry-run': 'A dry run changes nothing: it is not recorded.',
  part: 'What writes a part of a resource (parts of its glue) runs at one site: adopt the whole there.',
}

function placesOf({ definition }: CompiledKind, reason: SaidByPlaces): readonly RequestPlace[] {
  return (reason === 'part' ? definition.parts : definition[reason]) ?? []
}

function bodyPlaces(kind: CompiledKind, reason: SaidByPlaces): readonly string[] {
  return placesOf(kind, reason).flatMap(place => ('body' in place ? [place.body] : []))
}

function saysBody(kind: CompiledKind, reason: SaidByPlaces, body: unknown): boolean {
  return bodyPlaces(kind, reason).some(at => isSet(pointerGet(body, at)))
}

function saysQuery(kind: CompiledKind, reason: SaidByPlaces, path: string): boolean {
  const names = placesOf(kind, reason).flatMap(place => ('query' in place ? [place.query] : []))
  if (names.length === 0) return false
  const query = path.split('#', 1)[0]?.split('?').slice(1).join('?') ?? ''
  const parameters = new URLSearchParams(query)
  return names.some(name => parameters.getAll(name).some(isSet))
}

/**
 * Is this place switched on? `?dryRun` alone is: recording a request that the application takes for a dry
 * run would make at the members what was never made here.
 */
function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0) return false
  if (Array.isArray(value)) return value.length > 0
  return typeof value !== 'string' || !/^(false|0|no|off)$/i.test(value)
}

function sharingOnly({ application }: DescribeOptions): string {
  return `The glue of ${application} is for sharing only (replication: false).`
}

function local(reason: LocalReason, why: string, kind: string | undefined, name: string | undefined): Description {
  return { is: 'local', reason, why, kind, name }
}
