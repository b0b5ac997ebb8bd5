import type { Liveness } from '../core/resource/catalog.ts'
import { ERROR_HEADER } from '../core/resource/headers.ts'
import { headerValue } from '../core/resource/http-head.ts'
import type { ResponseHead } from '../core/resource/http-head.ts'
import type { Placement } from '../core/scope/index.ts'
import { CheopsError, ERRORS } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import type { Exchange, RelayResult } from '../ports/exchange.ts'
import { MAX_INLINE_BODY_BYTES } from './replication/limits.ts'

/**
 * The sites of a placement in the order in which they are tried: as the scope names them, those that are down last.
 * @throws CheopsError ERR_SCOPE_COLLABORATION for replication and cross
 */
export function sitesInOrder(placement: Placement, livenessOf: (site: string) => Liveness): readonly string[] {
  if (placement.kind === 'site') return [placement.site]
  if (placement.kind !== 'either') throw notYet(placement)
  const sites = placement.parts.map(part => {
    if (part.kind !== 'site') throw notYet(part)
    return part.site
  })
  const isDown = (site: string): boolean => livenessOf(site) === 'down'
  return [...sites.filter(site => !isDown(site)), ...sites.filter(isDown)]
}

/**
 * Answers after which the next site of `||` is tried: a read that finds nothing, and whatever the other agent says that nobody
 * has begun. A request whose body flows as it comes cannot be sent again once it has begun to.
 */
export function acceptOf(isRead: boolean, isOtherAgent: boolean): (answer: ResponseHead) => boolean {
  return answer => {
    // Only an agent's word counts: it takes this header out of the answers of its applications.
    const code = isOtherAgent ? headerValue(answer.rawHeaders, ERROR_HEADER) : undefined
    if (code !== undefined && Object.hasOwn(ERRORS, code)) {
      const known = code as ErrorCode
      if ('retry' in ERRORS[known] || (isRead && isReachability(known))) return false
    }
    return !(isRead && answer.status === 404)
  }
}

/** Failures of the way or of the instance rather than of the request: for a read, another site may do. */
function isReachability(code: ErrorCode): boolean {
  return REACHABILITY.has(code)
}

const REACHABILITY: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_SITE_BROKEN',
  'ERR_SITE_TIMEOUT',
  'ERR_APPLICATION_BROKEN',
  'ERR_APPLICATION_TIMEOUT',
  'ERR_APPLICATION_INVALID',
])

/** Whether the next site may be tried: it is certain that the last one has done nothing, or that it does not matter. `isBound`: the body flows as it comes, and is not kept. */
export function mayTryNext(result: RelayResult, isRead: boolean, isBound: boolean): boolean {
  if (result.kind === 'declined') return true
  if (result.kind !== 'failed') return false
  return result.error.spec.retry === true || (isRead && !isBound && isReachability(result.error.code))
}

/** Reads the body where it says that it is small: the next site can be sent it too then. @throws CheopsError as `Exchange.readBody` */
export async function isHeld(exchange: Exchange): Promise<boolean> {
  const length = Number(headerValue(exchange.head.rawHeaders, 'content-length') ?? Infinity)
  if (length > MAX_INLINE_BODY_BYTES) return false
  await exchange.readBody(MAX_INLINE_BODY_BYTES)
  return true
}

function notYet(placement: Placement): CheopsError {
  const what = placement.kind === 'cross' ? 'cross ("%")' : 'replication ("&")'
  return new CheopsError('ERR_SCOPE_COLLABORATION', `the scope asks for ${what}, which this version does not do`)
}
