import {
  aheadMs,
  dotKey,
  findLife,
  fateOf,
  knowledgeOf,
  membersOfReplicant,
  observeStamp,
  sameDot,
  withAcknowledgement,
  withDot,
  type LifeId,
  type Operation,
  type OperationId,
  type Replicant,
  type ReplicantName,
  type ReplicantStep,
  type Stamp,
} from '../../core/oplog/index.ts'
import { inheritDoubt } from './inherited-doubt.ts'
import { isDone, outcomesOf, withOutcome, type OutcomeWaiters } from './outcomes.ts'
import type { ReplicationContext } from './context.ts'
import type { MatrixBook } from './matrix-book.ts'
import { largeBodyOf, type BodyRecords, type NamedBody } from './body-records.ts'
import type { ReplicationEvent } from './events.ts'
import type { Commit, Replica, ReplicasStore } from './replicas-store.ts'
import type { Repairs } from './repair.ts'
import type { Heard } from './settled.ts'
import type { Scans } from './scans.ts'
import type { Standing } from './standing.ts'
import type { Strangers } from './strangers.ts'
import type { UnprovenNames } from './unproven-names.ts'
import type { Unanswered } from './unanswered.ts'
import type { Came, Outcome, OutboxEntry, SealedOperation } from '../../ports/sync.ts'
import type { SiteOutcome } from './records.ts'

/** What the parts of replication at one site share. */
export interface Shared {
  readonly options: ReplicationContext
  readonly matrices: MatrixBook
  readonly replicas: ReplicasStore
  readonly unanswered: Unanswered
  readonly waiters: OutcomeWaiters
  readonly repairs: Repairs
  /** What each site has said when its last conversation with this one began. */
  readonly heard: Map<string, Heard>
  readonly standing: Standing
  /** Looks at all records that others ask for. */
  readonly scans: Scans
  /** What waits until the key of its origin is known. */
  readonly strangers: Strangers
  /** Names that are kept here on others' word only. */
  readonly unproven: UnprovenNames
  /** Sites that were set back, by the incarnation in which everything was told to them anew. */
  readonly toldAnew: Map<string, string>
  /** The number of the next operation of this run. */
  readonly nextNumber: () => number
  readonly bodies: BodyRecords
  /** Lets large bodies be fetched that are not here. */
  readonly fetchBodies: () => void
  /** Whether nobody has given a large body for so long that it is not waited for any more. */
  readonly isGivenUp: (body: NamedBody) => boolean
  /** The site's clock. */
  clock: Stamp
  /** Something unexpected went wrong with a replicant: it is left alone and shown. Throws what concerns more than it. */
  readonly leaveAlone: (name: ReplicantName, error: unknown) => void
  /** Operations of a replicant wait for others. */
  readonly waits: (name: ReplicantName) => void
  /** Lets the lane of a replicant look whether there is something to do. */
  readonly kick: (replica: Replica) => void
  /** Whether the lane of a replicant has nothing to do, and nothing waits in it. */
  readonly isIdle: (replica: Replica) => boolean
}

/**
 * Carries out what the core has decided about a replicant, within a commit: records, what other members are told, and, when it is
 * on disk, events and the lane.
 *
 * @param arrived operations as their origins signed them, by `dotKey`
 * @param from who brought it; undefined for what is written here
 */
