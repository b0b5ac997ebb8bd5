import type { ApplicationRequest } from '../../../ports/application.ts'
import { requestHeaders } from '../message-heads.ts'

/**
 * The head of a request of the agent: who asks, what is asked, and the framing of the body, which is made here.
 * @param shown headers of the agent's own account, names and values in turn
 * @param host what Host says, where neither the request nor the client does
 */
export function outgoingHeaders(
  { method, headers, body, authority }: Pick<ApplicationRequest, 'method' | 'headers' | 'body' | 'authority'>,
  shown: readonly string[],
  host: string,
): string[] {
  const asked = requestHeaders(
    headers,
    new Set([...FRAMING, 'accept-encoding', ...(authority === 'agent' ? [...IDENTITY, ...namesOf(shown)] : [])]),
    [],
  )
  const head: string[] = []
  if (authority === 'agent') head.push(...asked, ...shown)
  else head.push(...requestHeaders(authority.client, clientDrops(authority.client, namesOf(asked)), []), ...asked)
  if (!namesOf(head).has('host')) head.unshift('Host', host)
  if (body !== undefined || METHODS_WITH_BODY.has(method)) head.push('Content-Length', String(body?.length ?? 0))
  return head
}

/** Made anew for each request. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'expect', 'te', 'trailer'])

/** Who asks: what an operation brings along of this must not take the place of the agent's own account. */
const IDENTITY: ReadonlySet<string> = new Set(['authorization', 'cookie'])

/** What a client says of its own request, not of itself. */
const OF_THE_REQUEST: ReadonlySet<string> = new Set(['accept', 'accept-encoding', 'range', 'prefer', 'idempotency-key'])

/** Those that would be asked for a length: without one some servers answer 411. */
const METHODS_WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

function clientDrops(client: readonly string[], asked: ReadonlySet<string>): ReadonlySet<string> {
  const drops = new Set([...FRAMING, ...OF_THE_REQUEST, ...asked])
  for (const name of namesOf(client)) {
    if (name.startsWith('content-') || name.startsWith('if-') || name.startsWith('cheops-')) drops.add(name)
  }
  return drops
}

/** Lower case. */
function namesOf(rawHeaders: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (let i = 0; i < rawHeaders.length; i += 2) names.add((rawHeaders[i] as string).toLowerCase())
  return names
}
