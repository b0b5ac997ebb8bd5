import type { GlueDefinition, KindDefinition } from './definition.ts'
import { compileTemplate, type PathTemplate } from './template.ts'

/** A definition made ready for matching: everything that a path can be, the most specific first. */
export interface CompiledGlue {
  readonly targets: readonly Target[]
  /** No template has more segments. */
  readonly depth: number
}

/** What a path that fits `template` is. */
export interface Target {
  readonly template: PathTemplate
  readonly kindName: string
  readonly kind: KindDefinition
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
  for (const [kindName, kind] of Object.entries(definition.kinds)) {
    const add = (path: string, role: Target['role']) =>
      targets.push({ template: compileTemplate(path), kindName, kind, role })
    add(kind.collection, { is: 'collection' })
    add(kind.resource, { is: 'resource' })
    for (const [name, operation] of Object.entries(kind.operations ?? {})) {
      add(operation.path, { is: 'operation', name, method: operation.method })
    }
  }
  targets.sort((a, b) => compareSpecificity(a, b))
  return { targets, depth: Math.max(0, ...targets.map(target => target.template.segments.length)) }
}

/**
 * Which of two targets that fit the same path is meant: at the first segment where they differ a literal goes before a
 * variable, and a variable with more text around it before one with less; on equal templates a named operation goes
 * first, since it is for one method only.
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
  if (segment === undefined) return -1
  // No template is longer than 1,024 characters (schema.ts).
  return segment.kind === 'literal' ? 1_025 : segment.prefix.length + segment.suffix.length
}
