/**
 * Everything that one member holds of one name: its lives, and what waits until its dependencies are here. Each function takes an
 * event and gives the next state and what is to be done; nothing of the effects may leave the site before the state is durable.
 * Source: 3-consistency "Identity and order", "Replicants, lives, members", "Forgetting".
 */
import { conflictsOf } from './conflicts.ts'
import { covers, join, numberOf } from './context.ts'
import { begunAnew, hasCreate, newLife, take, takeHole, takeOutside, takeSummary } from './life.ts'
import { NOTHING_KNOWN, knowsAll, wasHeld } from './holes.ts'
import { MAX_EARLY_WORDS, MAX_WAITING_OPERATIONS } from './limits.ts'
import { memberBy, membersOf, standingOf, withTold } from './members.ts'
import { countedChanges } from './names.ts'
import { lifeKey } from './operation.ts'
import { compareOperations, dotKey, laterStamp, sameDot } from './order.ts'
import { problemOf } from './problem.ts'
import { ZERO_STAMP } from './stamp-clock.ts'
import type { Conflict } from './conflicts.ts'
import type { Context } from './context.ts'
import type { Known } from './holes.ts'
import type { Life, LifeSummary } from './life.ts'
import type { Matrices } from './matrix.ts'
import type { MemberChanges } from './members.ts'
import type { Operation, ReplicantName } from './operation.ts'
import type { OperationProblem } from './problem.ts'
import type { Dot, LifeId, OperationId, Stamp } from './order.ts'

export interface Replicant {
  readonly name: ReplicantName
  /** The site whose state this is. */
  readonly site: string
  /** Sorted by ≺; the last one holds the name. */
  readonly lives: readonly Life[]
  /** Operations whose dependencies are not here yet, sorted by ≺; not acknowledged, and need not be durable. */
  readonly waiting: readonly Operation[]
  /** Words of members on removals that are not known here yet: they overtake the removal where it comes by another way, or waits. */
  readonly early: readonly RemovalTold[]
  /** The greatest stamp that was ever seen of the name. */
  readonly clock: Stamp
}

export type ReplicantEffect =
  /** Is held from now on, and dots up to it may be acknowledged once that is durable. */
  | { readonly kind: 'held'; readonly operation: Operation }
  /** Is no longer needed: its record and its body can go. */
  | { readonly kind: 'forgotten'; readonly operation: Operation }
  /** A conflict that was not there before. */
  | { readonly kind: 'conflict'; readonly conflict: Conflict }
  /** A conflict that is none any more: some reset has seen it. */
  | { readonly kind: 'settled'; readonly conflict: Conflict }
  | { readonly kind: 'duplicate'; readonly dot: Dot }
  /** Waits for what `missingOf` tells. */
  | { readonly kind: 'waits'; readonly operation: Operation }
  /** Was not taken, and must not be acknowledged: there is no room (it comes again), or it contradicts itself. */
  | { readonly kind: 'refused'; readonly operation: Operation; readonly reason: 'no-room' | OperationProblem }
  | { readonly kind: 'members'; readonly members: readonly string[] }
  /**
   * This site has learnt that it was removed. What it holds of the life begins anew: transfers from the members bring it back, if it is
   * one again, and say what of its own operations counts.
   */
  | { readonly kind: 'removed'; readonly life: LifeId }
  /** To be told to all members: what was held here of a site when its removal was processed. */
  | { readonly kind: 'removal'; readonly told: RemovalTold }
  /**
   * A transfer was not taken: it was made for a member that knows more than this one does now, or by a site that has not learnt yet that it had
   * been removed, so that what it remembers is of operations that do not count. To be asked for again.
   */
  | { readonly kind: 'stale'; readonly life: LifeId }
  /** Was not taken at all: matrices with these hashes must be known before. */
  | { readonly kind: 'needs-matrices'; readonly life: LifeId; readonly matrices: readonly string[] }
  /** Operations that nobody holds were given up; to be reported. `last` is the greatest of them. */
  | { readonly kind: 'hole'; readonly life: LifeId; readonly last: Dot }

/** A member's word on what it held of the sites that a members operation removes, when it processed it. */
export interface RemovalTold {
  readonly life: LifeId
  readonly removal: OperationId
  readonly member: string
  readonly held: Context
}

export interface ReplicantStep {
  readonly replicant: Replicant
  readonly effects: readonly ReplicantEffect[]
}

