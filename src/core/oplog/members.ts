/**
 * Who holds a replicant. Per site the ≺-greatest change decides, a create counts as an addition, and no change is ever forgotten;
 * they apply on receipt, and are no part of the schedule. Source: src/consistency.md "Replicants, lives, members".
 */
import { covers, join, numberOf } from './context.ts'
import { compareText } from '../resource/text-order.ts'
import { compareOperations, compareOrigins, idOf } from './order.ts'
import type { Context } from './context.ts'
import type { Operation } from './operation.ts'
import type { Dot, OperationId } from './order.ts'

/** What one operation said of one site. */
export interface MemberChange {
  readonly site: string
  readonly by: OperationId
  readonly member: boolean
  /**
   * Of a removal: which operations of the removed site some remaining member held when it processed the removal, as far as they have
   * told; of one that the site has made itself also those that it had written until then, as it has signed. Of an addition always empty.
   */
  readonly held: Context
  /** Of a removal: the members that have told, sorted. */
  readonly told: readonly string[]
}

/** Sorted by site, then by ≺. */
export type MemberChanges = readonly MemberChange[]

const compareChanges = (a: MemberChange, b: MemberChange): number =>
  compareText(a.site, b.site) || compareOperations(a.by, b.by)

/** The changes with those of others, the same one once, with what was told of it on either side. */
export function joinChanges(a: MemberChanges, b: MemberChanges): MemberChanges {
  const joined: MemberChange[] = []
  for (const change of [...a, ...b].toSorted(compareChanges)) {
    const known = joined.at(-1)
    if (known === undefined || compareChanges(known, change) !== 0) joined.push(change)
    else {
      const told = [...new Set([...known.told, ...change.told])].toSorted(compareText)
      joined[joined.length - 1] = { ...known, held: join(known.held, change.held), told }
    }
  }
  return joined
}

/** The changes that a create or a members operation makes. */
export function changesOf(operation: Operation): MemberChanges {
  const by = idOf(operation)
  const { dot, context } = operation
  const own = context.filter(({ site }) => site === dot.site)
  const change = (member: boolean) => (site: string) => {
    const held = !member && site === dot.site ? own : []
    return { site, by, member, held, told: [] }
  }
  const { added = [], removed = [] } = operation.members ?? {}
  return joinChanges([], [...added.map(change(true)), ...removed.map(change(false))])
}

/**
 * The context of the operation by which a site leaves: all that it has written is in it. Whoever takes that has held all of this, and nothing else that the site
 * writes, in whatever run, counts.
 */
export function leavingContext(context: Context, knowledge: Context, site: string): Context {
  return join(
    context,
    knowledge.filter(dot => dot.site === site),
  )
}

/** The change that decides for each site. */
export function decidingChanges(changes: MemberChanges): MemberChanges {
  return changes.filter((change, place) => changes[place + 1]?.site !== change.site)
}

/** What was asked of changes before: each step asks several times who the members are, and few steps change them. */
const members = new WeakMap<MemberChanges, readonly string[]>()

/** The members at present, sorted. */
export function membersOf(changes: MemberChanges): readonly string[] {
  const known = members.get(changes)
  if (known !== undefined) return known
  const found = decidingChanges(changes)
    .filter(({ member }) => member)
    .map(({ site }) => site)
  members.set(changes, found)
  return found
}

/** By which operation a site is a member at present; undefined if it is none. For `memberBy` of what it writes. */
export function memberBy(changes: MemberChanges, site: string): OperationId | undefined {
  const deciding = decidingChanges(changes).find(change => change.site === site)
  return deciding?.member === true ? deciding.by : undefined
}

/** Adds what a member held of the removed sites when it processed the removal. */
export function withTold(changes: MemberChanges, removal: OperationId, member: string, held: Context): MemberChanges {
  return changes.map(change =>
    change.member || compareOperations(change.by, removal) !== 0 || change.told.includes(member)
      ? change
      : {
          ...change,
          held: join(
            change.held,
            held.filter(({ site }) => site === change.site),
          ),
          told: [...change.told, member].toSorted(compareText),
        },
  )
}

