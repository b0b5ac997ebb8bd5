/** What may not be sent twice, and may stand in what the application shows although nothing says that it was carried out. */
import { compareOperations, dotKey, holderOf, sameDot, type Dot, type Operation } from '../../../core/oplog/index.ts'
import type { Reading } from '../application/state.ts'
import { MAX_KNOWN_FAILED } from '../limits.ts'
import type { RunState } from '../replica.ts'
import type { LaneBook } from './lane-book.ts'

/** What an operator has said is not in effect here, by `dotKey`, the newest ones. */
const undone = new WeakMap<RunState, readonly string[]>()

export function noteUndone(run: RunState, dot: Dot): void {
  undone.set(run, [...(undone.get(run) ?? []), dotKey(dot)].slice(-MAX_KNOWN_FAILED))
}

/**
 * Its mark tells whether it is there, or the service's policy decides, as of what is in doubt.
 * @returns `done`: it counts as executed. `waits`: the lane holds before it. `undone`: it is to be carried out, as far as anybody knows
 */
export async function decideUnsure(
  book: LaneBook,
  operation: Operation,
  reading: Reading,
): Promise<'done' | 'waits' | 'undone'> {
  if (undone.get(book.replica.run)?.includes(dotKey(operation.dot)) === true) return 'undone'
  const policy = book.engine.options.onDoubt?.(book.replica.name.service) ?? 'hold'
  const state = await book.resource.stateIn(operation)
  const shows = reading.is === 'present' ? book.resource.showsEffect(reading.body, state, operation.type) : undefined
  if (shows === true) await book.executed(operation, undefined, {})
  else if (shows === undefined && policy === 'skip') await book.failed(operation, { error: 'ERR_OUTCOME_UNKNOWN' })
  else if (shows === undefined && policy === 'hold') {
    await book.holdAt(operation)
    return 'waits'
  } else return 'undone'
  return 'done'
}

/**
 * Whether an operation may be in the state that this site has said, and on which it builds, though that has not seen it: the store was in question then, and what its
 * application showed was taken for what the resource is. It comes from somebody who had it while nobody else did any more, as a backup that is put back. What was written
 * later than that state has not been here before.
 */
export function mayBeInSaid({ replica }: LaneBook, operation: Operation): boolean {
  const { saidUnsure, executed } = replica.local
  const [first] = executed.operations
  if (saidUnsure === undefined || first === undefined || !sameDot(first.dot, saidUnsure)) return false
  const state = holderOf(replica.core.replicant)?.live.find(({ dot }) => sameDot(dot, saidUnsure))
  return state !== undefined && compareOperations(operation, state) < 0
}
