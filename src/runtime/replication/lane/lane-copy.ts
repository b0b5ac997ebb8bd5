import { isSuccess } from '../../../core/resource/success.ts'
import { lookForState } from '../drift/issue-state.ts'
import { noteOwn } from '../drift/own-fields.ts'
import { copyState } from '../drift/repair.ts'
import { currentPlan } from './current-plan.ts'
import { MAX_MADE_ANEW } from '../limits.ts'
import { unclearText } from '../drift/written-fields.ts'
import type { LaneBook } from './lane-book.ts'
import type { Operation } from '../../../core/oplog/index.ts'
import type { Reading } from '../application/state.ts'

const GONE = `no member's application has it any more, although nobody has deleted it through Cheops; it was made anew ${MAX_MADE_ANEW} times: delete it at this site, or write it again`

/** Takes the state of a member that agrees, or shows why it is needed. */
export async function copyOrShow(book: LaneBook, why: string): Promise<'done' | 'again' | 'alone'> {
  const copied = await copyState(book.engine, book.replica, book.resource)
  if (typeof copied === 'object') {
    await book.diverge(`${why}, and ${unclearText(copied)}`)
    return 'alone'
  }
  switch (copied) {
    case 'copied':
      return 'done'
    case 'busy':
      return 'again'
    case 'not-taken':
      await book.diverge(`${why}, and the application does not take the state of another member now${answerText(book)}`)
      return 'again'
    case 'not-exposed':
      await book.diverge(`${why}, and this site does not let the others write what is missing (expose)`)
      return 'again'
    case 'nobody': {
      if (book.local.divergedBy !== GONE) await book.diverge(`${why}, and no member that agrees can be reached`)
      const mayIssue = (reading: Reading): Promise<boolean> => decideUnsure(book, reading)
      const found = await lookForState(book.engine, book.replica, book.resource, mayIssue)
      if (typeof found === 'object') await book.diverge(`${why}, and ${unclearText(found)}`)
      if (found === 'gone') await book.diverge(GONE)
      // Whatever a state says, they differ.
      if (found === 'said') noteOwn(book.replica, [])
      return found === 'waits' || found === 'gone' || typeof found === 'object' ? 'alone' : 'done'
    }
  }
}

/** With what the application refuses it, if it does: what people can do about it depends on that. */
function answerText({ resource }: LaneBook): string {
  const status = resource.heldUpBy
  return status === undefined || isSuccess(status) ? '' : `: it answers ${String(status)}`
}

/**
 * Where the store may have been set back, what may not be sent twice and is not written down may be in what the application shows: it would be there
 * once more on top of a state that is said of that. Its mark tells, or the service's policy decides, as of what is in doubt.
 *
 * @returns whether nothing of it is left to be decided
 */
async function decideUnsure(book: LaneBook, reading: Reading): Promise<boolean> {
  const policy = book.engine.options.onDoubt?.(book.replica.name.service) ?? 'hold'
  for (const operation of unsureOf(book)) {
    const state = await book.resource.stateIn(operation)
    const shows = reading.is === 'present' ? book.resource.showsEffect(reading.body, state, operation.type) : undefined
    if (shows === true) await book.executed(operation, undefined, {})
    else if (shows === undefined && policy === 'skip') await book.failed(operation, { error: 'ERR_OUTCOME_UNKNOWN' })
    else if (shows === undefined && policy === 'hold') {
      await book.holdAt(operation)
      return false
    }
    // Else it is carried out, on top of the state.
  }
  return true
}

function unsureOf(book: LaneBook): readonly Operation[] {
  const { schedule } = currentPlan(book.engine, book.replica)
  if (!book.local.unsure || schedule.state !== 'present') return []
  return schedule.changes.filter(operation => !book.isExecuted(operation.dot) && !book.traits(operation).mayReplay)
}