/** Whether it is a removal that the removed site has made itself: it leaves. */
export function isLeave({ site, by, member }: MemberChange): boolean {
  return !member && by.dot.site === site
}

/**
 * Sites that leave, by what they have said last in this life, with that removal: they keep what they hold until another member has told that it
 * holds that too, and say then that they have let go of it.
 */
export function leavesOf(changes: MemberChanges): MemberChanges {
  return decidingChanges(changes).filter(change => isLeave(change) && !change.told.includes(change.site))
}

/** Whether a site wrote this before that, both its own: runs and numbers rise. */
export function isWrittenBefore(dot: Dot, other: Dot): boolean {
  return dot.site === other.site && (compareOrigins(dot, other) || dot.number - other.number) < 0
}

/**
 * Whether an operation counts:
 *
 * - `in`: no removal of its origin is in the way, or a remaining member held it when it processed that removal, or its origin has named it in the
 *   operation by which it left: who holds that has held all that it names.
 * - `waits`: a remaining member has not yet told what it held.
 * - `out`: nobody held it. It is shown as a conflict.
 *
 * In the way is the first removal after the operation by which the origin believed itself to be a member, and those that came
 * before the origin was added again.
 */
export type Standing = 'in' | 'waits' | 'out'

/**
 * @param changes those of the operation's life: what was removed in one life says nothing of another's operations
 * @param members of the name at present
 */
export function standingOf(changes: MemberChanges, members: readonly string[], operation: Operation): Standing {
  // Changes of members decide by ≺ alone, whoever made them, so that two that remove each other have one outcome.
  // A create is in the context of every removal, so whoever removes has held it.
  if (operation.type === 'members' || operation.type === 'create') return 'in'
  const inTheWay = removalsInTheWay(changes, operation)
  if (inTheWay.length === 0 || inTheWay.some(({ held }) => covers(held, operation.dot))) return 'in'
  const told = new Set(inTheWay.flatMap(change => change.told))
  return members.every(member => member === operation.dot.site || told.has(member)) ? 'out' : 'waits'
}

function removalsInTheWay(changes: MemberChanges, operation: Operation): MemberChanges {
  const since = operation.memberBy ?? operation.life
  const later = changes.filter(
    ({ site, by }) => site === operation.dot.site && compareOperations(by, since) > 0 && !sameOperation(by, operation),
  )
  const first = later.findIndex(({ member }) => !member)
  if (first < 0) return []
  const end = later.findIndex(({ member }, place) => member && place > first)
  return later.slice(first, end < 0 ? undefined : end)
}

/**
 * What is held of a removed site, as it is told of a removal: what an earlier removal has left out is no part of it, though it is known here, nor what its
 * site has written behind that as the same member. Else a second removal would take in what the first one left out. That is told by what counts by the first
 * one, and not by what is shown of the rest: of that there is room for some only.
 *
 * @param teller the site that tells it
 * @param knowledge all that is known
 */
export function heldAtRemoval(
  changes: MemberChanges,
  { site, by }: MemberChange,
  teller: string,
  knowledge: Context,
): Context {
  // Since this site knows one of them, only what these have held counts of what they are in the way of.
  const told = removalsBeside(changes, site, by).filter(removal => removal.told.includes(teller))
  return knowledge.flatMap(dot => {
    if (dot.site !== site) return []
    const counting = told.map(({ held }) => numberOf(held, dot))
    const number = Math.min(dot.number, ...(counting.length > 0 ? [Math.max(...counting)] : []))
    return number < 1 ? [] : [{ ...dot, number }]
  })
}

/** Other removals of a site without an addition between them and this one: they are in the way of the same operations. */
function removalsBeside(changes: MemberChanges, site: string, by: OperationId): MemberChanges {
  const all = changes.filter(change => change.site === site)
  const place = all.findIndex(change => sameOperation(change.by, by))
  const start = all.findLastIndex(({ member }, other) => member && other < place) + 1
  const end = all.findIndex(({ member }, other) => member && other > place)
  return all.slice(start, end < 0 ? undefined : end).filter(change => !sameOperation(change.by, by))
}

const sameOperation = (a: OperationId, b: OperationId): boolean => compareOperations(a, b) === 0