export function takeStep(
  shared: Shared,
  commit: Commit,
  replica: Replica,
  step: ReplicantStep,
  arrived: ReadonlyMap<string, SealedOperation>,
  from?: string,
): void {
  const { options, replicas } = shared
  const before = replica.core.replicant
  const { name } = replica
  commit.core(replica, { replicant: step.replicant })
  // What begins anew may let go of an operation and take it again in one step.
  const retained = retainedDots(step.replicant)
  const spent = new Set(step.effects.flatMap(effect => (effect.kind === 'spent' ? [dotKey(effect.operation.dot)] : [])))
  let held = false
  for (const effect of step.effects) {
    switch (effect.kind) {
      case 'held':
      case 'waits': {
        const { operation } = effect
        const sealed = arrived.get(dotKey(operation.dot))
        if (sealed !== undefined && retained.has(dotKey(operation.dot)))
          keepOperation(shared, commit, replica, operation, sealed, !spent.has(dotKey(operation.dot)))
        if (effect.kind === 'waits') break
        held = true
        shared.clock = observeStamp(shared.clock, operation.stamp, options.clock.now())
        tellAhead(shared, commit, operation)
        if (from !== undefined) relay(shared, commit, replica, operation, before)
        tellWhoMistakes(shared, commit, replica, operation)
        // It was released in a run that this store does not know of.
        if (replica.draft !== undefined && sameDot(replica.draft.dot, operation.dot)) dropDraft(shared, commit, replica)
        break
      }
      case 'forgotten':
        if (retained.has(dotKey(effect.operation.dot))) break
        commit.deleteOperation(replica, effect.operation.dot)
        shared.bodies.forget(commit, effect.operation, 'operation')
        supersede(shared, commit, replica, effect.operation)
        inheritDoubt(commit, replica, effect.operation)
        break
      case 'spent':
        shared.bodies.forget(commit, effect.operation, 'operation')
        supersede(shared, commit, replica, effect.operation)
        break
      case 'conflict':
        if (effect.conflict.why !== 'removed-member') supersede(shared, commit, replica, effect.conflict.operation)
        tellEvent(shared, commit, { kind: 'conflict', replicant: name, conflict: effect.conflict })
        break
      case 'settled':
        tellEvent(shared, commit, { kind: 'settled', replicant: name, conflict: effect.conflict })
        break
      case 'members': {
        tellEvent(shared, commit, { kind: 'members', replicant: name, members: effect.members })
        const were = new Set(membersOfReplicant(before))
        // What is written here is told to its members by the release.
        const added = effect.members.filter(member => !were.has(member) && member !== options.site)
        if (before.lives.length === 0 && (from === undefined || isCreateAlone(step))) break
        for (const member of added) commit.tell(member, { kind: 'replicant', replicant: name, knows: [] })
        // Who was a member before has begun anew: what it acknowledged then it need not know now.
        const acknowledgements = new Map(replica.core.acknowledgements)
        for (const member of added) acknowledgements.delete(member)
        commit.core(replica, { acknowledgements })
        break
      }
      case 'removal':
        for (const member of othersOf(step.replicant))
          tellEntry(shared, commit, member, { kind: 'removal', replicant: name, told: effect.told })
        break
      case 'hole':
        tellEvent(shared, commit, { kind: 'hole', replicant: name, life: effect.life, last: effect.last })
        break
      case 'refused':
        if (effect.reason !== 'no-room')
          tellEvent(shared, commit, { kind: 'refused', from: from ?? options.site, why: effect.reason })
        break
      case 'removed':
        commit.local(replica, { acknowledges: true })
        replicas.due(commit, name, true)
        break
      case 'duplicate':
      case 'stale':
      case 'needs-matrices':
        break
    }
  }
  if (held) {
    if (from !== undefined) commit.local(replica, { acknowledges: true })
    replicas.due(commit, name, true)
  }
  commit.afterwards(() => {
    shared.unanswered.update(replica)
    if (replica.core.replicant.waiting.length > 0) shared.waits(name)
    shared.kick(replica)
  })
}

/** A site whose clock is far ahead wins against everybody who has not seen its writes: people must know. */
function tellAhead(shared: Shared, commit: Commit, { replicant, dot, stamp }: Operation): void {
  const byMs = aheadMs(stamp, shared.options.clock.now())
  if (byMs > 0) tellEvent(shared, commit, { kind: 'ahead', replicant, dot, byMs })
}

/** A create is told to its members by its origin; acknowledgements tell them of it too, where its origin is cut off from them. */
function isCreateAlone({ effects }: ReplicantStep): boolean {
  const held = effects.flatMap(effect => (effect.kind === 'held' ? [effect.operation.type] : []))
  return held.length === 1 && held[0] === 'create'
}

/** The local write that was under way is decided. */
export function dropDraft({ bodies }: Shared, commit: Commit, replica: Replica): void {
  if (replica.draft !== undefined) bodies.forget(commit, replica.draft, 'draft')
  commit.draft(replica, undefined, undefined)
  commit.local(replica, { draft: undefined })
}

function keepOperation(
  { bodies, fetchBodies }: Shared,
  commit: Commit,
  replica: Replica,
  operation: Operation,
  sealed: SealedOperation,
  needsBody: boolean,
): void {
  commit.putOperation(replica, operation.dot, sealed)
  if (!needsBody || largeBodyOf(operation) === undefined) return
  bodies.refer(commit, operation, 'operation')
  commit.afterwards(fetchBodies)
}

