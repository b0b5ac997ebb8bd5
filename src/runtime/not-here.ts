import { HEADER_NAMES } from '../core/resource/headers.ts'
import { nearestName } from '../core/scope/index.ts'
import { CheopsError } from '../errors.ts'
import type { Membership } from '../ports/membership.ts'

/** Why a request for a service cannot run at this site: no site offers it, or others do. */
export function notHere(membership: Membership, service: string): CheopsError {
  const sites = membership.sites()
  const names = sites.flatMap(site => site.services.map(each => each.name))
  if (!names.includes(service)) {
    const nearest = nearestName(service, names)
    const suggestion = nearest === undefined ? '' : `; did you mean "${nearest}"?`
    return new CheopsError('ERR_SERVICE_UNKNOWN', `no site offers a service "${service}"${suggestion}`, { service })
  }
  const where = sites.filter(site => site.services.some(each => each.name === service)).map(site => site.name)
  return new CheopsError(
    'ERR_SERVICE_NOT_LOCAL',
    `${membership.self} does not offer "${service}", but ${where.join(', ')} does; send "${HEADER_NAMES.scope}: ${where[0]}"`,
    { service, sites: where },
  )
}
