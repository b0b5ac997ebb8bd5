import { HOPS_HEADER, SCOPE_HEADER, SERVICE_HEADER } from '../../src/core/resource/headers.ts'
import { headerValue } from '../../src/core/resource/http-head.ts'
import { isOverride } from '../../src/core/resource/override-headers.ts'
import type { RequestHead } from '../../src/core/resource/http-head.ts'
import { MAX_SCOPE_BYTES } from '../../src/core/scope/index.ts'
import { MAX_HOPS } from '../../src/core/resource/request-context.ts'
import type { RequestContext } from '../../src/core/resource/request-context.ts'
import { CheopsError } from '../../src/errors.ts'
import { exposes } from './exposure.ts'
import type { Exposure } from './exposure.ts'
import { RateLimit } from './rate-limit.ts'

export interface AdmissionParts {
  /** The site that a peer has proved to be, undefined for one that is no member. */
  siteOfPeer(peerId: string): string | undefined
  /** What others may use of a service of this site; undefined for a service that the site does not offer. */
  exposure(service: string): Exposure | undefined
  readonly requestsPerSecondPerPeer: number
  /** Milliseconds, never going back. */
  now(): number
}

/** A forwarded request that may go to the application. */
export interface Admitted {
  /** The site that sent it. */
  readonly from: string
  readonly service: string
  readonly context: RequestContext | undefined
}

/**
 * Decides about each forwarded request before the application sees a byte of it: membership, rate, framing, hop count, and
 * what this site exposes, in this order, so that a stranger learns nothing of what there is.
 */
export class Admission {
  readonly #parts: AdmissionParts
  readonly #rates = new Map<string, RateLimit>()

  constructor(parts: AdmissionParts) {
    this.#parts = parts
  }

  /** @throws CheopsError ERR_FORWARD_NOT_MEMBER, _RATE, _INVALID, _LOOP, _NOT_EXPOSED, ERR_SERVICE_NOT_LOCAL */
  admit(peerId: string, head: RequestHead): Admitted {
    const from = this.#parts.siteOfPeer(peerId)
    if (from === undefined)
      throw new CheopsError('ERR_FORWARD_NOT_MEMBER', 'the peer has shown no site record of this mesh')
    if (!this.#rateOf(from).take(this.#parts.now())) {
      const bound = this.#parts.requestsPerSecondPerPeer
      throw new CheopsError('ERR_FORWARD_RATE', `${from} has sent more than ${bound} requests a second`)
    }
    const service = headerValue(head.rawHeaders, SERVICE_HEADER)
    if (service === undefined) throw new CheopsError('ERR_FORWARD_INVALID', `the header ${SERVICE_HEADER} is missing`)
    const context = contextOf(head)
    // The absolute form, which an application could take for an order to ask another host.
    if (!head.target.startsWith('/') && head.target !== '*') {
      throw new CheopsError('ERR_FORWARD_INVALID', 'the target of the request is no path')
    }
    const exposure = this.#parts.exposure(service)
    if (exposure === undefined) {
      throw new CheopsError('ERR_SERVICE_NOT_LOCAL', `this site does not offer "${service}"`, { service })
    }
    if (!exposes(exposure, from, head.method, head.target)) {
      const what = `${head.method} ${head.target.split('?', 1)[0]?.slice(0, 200)}`
      throw new CheopsError('ERR_FORWARD_NOT_EXPOSED', `${from} may not use ${what} of "${service}" here`, { service })
    }
    const override = overrideIn(exposure, head)
    if (override !== undefined) {
      const why = `${override} may make another request of it, and ${from} may not use all of "${service}" here`
      throw new CheopsError('ERR_FORWARD_NOT_EXPOSED', why, { service })
    }
    return { from, service, context }
  }

  #rateOf(site: string): RateLimit {
    let rate = this.#rates.get(site)
    if (rate === undefined) this.#rates.set(site, (rate = new RateLimit(this.#parts.requestsPerSecondPerPeer)))
    return rate
  }
}

function contextOf(head: RequestHead): RequestContext | undefined {
  const scope = headerValue(head.rawHeaders, SCOPE_HEADER)
  const hopsText = headerValue(head.rawHeaders, HOPS_HEADER)
  if (hopsText === undefined || !/^\d{1,3}$/.test(hopsText)) {
    throw new CheopsError('ERR_FORWARD_INVALID', `the header ${HOPS_HEADER} is not a number of hops`)
  }
  const hops = Number(hopsText)
  if (hops > MAX_HOPS) throw new CheopsError('ERR_FORWARD_LOOP', `the request has passed ${hops} agents`)
  if (scope !== undefined && scope.length > MAX_SCOPE_BYTES) {
    throw new CheopsError('ERR_FORWARD_INVALID', `the scope has more than ${MAX_SCOPE_BYTES} bytes`)
  }
  return scope === undefined ? undefined : { scope, hops }
}

/** What would lead past the methods and paths that are exposed, where not all of them are. */
function overrideIn({ methods, paths }: Exposure, head: RequestHead): string | undefined {
  if (methods.includes('*') && paths.includes('/**')) return undefined
  return head.rawHeaders.find((name, place) => place % 2 === 0 && isOverride(name))
}