/** What a member sends to another that has been away: operations and summary are taken in one step. See `transfer.ts`. */
export interface LifeTransfer {
  readonly operations: readonly Operation[]
  /** `since` is what the receiver had told that it knew: the summary covers all else. `from` is the site that sent it. */
  readonly summary?: LifeSummary & { readonly since: Known; readonly from: string }
}

export function newReplicant(name: ReplicantName, site: string): Replicant {
  return { name, site, lives: [], waiting: [], early: [], clock: ZERO_STAMP }
}

/** An operation has arrived, from here or from elsewhere. */
export function admit(replicant: Replicant, operation: Operation, matrices: Matrices): ReplicantStep {
  const problem = problemOf(operation, replicant.name)
  if (problem !== undefined) return { replicant, effects: [{ kind: 'refused', operation, reason: problem }] }
  if (isKnown(replicant, operation)) return { replicant, effects: [{ kind: 'duplicate', dot: operation.dot }] }
  if (readiness(replicant, operation, matrices) === 'waits') {
    if (replicant.waiting.length >= MAX_WAITING_OPERATIONS)
      return { replicant, effects: [{ kind: 'refused', operation, reason: 'no-room' }] }
    const waiting = [...replicant.waiting, operation].toSorted(compareOperations)
    return { replicant: { ...replicant, waiting }, effects: [{ kind: 'waits', operation }] }
  }
  const step = new Step(replicant, matrices)
  step.hold(operation)
  return step.finish()
}

/** A matrix has become known: what waited for it may go on. */
export function matricesChanged(replicant: Replicant, matrices: Matrices): ReplicantStep {
  return new Step(replicant, matrices).finish()
}

/** Nobody holds these operations any more (and what their origins did before them, as far as it is missing): nothing waits for them. */
export function admitHoles(
  replicant: Replicant,
  life: LifeId,
  missing: readonly Dot[],
  matrices: Matrices,
): ReplicantStep {
  const step = new Step(replicant, matrices)
  for (const dot of missing) step.giveUp(life, dot)
  return step.finish()
}

/** What another member holds of a life beyond what is held here: all of it at once, since its summary alone, or its operations alone, would lie. */
export function receive(replicant: Replicant, transfer: LifeTransfer, matrices: Matrices): ReplicantStep {
  const { operations, summary } = transfer
  if (summary === undefined) return admitAll({ replicant, effects: [] }, operations, matrices)
  const held = findLife(replicant, summary.life)
  if (!knowsAll(held ?? NOTHING_KNOWN, summary.since) || !knowsOwnRemovals(summary, held))
    return { replicant, effects: [{ kind: 'stale', life: summary.life }] }
  const unknown = unknownMatrices([...operations, ...summary.droppers], matrices)
  if (unknown.length > 0)
    return { replicant, effects: [{ kind: 'needs-matrices', life: summary.life, matrices: unknown }] }
  const step = new Step(replicant, matrices)
  const isSummed = ({ dot }: Operation): boolean => wasHeld(summary, dot)
  step.absorb(operations.filter(isSummed), summary)
  // What a sender that has begun anew kept of its own is none of what its summary speaks of.
  const others = operations.filter(operation => !isSummed(operation))
  return admitAll(step.finish(), others, matrices)
}

function admitAll(before: ReplicantStep, operations: readonly Operation[], matrices: Matrices): ReplicantStep {
  let { replicant } = before
  const effects = [...before.effects]
  for (const operation of operations.toSorted(compareOperations)) {
    const step = admit(replicant, operation, matrices)
    replicant = step.replicant
    effects.push(...step.effects)
  }
  return { replicant, effects }
}

/** Whether the sender of a summary has begun anew after each removal of itself that is known here. */
function knowsOwnRemovals(
  { from, changes }: { from: string; changes: MemberChanges },
  held: Life | undefined,
): boolean {
  const removals = held?.changes.filter(({ site, member }) => site === from && !member) ?? []
  return removals.every(({ by }) =>
    changes.some(change => change.site === from && sameDot(change.by.dot, by.dot) && change.told.includes(from)),
  )
}

/** A member has told what it held of a removed site. */
export function removalTold(replicant: Replicant, told: RemovalTold, matrices: Matrices): ReplicantStep {
  const step = new Step(replicant, matrices)
  step.told(told)
  return step.finish()
}

