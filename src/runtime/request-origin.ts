import { HEADER_NAMES, SCOPE_HEADER } from '../core/resource/headers.ts'
import { headerValues } from '../core/resource/http-head.ts'
import { MAX_HOPS, readBaggage } from '../core/resource/request-context.ts'
import type { RequestContext } from '../core/resource/request-context.ts'
import { CheopsError } from '../errors.ts'
import type { Exchange } from '../ports/exchange.ts'
import type { Correlation } from './correlation.ts'

/** Where the scope of a request was found, and whether it could be told. */
export interface Origin {
  readonly context: RequestContext | undefined
  /** It may belong to requests with different scopes. */
  readonly ambiguous: boolean
}

/**
 * Header, URL, baggage; then what is in flight.
 * @throws CheopsError ERR_SCOPE_SYNTAX: which of two scopes is meant cannot be told
 */
export function originOf(exchange: Exchange, correlation: Correlation): Origin {
  const { rawHeaders } = exchange.head
  const baggage = readBaggage(headerValues(rawHeaders, 'baggage'))
  const scope = onlyOne(headerValues(rawHeaders, SCOPE_HEADER)) ?? exchange.urlScope ?? baggage.scope
  if (scope !== undefined) return { context: { scope, hops: baggage.hops ?? 0 }, ambiguous: false }
  const found = correlation.find(rawHeaders)
  return { context: found.kind === 'one' ? found.context : undefined, ambiguous: found.kind === 'ambiguous' }
}

/**
 * The context as it goes on to other agents.
 * @throws CheopsError ERR_FORWARD_LOOP
 */
export function onward({ scope, hops }: RequestContext): RequestContext {
  if (hops + 1 > MAX_HOPS) throw new CheopsError('ERR_FORWARD_LOOP', `the request has passed ${MAX_HOPS} agents`)
  return { scope, hops: hops + 1 }
}

function onlyOne(scopes: readonly string[]): string | undefined {
  const [scope] = scopes
  if (scopes.every(other => other === scope)) return scope
  throw new CheopsError(
    'ERR_SCOPE_SYNTAX',
    `The request has ${scopes.length} ${HEADER_NAMES.scope} headers that differ.`,
  )
}
