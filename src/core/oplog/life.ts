/**
 * One life of a name: the operations of it that count, and what decides about those that come late. An operation that is dropped
 * is forgotten at once, and all answers stay those of the full set: see `dropped.ts`. Source: src/consistency.md "Forgetting".
 */
import { EMPTY_CONTEXT, covers } from './context.ts'
import { isDropped, isSeen, joinDroppers, lastDelete, withDropper } from './dropped.ts'
import { joinKnown, wasHeld, withHeld, withHole } from './holes.ts'
import { isKeyOf, isOnePerKey, joinKeys, keyOf, withKey } from './idempotency.ts'
import { MAX_CONFLICTS } from './limits.ts'
import { changesOf, joinChanges } from './members.ts'
import { isReset } from './matrix.ts'
import { compareOperations, dotKey, idOf, sameDot } from './order.ts'
import { join } from './context.ts'
import type { Droppers } from './dropped.ts'
import type { Known } from './holes.ts'
import type { Keys } from './idempotency.ts'
import type { Matrices } from './matrix.ts'
import type { MemberChanges } from './members.ts'
import { leftOutBy } from './operation.ts'
import type { Operation } from './operation.ts'
import type { Dot, LifeId, OperationId } from './order.ts'

/** What is remembered of a life besides operations: constant in size, whatever was written. */
export interface LifeSummary extends Known {
  readonly life: LifeId
  readonly droppers: Droppers
  readonly changes: MemberChanges
  readonly keys: Keys
  /** The ≺-smallest delete: whether the life had ended before a greater one began. */
  readonly firstDelete?: OperationId
  /** Idempotency key of the create, if it had one, as {@link keyOf} writes it: the same key in another life is the same wish. */
  readonly createKey?: string
  /** What the create adopts: see `Operation`. What comes after it may be all that a member gets of the life. */
  readonly adopts?: string
  /** Bodies of conflicts that were given up, since there were more than are kept. */
  readonly conflictsForgotten: number
}

export interface Life extends LifeSummary {
  /** What counts: the ≺-greatest reset, and all others that no reset has seen; or the ≺-greatest delete alone. Sorted by ≺. */
  readonly live: readonly Operation[]
  /** What was dropped although no reset has seen it, or a state has left it out (`refused`, `unsettled`), sorted by ≺; of what is kept under one idempotency key see `conflicts.ts`. */
  readonly conflicts: readonly Operation[]
  /** What a removed site wrote and no remaining member held: no part of the schedule. Sorted by ≺. */
  readonly outside: readonly Operation[]
  /**
   * What still decides for some site whether it is a member, for those that have not got it: members operations; and the create once it stands
   * in no other list. A site that nobody knows as a member shows by what members have signed that it is one, and that there is such a life. Sorted by ≺.
   */
  readonly membership: readonly Operation[]
}

export function newLife(life: LifeId): Life {
  return {
    life: idOf(life),
    knowledge: EMPTY_CONTEXT,
    holes: [],
    droppers: [],
    changes: [],
    keys: new Map(),
    conflictsForgotten: 0,
    live: [],
    conflicts: [],
    outside: [],
    membership: [],
  }
}

/** Whether the life's create, and with it its first members, is known: by itself, or by what a member told that had it. */
export function hasCreate(life: Life): boolean {
  return wasHeld(life, life.life.dot)
}

/** The life with an operation that it does not hold; its dependencies are the caller's concern, and so is its standing. */
export function take(life: Life, operation: Operation, matrices: Matrices): Life {
  const known = { ...without(life, operation), ...withHeld(life, operation.dot, operation.previous) }
  if (operation.type === 'members') {
    const changes = joinChanges(life.changes, changesOf(operation))
    return { ...known, changes, membership: deciding(inserted(life.membership, operation), changes) }
  }
  const droppers = withDropper(life.droppers, operation, matrices)
  const keys = withKey(life.keys, operation, matrices)
  const isDropping = droppers !== life.droppers || keys !== life.keys || operation.type === 'create'
  // What drops nothing leaves all others as they are: else each of thousands would cost a look at all of them.
  if (!isDropping && !isDuplicate(keys, operation, matrices) && !isDropped(operation, droppers, matrices))
    return { ...known, live: inserted(life.live, operation) }
  const next: Life = {
    ...known,
    droppers,
    keys,
    live: inserted(life.live, operation),
    ...(operation.type === 'create' && createdBy(life, operation)),
    ...(operation.type === 'delete' && endedBy(life, operation)),
  }
  return settled(next, matrices)
}

/** The life without an operation that did not count so far. */
function without(life: Life, { dot }: Operation): Life {
  const outside = life.outside.filter(other => !sameDot(other.dot, dot))
  return outside.length === life.outside.length ? life : { ...life, outside }
}

function createdBy(life: Life, create: Operation): Partial<Life> {
  const changes = joinChanges(life.changes, changesOf(create))
  const { idempotency, adopts } = create
  return {
    changes,
    ...(idempotency !== undefined && { createKey: keyOf(idempotency) }),
    ...(adopts !== undefined && { adopts }),
  }
}

