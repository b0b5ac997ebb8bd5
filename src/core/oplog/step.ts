import { conflictsOf } from './conflicts.ts'
import { covers, join } from './context.ts'
import { begunAnew, isSettled, newLife, take, takeDeed, takeHole, takeOutside, takeSummary } from './life.ts'
import { wasHeld } from './holes.ts'
import { withEarlyWord } from './early-words.ts'
import { MAX_WAITING_OPERATIONS } from './limits.ts'
import {
  changesOf,
  decidingChanges,
  heldAtRemoval,
  isLeave,
  isWrittenBefore,
  joinChanges,
  leavesOf,
  standingOf,
  withTold,
} from './members.ts'
import { compareOperations, dotKey, laterStamp, sameDot } from './order.ts'
import { problemOf } from './problem.ts'
import { wasMissed } from './missed.ts'
import { missingBefore, readiness } from './readiness.ts'
import { findLife, hasParted, isKnown, membersOfReplicant } from './replicant.ts'
import type { Conflict } from './conflicts.ts'
import type { Context } from './context.ts'
import type { Life, LifeSummary } from './life.ts'
import type { Matrices } from './matrix.ts'
import type { MemberChange } from './members.ts'
import type { Operation } from './operation.ts'
import type { OperationProblem } from './problem.ts'
import type { Dot, LifeId, OperationId, Stamp } from './order.ts'
import type { RemovalTold, Replicant } from './replicant.ts'

export type ReplicantEffect =
  /** Is held from now on, and dots up to it may be acknowledged once that is durable. */
  | { readonly kind: 'held'; readonly operation: Operation }
  /** Is no longer needed: its record and its body can go. */
  | { readonly kind: 'forgotten'; readonly operation: Operation }
  /** A create that counts no more, and is kept for what it says of members only: its body can go. */
  | { readonly kind: 'spent'; readonly operation: Operation }
  /** A conflict that was not there before. */
  | { readonly kind: 'conflict'; readonly conflict: Conflict }
  /** A conflict that is none any more: some reset has seen it, or it counts after all. One that is only given up is not told. */
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

export interface ReplicantStep {
  readonly replicant: Replicant
  readonly effects: readonly ReplicantEffect[]
}

/** One event's work on a replicant: the state as it grows, and what is to be done. */
export class Step {
  private readonly before: Replicant
  private readonly matrices: Matrices
  private replicant: Replicant
  private readonly effects: ReplicantEffect[] = []

  constructor(replicant: Replicant, matrices: Matrices) {
    this.before = replicant
    this.replicant = replicant
    this.matrices = matrices
  }

  /**
   * Holds an operation, or lets it wait, or says why it is neither.
   * @returns whether it is held, or may be by now: then others may be ready too
   */
  admit(operation: Operation): boolean {
    const problem = problemOf(operation, this.replicant.name)
    if (problem !== undefined) this.effects.push({ kind: 'refused', operation, reason: problem })
    else if (this.isNoneOfOurs(operation)) return false
    else if (isKnown(this.replicant, operation) && !wasMissed(this.replicant, operation, this.matrices)) {
      this.effects.push({ kind: 'duplicate', dot: operation.dot })
      // It comes again once its matrix is known.
      const isWaiting = this.replicant.waiting.some(({ dot }) => sameDot(dot, operation.dot))
      return isWaiting && readiness(this.replicant, operation, this.matrices) !== 'waits'
    } else if (readiness(this.replicant, operation, this.matrices) === 'waits') this.wait(operation)
    else {
      this.hold(operation)
      return true
    }
    return false
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
    this.put({ ...known, changes: withTold(known.changes, removal, member, held) }, removal.stamp)
    this.takeBack(life)
  }

  /** Another member holds what this site held when it left, or nobody will: it keeps nothing, and says so. */
  letGo(life: LifeId): void {
    const { site } = this.replicant
    const known = findLife(this.replicant, life)
    for (const { by } of known === undefined ? [] : leavesOf(known.changes).filter(change => change.site === site)) {
      const held = findLife(this.replicant, life) ?? newLife(life)
      this.put(
        { ...begunAnew({ ...held, changes: withTold(held.changes, by, site, []) }, site), outside: [] },
        life.stamp,
      )
      this.effects.push({ kind: 'removal', told: { life, removal: by, member: site, held: [] } })
      this.beginEarlierAnew(life)
    }
  }

