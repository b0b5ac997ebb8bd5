import { nearestName } from '../core/scope/index.ts'
import { SAFE_METHODS } from '../core/resource/methods.ts'
import { folderProblems } from './check-folders.ts'
import { ANY_KIND } from './compile.ts'
import { whyNotSaid, whyNotStored } from './conditions.ts'
import { HTTP_OPERATIONS, OWN_OPERATIONS, type GlueDefinition, type KindDefinition } from './definition.ts'
import { matrixProblems } from './matrix.ts'
import { parseDefinition, type Finding, type Locate, type ParsedDefinition } from './parse.ts'
import { isRead } from './reads.ts'
import { compileTemplate, TemplateError, type PathTemplate } from './template.ts'
import { isMadeByPath } from './traits.ts'

/** Fields whose form is checked and on which nothing acts yet (README.md). */
const FIELDS_NOT_IN_FORCE = ['references', 'cross'] as const satisfies readonly (keyof KindDefinition)[]

/** Reads a definition and says all that is wrong with it: YAML, schema, and what a schema cannot say. Never throws. */
export function checkDefinition(text: string): ParsedDefinition {
  const parsed = parseDefinition(text)
  if (parsed.definition === undefined) return parsed
  const check = new Check(parsed.locate)
  check.definition(parsed.definition)
  const findings = check.findings.toSorted((a, b) => a.line - b.line || a.column - b.column)
  const failed = findings.some(finding => finding.severity === 'error')
  return { ...parsed, definition: failed ? undefined : parsed.definition, findings }
}

/** A template with the names of its variables taken away. */
function shapeOf(template: PathTemplate): string {
  const ofSegment = (s: PathTemplate['segments'][number]): string =>
    s.kind === 'literal' ? s.text : s.kind === 'rest' ? '{+}' : `${s.prefix}{}${s.suffix}`
  return template.segments.map(ofSegment).join('/')
}

function isSamePath(a: string, b: string): boolean {
  try {
    return shapeOf(compileTemplate(a)) === shapeOf(compileTemplate(b))
  } catch {
    // No templates: that is said where they stand.
    return false
  }
}

class Check {
  readonly findings: Finding[] = []
  readonly #locate: Locate
  /** Method and template with the variables' names taken away, so that `/items/{id}` and `/items/{name}` are one path. */
  readonly #taken = new Map<string, string>()

  constructor(locate: Locate) {
    this.#locate = locate
  }

  definition(definition: GlueDefinition): void {
    const names = Object.keys(definition.kinds)
    for (const [name, kind] of Object.entries(definition.kinds)) this.#kind(name, kind, names)
    for (const { severity, path, message } of folderProblems(definition)) this.#add(severity, path, message)
    for (const [i, header] of (definition.headers ?? []).entries()) {
      const why = whyNotStored(header)
      if (why !== undefined)
        this.#add('error', ['headers', i], `"${header}" cannot be stored with an operation: ${why}`)
    }
    this.#agentHeaders([], definition['agent-headers'])
    for (const [i, path] of (definition.reads ?? []).entries()) this.#read(['reads', i], path, definition)
    if (names.length === 0) this.#add('warning', ['kinds'], 'no kind is defined: every request is local')
    const waiting = FIELDS_NOT_IN_FORCE.filter(field =>
      Object.values(definition.kinds).some(kind => kind[field] !== undefined),
    )
    if (waiting.length > 0) {
      this.#add('note', [], `only the form of these is checked; nothing acts on them yet: ${waiting.join(', ')}`)
    }
  }

