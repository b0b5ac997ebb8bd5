/**
 * What an application has taken on and may not show yet: it answers a create, a change or a delete with success (202 says so itself), and the resource is
 * made, changed or gone some seconds later. What it shows meanwhile is neither drift nor a reason to send anything again, for a bounded time.
 * Source: src/consistency.md "Applying to a black box".
 */
import { sameDot } from '../../../core/oplog/index.ts'
import { ACCEPTED_WITHIN_MS, RETRY_BASE_MS, RETRY_CAP_MS } from '../limits.ts'
import { writtenOf } from './comparison.ts'
import { fitOf } from './written-fields.ts'
import type { Engine } from '../engine.ts'
import { ABSENT, type Replica, type RunState, type Settling } from '../replica.ts'
import type { Resource } from '../application/resource.ts'
import type { Reading } from '../application/state.ts'

/** As an application says that it has begun, and is not done. */
const ACCEPTED = 202

/** Whose application has answered before it had done it. In memory alone. */
const isLate = new WeakSet<RunState>()

/**
 * What is to be awaited after an answer of success; undefined where it is in effect by then.
 * @param before what the application had
 */
export function settlingAfter(
  engine: Engine,
  { glue, name }: Resource,
  { does, before }: Pick<Settling, 'does' | 'before'>,
  status: number,
  replica: Replica,
): Settling | undefined {
  const withinMs = glue.kind(name.kind)?.settlesWithinMs ?? (status === ACCEPTED ? ACCEPTED_WITHIN_MS : 0)
  if (withinMs === 0) return undefined
  isLate.add(replica.run)
  const isOneOfMore = isSettling(engine, replica) && replica.local.settling?.does !== 'delete'
  return { does, since: engine.options.clock.now(), withinMs, before, ...(isOneOfMore && { isOneOfMore }) }
}

/** What an answer with success says of what is shown: nothing, where that comes later. */
export function answeredBy<T extends { readonly answered: string | undefined; readonly seen: unknown }>(
  shown: T,
  settling: Settling | undefined,
): T | { readonly answered: undefined; readonly seen: undefined } {
  return settling === undefined ? shown : { answered: undefined, seen: undefined }
}

/** When something is written down before it is sent: only where a kind's effects come later does it matter how long ago that was. */
export function momentOf({ options: { clock } }: Engine, { glue, name }: Resource): { readonly at?: number } {
  return glue.kind(name.kind)?.settlesWithinMs === undefined ? {} : { at: clock.now() }
}

/** Whether what was written down then, and was perhaps sent, may still take effect. */
export function mayLand({ options }: Engine, { glue, name }: Resource, at: number | undefined): boolean {
  const withinMs = glue.kind(name.kind)?.settlesWithinMs
  return at !== undefined && withinMs !== undefined && isWithin(options.clock.now(), at, withinMs)
}

/**
 * Whether it has to be known what the application has before it is sent something: where that comes later, and only the application can say what comes of it, it is seen by nothing but
 * that something else is shown.
 */
export function mayComeLater({ run }: Replica, { glue, name }: Resource): boolean {
  return isLate.has(run) || glue.kind(name.kind)?.settlesWithinMs !== undefined
}

/**
 * When it is looked again whether something has come, milliseconds from now: soon at first, and then after half as long as it has taken by now. The pauses of what is refused grow with each
 * attempt at anything: of twenty changes that each come a second later all but the first few would wait for a quarter of a minute.
 */
export function looksAgainInMs({ options }: Engine, { local: { settling } }: Replica): number {
  if (settling === undefined) return RETRY_BASE_MS
  const takenMs = Math.abs(options.clock.now() - settling.since)
  return Math.min(Math.max(takenMs / 2, RETRY_BASE_MS), Math.max(settling.withinMs - takenMs, 1), RETRY_CAP_MS)
}

/** Whether something may still come. A clock that jumps ends it. */
export function isSettling(engine: Engine, { local: { settling } }: Replica): boolean {
  return settling !== undefined && mayBeDone(engine, settling)
}

/** Whether what was accepted here may still be done. */
export function mayBeDone({ options }: Engine, { since, withinMs }: Pick<Settling, 'since' | 'withinMs'>): boolean {
  return isWithin(options.clock.now(), since, withinMs)
}

/** Whether a moment is so near to now, in either direction: clocks are set. */
export function isWithin(now: number, since: number, withinMs: number): boolean {
  return Math.abs(now - since) < withinMs
}

/** Whether what was to be made is not there yet, or what was to go still is: whatever comes next would meet the wrong thing. */
export function isInTheWay(engine: Engine, replica: Replica, reading: Reading): boolean {
  if (!isSettling(engine, replica)) return false
  // A change that was accepted since may be of what is still to be made.
  const isGoing = replica.local.settling?.does === 'delete'
  return reading.is === (isGoing ? 'present' : 'absent') && !isLostMeanwhile(engine, replica, reading)
}

/**
 * Whether what was to be changed was there, and is not, and its application was just found to have lost what it had: nothing comes of what it has accepted before, or it is of no use.
 * What was still to be made may come yet.
 */
function isLostMeanwhile(engine: Engine, { local: { settling }, name }: Replica, reading: Reading): boolean {
  const wasThere = settling?.does === 'change' && settling.before !== undefined && settling.before !== ABSENT
  return reading.is === 'absent' && wasThere && engine.losesAll(name.service)
}

/**
 * Whether a change may still come to what is there, and would come over what is done next: a whole body, or a deletion, after which it may bring back what was
 * deleted. What it was to be is forgotten by then, so that all that can be told is whether what was there has changed.
 * @param before what is to be done next
 */
export function mayComeAfter(
  engine: Engine,
  replica: Replica,
  reading: Reading & { readonly is: 'present' },
  before: 'replace' | 'delete',
): boolean {
  const { settling } = replica.local
  if (settling === undefined || settling.does === 'delete' || !isSettling(engine, replica)) return false
  // What is overtaken by a body differs from it, and is found by that; what was deleted is nobody's any more.
  if (settling.isOneOfMore === true && before === 'delete') return true
  return settling.does === 'change' && (settling.before === undefined || settling.before === reading.hash)
}

/** What is still to come when what was accepted last is shown: the one before it may come last. */
export function stillToCome(engine: Engine, replica: Replica): { readonly settling: Settling | undefined } {
  const { settling } = replica.local
  return { settling: settling?.isOneOfMore === true && isSettling(engine, replica) ? settling : undefined }
}

/** Whether what is read does not show yet what was executed last. */
export async function isYetToCome(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  reading: Reading,
): Promise<boolean> {
  const { settling } = replica.local
  if (settling === undefined || reading.is === 'unknown' || !isSettling(engine, replica)) return false
  if (settling.does === 'delete') return reading.is === 'present'
  if (reading.is === 'absent') return !isLostMeanwhile(engine, replica, reading)
  const { shows } = await fitOf(resource, executedOf(engine, replica), reading.body)
  return shows === 'no' || (shows === 'unknown' && settling.does === 'change' && reading.hash === settling.before)
}

/** Whether what is read is surely all that was executed, of which something was to come. */
export async function hasCome(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  reading: Reading,
): Promise<boolean> {
  if (!isSettling(engine, replica) || reading.is !== 'present') return false
  return (await fitOf(resource, executedOf(engine, replica), reading.body)).shows === 'yes'
}

function executedOf(engine: Engine, replica: Replica): ReturnType<typeof writtenOf> {
  const { operations } = replica.local.executed
  return writtenOf(engine, replica).filter(({ dot }) => operations.some(done => sameDot(done.dot, dot)))
}
