import {
  aheadMs,
  dotKey,
  findLife,
  fateOf,
  holderOf,
  isExecuted,
  membersOfReplicant,
  observeStamp,
  sameDot,
  type Operation,
  type OperationId,
  type Replicant,
  type ReplicantStep,
} from '../../../core/oplog/index.ts'
import { largeBodyOf } from '../bodies/body-records.ts'
import { inheritDoubt } from '../write/inherited-doubt.ts'
import { othersOf, tellEntry, tellEvent, tellOperation, tellOutcome } from './words.ts'
import type { Commit } from '../store/commit.ts'
import type { Replica } from '../replica.ts'
import type { Engine } from '../engine.ts'
import type { SealedOperation } from '../../../ports/sync.ts'

/**
 * Carries out what the core has decided about a replicant, within a commit: records, what other members are told, and, when it is
 * on disk, events and the lane.
 *
 * @param arrived operations as their origins signed them, by `dotKey`
 * @param from who brought it; undefined for what is written here
 */
export function takeStep(
  engine: Engine,
  commit: Commit,
  replica: Replica,
  step: ReplicantStep,
  arrived: ReadonlyMap<string, SealedOperation>,
  from?: string,
): void {
  const { options, replicas } = engine
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
          keepOperation(engine, commit, replica, operation, sealed, {
            needsBody: !spent.has(dotKey(operation.dot)),
            // A client has just given it, or the application here has shown it.
            isOurs: from === undefined,
          })
        if (effect.kind === 'waits') break
        held = true
        engine.clock = observeStamp(engine.clock, operation.stamp, engine.time.now())
        tellAhead(engine, commit, operation)
        if (from !== undefined) relay(engine, commit, replica, operation, before)
        tellWhoMistakes(engine, commit, replica, operation)
        // It was released in a run that this store does not know of.
        if (replica.draft !== undefined && sameDot(replica.draft.dot, operation.dot)) dropDraft(engine, commit, replica)
        break
      }
      case 'forgotten':
        if (retained.has(dotKey(effect.operation.dot))) break
        commit.deleteOperation(replica, effect.operation.dot)
        engine.bodies.forget(commit, effect.operation, 'operation')
        supersede(engine, commit, replica, effect.operation)
        inheritDoubt(commit, replica, effect.operation)
        break
      case 'spent':
        engine.bodies.forget(commit, effect.operation, 'operation')
        supersede(engine, commit, replica, effect.operation)
        break
      case 'conflict':
        if (effect.conflict.why !== 'removed-member') supersede(engine, commit, replica, effect.conflict.operation)
        tellEvent(engine, commit, { kind: 'conflict', replicant: name, conflict: effect.conflict })
        break
      case 'settled':
        tellEvent(engine, commit, { kind: 'settled', replicant: name, conflict: effect.conflict })
        break
      case 'members': {
        tellEvent(engine, commit, { kind: 'members', replicant: name, members: effect.members })
        const were = new Set(membersOfReplicant(before))
        if (were.has(options.site) && !effect.members.includes(options.site)) notePart(commit, replica)
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
          tellEntry(engine, commit, member, { kind: 'removal', replicant: name, told: effect.told })
        break
      case 'hole':
        tellEvent(engine, commit, { kind: 'hole', replicant: name, life: effect.life, last: effect.last })
        break
      case 'refused':
        if (effect.reason !== 'no-room')
          tellEvent(engine, commit, { kind: 'refused', from: from ?? options.site, why: effect.reason })
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
  supersedeLost(engine, commit, replica, before)
  if (held) {
    if (from !== undefined) commit.local(replica, { acknowledges: true })
    replicas.due(commit, name, true)
  }
  commit.afterwards(() => {
    engine.unanswered.update(replica)
    if (replica.core.replicant.waiting.length > 0) engine.waits(name)
    engine.kick(replica)
  })
}

/** Who is no member writes what it has by itself: what it was is known when it is one again. */
function notePart(commit: Commit, replica: Replica): void {
  const { bound, hash, answersTell, answered, intent, settling } = replica.local
  if (!bound) return
  // What is being carried out is part of what it was, as far as it is seen.
  const isChanging = intent !== undefined || settling !== undefined
  commit.local(replica, { parted: { hash: isChanging ? undefined : (hash ?? (answersTell ? answered : undefined)) } })
}

/** A site whose clock is far ahead wins against everybody who has not seen its writes: people must know. */
function tellAhead(engine: Engine, commit: Commit, { replicant, dot, stamp }: Operation): void {
  const byMs = aheadMs(stamp, engine.time.now())
  if (byMs > 0) tellEvent(engine, commit, { kind: 'ahead', replicant, dot, byMs })
}

