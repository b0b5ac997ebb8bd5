import {
  holderOf,
  idOf,
  memberByOf,
  membersOfReplicant,
  nextContext,
  previousOf,
  type Dot,
  type Idempotency,
  type Operation,
  type Payload,
} from '../../core/oplog/index.ts'
import { requestOf } from './kept-requests.ts'
import type { Shared } from './admission.ts'
import type { Replica } from './replicas-store.ts'

/** The operation as it will be, but for its stamp and, of a create, its life. */
export function draftOf(
  { options, clock, matrices }: Shared,
  replica: Replica,
  number: number,
  type: string,
  payload: Payload | undefined,
  more: {
    readonly members?: readonly string[] | undefined
    readonly removed?: readonly string[]
    readonly idempotency?: Idempotency
    readonly level?: string
  },
): Operation {
  const { site, incarnation, glueOf, hash } = options
  const { replicant } = replica.core
  const { name, local } = replica
  const dot: Dot = { site, incarnation, number }
  const holder = type === 'create' ? undefined : holderOf(replicant)
  const previous = holder && previousOf(holder, site)
  const memberBy = holder && memberByOf(replicant, holder.life)
  const definition = glueOf(name.service)?.matrixOf(name.kind)
  const matrix = definition && matrices.hashOf(definition)
  const present = membersOfReplicant(replicant)
  return {
    dot,
    stamp: clock,
    replicant: name,
    life: holder === undefined ? { stamp: clock, dot } : idOf(holder.life),
    type,
    context: holder === undefined ? [] : nextContext(local.executed, holder, site),
    ...(previous !== undefined && { previous }),
    ...(memberBy !== undefined && { memberBy: idOf(memberBy) }),
    ...(matrix !== undefined && type !== 'members' && { matrix }),
    ...(more.idempotency !== undefined && {
      idempotency: { ...more.idempotency, ...(payload !== undefined && { request: requestOf(payload, hash) }) },
    }),
    ...(more.level !== undefined && { level: more.level }),
    ...(payload !== undefined && { payload }),
    ...((type === 'create' || type === 'members') && {
      members: { added: (more.members ?? present).toSorted(), removed: (more.removed ?? []).toSorted() },
    }),
  }
}
