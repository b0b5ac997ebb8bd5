import { headerValue } from '../../../core/resource/http-head.ts'
import type { Reading } from './state.ts'

/** The application changes nothing without a precondition (RFC 6585, 3): certainly nothing was done. */
export const PRECONDITION_REQUIRED = 428

/** Headers, names and values in turn; one after the other, until one is taken. */
export type Conditions = readonly [first: readonly string[], ...others: (readonly string[])[]]

/**
 * What holds as long as the application has what was read: none where it shows nothing to tell it by. A weak tag never matches by the standard (RFC 9110,
 * 13.1.1); an application that wants a condition and has no other means that one. Where it keeps to the standard, the date decides.
 */
export function conditionsOf(reading: Reading): Conditions | readonly [] {
  if (reading.is === 'unknown') return []
  if (reading.is === 'absent') return [['if-none-match', '*']]
  const tag = headerValue(reading.rawHeaders, 'etag')
  const changed = headerValue(reading.rawHeaders, 'last-modified')
  const since = changed === undefined ? undefined : ['if-unmodified-since', changed]
  if (tag === undefined || tag === '') return since === undefined ? [] : [since]
  const match = ['if-match', tag]
  return isStrong(tag) || since === undefined ? [match] : [match, since]
}

/** Whether an answer says that the condition did not hold, or was none: certainly nothing was done. */
export function isOfCondition(status: number): boolean {
  return status === PRECONDITION_REQUIRED || status === 412
}

/** By the tag alone; nothing where there is none. A weak one never matches (RFC 9110, 13.1.1). */
export function matching(rawHeaders: readonly string[]): readonly string[] {
  const tag = headerValue(rawHeaders, 'etag')
  return tag !== undefined && isStrong(tag) ? ['if-match', tag] : []
}

function isStrong(tag: string): boolean {
  return tag.startsWith('"')
}
