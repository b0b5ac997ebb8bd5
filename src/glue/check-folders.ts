import type { GlueDefinition, KindDefinition } from './definition.ts'
import type { Finding } from './parse.ts'
import { compileTemplate, endsInRest, TemplateError, type PathTemplate } from './template.ts'

/** What is wrong with expressions that take several segments (`{+id}`), besides what the template alone shows. */
export interface FolderProblem {
  readonly severity: Finding['severity']
  readonly path: readonly string[]
  readonly message: string
}

export function folderProblems({ kinds }: GlueDefinition): readonly FolderProblem[] {
  const problems: FolderProblem[] = []
  const resources: { readonly name: string; readonly template: PathTemplate }[] = []
  for (const [name, kind] of Object.entries(kinds)) {
    const at = ['kinds', name]
    const template = compiled(kind.resource)
    if (template === undefined) continue
    resources.push({ name, template })
    const collection = compiled(kind.collection)
    if (collection !== undefined && endsInRest(collection)) {
      const message = `nobody can tell the folders from the resources in them: name what is above all, and write {+id} in the path of the resource`
      problems.push({ severity: 'error', path: [...at, 'collection'], message })
    }
    for (const { path, source } of otherPaths(at, kind)) {
      const said = compiled(source)
      const wrong = said?.variables.find(
        variable =>
          template.variables.includes(variable) &&
          (said.rest?.name === variable) !== (template.rest?.name === variable),
      )
      if (wrong === undefined) continue
      const message =
        template.rest?.name === wrong
          ? `the resource's path has {+${wrong}}, which takes several segments: write {+${wrong}} here too`
          : `the resource's path has {${wrong}}, which takes one segment: write {${wrong}} here too`
      problems.push({ severity: 'error', path, message })
    }
  }
  for (const { name, template } of resources) {
    if (template.rest === undefined) continue
    const other = resources.find(each => each.template.rest === undefined && isSameButForRest(template, each.template))
    if (other === undefined) continue
    const message = `a name of one segment is a ${other.name}, of more a ${name}`
    problems.push({ severity: 'note', path: ['kinds', name, 'resource'], message })
  }
  return problems
}

function otherPaths(
  at: readonly string[],
  kind: KindDefinition,
): { readonly path: string[]; readonly source: string }[] {
  const operations = Object.entries(kind.operations ?? {})
  return [
    { path: [...at, 'collection'], source: kind.collection },
    ...operations.map(([name, { path }]) => ({ path: [...at, 'operations', name, 'path'], source: path })),
  ]
}

/** Undefined for what is none: that is said where it stands. */
function compiled(source: string): PathTemplate | undefined {
  try {
    return compileTemplate(source)
  } catch (error) {
    if (error instanceof TemplateError) return undefined
    throw error
  }
}

function isSameButForRest(rest: PathTemplate, plain: PathTemplate): boolean {
  if (rest.segments.length !== plain.segments.length) return false
  return rest.segments.every((segment, i) => {
    const other = plain.segments[i]
    if (segment.kind === 'rest') return other?.kind === 'variable' && other.prefix + other.suffix === ''
    if (segment.kind === 'literal') return other?.kind === 'literal' && other.text === segment.text
    return other?.kind === 'variable' && other.prefix === segment.prefix && other.suffix === segment.suffix
  })
}
