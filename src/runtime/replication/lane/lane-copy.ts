import { lookForState } from '../drift/issue-state.ts'
import { copyState } from '../drift/repair.ts'
import type { LaneBook } from './lane-book.ts'

/** Takes the state of a member that agrees, or shows why it is needed. */
export async function copyOrShow(book: LaneBook, why: string): Promise<'done' | 'again' | 'alone'> {
  const copied = await copyState(book.shared, book.replica, book.resource)
  switch (copied) {
    case 'copied':
      return 'done'
    case 'busy':
      return 'again'
    case 'not-taken':
      await book.diverge(`${why}, and the application does not take the state of another member now`)
      return 'again'
    case 'not-exposed':
      await book.diverge(`${why}, and this site does not let the others write what is missing (expose)`)
      return 'again'
    case 'nobody': {
      await book.diverge(`${why}, and no member that agrees can be reached`)
      const found = await lookForState(book.shared, book.replica, book.resource)
      return found === 'waits' ? 'alone' : 'done'
    }
  }
}