function endedBy({ firstDelete }: Life, { stamp, dot }: Operation): Partial<Life> {
  const earlier = firstDelete !== undefined && compareOperations(firstDelete, { stamp, dot }) < 0
  return earlier ? {} : { firstDelete: { stamp, dot } }
}

/** The life with an operation that does not count. */
export function takeOutside(life: Life, operation: Operation): Life {
  const outside = inserted(without(life, operation).outside, operation)
  return {
    ...life,
    ...withHeld(life, operation.dot, operation.previous),
    outside: outside.slice(-MAX_CONFLICTS),
    conflictsForgotten: life.conflictsForgotten + beyondRoom(outside),
  }
}

/** How many of these conflicts are not kept. */
function beyondRoom({ length }: readonly Operation[]): number {
  return Math.max(0, length - MAX_CONFLICTS)
}

/**
 * The life of a site that has learnt of its own removal: to be brought back by transfers from the members, which decide what of its
 * own counts. Until then that is shown as conflicts, and nothing is lost.
 */
export function begunAnew(life: Life, site: string): Life {
  const own = [...life.live, ...life.conflicts, ...life.outside].filter(({ dot }) => dot.site === site)
  const outside = own.toSorted(compareOperations).slice(-MAX_CONFLICTS)
  const { membership } = withDeed({ ...life, live: [], conflicts: [] }, life)
  const conflictsForgotten = life.conflictsForgotten + beyondRoom(own)
  return { ...newLife(life.life), changes: life.changes, membership, outside, conflictsForgotten }
}

/** The life of a site that was removed from it, with an operation that says who its members are: to show it to a member that has lost it. */
export function takeDeed(life: Life, operation: Operation): Life {
  // A create that counts, or is a conflict, shows it already.
  const lists = [life.live, life.conflicts, life.membership]
  if (lists.some(list => list.some(({ dot }) => sameDot(dot, operation.dot)))) return life
  return { ...life, membership: deciding(inserted(life.membership, operation), life.changes) }
}

/** The life after it was decided that nobody holds an operation any more. */
export function takeHole(life: Life, dot: Dot): Life {
  return { ...life, ...withHole(life, dot) }
}

/** The life with what another member remembers of it; the operations that came with it must have been taken before. */
export function takeSummary(life: Life, summary: LifeSummary, matrices: Matrices): Life {
  const changes = joinChanges(life.changes, summary.changes)
  const ended = [life.firstDelete, summary.firstDelete].filter(first => first !== undefined)
  const firstDelete = ended.toSorted(compareOperations)[0]
  const createKey = life.createKey ?? summary.createKey
  const adopts = life.adopts ?? summary.adopts
  const next: Life = {
    ...life,
    ...joinKnown(life, summary, join(life.knowledge, summary.knowledge)),
    droppers: joinDroppers(life.droppers, summary.droppers),
    changes,
    // What somebody says is looked through before: the first operation of two stays.
    keys: joinKeys(life.keys, withOwnKeys({ ...life, keys: summary.keys }).keys),
    membership: deciding(life.membership, changes),
    conflictsForgotten: Math.max(life.conflictsForgotten, summary.conflictsForgotten),
    ...(firstDelete !== undefined && { firstDelete }),
    ...(createKey !== undefined && { createKey }),
    ...(adopts !== undefined && { adopts }),
  }
  return settled(withOwnKeys(next), matrices)
}

/**
 * The life without what is remembered of a key as that of an operation which is held, and has no such key: somebody has said so who could not know it, or believed it of
 * what the operation called itself. Else it would take away what somebody else has asked with that key. Of what is not held any more nobody can tell.
 */
export function withOwnKeys(life: Life): Life {
  if (life.keys.size === 0 && life.createKey === undefined) return life
  const lists = [life.live, life.conflicts, life.outside, life.membership]
  const held = new Map(lists.flat().map(operation => [dotKey(operation.dot), operation]))
  const isOwn = (text: string, dot: Dot): boolean => {
    const operation = held.get(dotKey(dot))
    return operation === undefined || isKeyOf(text, operation)
  }
  const { createKey, ...keyless } = life
  const next = createKey === undefined || isOwn(createKey, life.life.dot) ? life : keyless
  if ([...life.keys].every(([text, { dot }]) => isOwn(text, dot))) return next
  return { ...next, keys: new Map([...life.keys].filter(([text, { dot }]) => isOwn(text, dot))) }
}

