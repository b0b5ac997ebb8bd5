import { NOTHING_EXPOSED, exposes } from '../../protocols/forward/exposure.ts'
import type { Operation } from '../core/oplog/index.ts'
import type { ResourceAction } from '../ports/replication-glue.ts'
import type { Service } from './services.ts'

/**
 * Whether this site exposes to the origin of an operation what running it here would do: the same rule as for a request that the origin
 * forwards. A reset is run as state, whatever was written at its origin, so all that it may come to has to be exposed; anything else
 * is sent as it was written, and has to be what it says that it is.
 */
export function isExposed(operation: Operation, service: Service | undefined): boolean {
  if (service === undefined) return false
  const { dot, replicant, type, payload } = operation
  const { kind, name } = replicant
  const { glue, config } = service
  const allows = ({ method, path }: { method: string; path: string }): boolean =>
    exposes(config.expose ?? NOTHING_EXPOSED, dot.site, method, path)
  const actions = RESETS.get(type)
  if (actions !== undefined) {
    const requests = actions.map(action => glue.requestFor(kind, name, action))
    // What is made by PATCH is sent as it was written.
    const own = payload?.method === 'PATCH' ? [payload] : []
    return [...requests, ...own].every(request => request !== undefined && allows(request))
  }
  // Nothing could be sent; who the members are is nothing that runs.
  if (payload === undefined) return false
  const { method, path, headers, body } = payload
  const head = { method, target: path, rawHeaders: headers.flat() }
  const parsed = body !== undefined && 'bytes' in body ? glue.parseBody(head.rawHeaders, body.bytes) : undefined
  const said = glue.describe(head, path, parsed)
  return said.is === 'operation' && said.kind === kind && said.name === name && said.type === type && allows(payload)
}

/** What a reset may come to. */
const RESETS: ReadonlyMap<string, readonly ResourceAction[]> = new Map([
  ['create', ['create', 'replace']],
  ['replace', ['create', 'replace']],
  ['state', ['create', 'replace']],
  ['delete', ['delete']],
])