/** What records must be kept of. */
function retainedDots({ lives, waiting }: Replicant): ReadonlySet<string> {
  const lists = lives.flatMap(({ live, conflicts, outside, membership }) => [live, conflicts, outside, membership])
  return new Set([...lists, waiting].flatMap(list => list.map(({ dot }) => dotKey(dot))))
}

/** The members besides this site, sorted. */
export function othersOf(replicant: Replicant): readonly string[] {
  return membersOfReplicant(replicant).filter(member => member !== replicant.site)
}

/** Remembers that a member holds an operation that it has written itself, and all that it had executed. */
export function acknowledgedByOrigin(commit: Commit, replica: Replica, operation: Operation): void {
  const { acknowledgements } = replica.core
  const { life, dot, stamp, context } = operation
  const told = [{ life, knowledge: withDot(context, dot), holes: [] }]
  commit.core(replica, { acknowledgements: withAcknowledgement(acknowledgements, dot.site, told, stamp) })
}

/** Tells all other members what is held here, behind what was released, if that is due. */
export function acknowledge(shared: Shared, commit: Commit, replica: Replica): void {
  acknowledgeWith(shared, commit, replica, undefined)
}

/**
 * As `acknowledge`, and tells the origin of an operation in the same entry what became of that here.
 * @returns whether it was told so
 */
function acknowledgeWith(shared: Shared, commit: Commit, replica: Replica, came: Came | undefined): boolean {
  // It vouches for the bodies too.
  if (!replica.local.acknowledges || shared.bodies.missingOf(replica.name).length > 0) return false
  const { replicant } = replica.core
  const entry: OutboxEntry & { readonly kind: 'acknowledgement' } = {
    kind: 'acknowledgement',
    replicant: replica.name,
    lives: knowledgeOf(replicant),
    clock: replicant.clock,
  }
  const others = othersOf(replicant)
  const origin = others.find(site => site === came?.dot.site)
  tellEntryTo(
    shared,
    commit,
    others.filter(site => site !== origin),
    entry,
  )
  if (origin !== undefined && came !== undefined) tellEntry(shared, commit, origin, { ...entry, came })
  commit.local(replica, { acknowledges: false })
  return origin !== undefined
}

/** What tells of what an operation came to here, and acknowledges what is held, if that is due: one entry for its origin. */
export function acknowledgeOutcome(
  shared: Shared,
  commit: Commit,
  replica: Replica,
  operation: OperationId & { readonly life: LifeId },
  outcome: Outcome,
  status: number | undefined,
): void {
  const { site, clock } = shared.options
  const { dot } = operation
  const came: Came = { dot, outcome, at: Math.floor(clock.now()), ...(status !== undefined && { status }) }
  const isTold = acknowledgeWith(shared, commit, replica, dot.site === site ? undefined : came)
  if (isTold) tellEvent(shared, commit, { kind: 'outcome', replicant: replica.name, dot, site, outcome, status })
  else tellOutcome(shared, commit, replica, operation, outcome, status)
}

/** Says what became of an operation here, to its origin. */
export function tellOutcome(
  shared: Shared,
  commit: Commit,
  replica: Replica,
  operation: OperationId & { readonly life: LifeId },
  outcome: Outcome,
  status?: number,
): void {
  const { site, clock } = shared.options
  const { life, dot } = operation
  const told: SiteOutcome = { site, outcome, at: Math.floor(clock.now()), ...(status !== undefined && { status }) }
  if (dot.site === site) return takeOutcome(shared, commit, replica, dot, told)
  const { at } = told
  const word = { replicant: replica.name, life, dot, site, outcome, at, ...(status !== undefined && { status }) }
  tellEntry(shared, commit, dot.site, { kind: 'outcome', ...word })
  tellEvent(shared, commit, { kind: 'outcome', replicant: replica.name, dot, site, outcome, status })
}

/** A site has said what became of an operation of this site. */
export function takeOutcome(
  shared: Shared,
  commit: Commit,
  replica: Replica,
  dot: Operation['dot'],
  told: SiteOutcome,
): void {
  const wasDone = isDone(outcomesOf(replica, dot))
  commit.local(replica, { outcomes: withOutcome(replica.local.outcomes, dot, told) })
  const sites = outcomesOf(replica, dot)
  commit.afterwards(() => shared.waiters.told(dot))
  const { site, outcome, status } = told
  tellEvent(shared, commit, { kind: 'outcome', replicant: replica.name, dot, site, outcome, status })
  if (!wasDone && isDone(sites)) tellEvent(shared, commit, { kind: 'done', replicant: replica.name, dot, sites })
}