  absorb(operations: readonly Operation[], summary: LifeSummary): void {
    const had = findLife(this.replicant, summary.life) ?? newLife(summary.life)
    const fresh = operations
      .filter(operation => problemOf(operation, this.replicant.name) === undefined)
      .filter(({ life, dot }) => sameDot(life.dot, summary.life.dot) && !wasHeld(had, dot))
      .toSorted(compareOperations)
    // Who counts, first; then the operations; then what is remembered of those that are gone.
    const { firstDelete } = summary
    // A summary of an earlier version does not have what a site that leaves has signed itself.
    const changes = joinChanges(
      summary.changes,
      fresh.flatMap(operation => (operation.type === 'members' ? changesOf(operation) : [])),
    )
    const members = { ...newLife(summary.life), changes, ...(firstDelete !== undefined && { firstDelete }) }
    this.put(takeSummary(had, members, this.matrices), summary.life.stamp)
    if (this.beginAnew(summary.life, had)) {
      // The rest was made for what this site knew before.
      this.effects.push({ kind: 'stale', life: summary.life })
      return
    }
    // Of what is none of this site's business it takes who the members are.
    if (hasParted(this.replicant)) return
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
    // What this site kept of its own when it began anew comes as it is known to others.
    this.takeBack(summary.life, ({ dot }, known) => wasHeld(known, dot))
  }

  /** What shows who the members are, where this site was removed: for a member that has lost it. */
  keepDeeds(life: LifeId, operations: readonly Operation[]): void {
    if (!hasParted(this.replicant)) return
    for (const operation of operations) {
      const held = findLife(this.replicant, life) ?? newLife(life)
      const isDeed = operation.type === 'members' || sameDot(operation.dot, life.dot)
      if (!isDeed || problemOf(operation, this.replicant.name) !== undefined) continue
      if (!sameDot(operation.life.dot, life.dot)) continue
      const next = takeDeed(held, operation)
      if (!next.membership.includes(operation)) continue
      this.put(next, operation.stamp)
      const waiting = this.replicant.waiting.filter(({ dot }) => !sameDot(dot, operation.dot))
      this.replicant = { ...this.replicant, waiting }
      this.effects.push({ kind: 'held', operation })
    }
  }

  /** What there is before anything that has become ready is looked for. */
  soFar(): ReplicantStep {
    return { replicant: this.replicant, effects: this.effects }
  }

  finish(): ReplicantStep {
    this.drain()
    const { before, replicant, effects } = this
    const kept = new Set(replicant.lives.flatMap(retained))
    for (const operation of before.lives.flatMap(retained))
      if (!kept.has(operation)) effects.push({ kind: 'forgotten', operation })
    const arrived = effects.flatMap(effect => (effect.kind === 'held' ? [effect.operation] : []))
    for (const operation of arrived) if (!kept.has(operation)) effects.push({ kind: 'forgotten', operation })
    const [deeds, known] = [replicant, before].map(({ lives }) => lives.flatMap(deedsOf))
    for (const operation of deeds ?? []) if (!known?.includes(operation)) effects.push({ kind: 'spent', operation })
    const [old, now] = [byDot(conflictsOf(before.lives)), byDot(conflictsOf(replicant.lives))]
    for (const [key, conflict] of now) if (!old.has(key)) effects.push({ kind: 'conflict', conflict })
    for (const [key, conflict] of old) {
      const life = now.has(key) ? undefined : findLife(replicant, conflict.operation.life)
      if (life !== undefined && isSettled(life, conflict.operation)) effects.push({ kind: 'settled', conflict })
    }
    const members = membersOfReplicant(replicant)
    if (membersOfReplicant(before).join() !== members.join()) effects.push({ kind: 'members', members })
    return { replicant, effects }
  }

  private wait(operation: Operation): void {
    const { waiting } = this.replicant
    if (waiting.length >= MAX_WAITING_OPERATIONS) {
      this.effects.push({ kind: 'refused', operation, reason: 'no-room' })
      return
    }
    this.replicant = { ...this.replicant, waiting: [...waiting, operation].toSorted(compareOperations) }
    this.effects.push({ kind: 'waits', operation })
  }

