/**
 * A site that was no member of a replicant for a while, and is one again: what its application has by the name may have been written meanwhile, by nobody of
 * the members. As long as it is what it was, it is the resource; else it is something else of that name, as at a site that never was a member.
 */
import { NOTHING_EXECUTED, holderOf, sameDot } from '../../../core/oplog/index.ts'
import { writtenOf } from '../drift/comparison.ts'
import { isSettling } from '../drift/settling.ts'
import { fitOf } from '../drift/written-fields.ts'
import { BEHIND_AFTER_MS } from '../limits.ts'
import type { Resource } from '../application/resource.ts'
import type { Engine } from '../engine.ts'
import type { Replica } from '../replica.ts'
import type { Reading } from '../application/state.ts'
import type { LaneBook, Step } from './lane-book.ts'

/** What the application showed when this site ceased to be a member is read then, where it is not known. */
export async function readParted(engine: Engine, replica: Replica, resource: Resource): Promise<void> {
  const { parted, intent } = replica.local
  if (parted === undefined || parted.hash !== undefined) return
  // It is changing still: then what was written says whether it is the same.
  if (intent !== undefined || isSettling(engine, replica)) return
  const reading = await resource.read()
  if (reading.is !== 'present' || replica.local.parted !== parted) return
  await engine.replicas.commit(commit => commit.local(replica, { parted: { hash: reading.hash } }))
}

/** @returns `again`: the application cannot be read now, and nothing is done before that */
export async function comeBack(book: LaneBook): Promise<Step> {
  const { parted } = book.local
  if (parted === undefined) return 'done'
  const reading = await book.resource.read()
  if (reading.is === 'unknown') {
    await sayUnread(book, reading.status)
    return 'again'
  }
  if (await isStill(book, reading, parted.hash)) {
    await book.write({ parted: undefined })
    return 'done'
  }
  await book.write({
    parted: undefined,
    executed: NOTHING_EXECUTED,
    bound: false,
    intent: undefined,
    replaying: false,
    hash: undefined,
    answered: undefined,
    suspect: false,
    unsure: false,
    settling: undefined,
    failed: [],
    lacked: [],
  })
  if (reading.is === 'present') await book.clash()
  return 'done'
}

/** An application that does not let the agent read goes on like that until somebody mends it; what is down is up again by itself, or is told as that. */
async function sayUnread(book: LaneBook, status: number | undefined): Promise<void> {
  const isRefused = status !== undefined && status >= 400 && status < 500
  const forMs = book.engine.behind.of(book.replica.name)?.forMs ?? 0
  if (!isRefused || forMs < BEHIND_AFTER_MS) return
  await book.diverge(
    `this site is a member again, and whether what its application has is still the resource cannot be seen: it answers ${status} to the agent. ` +
      'Let the account of the agent (credential of the service) read it, or detach this site',
  )
}

/** Whether it is what it was, and that was of the life that holds the name now. */
async function isStill(
  book: LaneBook,
  reading: Exclude<Reading, { is: 'unknown' }>,
  before: string | undefined,
): Promise<boolean> {
  const { engine, replica, resource } = book
  const { life } = book.local.executed
  const holder = holderOf(replica.core.replicant)
  if (reading.is === 'absent' || life === undefined || holder === undefined || !sameDot(life.dot, holder.life.dot))
    return false
  if (before !== undefined) return reading.hash === before
  return (await fitOf(resource, writtenOf(engine, replica), reading.body)).shows === 'yes'
}