/** Drops what is to be dropped, and keeps of it what somebody may miss. */
function settled(life: Life, matrices: Matrices): Life {
  const { droppers } = life
  const lost: Operation[] = []
  const live = life.live.filter(operation => {
    if (isDuplicate(life.keys, operation, matrices)) return false
    if (!isDropped(operation, droppers, matrices)) return true
    // Of two deletes either will do.
    if (operation.type !== 'delete') lost.push(operation)
    return false
  })
  const isUnsettled = unsettledBy(live, droppers)
  const conflicts = [...life.conflicts, ...lost]
    .filter(isUnsettled)
    .filter(operation => !isDuplicate(life.keys, operation, matrices))
    .toSorted(compareOperations)
  const next: Life = {
    ...life,
    live,
    conflicts: conflicts.slice(-MAX_CONFLICTS),
    outside: life.outside.filter(isUnsettled),
    conflictsForgotten: life.conflictsForgotten + beyondRoom(conflicts),
  }
  return withDeed(next, life)
}

/** Whether what has lost is a conflict still: no reset has seen it, or but a state that has left it out. */
function unsettledBy(live: readonly Operation[], droppers: Droppers): (lost: Operation) => boolean {
  const leftOut = live.flatMap(leftOutBy)
  // What a state has seen and left out is lost all the same, unless something else that says what the resource is has seen it too.
  const others = leftOut.length === 0 ? droppers : droppers.filter(({ type }) => type !== 'state')
  const isLeftOut = (dot: Dot): boolean => leftOut.some(other => sameDot(other, dot)) && !isSeen(dot, others)
  return ({ dot }) => !isSeen(dot, droppers) || isLeftOut(dot)
}

/** Whether what was a conflict is none any more since it counts, or was seen: and not only given up, for want of room or with all that was held. */
export function isSettled(life: Life, conflict: Operation): boolean {
  if (!wasHeld(life, conflict.dot)) return false
  if (life.live.some(({ dot }) => sameDot(dot, conflict.dot)) || !unsettledBy(life.live, life.droppers)(conflict))
    return true
  const isBeforeAll = ([first]: readonly Operation[]): boolean =>
    first !== undefined && compareOperations(conflict, first) < 0
  return ![life.conflicts, life.outside].some(list => list.length >= MAX_CONFLICTS && isBeforeAll(list))
}

/** The life, and of one that it has grown from the create that it keeps for what it says of members only. */
function withDeed(life: Life, before: Life): Life {
  const isDeed = ({ type }: Operation): boolean => type === 'create'
  const others = life.membership.filter(operation => !isDeed(operation))
  const isKept = life.live.some(isDeed) || life.conflicts.some(isDeed)
  const deed = [before.live, before.conflicts, life.membership].flatMap(list => list.filter(isDeed))[0]
  if (isKept || deed === undefined)
    return others.length === life.membership.length ? life : { ...life, membership: others }
  return { ...life, membership: deciding(inserted(others, deed), life.changes) }
}

/** What the state that counts has left out, since an application has refused it. */
export function refusedBy({ live }: Pick<Life, 'live'>): readonly Dot[] {
  return live.flatMap(({ refused = [] }) => refused)
}

function isDuplicate(keys: Keys, operation: Operation, matrices: Matrices): boolean {
  if (!isOnePerKey(operation, matrices)) return false
  const first = keys.get(keyOf(operation.idempotency))
  return first !== undefined && !sameDot(first.dot, operation.dot) && compareOperations(first, operation) < 0
}

/** Those that still decide for some site, and the create. Each once: who begins anew keeps them, and is told them again. */
function deciding(operations: readonly Operation[], changes: MemberChanges): readonly Operation[] {
  return operations.filter(({ dot, type }, place) => {
    const before = operations[place - 1]
    if (before !== undefined && sameDot(before.dot, dot)) return false
    if (type === 'create') return true
    return changes.some((change, at) => sameDot(change.by.dot, dot) && changes[at + 1]?.site !== change.site)
  })
}

function inserted(operations: readonly Operation[], operation: Operation): readonly Operation[] {
  let place = operations.length
  // Most operations come last.
  for (let before = operations[place - 1]; before !== undefined; before = operations[place - 1]) {
    if (compareOperations(before, operation) < 0) break
    place--
  }
  return operations.toSpliced(place, 0, operation)
}

/** Whether the life ended before the other life began. */
export function endedBefore({ firstDelete }: Life, life: LifeId): boolean {
  return firstDelete !== undefined && compareOperations(firstDelete, life) < 0
}

/** Whether the life was deleted. */
export function isDeleted({ droppers }: Life): boolean {
  return lastDelete(droppers) !== undefined
}

/** How many operations stand past the last reset: beyond `MAX_OPERATIONS_PAST_RESET` a `state` operation is due. */
export function operationsPastReset(life: Life, matrices: Matrices): number {
  return life.live.filter(operation => !isReset(operation, matrices)).length
}

/** Whether `dot` counts in this life, was dropped, or was never held. */
export function fateOf(life: Life, dot: Dot): 'live' | 'dropped' | 'conflict' | 'outside' | 'unknown' {
  const isIt = (operation: Operation): boolean => sameDot(operation.dot, dot)
  if (life.live.some(isIt)) return 'live'
  if (life.conflicts.some(isIt)) return 'conflict'
  if (life.outside.some(isIt)) return 'outside'
  return covers(life.knowledge, dot) && wasHeld(life, dot) ? 'dropped' : 'unknown'
}