  #kind(name: string, kind: KindDefinition, kinds: readonly string[]): void {
    const at = ['kinds', name]
    const parents = this.#template([...at, 'collection'], kind.collection, `the collection of ${name}`, '', name)
    const variables = this.#template([...at, 'resource'], kind.resource, `the resource of ${name}`, '', name)
    if (variables !== undefined && !variables.includes('id')) {
      this.#add(
        'error',
        [...at, 'resource'],
        'the path of a resource needs the variable {id}',
        `${kind.collection}/{id}`,
      )
    }
    if (parents !== undefined && variables !== undefined) this.#parents(at, name, kind, parents, variables)
    if (kind.list?.token !== undefined && kind.list.next === undefined)
      this.#add(
        'error',
        [...at, 'list', 'token'],
        'what the parameter takes stands at a place of the list: name it (next)',
      )
    for (const [i, { at: place, type, is }] of (kind.errors ?? []).entries()) {
      if (place === undefined && type === undefined)
        this.#add(
          'error',
          [...at, 'errors', i],
          'a rule for all answers says nothing: name a place (at) or a media type (type)',
        )
      else if (place === undefined && is !== undefined)
        this.#add('error', [...at, 'errors', i, 'is'], 'what is compared stands at a place: name it (at)')
    }
    const { method: createMethod = 'POST', on: createdOn } = kind.create ?? {}
    if (createMethod === 'PUT' && createdOn === 'collection')
      this.#add('error', [...at, 'create', 'on'], 'a PUT makes what its path names: on the resource')
    const byName = isMadeByPath(kind) ? createMethod : kind.create?.also?.[0]
    if (byName !== undefined && kind.id?.from === 'server') {
      this.#add(
        'error',
        [...at, 'id', 'from'],
        `an application that is given the ID in the path (create: ${byName}) does not choose it`,
      )
    }
    if (kind.level === 'transactional' || kind.level === 'strong') {
      this.#add('warning', [...at, 'level'], `the level ${kind.level} is not there yet; there are: none, eventual`)
    }
    if (kind.immutable === true && kind.put === 'merges')
      this.#add(
        'error',
        [...at, 'put'],
        'an application that refuses a PUT on what exists (immutable) does not merge it',
      )
    this.#agentHeaders(at, kind['agent-headers'])
    this.#operations(at, name, kind, variables ?? [])
    for (const [i, reference] of (kind.references ?? []).entries()) {
      if (kinds.includes(reference.kind)) continue
      const message = `the kind "${reference.kind}" is not defined here: this reference cannot be followed`
      this.#add('warning', [...at, 'references', i, 'kind'], message, nearestName(reference.kind, kinds))
    }
    this.#matrix(at, name, kind)
  }

  #agentHeaders(at: readonly string[], headers: Readonly<Record<string, string>> = {}): void {
    for (const header of Object.keys(headers)) {
      const why = whyNotSaid(header)
      if (why === undefined) continue
      this.#add(
        'error',
        [...at, 'agent-headers', header],
        `"${header}" cannot be said by the agent: ${why}`,
        undefined,
        true,
      )
    }
  }

  /** A path of `reads`, which goes before all that the kinds say. */
  #read(at: readonly (string | number)[], path: string, { kinds }: GlueDefinition): void {
    try {
      const reads = [compileTemplate(path)]
      const takes = (template: string): boolean =>
        isRead({ reads }, { method: 'POST' }, template.replaceAll(/\{\+?|\}/g, ''))
      for (const [name, kind] of Object.entries(kinds)) {
        const isPosted = (kind.create?.method ?? 'POST') === 'POST'
        if (isPosted && takes(isMadeByPath(kind) ? kind.resource : kind.collection))
          this.#add('error', at, `a POST there makes a ${name}: it changes something`)
        for (const [operation, { method, path: its }] of Object.entries(kind.operations ?? {}))
          if (method === 'POST' && takes(its))
            this.#add('error', at, `a POST there is the operation ${operation} of ${name}: it changes something`)
      }
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      this.#add('error', at, error.message)
    }
  }

  /** What a collection and its resources have to have in common so that one leads to the other. */
  #parents(
    at: readonly string[],
    name: string,
    kind: KindDefinition,
    ofCollection: readonly string[],
    ofResource: readonly string[],
  ): void {
    const unknown = ofCollection.find(variable => !ofResource.includes(variable))
    if (unknown !== undefined) {
      const message = `{${unknown}} is not in the path of the resource, so no collection can be found for a ${name}`
      this.#add('error', [...at, 'collection'], message)
    }
    const missing = ofResource.find(variable => variable !== 'id' && !ofCollection.includes(variable))
    if (missing !== undefined && !isMadeByPath(kind)) {
      const message = `the collection does not say {${missing}}: what a POST creates there has no name, and cannot be replicated`
      this.#add('warning', [...at, 'collection'], message)
    }
  }

  #matrix(at: readonly string[], name: string, kind: KindDefinition): void {
    const operations = [...HTTP_OPERATIONS, ...Object.keys(kind.operations ?? {})]
    let known = true
    for (const [i, entry] of (kind.matrix ?? []).entries()) {
      for (const side of ['before', 'after'] as const) {
        if (operations.includes(entry[side])) continue
        known = false
        const message = `"${entry[side]}" is no operation of ${name}; there are: ${operations.join(', ')}`
        this.#add('error', [...at, 'matrix', i, side], message, nearestName(entry[side], operations))
      }
    }
    if (!known) return
    for (const { severity, entry, message } of matrixProblems(kind)) {
      this.#add(severity, [...at, 'matrix', entry], message)
    }
  }

  #operations(at: readonly string[], name: string, kind: KindDefinition, variables: readonly string[]): void {
    for (const [operationName, operation] of Object.entries(kind.operations ?? {})) {
      const path = [...at, 'operations', operationName]
      if ((HTTP_OPERATIONS as readonly string[]).includes(operationName)) {
        this.#add('error', path, `"${operationName}" is HTTP's own operation and needs no definition`, undefined, true)
      }
      if ((OWN_OPERATIONS as readonly string[]).includes(operationName)) {
        this.#add(
          'error',
          path,
          `"${operationName}" is an operation of Cheops itself: choose another name`,
          undefined,
          true,
        )
      }
      const what = `operation ${operationName} of ${name}`
      const ofOperation = this.#template([...path, 'path'], operation.path, what, operation.method, name)
      if (SAFE_METHODS.has(operation.method)) {
        this.#add('warning', [...path, 'method'], `${operation.method} changes nothing: this is never recorded`)
      }
      const missing = variables.find(variable => ofOperation?.includes(variable) === false)
      if (missing !== undefined) {
        const message = `the path does not say {${missing}}, so not which ${name} is changed: this stays local`
        this.#add('warning', [...path, 'path'], message)
      }
      const isCreate = operation.method === 'POST' && kind.create?.method !== 'PUT' && isMadeByPath(kind)
      if ((['PUT', 'DELETE'].includes(operation.method) || isCreate) && isSamePath(operation.path, kind.resource)) {
        const meant = isCreate ? 'create' : operation.method === 'PUT' ? 'replace' : 'delete'
        this.#add(
          'error',
          path,
          `${operation.method} on the resource's own path is "${meant}" already`,
          undefined,
          true,
        )
      }
      if (operation.reset === true && operation.replay === false) {
        const message =
          'a reset that may not be sent twice cannot be put back: each disorder is repaired from another member'
        this.#add('warning', [...path, 'replay'], message)
      }
    }
  }

  /** Returns the template's variables, undefined where it is none. */
  #template(
    path: readonly string[],
    source: string,
    what: string,
    method: string,
    kind: string,
  ): readonly string[] | undefined {
    try {
      const template = compileTemplate(source)
      if (kind === ANY_KIND && !template.variables.includes('kind')) {
        this.#add('error', path, 'the kind "*" is named by the path: it needs the variable {kind}')
      }
      const shape = shapeOf(template)
      const other = this.#taken.get(`${method} ${shape}`)
      if (other !== undefined) this.#add('error', path, `the same path as ${other}: a request can be only one of them`)
      this.#taken.set(`${method} ${shape}`, what)
      return template.variables
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      this.#add('error', path, error.message)
      return undefined
    }
  }

  #add(
    severity: Finding['severity'],
    path: readonly (string | number)[],
    message: string,
    suggestion?: string,
    key = false,
  ): void {
    const { line, column } = this.#locate(path, key)
    this.findings.push({ severity, line, column, path: path.join('.'), message, suggestion })
  }
}