/** The dots that operations wait for and that are not here, by life; for asking others, and for giving up. */
export function missingOf(replicant: Replicant): readonly { readonly life: LifeId; readonly dots: readonly Dot[] }[] {
  const waiting = new Set(replicant.waiting.map(({ dot }) => dotKey(dot)))
  const missing = new Map<string, { life: LifeId; dots: Map<string, Dot> }>()
  for (const { life, context } of replicant.waiting) {
    const knowledge = findLife(replicant, life)?.knowledge ?? []
    const entry = missing.get(lifeKey(life)) ?? { life, dots: new Map<string, Dot>() }
    for (const dot of context)
      if (!covers(knowledge, dot) && !waiting.has(dotKey(dot))) entry.dots.set(dotKey(dot), dot)
    if (entry.dots.size > 0) missing.set(lifeKey(life), entry)
  }
  return missing
    .values()
    .map(({ life, dots }) => ({ life, dots: [...dots.values()] }))
    .toArray()
}

/** Hashes of matrices that operations wait for. */
export function missingMatrices(replicant: Replicant, matrices: Matrices): readonly string[] {
  return unknownMatrices(replicant.waiting, matrices)
}

function unknownMatrices(named: readonly { readonly matrix?: string }[], matrices: Matrices): readonly string[] {
  return [...new Set(named.flatMap(({ matrix }) => (matrix === undefined || matrices.has(matrix) ? [] : [matrix])))]
}

export function findLife({ lives }: Replicant, life: LifeId): Life | undefined {
  return lives.find(held => sameDot(held.life.dot, life.dot))
}

/** The life that holds the name: the greatest. */
export function holderOf({ lives }: Replicant): Life | undefined {
  return lives.at(-1)
}

/** The members of the name at present, sorted. */
export function membersOfReplicant(replicant: Replicant): readonly string[] {
  return membersOf(countedChanges(replicant.lives))
}

/** For `memberBy` of what the site writes next on a life: undefined if it is a member by the life's create, or none. */
export function memberByOf(replicant: Replicant, life: LifeId): OperationId | undefined {
  const by = memberBy(countedChanges(replicant.lives), replicant.site)
  return by === undefined || sameDot(by.dot, life.dot) ? undefined : by
}

/** Whether the operation was held here at any time, or waits here. */
export function isKnown(replicant: Replicant, { life, dot }: Pick<Operation, 'life' | 'dot'>): boolean {
  const held = findLife(replicant, life)
  if (held !== undefined && wasHeld(held, dot)) return true
  return replicant.waiting.some(operation => sameDot(operation.dot, dot))
}

/** `in` and `out` as their standing says; `waits` if something is not here yet. */
function readiness(replicant: Replicant, operation: Operation, matrices: Matrices): 'in' | 'out' | 'waits' {
  if (operation.matrix !== undefined && !matrices.has(operation.matrix)) return 'waits'
  const life = findLife(replicant, operation.life)
  const missing = missingBefore(life, operation)
  if (life === undefined || operation.type === 'create') return missing.length > 0 ? 'waits' : 'in'
  const isLost = missing.length > 0 && hasCreate(life) && missing.every(dot => isHeldByNobody(life, operation, dot))
  if (missing.length > 0 && !isLost) return 'waits'
  // Where its create is a hole nobody knows who its members are.
  if (hasCreate(life) && !wasMember(replicant, operation)) return 'waits'
  const standing = standingOf(life.changes, membersOfReplicant(replicant), operation)
  return isLost && standing === 'in' ? 'waits' : standing
}

/** What an operation depends on and is not here. */
function missingBefore(life: Life | undefined, { context }: Operation): Context {
  return context.filter(dot => !covers(life?.knowledge ?? [], dot))
}

/**
 * Whether what is missing was written by the same site, and no member that processed a removal of it had more of it than is held here.
 * Where the operation does not count, that does not either, and the origin itself may have forgotten it: it need not be waited for.
 */
function isHeldByNobody({ changes, knowledge }: Life, operation: Operation, missing: Dot): boolean {
  if (missing.site !== operation.dot.site) return false
  return changes.every(
    ({ site, held }) => site !== missing.site || numberOf(held, missing) <= numberOf(knowledge, missing),
  )
}

