import type { Operation } from '../../../core/oplog/index.ts'
import type { ReplicationGlue } from '../../../ports/replication-glue.ts'

/**
 * Whether the definition here makes of an operation's request what that of its origin has made of it: the same kind, and the same name where the
 * path says it. Where two sites have different ones, one would write to another resource than the other, and both would be told that all is well.
 */
export function isMeantHere(glue: ReplicationGlue, { replicant, payload }: Operation): boolean {
  if (glue.kind(replicant.kind) === undefined) return false
  if (payload === undefined) return true
  const { method, path, headers } = payload
  const said = glue.describe({ method, target: path, rawHeaders: headers.flat() }, path, undefined)
  return said.kind === replicant.kind && (!('name' in said) || (said.name ?? replicant.name) === replicant.name)
}
