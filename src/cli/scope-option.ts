import { parseScope, printScope, scopeOfSites } from '../core/scope/index.ts'
import { CheopsError } from '../errors.ts'
import type { Options } from './command.ts'

/**
 * The scope of `--scope` or `--sites`, undefined without either. It is read here so that an error shows before anything is
 * sent, and handed on as it was written.
 * @throws CheopsError ERR_SCOPE_*, ERR_CLI_USAGE
 */
export function scopeOption(options: Options): string | undefined {
  const [scope, sites] = [options.text('scope'), options.text('sites')]
  if (scope !== undefined && sites !== undefined) {
    throw new CheopsError('ERR_CLI_USAGE', 'Give --scope or --sites, not both.')
  }
  if (sites !== undefined) return printScope(scopeOfSites(sites.split(',').map(site => site.trim())))
  if (scope !== undefined) parseScope(scope)
  return scope
}

/** The URL prefix that carries a scope for clients that cannot send headers: `/~%7Bimage%3A%20site2%7D`. */
export const scopePrefix = (scope: string | undefined): string =>
  scope === undefined ? '' : `/~${encodeURIComponent(scope).replaceAll(/[!'()*]/g, hex)}`

// encodeURIComponent leaves these, and some clients encode them anew and others do not.
const hex = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
