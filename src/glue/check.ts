import { nearestName } from '../core/scope/index.ts'
import { ANY_KIND } from './compile.ts'
import { HTTP_OPERATIONS, type GlueDefinition, type KindDefinition } from './definition.ts'
import { parseDefinition, type Finding, type Locate, type ParsedDefinition } from './parse.ts'
import { compileTemplate, TemplateError } from './template.ts'

/** Fields whose form is checked and on which nothing acts yet (README.md). */
const FIELDS_NOT_IN_FORCE = [
  'links',
  'references',
  'marker',
  'conditions',
  'dry-run',
  'level',
  'matrix',
  'cross',
] as const satisfies readonly (keyof KindDefinition)[]

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
    this.#template([...at, 'collection'], kind.collection, `the collection of ${name}`, '', name)
    const variables = this.#template([...at, 'resource'], kind.resource, `the resource of ${name}`, '', name)
    if (variables !== undefined && !variables.includes('id')) {
      this.#add(
        'error',
        [...at, 'resource'],
        'the path of a resource needs the variable {id}',
        `${kind.collection}/{id}`,
      )
    }
    if (kind.create?.method === 'PUT' && kind.id?.from === 'server') {
      this.#add(
        'error',
        [...at, 'id', 'from'],
        'an application that is given the ID in the path (create: PUT) does not choose it',
      )
    }
    this.#operations(at, name, kind)
    for (const [i, reference] of (kind.references ?? []).entries()) {
      if (kinds.includes(reference.kind)) continue
      const message = `the kind "${reference.kind}" is not defined here: this reference cannot be followed`
      this.#add('warning', [...at, 'references', i, 'kind'], message, nearestName(reference.kind, kinds))
    }
    const operations = [...HTTP_OPERATIONS, ...Object.keys(kind.operations ?? {})]
    for (const [i, entry] of (kind.matrix ?? []).entries()) {
      for (const side of ['before', 'after'] as const) {
        if (operations.includes(entry[side])) continue
        const message = `"${entry[side]}" is no operation of ${name}; there are: ${operations.join(', ')}`
        this.#add('error', [...at, 'matrix', i, side], message, nearestName(entry[side], operations))
      }
    }
  }

  #operations(at: readonly string[], name: string, kind: KindDefinition): void {
    for (const [operationName, operation] of Object.entries(kind.operations ?? {})) {
      const path = [...at, 'operations', operationName]
      if ((HTTP_OPERATIONS as readonly string[]).includes(operationName)) {
        this.#add('error', path, `"${operationName}" is HTTP's own operation and needs no definition`, undefined, true)
      }
      this.#template([...path, 'path'], operation.path, `operation ${operationName} of ${name}`, operation.method, name)
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
      const shape = template.segments.map(s => (s.kind === 'literal' ? s.text : `${s.prefix}{}${s.suffix}`)).join('/')
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