  /** What was out may be in after all, by what was told of removals since; it is taken anew. */
  private takeBack(life: LifeId, may: (operation: Operation, known: Life) => boolean = () => true): void {
    const known = findLife(this.replicant, life)
    if (known === undefined || known.outside.length === 0) return
    const members = membersOfReplicant(this.replicant)
    const back = known.outside.filter(
      operation => may(operation, known) && standingOf(known.changes, members, operation) === 'in',
    )
    if (back.length === 0) return
    this.put({ ...known, outside: known.outside.filter(operation => !back.includes(operation)) }, life.stamp)
    for (const operation of back)
      this.put(take(findLife(this.replicant, life) ?? known, operation, this.matrices), operation.stamp)
  }

  private keepEarly(word: RemovalTold): void {
    this.replicant = { ...this.replicant, early: withEarlyWord(this.replicant.early, word) }
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
        const there = known !== undefined && wasHeld(known, dot) && !wasMissed(this.replicant, operation, this.matrices)
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
    for (const removal of removals ?? []) {
      const changes = findLife(this.replicant, life)?.changes ?? []
      const told = { life, removal: removal.by, member: site, held: heldAtRemoval(changes, removal, site, held) }
      this.told(told)
      this.effects.push({ kind: 'removal', told })
    }
  }

  /**
   * If a removal of this very site has become known: once for each. Who leaves by itself keeps what it holds until somebody else has it, and has nothing
   * to begin anew where it comes back before that: all that it wrote until then counts. A store that was set back to before it let go, or began anew, learns
   * from others that it has, and does so once more.
   *
   * @param before what was known of the life before others told of it
   */
  private beginAnew(life: LifeId, before?: Life): boolean {
    const { site } = this.replicant
    const known = findLife(this.replicant, life)
    const isNews = ({ by }: MemberChange): boolean =>
      before !== undefined && before.knowledge.length > 0 && !knowsRemoval(before, by)
    const own = known?.changes.filter(
      change => change.site === site && !change.member && (!change.told.includes(site) || isNews(change)),
    )
    if (known === undefined || own === undefined || own.length === 0) return false
    // Whose disk was lost has nothing to keep. A store that was set back to before it left may have written more.
    const isLost = before?.knowledge.length === 0
    const isSound =
      !isLost &&
      own.every(
        change =>
          isLeave(change) &&
          !change.told.includes(site) &&
          !known.knowledge.some(dot => isWrittenBefore(change.by.dot, dot)),
      )
    if (isSound && leavesOf(known.changes).some(change => change.site === site)) return false
    const changes = own.reduce((told, { by }) => withTold(told, by, site, []), known.changes)
    if (isSound) {
      this.put({ ...known, changes }, life.stamp)
      return false
    }
    this.put(begunAnew({ ...known, changes }, site), life.stamp)
    this.effects.push({ kind: 'removed', life })
    this.beginEarlierAnew(life)
    const { waiting } = this.replicant
    for (const operation of waiting.filter(each => this.isNoneOfOurs(each)))
      this.effects.push({ kind: 'forgotten', operation })
    this.replicant = { ...this.replicant, waiting: waiting.filter(each => !this.isNoneOfOurs(each)) }
    return true
  }

  /** Of the lives that it had been removed from it was told once more as a member of the one that it is removed from now, or has left. */
  private beginEarlierAnew(now: LifeId): void {
    const { site, lives } = this.replicant
    if (!hasParted(this.replicant)) return
    for (const life of lives) {
      const own = decidingChanges(life.changes).find(change => change.site === site)
      if (!sameDot(life.life.dot, now.dot) && own?.member === false && own.told.includes(site))
        this.put(begunAnew(life, site), life.life.stamp)
    }
  }

  /**
   * What others write is nothing to a site that was removed, but that a life begins or has ended: it may be a member by the next one. That it is one again it is
   * told by a transfer.
   */
  private isNoneOfOurs({ dot, type, life }: Operation): boolean {
    if (type === 'create' || type === 'delete' || dot.site === this.replicant.site || !hasParted(this.replicant))
      return false
    return findLife(this.replicant, life) !== undefined
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

/** Creates that are kept for what they say of members only. */
function deedsOf({ membership, outside }: Life): readonly Operation[] {
  return membership.filter(operation => operation.type === 'create' && !outside.includes(operation))
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
