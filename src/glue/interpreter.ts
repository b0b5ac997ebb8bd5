import type { CorrelationRule, Glue } from '../ports/glue.ts'
import { analyse } from './analyse.ts'
import { compileGlue } from './compile.ts'
import type { GlueDefinition } from './definition.ts'

/**
 * What a module adds where a definition cannot say it; the interpreter stays the base.
 * @param service name of the service in the mesh, where the caller knows it
 */
export type GlueModule = (service: string | undefined) => Partial<Pick<Glue, 'refuse' | 'rewrite'>>

/**
 * A driver from a definition that has been checked (check.ts).
 * @throws TemplateError for a template that check.ts would have refused
 */
export function interpret(definition: GlueDefinition, module: GlueModule = () => ({}), service?: string): Glue {
  const compiled = compileGlue(definition)
  const { refuse, rewrite } = module(service)
  return {
    application: definition.application,
    correlate: correlationRules(definition.correlate),
    secrets: definition.secrets ?? [],
    analyse: (head, path) => analyse(compiled, head, path),
    refuse: refuse ?? (() => undefined),
    rewrite: rewrite ?? (() => undefined),
  }
}

function correlationRules(correlate: GlueDefinition['correlate']): readonly CorrelationRule[] {
  if (correlate === undefined) return []
  const list = Array.isArray(correlate)
    ? (correlate as readonly (string | CorrelationRule)[])
    : [correlate as CorrelationRule]
  return list.map(rule =>
    typeof rule === 'string'
      ? { in: rule.toLowerCase(), out: rule.toLowerCase() }
      : { in: rule.in.toLowerCase(), out: rule.out.toLowerCase() },
  )
}
