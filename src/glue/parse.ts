import { Ajv, type ErrorObject } from 'ajv'
import { isCollection, isMap, isScalar, LineCounter, parseDocument, type Document, type Node } from 'yaml'
import { namesIn } from '../core/resource/json-pointer.ts'
import { nearestName } from '../core/scope/index.ts'
import type { GlueDefinition } from './definition.ts'
import { GLUE_SCHEMA } from './schema.ts'

/** Something that is wrong with a definition, or worth knowing about it, and where it stands. */
export interface Finding {
  readonly severity: 'error' | 'warning' | 'note'
  /** 1 is the first; 0 where it stands nowhere in the file (a probe's result). */
  readonly line: number
  readonly column: number
  /** Keys down to the place: `kinds.item.create`. */
  readonly path: string
  readonly message: string
  /** What to write instead, if that is known. */
  readonly suggestion: string | undefined
}

/** Where the value, or with `key` the key, of a path of keys stands in the file. */
export type Locate = (path: readonly (string | number)[], key?: boolean) => { line: number; column: number }

export interface ParsedDefinition {
  /** Undefined where `findings` has an error. */
  readonly definition: GlueDefinition | undefined
  readonly findings: readonly Finding[]
  readonly locate: Locate
}

/** A definition has some kilobytes; what is larger is another file. */
export const MAX_DEFINITION_BYTES = 1024 * 1024

const validate = new Ajv({
  allErrors: true,
  verbose: true,
  strict: true,
  allowUnionTypes: true,
  // Each agent compiles it when it starts. That takes half as long without the schema of schemas, which a test holds it against, and without
  // shortening code that runs once a definition.
  validateSchema: false,
  code: { optimize: false },
}).compile<GlueDefinition>(GLUE_SCHEMA)

/** Reads YAML and holds it against the schema. Never throws: what is wrong stands in `findings`, in the file's order. */
export function parseDefinition(text: string): ParsedDefinition {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const locate = locator(document, lines)
  const findings: Finding[] = [...document.errors].map(error => {
    const { line, col } = lines.linePos(error.pos[0])
    return finding(line, col, '', `not YAML: ${error.message}`, undefined)
  })
  if (findings.length > 0) return { definition: undefined, findings, locate }

  let value: unknown
  try {
    // The default bound on aliases holds: a file that explodes is refused.
    value = document.toJS()
  } catch (error) {
    const message = error instanceof Error ? error.message : 'cannot be read'
    return { definition: undefined, findings: [finding(1, 1, '', `not YAML: ${message}`, undefined)], locate }
  }
  if (validate(value)) return { definition: value, findings: [], locate }
  const errors = explain(validate.errors ?? [], locate)
  return { definition: undefined, findings: errors.toSorted((a, b) => a.line - b.line || a.column - b.column), locate }
}

function finding(line: number, column: number, path: string, message: string, suggestion: string | undefined): Finding {
  return { severity: 'error', line, column, path, message, suggestion }
}

/**
 * One finding a place. What the branches of a union complain about is left out in favour of the union's own
 * description, but for an unknown key: that is what people mistype.
 */
function explain(errors: readonly ErrorObject[], locate: Locate): Finding[] {
  const unions = errors.filter(error => error.keyword === 'anyOf')
  const findings: Finding[] = []
  for (const error of errors) {
    const union = unions.find(u => error !== u && error.schemaPath.startsWith(`${u.schemaPath}/`))
    if (union !== undefined || error.keyword === 'propertyNames') continue
    findings.push(explainOne(error, errors, locate))
  }
  return findings
}

function explainOne(error: ErrorObject, all: readonly ErrorObject[], locate: Locate): Finding {
  const path = pathOf(error.instancePath)
  const parameters = error.params as Readonly<Record<string, unknown>>
  const described = descriptionOf(error.parentSchema)
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(parameters['additionalProperty'])
      const known = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {})
      return unknownKey([...path, key], known, locate)
    }
    case 'required': {
      const key = String(parameters['missingProperty'])
      const { line, column } = locate(path, true)
      return finding(line, column, path.join('.'), `"${key}" is missing`, undefined)
    }
    case 'anyOf': {
      const unknown = all.find(
        e => e.keyword === 'additionalProperties' && e.schemaPath.startsWith(`${error.schemaPath}/`),
      )
      const known = ((error.parentSchema?.['anyOf'] as readonly object[] | undefined) ?? []).flatMap(branch =>
        Object.keys((branch as { properties?: object }).properties ?? {}),
      )
      const key = (unknown?.params as { additionalProperty?: string } | undefined)?.additionalProperty
      if (key !== undefined && unknown?.instancePath === error.instancePath && !known.includes(key)) {
        return unknownKey([...path, key], known, locate)
      }
      break
    }
    case 'enum': {
      const allowed = (parameters['allowedValues'] as readonly unknown[]).map(String)
      const { line, column } = locate(path)
      const meant = typeof error.data === 'string' ? nearestName(error.data, allowed) : undefined
      return finding(line, column, path.join('.'), `must be one of ${allowed.join(', ')}`, meant)
    }
    case 'pattern': {
      const name = error.propertyName
      if (name !== undefined) {
        const { line, column } = locate([...path, name], true)
        return finding(line, column, [...path, name].join('.'), `the key must be ${described ?? 'a name'}`, undefined)
      }
      break
    }
    default:
  }
  const { line, column } = locate(path)
  const message = described === undefined ? (error.message ?? 'is not valid') : `must be ${described}`
  return finding(line, column, path.join('.'), message, undefined)
}

function unknownKey(path: readonly (string | number)[], known: readonly string[], locate: Locate): Finding {
  const { line, column } = locate(path, true)
  const key = String(path.at(-1))
  const message = `unknown key "${key}"; known here: ${known.join(', ')}`
  return finding(line, column, path.join('.'), message, nearestName(key, known))
}

function descriptionOf(schema: unknown): string | undefined {
  const description = (schema as { description?: unknown } | undefined)?.description
  return typeof description === 'string' ? description : undefined
}

/** Ajv's JSON Pointer as keys. */
function pathOf(instancePath: string): (string | number)[] {
  return namesIn(instancePath).map(name => (/^\d+$/.test(name) ? Number(name) : name))
}

/** A path whose end does not stand in the file is located at the nearest thing above it. */
function locator(document: Document.Parsed, lines: LineCounter): Locate {
  const at = (offset: number | undefined) => {
    const { line, col } = lines.linePos(offset ?? 0)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  return (path, key = false) => {
    let node: Node | null | undefined = document.contents
    let keyNode: Node | undefined
    for (const step of path) {
      if (isMap(node)) {
        const pair = node.items.find(item => isScalar(item.key) && String(item.key.value) === String(step))
        if (pair === undefined) break
        keyNode = pair.key as Node
        node = pair.value as Node | null
      } else if (isCollection(node)) {
        keyNode = undefined
        node = node.get(step, true) as Node | undefined
      } else break
    }
    const chosen = key ? (keyNode ?? node) : (node ?? keyNode)
    return at(chosen?.range?.[0])
  }
}
