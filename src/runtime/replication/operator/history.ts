/** What is known here of the operations of a replicant, for operators: read from its state, in canonical order, without bodies. */
import {
  compareOperations,
  conflictsOf,
  dotKey,
  holderOf,
  isPutAwayOutside,
  membersOfReplicant,
  sameDot,
  type Conflict,
  type Dot,
  type Operation,
  type OperationId,
} from '../../../core/oplog/index.ts'
import { hasAcknowledged, isAcknowledged } from '../outcomes.ts'
import { operationText, whyText } from './replicant-listing.ts'
import type { HistoryEntry, OperationFate, OperationSite } from '../../../ports/replication-control.ts'
import type { Replica } from '../replica.ts'

/** Where an operation stands at this site. */
interface Place {
  readonly fate: OperationFate
  readonly detail?: string
  readonly why?: Conflict['why']
}

export interface KnownOperation extends HistoryEntry {
  readonly id: OperationId
  readonly why: Conflict['why'] | undefined
}

/** An operation that is held here whole, whatever became of it. */
export function heldOperation(replica: Readonly<Replica>, dot: Dot): Operation | undefined {
  const { waiting } = replica.core.replicant
  const draft = replica.draft === undefined ? [] : [replica.draft]
  return [...heldOperations(replica), ...waiting, ...draft].find(held => sameDot(held.dot, dot))
}

function heldOperations({ core }: Readonly<Replica>): readonly Operation[] {
  return core.replicant.lives.flatMap(({ live, conflicts, outside, membership }) => [
    ...live,
    ...conflicts,
    ...outside,
    ...membership,
  ])
}

/** All that are still known, in canonical order. Of own ones that are forgotten, what became of them. */
export function historyOf(replica: Readonly<Replica>): readonly KnownOperation[] {
  const { replicant } = replica.core
  const { site } = replicant
  const conflicts = new Map(conflictsOf(replicant.lives).map(each => [dotKey(each.operation.dot), each.why]))
  const known = heldOperations(replica).map(operation =>
    entryOf(replica, operation, placeOf(replica, operation, conflicts)),
  )
  const waiting = replicant.waiting.map(operation =>
    entryOf(replica, operation, { fate: 'waits', detail: 'what it builds on is not here yet' }),
  )
  const entries = new Map([...known, ...waiting].map(entry => [dotKey(entry.id.dot), entry]))
  if (replica.draft !== undefined && !entries.has(dotKey(replica.draft.dot)))
    entries.set(
      dotKey(replica.draft.dot),
      entryOf(replica, replica.draft, {
        fate: 'uncertain',
        detail:
          replica.local.draft?.accepted === undefined
            ? 'the application here is read until it shows whether it took effect; no other site has it yet'
            : 'the application here has accepted it, and is read until it has done it; no other site has it yet',
      }),
    )
  for (const { dot, sites } of replica.local.outcomes)
    if (!entries.has(dotKey(dot))) {
      const ats = sites.map(told => told.at)
      // At the earliest when its run began, where nobody has told of it.
      const earliest = ats.length > 0 ? Math.min(...ats) : Number.parseInt(dot.incarnation)
      const at = sites.find(told => told.site === site)?.at ?? earliest
      entries.set(dotKey(dot), forgotten(replica, { dot, stamp: { ms: at, counter: 0 } }))
    }
  return [...entries.values()].toSorted((a, b) => compareOperations(a.id, b.id))
}

function placeOf(
  { core, local }: Readonly<Replica>,
  operation: Operation,
  conflicts: ReadonlyMap<string, Conflict['why']>,
): Place {
  const { dot, type, life } = operation
  const { replicant } = core
  if (type === 'members') return { fate: 'executed', detail: 'decides who is a member' }
  const why = conflicts.get(dotKey(dot))
  if (why !== undefined) return { fate: 'conflict', detail: whyText(why), why }
  const holder = holderOf(replicant)
  if (holder === undefined || !sameDot(holder.life.dot, life.dot))
    return { fate: 'superseded', detail: 'it belongs to an earlier life of the name' }
  const isLive = holder.live.some(other => sameDot(other.dot, dot))
  // It is kept for what it says of members, or since it may still turn out to count.
  if (!isLive && (type === 'create' || isPutAwayOutside(operation, holder)))
    return { fate: 'superseded', detail: 'a later write that has seen it takes its place' }
  if (!isLive) return { fate: 'superseded', detail: 'the same request counts under another identity' }
  if (local.uncertain !== undefined && sameDot(local.uncertain, dot))
    return { fate: 'uncertain', detail: 'the application here does not tell whether it took effect' }
  if (local.executed.operations.some(done => sameDot(done.dot, dot))) return { fate: 'executed' }
  if (!membersOfReplicant(replicant).includes(replicant.site))
    return { fate: 'queued', detail: 'this site is no member' }
  if (local.unbound) return { fate: 'queued', detail: 'the application here has something else by this name' }
  if (local.diverged) return { fate: 'queued', detail: 'the application here differs and waits to be repaired' }
  return { fate: 'queued' }
}