/** Whether it is known here that the origin had become a member by what it says: anybody can sign an operation. */
function wasMember({ lives }: Replicant, { dot, life, memberBy: by = life }: Operation): boolean {
  return lives.some(({ changes }) =>
    changes.some(change => change.member && change.site === dot.site && sameDot(change.by.dot, by.dot)),
  )
}

/** One event's work: the state as it grows, and what is to be done. */
class Step {
  private readonly before: Replicant
  private readonly matrices: Matrices
  private replicant: Replicant
  private readonly effects: ReplicantEffect[] = []

  constructor(replicant: Replicant, matrices: Matrices) {
    this.before = replicant
    this.replicant = replicant
    this.matrices = matrices
  }

  hold(operation: Operation): void {
    const { life, stamp } = operation
    const held = findLife(this.replicant, life) ?? newLife(life)
    const out = readiness(this.replicant, operation, this.matrices) === 'out'
    const knowledge = join(held.knowledge, missingBefore(held, operation))
    this.put(out ? takeOutside({ ...held, knowledge }, operation) : take(held, operation, this.matrices), stamp)
    this.effects.push({ kind: 'held', operation })
    if (operation.type !== 'members' || out) return
    this.tell(life, held.knowledge)
    this.beginAnew(life)
  }

  giveUp(life: LifeId, dot: Dot): void {
    const held = findLife(this.replicant, life) ?? newLife(life)
    if (covers(held.knowledge, dot)) return
    this.put(takeHole(held, dot), life.stamp)
    this.effects.push({ kind: 'hole', life, last: dot })
  }

  told(word: RemovalTold): void {
    const { life, removal, member, held } = word
    const known = findLife(this.replicant, life)
    if (known === undefined || !knowsRemoval(known, removal)) return this.keepEarly(word)
    const changed = { ...known, changes: withTold(known.changes, removal, member, held) }
    // What was out may be in after all; it is taken anew.
    const back = known.outside.filter(
      operation => standingOf(changed.changes, membersOfReplicant(this.replicant), operation) === 'in',
    )
    const outside = known.outside.filter(operation => !back.includes(operation))
    this.put({ ...changed, outside }, removal.stamp)
    for (const operation of back)
      this.put(take(findLife(this.replicant, life) ?? changed, operation, this.matrices), operation.stamp)
  }

  absorb(operations: readonly Operation[], summary: LifeSummary): void {
    const had = findLife(this.replicant, summary.life) ?? newLife(summary.life)
    const fresh = operations
      .filter(operation => problemOf(operation, this.replicant.name) === undefined)
      .filter(({ life, dot }) => sameDot(life.dot, summary.life.dot) && !wasHeld(had, dot))
      .toSorted(compareOperations)
    // Who counts, first; then the operations; then what is remembered of those that are gone.
    const members: LifeSummary = { ...newLife(summary.life), changes: summary.changes }
    this.put(takeSummary(had, members, this.matrices), summary.life.stamp)
    if (this.beginAnew(summary.life)) {
      // The rest was made for what this site knew before.
      this.effects.push({ kind: 'stale', life: summary.life })
      return
    }
    for (const operation of fresh) {
      const life = findLife(this.replicant, summary.life) ?? had
      const standing = standingOf(life.changes, membersOfReplicant(this.replicant), operation)
      const next = standing === 'in' ? take(life, operation, this.matrices) : takeOutside(life, operation)
      this.put(next, operation.stamp)
      this.effects.push({ kind: 'held', operation })
    }
    const life = findLife(this.replicant, summary.life) ?? had
    // What is known is what either knew before: the operations between the fresh ones may be holes.
    const { knowledge, holes } = had
    // What this site kept of its own when it began anew, and the sender has seen dropped, is no conflict.
    const outside = life.outside.filter(
      ({ dot }) => wasHeld(had, dot) || !wasHeld(summary, dot) || fresh.some(operation => sameDot(operation.dot, dot)),
    )
    this.put(takeSummary({ ...life, knowledge, holes, outside }, summary, this.matrices), clockOf(summary))
    this.tell(summary.life, had.knowledge)
  }