/** A create is told to its members by its origin; acknowledgements tell them of it too, where its origin is cut off from them. */
function isCreateAlone({ effects }: ReplicantStep): boolean {
  const held = effects.flatMap(effect => (effect.kind === 'held' ? [effect.operation.type] : []))
  return held.length === 1 && held[0] === 'create'
}

/** The local write that was under way is decided. */
export function dropDraft({ bodies }: Engine, commit: Commit, replica: Replica): void {
  if (replica.draft !== undefined) bodies.forget(commit, replica.draft, 'draft')
  commit.draft(replica, undefined, undefined)
  commit.local(replica, { draft: undefined })
}

function keepOperation(
  { bodies, fetchBodies }: Engine,
  commit: Commit,
  replica: Replica,
  operation: Operation,
  sealed: SealedOperation,
  { needsBody, isOurs }: { readonly needsBody: boolean; readonly isOurs: boolean },
): void {
  commit.putOperation(replica, operation.dot, sealed)
  if (!needsBody || largeBodyOf(operation) === undefined) return
  bodies.refer(commit, operation, 'operation', isOurs)
  commit.afterwards(fetchBodies)
}

/** What records must be kept of. */
function retainedDots({ lives, waiting }: Replicant): ReadonlySet<string> {
  const lists = lives.flatMap(({ live, conflicts, outside, membership }) => [live, conflicts, outside, membership])
  return new Set([...lists, waiting].flatMap(list => list.map(({ dot }) => dotKey(dot))))
}

/** What was dropped before it was executed here. */
function supersede(engine: Engine, commit: Commit, replica: Replica, operation: Operation): void {
  const known = findLife(replica.core.replicant, operation.life)
  if (known !== undefined && fateOf(known, operation.dot) === 'live') return
  tellSuperseded(engine, commit, replica, operation)
}

/** What counts in a life that does not hold the name, and is not executed here, never will be: a life that has lost stays so. */
function supersedeLost(engine: Engine, commit: Commit, replica: Replica, before: Replicant): void {
  const { replicant } = replica.core
  // Mostly there is one.
  if (replicant.lives.length < 2 || !isExecuted(replicant)) return
  const held = holderOf(before)
  const known = new Set(before.lives.flatMap(life => (life === held ? [] : life.live)))
  for (const { live } of replicant.lives.slice(0, -1))
    for (const operation of live) if (!known.has(operation)) tellSuperseded(engine, commit, replica, operation)
}

function tellSuperseded(engine: Engine, commit: Commit, replica: Replica, operation: Operation): void {
  const { site } = engine.options
  const { dot, type } = operation
  if (dot.site === site || type === 'members') return
  if (replica.local.executed.operations.some(done => sameDot(done.dot, dot))) return
  if (!membersOfReplicant(replica.core.replicant).includes(site)) return
  tellOutcome(engine, commit, replica, operation, 'superseded')
}

/**
 * Passes an operation on to members of which its origin cannot have known when it wrote it: those that are members by something that the
 * origin has not acknowledged. Receivers know an operation when it comes twice.
 */
function relay(engine: Engine, commit: Commit, replica: Replica, operation: Operation, before: Replicant): void {
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
    if (!knew && were.has(member)) tellOperation(engine, commit, member, operation)
  }
}

/**
 * A site begins a life anew whenever it learns of a removal of itself, and cannot see by itself that it is a member all the same, by
 * another life or a later addition. Who was added, and removed by somebody who did not know so, has not been told of that.
 */
function tellWhoMistakes(engine: Engine, commit: Commit, { name, core }: Replica, { members }: Operation): void {
  const others = new Set(othersOf(core.replicant))
  for (const site of members?.removed ?? [])
    if (others.has(site)) commit.tell(site, { kind: 'replicant', replicant: name, knows: [] })
  const removals = core.replicant.lives.flatMap(({ membership }) => membership)
  for (const site of members?.added ?? []) {
    if (others.has(site) || site === core.replicant.site) continue
    for (const removal of removals)
      if (removal.members?.removed.includes(site) === true) tellOperation(engine, commit, site, removal)
  }
}

/** The ≺-greatest change that made each site a member. */
function membersBy({ lives }: Replicant): ReadonlyMap<string, OperationId> {
  const by = new Map<string, OperationId>()
  for (const { changes } of lives)
    for (const { site, member, by: operation } of changes) if (member) by.set(site, operation)
  return by
}
