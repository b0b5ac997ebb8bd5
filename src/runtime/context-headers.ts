import {
  CONTEXT_HEADER,
  DETACH_HEADER,
  HEADER_NAMES,
  HOPS_HEADER,
  IF_REPLICATED_HEADER,
  LEVEL_HEADER,
  REQUIRE_HEADER,
  SCOPE_HEADER,
  SERVICE_HEADER,
} from '../core/resource/headers.ts'
import { headerValue, headerValues } from '../core/resource/http-head.ts'
import { writeBaggage } from '../core/resource/request-context.ts'
import type { RequestContext } from '../core/resource/request-context.ts'
import { newTraceparent, toHex, traceIdOf } from '../core/resource/trace-context.ts'
import type { CorrelationRule } from '../ports/glue.ts'
import type { Random } from '../ports/random.ts'

/** How the headers of a request change on its way on. */
export interface HeaderChange {
  /** Lower case. */
  readonly dropHeaders: ReadonlySet<string>
  /** Names and values in turn. */
  readonly addHeaders: readonly string[]
}

/** Written anew between agents. */
const OWN_REQUEST_HEADERS: ReadonlySet<string> = new Set([
  HOPS_HEADER,
  IF_REPLICATED_HEADER,
  SCOPE_HEADER,
  SERVICE_HEADER,
])

/** Said to agents, or between them: no application sees these. */
const NOT_FOR_APPLICATIONS: ReadonlySet<string> = new Set([
  ...OWN_REQUEST_HEADERS,
  CONTEXT_HEADER,
  DETACH_HEADER,
  LEVEL_HEADER,
  REQUIRE_HEADER,
])

const REPLACED_WITH_TRACE: ReadonlySet<string> = new Set([...NOT_FOR_APPLICATIONS, 'baggage'])
const REPLACED_WITHOUT_TRACE: ReadonlySet<string> = new Set([...REPLACED_WITH_TRACE, 'traceparent'])

/** A request without a scope goes to the application as it came. */
export const WITHOUT_CONTEXT: HeaderChange = { dropHeaders: NOT_FOR_APPLICATIONS, addHeaders: [] }

/** What the agent of another site gets (protocols/forward). */
export function headersToSite(service: string, { scope, hops }: RequestContext): HeaderChange {
  const { service: serviceName, scope: scopeName, hops: hopsName } = HEADER_NAMES
  return {
    dropHeaders: OWN_REQUEST_HEADERS,
    addHeaders: [serviceName, service, scopeName, scope, hopsName, String(hops)],
  }
}

/**
 * What the application gets so that its own calls can be told: baggage, a trace, and a request ID if its glue correlates by one.
 * What the client has sent of these stays.
 */
export function headersToApplication(
  rawHeaders: readonly string[],
  context: RequestContext,
  correlate: readonly CorrelationRule[],
  random: Random,
): HeaderChange {
  const addHeaders = ['baggage', writeBaggage(headerValues(rawHeaders, 'baggage'), context)]
  const hasTrace = traceIdOf(headerValue(rawHeaders, 'traceparent') ?? '') !== undefined
  if (!hasTrace) addHeaders.push('traceparent', newTraceparent(random.bytes(24)))
  const wantsRequestId = correlate.some(rule => rule.in === REQUEST_ID_HEADER)
  if (wantsRequestId && headerValue(rawHeaders, REQUEST_ID_HEADER) === undefined) {
    addHeaders.push(REQUEST_ID_HEADER, requestId(random.bytes(16)))
  }
  return { dropHeaders: hasTrace ? REPLACED_WITH_TRACE : REPLACED_WITHOUT_TRACE, addHeaders }
}

/** The one correlation header that can be made up for a request that has none: no application gives its value a meaning. */
const REQUEST_ID_HEADER = 'x-request-id'

/** A random UUID, version 4 (RFC 9562). */
function requestId(random: Uint8Array): string {
  const bytes = Uint8Array.from(random)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = toHex(bytes)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