  finish(): ReplicantStep {
    this.drain()
    const { before, replicant, effects } = this
    const kept = new Set(replicant.lives.flatMap(retained))
    for (const operation of before.lives.flatMap(retained))
      if (!kept.has(operation)) effects.push({ kind: 'forgotten', operation })
    const arrived = effects.flatMap(effect => (effect.kind === 'held' ? [effect.operation] : []))
    for (const operation of arrived) if (!kept.has(operation)) effects.push({ kind: 'forgotten', operation })
    const [old, now] = [byDot(conflictsOf(before.lives)), byDot(conflictsOf(replicant.lives))]
    for (const [key, conflict] of now) if (!old.has(key)) effects.push({ kind: 'conflict', conflict })
    for (const [key, conflict] of old) if (!now.has(key)) effects.push({ kind: 'settled', conflict })
    const members = membersOfReplicant(replicant)
    if (membersOfReplicant(before).join() !== members.join()) effects.push({ kind: 'members', members })
    return { replicant, effects }
  }

  private keepEarly(word: RemovalTold): void {
    const others = this.replicant.early.filter(
      ({ removal, member }) => member !== word.member || !sameDot(removal.dot, word.removal.dot),
    )
    this.replicant = { ...this.replicant, early: [...others, word].slice(-MAX_EARLY_WORDS) }
  }

  /** What was told before its removal was known here. */
  private hearEarly(): void {
    const { early } = this.replicant
    if (early.length === 0) return
    this.replicant = { ...this.replicant, early: [] }
    for (const word of early) this.told(word)
  }

  /** One pass in ≺ order finds all that has become ready, since dependencies come first; another is due when members have changed. */
  private drain(): void {
    for (let again = true; again;) {
      again = false
      this.hearEarly()
      for (const operation of this.replicant.waiting) {
        const { life, dot } = operation
        const known = findLife(this.replicant, life)
        const there = known !== undefined && wasHeld(known, dot)
        if (!there && readiness(this.replicant, operation, this.matrices) === 'waits') continue
        this.replicant = { ...this.replicant, waiting: this.replicant.waiting.filter(other => other !== operation) }
        if (there) continue
        this.hold(operation)
        again ||= operation.type === 'members' || operation.type === 'create'
      }
    }
  }

  /** Says what was held of removed sites, once for each removal. */
  private tell(life: LifeId, held: Context): void {
    const { site } = this.replicant
    const removals = findLife(this.replicant, life)?.changes.filter(
      change => !change.member && change.site !== site && !change.told.includes(site),
    )
    for (const { by, site: removed } of removals ?? []) {
      const told = { life, removal: by, member: site, held: held.filter(dot => dot.site === removed) }
      this.told(told)
      this.effects.push({ kind: 'removal', told })
    }
  }

  /** If a removal of this very site has become known: once for each. */
  private beginAnew(life: LifeId): boolean {
    const { site } = this.replicant
    const known = findLife(this.replicant, life)
    const own = known?.changes.filter(change => change.site === site && !change.member && !change.told.includes(site))
    if (known === undefined || own === undefined || own.length === 0) return false
    const changes = own.reduce((told, { by }) => withTold(told, by, site, []), known.changes)
    this.put(begunAnew({ ...known, changes }, site), life.stamp)
    this.effects.push({ kind: 'removed', life })
    return true
  }

  private put(life: Life, stamp: Stamp): void {
    const others = this.replicant.lives.filter(({ life: { dot } }) => !sameDot(dot, life.life.dot))
    const lives = [...others, life].toSorted((a, b) => compareOperations(a.life, b.life))
    this.replicant = { ...this.replicant, lives, clock: laterStamp(this.replicant.clock, stamp) }
  }
}

function knowsRemoval({ changes }: Life, { dot }: OperationId): boolean {
  return changes.some(({ by, member }) => !member && sameDot(by.dot, dot))
}

function retained({ live, conflicts, outside, membership }: Life): readonly Operation[] {
  return [...live, ...conflicts, ...outside, ...membership]
}

function byDot(conflicts: readonly Conflict[]): ReadonlyMap<string, Conflict> {
  return new Map(conflicts.map(conflict => [dotKey(conflict.operation.dot), conflict]))
}

/** The greatest stamp that a summary knows of. */
function clockOf({ life, droppers, changes }: LifeSummary): Stamp {
  return [...droppers.map(({ greatest }) => greatest), ...changes.map(({ by }) => by)].reduce(
    (clock, { stamp }) => laterStamp(clock, stamp),
    life.stamp,
  )
}

/** Lives of which nothing may be executed, since their create was lost; to be reported. */
export function livesWithoutCreate({ lives }: Replicant): readonly LifeId[] {
  return lives.filter(life => !hasCreate(life)).map(({ life }) => life)
}
