import {
  holderOf,
  idOf,
  leavingContext,
  memberByOf,
  membersOfReplicant,
  nextContext,
  previousOf,
  settlingContext,
  type Context,
  type Dot,
  type Executed,
  type Idempotency,
  type Life,
  type Operation,
  type Payload,
  type Settles,
} from '../../../core/oplog/index.ts'
import { requestOf } from './kept-requests.ts'
import type { Engine } from '../engine.ts'
import type { Replica } from '../replica.ts'

/** The operation as it will be, but for its stamp and, of a create, its life. */
export function draftOf(
  { options, clock, matrices }: Engine,
  replica: Replica,
  number: number,
  type: string,
  payload: Payload | undefined,
  more: {
    readonly members?: readonly string[] | undefined
    readonly removed?: readonly string[]
    readonly idempotency?: Idempotency
    readonly level?: string
    readonly adopts?: string
    /** Conflicts of the life that are settled by it: see `settlingContext`. */
    readonly settles?: Settles
    /** The life as whoever settles them has seen it; what has come since stays a conflict. */
    readonly seen?: Life
    /** Of another life than the one that holds the name. */
    readonly life?: Life
    /** What is executed, where more of it is known than is written down. */
    readonly executed?: Executed | undefined
  },
): Operation {
  const { site, incarnation, glueOf, hash } = options
  const { replicant } = replica.core
  const { name } = replica
  const dot: Dot = { site, incarnation, number }
  const holder = type === 'create' ? undefined : (more.life ?? holderOf(replicant))
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
    context: holder === undefined ? [] : contextOf(replica, holder, site, more),
    ...(previous !== undefined && { previous }),
    ...(memberBy !== undefined && { memberBy: idOf(memberBy) }),
    ...(matrix !== undefined && type !== 'members' && { matrix }),
    ...(more.idempotency !== undefined && {
      idempotency: { ...more.idempotency, ...(payload !== undefined && { request: requestOf(payload, hash) }) },
    }),
    ...(more.level !== undefined && { level: more.level }),
    ...(more.adopts !== undefined && { adopts: more.adopts }),
    ...(payload !== undefined && { payload }),
    ...((type === 'create' || type === 'members') && {
      members: { added: (more.members ?? present).toSorted(), removed: (more.removed ?? []).toSorted() },
    }),
  }
}

function contextOf(
  { local }: Replica,
  life: Life,
  site: string,
  {
    settles,
    seen = life,
    removed,
    executed = local.executed,
  }: {
    readonly settles?: Settles
    readonly seen?: Life
    readonly removed?: readonly string[]
    readonly executed?: Executed | undefined
  },
): Context {
  const next = nextContext(executed, life, site)
  const context = removed?.includes(site) === true ? leavingContext(next, life.knowledge, site) : next
  if (settles === undefined) return context
  const { live, conflicts, outside } = seen
  return settlingContext(context, { ...life, conflicts, outside, ...(settles === 'life' && { live }) }, settles)
}
