/** What may not be sent twice, and may stand in what the application shows although nothing says that it was carried out. */
import type { Operation } from '../../../core/oplog/index.ts'
import type { Reading } from '../application/state.ts'
import type { LaneBook } from './lane-book.ts'

/**
 * Its mark tells whether it is there, or the service's policy decides, as of what is in doubt.
 * @returns `done`: it counts as executed. `waits`: the lane holds before it. `undone`: it is to be carried out, as far as anybody knows
 */
export async function decideUnsure(
  book: LaneBook,
  operation: Operation,
  reading: Reading,
): Promise<'done' | 'waits' | 'undone'> {
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
