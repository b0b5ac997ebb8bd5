import type { Scope } from './ast.ts'

/**
 * The scope of one site's part of a request that runs at several: its service is bound to that site alone, so that the site runs it
 * itself, and what its application asks of the same service stays there. All else it says goes along.
 * @param scope with all its bindings bound to services (`bindScope`)
 */
export function narrowScope(scope: Scope, service: string, site: string): Scope {
  const bindings = scope.bindings.map(binding =>
    binding.service === service
      ? { ...binding, where: { kind: 'site' as const, site, column: binding.column } }
      : binding,
  )
  const isLed = scope.prime?.site === site
  return { ...scope, bindings, prime: isLed ? scope.prime : undefined }
}
