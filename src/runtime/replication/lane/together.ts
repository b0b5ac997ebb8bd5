/**
 * Merges that follow each other, carried out as one request: what a member missed while it was away, or has to do once more since something came before it.
 * One by one each would cost a request and two commits, and who reads meanwhile would see the resource go back. Source: src/consistency.md "Plan, at one site".
 */
import { covers, dotKey, sameDot, type Operation, type Payload } from '../../../core/oplog/index.ts'
import { combinedPatches, isObject, merged } from '../drift/merge-patch.ts'
import { MAX_COMBINED_BYTES, MAX_CARRIED_OUT_TOGETHER } from '../limits.ts'
import { isMeantHere } from './meant.ts'
import type { LaneBook } from './lane-book.ts'
import type { State } from '../application/state.ts'
import type { Replica, RunState } from '../replica.ts'

/** Operations in their order, one at least. */
export type Several = readonly [first: Operation, ...others: Operation[]]

/** Operations, and the one request that stands for them. */
export interface Together {
  readonly operations: Several
  readonly request: Payload
}

/** A whole body and merges behind it, and what they come to. */
export interface Folded {
  readonly operations: Several
  readonly state: State
}

type Patch = Readonly<Record<string, unknown>>

/** One that may stand together with others: a merge patch that may be sent again, whatever came of it, and that nobody has to find again. */
interface Merge {
  readonly operation: Operation
  readonly payload: Payload
  readonly patch: Patch
  readonly bytes: number
}

/** What the application here has taken, by `dotKey`, and at which place. */
type Taken = ReadonlyMap<string, number>
export const NOTHING_TAKEN: Taken = new Map()

/** What a replay is to carry out once more may stand together as it did. */
export function takenBy({ local: { executed, failed } }: LaneBook): Taken {
  const applied = executed.operations.filter(({ dot }) => !failed.some(other => sameDot(other, dot)))
  return new Map(applied.map(({ dot }, place) => [dotKey(dot), place]))
}

/** Replicants of which several operations were sent as one, and the application did not say that it has done that. */
const apart = new WeakSet<RunState>()

/** Each is sent by itself until the lane has got through: what was done of them is seen one by one, and what cannot be done is known. */
export function sendApart({ run }: Replica): void {
  apart.add(run)
}

/** The lane has got through. */
export function sendTogether({ run }: Replica): void {
  apart.delete(run)
}

/** Whether each is sent by itself at present. */
export function areSentApart({ run }: Replica): boolean {
  return apart.has(run)
}

/** The request that the first of these operations come to; undefined where no two of them do. */
export function patchOf(book: LaneBook, operations: readonly Operation[], taken: Taken): Together | undefined {
  const [first, ...others] = operations.length > 1 ? mergesAtBegin(book, operations, taken) : []
  if (first === undefined) return undefined
  const together: [Operation, ...Operation[]] = [first.operation]
  let { patch } = first
  for (const next of others) {
    const both = isSameRequest(first.payload, next.payload) ? combinedPatches(patch, next.patch) : undefined
    if (both === undefined) break
    patch = both
    together.push(next.operation)
  }
  if (together.length === 1) return undefined
  const bytes = new TextEncoder().encode(JSON.stringify(patch))
  return { operations: together, request: { ...first.payload, body: { bytes } } }
}

/**
 * The state that a whole body and the first of these operations behind it come to; undefined where that cannot be told, or none of them is a merge.
 * @param state that the whole body says
 */
export function stateWith(
  book: LaneBook,
  reset: Operation,
  state: State,
  behind: readonly Operation[],
  taken: Taken,
): Folded | undefined {
  if (behind.length === 0) return undefined
  const { glue, name } = book.resource
  const traits = glue.kind(name.kind)
  const path = glue.requestFor(name.kind, name.name, 'replace')?.path
  if (traits === undefined || traits.isImmutable || traits.putMerges || state.is !== 'json' || !isObject(state.value))
    return undefined
  const merges = mergesAtBegin(book, behind, taken)
  // What its query says besides would not be said; and no whole body takes away what is never shown, nor what a PUT leaves.
  const end = merges.findIndex(({ payload, patch }) => payload.path !== path || takesAway(patch))
  const folded = end < 0 ? merges : merges.slice(0, end)
  if (folded.length === 0) return undefined
  const value = folded.reduce<unknown>((all, { patch }) => merged(all, patch), state.value)
  return { operations: [reset, ...folded.map(({ operation }) => operation)], state: { is: 'json', value } }
}

function mergesAtBegin(book: LaneBook, operations: readonly Operation[], taken: Taken): readonly Merge[] {
  const { glue, name } = book.resource
  // What is in effect later is looked for one by one.
  if (glue.kind(name.kind)?.settlesWithinMs !== undefined) return []
  const merges: Merge[] = []
  let bytes = 0
  for (const operation of operations.slice(0, MAX_CARRIED_OUT_TOGETHER)) {
    const merge = mergeOf(book, operation)
    if (merge === undefined || !merges.every(before => mayFollow(before, merge, taken))) break
    bytes += merge.bytes
    if (bytes > MAX_COMBINED_BYTES) break
    merges.push(merge)
  }
  return merges
}

/**
 * Whether an application that takes both at once takes what it would one by one: the second was taken behind the first at its own site, or here. What two clients have made of it at
 * the same time is sent one after the other at first, also where they name different fields: the application may refuse to change what it has by then.
 */
function mayFollow({ operation }: Merge, next: Merge, taken: Taken): boolean {
  if (covers(next.operation.context, operation.dot)) return true
  const [place, nextPlace] = [operation, next.operation].map(({ dot }) => taken.get(dotKey(dot)))
  return place !== undefined && nextPlace !== undefined && place < nextPlace
}

function mergeOf(book: LaneBook, operation: Operation): Merge | undefined {
  const { dot, type, payload } = operation
  const { site, mayRun } = book.engine.options
  const { glue, name } = book.resource
  // A key changes nothing: it is no part of what the application is sent, and of one request with one key one operation counts, by itself or among others.
  if (type !== 'merge' || payload?.method !== 'PATCH') return undefined
  if (payload.body === undefined || !('bytes' in payload.body) || !book.isLive(operation)) return undefined
  // A coding or a digest would be that of another body.
  if (payload.headers.some(([header]) => header !== 'content-type')) return undefined
  const { mayReplay, maySendAgain } = book.traits(operation)
  if (!mayReplay || !maySendAgain || (dot.site !== site && !mayRun(operation))) return undefined
  const state = book.resource.inlineStateIn(operation)
  if (state?.is !== 'json' || !isObject(state.value)) return undefined
  if (glue.markIn(name.kind, type, state) !== undefined || !isMeantHere(glue, operation)) return undefined
  return { operation, payload, patch: state.value, bytes: payload.body.bytes.length }
}

function takesAway(patch: Patch): boolean {
  return Object.values(patch).some(value => value === null || (isObject(value) && takesAway(value)))
}

function isSameRequest(a: Payload, b: Payload): boolean {
  return a.path === b.path && JSON.stringify(a.headers) === JSON.stringify(b.headers)
}
