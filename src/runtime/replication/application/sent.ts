import { isSuccess } from '../../../core/resource/success.ts'
import type { CheopsError } from '../../../errors.ts'
import type { ApplicationAnswer } from '../../../ports/application.ts'

/** What came of something that was sent. */
export type Sent =
  | { readonly is: 'done'; readonly answer: ApplicationAnswer }
  /** Certainly nothing was changed, and it may be tried again. */
  | { readonly is: 'not-now'; readonly status: number | undefined }
  /** Certainly nothing was changed, and the application means it. */
  | { readonly is: 'refused'; readonly answer: ApplicationAnswer }
  /** Nobody knows. */
  | { readonly is: 'doubt'; readonly answer: ApplicationAnswer | undefined; readonly error: CheopsError | undefined }

/** It is there under the name `given`, and not under the one that it was to have; or would be, and nothing was sent. */
export interface Otherwise {
  readonly is: 'otherwise'
  readonly given: string
  readonly isMade: boolean
}

/** What came of a request to make something. */
export type Made = Sent | Otherwise

/** Says where to look: after something was done (RFC 9110, 15.4.4), or because somebody has to log in first. */
export const SEE_OTHER = 303

const NOT_NOW: ReadonlySet<number> = new Set([401, 403, 408, 409, 423, 425, 429])

/**
 * What an answer to something that changes says of its effect. Only 2xx says that it was done: a redirection says to ask elsewhere, for
 * instance a login page, and is what somebody without credentials is answered as well.
 */
export function meaningOf(answer: ApplicationAnswer): Sent {
  const { status } = answer
  if (isSuccess(status)) return { is: 'done', answer }
  if ((status >= 300 && status < 400) || NOT_NOW.has(status)) return { is: 'not-now', status }
  if (status >= 400 && status < 500) return { is: 'refused', answer }
  return { is: 'doubt', answer, error: undefined }
}

/** The application has no such resource (any more). */
export function isGone(sent: Made): boolean {
  return sent.is === 'refused' && (sent.answer.status === 404 || sent.answer.status === 410)
}

/** The application has nothing of the kind at that path: certainly nothing was made. */
export function isUnknownWay(sent: Made): boolean {
  return sent.is === 'refused' && (sent.answer.status === 404 || sent.answer.status === 405)
}