function entryOf(replica: Readonly<Replica>, operation: Operation, { fate, detail, why }: Place): KnownOperation {
  const { dot, stamp, type, payload, members, life } = operation
  return {
    id: { stamp, dot },
    operation: operationText(dot),
    site: dot.site,
    at: stamp.ms,
    type,
    request: payload && { method: payload.method, path: payload.path, bytes: lengthOf(payload.body) },
    members: members && { added: members.added, removed: members.removed },
    fate,
    detail,
    why,
    life: operationText(life.dot),
    sites: sitesOf(replica, dot, fate, operation, why),
  }
}

/** One of this site that is held no more: a reset has seen it, or it came to nothing. */
function forgotten(replica: Readonly<Replica>, id: OperationId): KnownOperation {
  const { dot, stamp } = id
  const sites = sitesOf(replica, dot, 'superseded', undefined)
  return {
    id,
    operation: operationText(dot),
    site: dot.site,
    at: stamp.ms,
    type: undefined,
    request: undefined,
    members: undefined,
    fate: 'superseded',
    detail: sites.some(({ outcome }) => outcome === 'void')
      ? 'the application here had accepted it, and has not done it: no other site has seen it'
      : 'a later write that has seen it takes its place',
    why: undefined,
    life: undefined,
    sites,
  }
}

function lengthOf(body: NonNullable<Operation['payload']>['body']): number {
  if (body === undefined) return 0
  return 'bytes' in body ? body.bytes.length : body.length
}

/** What is known of an operation at each member, and at each site that has told of it. */
function sitesOf(
  replica: Readonly<Replica>,
  dot: Dot,
  fate: OperationFate,
  operation: Operation | undefined,
  why?: Conflict['why'],
): readonly OperationSite[] {
  const { replicant } = replica.core
  const entry = replica.local.outcomes.find(known => sameDot(known.dot, dot))
  const told = entry?.sites ?? []
  // Nobody else ever sees it.
  if (told.some(({ outcome }) => outcome === 'void')) return told
  const sites = new Set([...membersOfReplicant(replicant), ...told.map(({ site }) => site)])
  return [...sites].toSorted().map((site): OperationSite => {
    const known = told.find(each => each.site === site)
    // Nobody tells of a change of members: it is in force where it is held.
    if (known !== undefined && (known.outcome !== 'pending' || operation?.type !== 'members')) return known
    if (site === replicant.site) return { site, outcome: ownOutcome(replica, dot, fate, operation, why), at: 0 }
    if (site === dot.site) return { site, outcome: 'applied', at: operation?.stamp.ms ?? 0 }
    const holds = isAcknowledged(replica.core.acknowledgements, site, dot, operation?.life)
    if (dot.site !== replicant.site) return { site, outcome: holds ? 'received' : 'unknown', at: 0 }
    if (holds && operation?.type === 'members') return { site, outcome: 'applied', at: 0 }
    // So many changes were written since that what members have told of this one is forgotten, or it was lost with the disk.
    const isInPart = entry === undefined || entry.isInPart === true
    if (holds && isInPart && fate !== 'superseded') return { site, outcome: 'received', at: 0 }
    const { acknowledgements } = replica.core
    const isHeardOf = operation?.type === 'members' ? acknowledgements.has(site) : hasAcknowledged(replica, site)
    if (isInPart && operation !== undefined && !isHeardOf) return { site, outcome: 'unknown', at: 0 }
    // Who holds what has seen it, and never held it, has nothing to tell of it.
    return { site, outcome: holds && fate === 'superseded' ? 'superseded' : 'pending', at: 0 }
  })
}

/** What became of it here, as far as it is remembered: what was executed before the last reset is told to the origin alone, and forgotten here. */
function ownOutcome(
  { core, local }: Readonly<Replica>,
  dot: Dot,
  fate: OperationFate,
  operation: Operation | undefined,
  why: Conflict['why'] | undefined,
): OperationSite['outcome'] {
  switch (fate) {
    case 'executed':
      return local.failed.some(failed => sameDot(failed, dot)) ? 'failed' : 'applied'
    case 'superseded':
    case 'conflict': {
      if (why === 'refused') return 'failed'
      // A write is released when its own application has answered.
      const isOwn = dot.site === core.replicant.site
      const wasExecuted = local.executed.operations.some(done => sameDot(done.dot, dot))
      return operation?.type === 'members' || isOwn || wasExecuted ? 'applied' : 'unknown'
    }
    case 'uncertain':
      return 'uncertain'
    case 'queued':
    case 'waits':
      return 'pending'
  }
}