/** Puts an operation, and before it the matrix that it names, into the outbox to a site. */
export function tellOperation(shared: Shared, commit: Commit, site: string, operation: Operation): void {
  const { replicant, dot, matrix } = operation
  const entry = matrix === undefined ? undefined : shared.matrices.entryOf(matrix)
  if (entry !== undefined && shared.matrices.isNewTo(commit, site, entry.hash)) tellEntry(shared, commit, site, entry)
  commit.tell(site, { kind: 'operation', replicant, dot })
}

export function tellEntry(shared: Shared, commit: Commit, site: string, entry: OutboxEntry): void {
  tellEntryTo(shared, commit, [site], entry)
}

/** The same to several sites: it is encoded once. */
export function tellEntryTo({ options }: Shared, commit: Commit, sites: readonly string[], entry: OutboxEntry): void {
  if (sites.length === 0) return
  const bytes = options.codec.encodeEntry(entry)
  for (const site of sites) commit.tell(site, { kind: 'entry', bytes })
}

export function tellEvent(shared: Shared, commit: Commit, event: ReplicationEvent): void {
  commit.afterwards(() => shared.options.onEvent(event))
}

/** What was dropped before it was executed here. */
function supersede(shared: Shared, commit: Commit, replica: Replica, operation: Operation): void {
  const { site } = shared.options
  const { dot, life, type } = operation
  if (dot.site === site || type === 'members') return
  if (replica.local.executed.operations.some(done => sameDot(done.dot, dot))) return
  const known = findLife(replica.core.replicant, life)
  if (known !== undefined && fateOf(known, dot) === 'live') return
  if (!membersOfReplicant(replica.core.replicant).includes(site)) return
  tellOutcome(shared, commit, replica, operation, 'superseded')
}

/**
 * Passes an operation on to members of which its origin cannot have known when it wrote it: those that are members by something that the
 * origin has not acknowledged. Receivers know an operation when it comes twice.
 */
function relay(shared: Shared, commit: Commit, replica: Replica, operation: Operation, before: Replicant): void {
  const { replicant, acknowledgements } = replica.core
  const origin = operation.dot.site
  const told = acknowledgements.get(origin)?.knowledge
  const by = membersBy(replicant)
  const were = new Set(membersOfReplicant(before))
  for (const member of othersOf(replicant)) {
    if (member === origin) continue
    const change = by.get(member)
    if (change === undefined || sameDot(change.dot, operation.life.dot) || change.dot.site === origin) continue
    const knew = [...(told?.values() ?? [])].some(context =>
      context.some(
        dot =>
          dot.site === change.dot.site && dot.incarnation === change.dot.incarnation && dot.number >= change.dot.number,
      ),
    )
    // Who has just become a member gets everything.
    if (!knew && were.has(member)) tellOperation(shared, commit, member, operation)
  }
}

/**
 * A site begins a life anew whenever it learns of a removal of itself, and cannot see by itself that it is a member all the same, by
 * another life or a later addition. Who was added, and removed by somebody who did not know so, has not been told of that.
 */
function tellWhoMistakes(shared: Shared, commit: Commit, { name, core }: Replica, { members }: Operation): void {
  const others = new Set(othersOf(core.replicant))
  for (const site of members?.removed ?? [])
    if (others.has(site)) commit.tell(site, { kind: 'replicant', replicant: name, knows: [] })
  const removals = core.replicant.lives.flatMap(({ membership }) => membership)
  for (const site of members?.added ?? []) {
    if (others.has(site) || site === core.replicant.site) continue
    for (const removal of removals)
      if (removal.members?.removed.includes(site) === true) tellOperation(shared, commit, site, removal)
  }
}

/** The ≺-greatest change that made each site a member. */
function membersBy({ lives }: Replicant): ReadonlyMap<string, OperationId> {
  const by = new Map<string, OperationId>()
  for (const { changes } of lives)
    for (const { site, member, by: operation } of changes) if (member) by.set(site, operation)
  return by
}
