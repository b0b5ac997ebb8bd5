import type { KindTraits, KindMatrix } from '../ports/replication-glue.ts'
import type { GlueDefinition, KindDefinition } from './definition.ts'
import { matrixOf } from './matrix.ts'
import { compileTemplate, type PathTemplate } from './template.ts'
import { traitsOf } from './traits.ts'

/** A definition made ready for matching: everything that a path can be, the most specific first. */
export interface CompiledGlue {
  /** By name. */
  readonly kinds: ReadonlyMap<string, CompiledKind>
  readonly targets: readonly Target[]
  /** Paths of POSTs that change nothing. */
  readonly reads: readonly PathTemplate[]
  /** No template has more segments; without bound where one takes any number. */
  readonly depth: number
}

export interface CompiledKind {
  /** `*` for the kind that stands for many. */
  readonly name: string
  readonly definition: KindDefinition
  readonly collection: PathTemplate
  readonly resource: PathTemplate
  /** Variables of the resource's path whose values make up a name, in their order: `id`, and those of parents. */
  readonly nameVariables: readonly string[]
  readonly traits: KindTraits
  readonly matrix: KindMatrix | undefined
}

/** What a path that fits `template` is. */
export interface Target {
  readonly template: PathTemplate
  readonly kind: CompiledKind
  readonly role:
    | { readonly is: 'collection' }
    | { readonly is: 'resource' }
    | { readonly is: 'operation'; readonly name: string; readonly method: string }
}

/** The kind of this name stands for many: the variable `kind` of its templates says which. */
export const ANY_KIND = '*'

/** @throws TemplateError (template.ts); `check.ts` finds the same errors and says where they stand */
export function compileGlue(definition: GlueDefinition): CompiledGlue {
  const targets: Target[] = []
  const kinds = new Map<string, CompiledKind>()
  for (const [kindName, kindDefinition] of Object.entries(definition.kinds)) {
    const kind = compileKind(kindName, kindDefinition, definition['agent-headers'])
    kinds.set(kindName, kind)
    targets.push({ template: kind.collection, kind, role: { is: 'collection' } })
    targets.push({ template: kind.resource, kind, role: { is: 'resource' } })
    for (const [name, { path, method }] of Object.entries(kindDefinition.operations ?? {})) {
      targets.push({ template: compileTemplate(path), kind, role: { is: 'operation', name, method } })
    }
  }
  targets.sort((a, b) => compareSpecificity(a, b))
  const depths = targets.map(({ template }) => (template.rest === undefined ? template.segments.length : Infinity))
  const reads = (definition.reads ?? []).map(compileTemplate)
  return { kinds, targets, reads, depth: Math.max(0, ...depths) }
}

function compileKind(
  name: string,
  definition: KindDefinition,
  agentHeaders: GlueDefinition['agent-headers'],
): CompiledKind {
  const resource = compileTemplate(definition.resource)
  return {
    name,
    definition,
    collection: compileTemplate(definition.collection),
    resource,
    nameVariables: resource.variables.filter(variable => name !== ANY_KIND || variable !== 'kind'),
    traits: traitsOf(definition, agentHeaders),
    matrix: matrixOf(definition),
  }
}

/** The kind of this name, be it one of those that `*` stands for. */
export function compiledKind(glue: CompiledGlue, name: string): CompiledKind | undefined {
  return name === ANY_KIND ? undefined : (glue.kinds.get(name) ?? glue.kinds.get(ANY_KIND))
}

/**
 * Which of two targets that fit the same path is meant: at the first segment where they differ a literal goes before a
 * variable, a variable with more text around it before one with less, and any before one that takes several segments; on equal templates a
 * named operation goes first, since it is for one method only.
 */
function compareSpecificity(a: Target, b: Target): number {
  const lengths = [a.template.segments.length, b.template.segments.length] as const
  for (let i = 0; i < Math.min(...lengths); i++) {
    const difference = weight(b, i) - weight(a, i)
    if (difference !== 0) return difference
  }
  if (lengths[0] !== lengths[1]) return lengths[1] - lengths[0]
  return Number(b.role.is === 'operation') - Number(a.role.is === 'operation')
}

function weight(target: Target, index: number): number {
  const segment = target.template.segments[index]
  if (segment === undefined || segment.kind === 'rest') return -1
  // No template is longer than 1,024 characters (schema.ts).
  return segment.kind === 'literal' ? 1_025 : segment.prefix.length + segment.suffix.length
}
