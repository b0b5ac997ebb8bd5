import { headerValue } from '../../../core/resource/http-head.ts'
import type { Reading } from './state.ts'

/** The application changes nothing without a precondition (RFC 6585, 3): certainly nothing was done. */
export const PRECONDITION_REQUIRED = 428

/**
 * Headers, names and values in turn, which hold as long as the application has what was read; undefined where it shows nothing to tell it by.
 */
export function conditionOf(reading: Reading): readonly string[] | undefined {
  if (reading.is === 'unknown') return undefined
  if (reading.is === 'absent') return ['if-none-match', '*']
  const match = matching(reading.rawHeaders)
  if (match.length > 0) return match
  const changed = headerValue(reading.rawHeaders, 'last-modified')
  return changed === undefined ? undefined : ['if-unmodified-since', changed]
}

/** By the tag alone; nothing where there is none. A weak one never matches (RFC 9110, 13.1.1). */
export function matching(rawHeaders: readonly string[]): readonly string[] {
  const tag = headerValue(rawHeaders, 'etag')
  return tag?.startsWith('"') === true ? ['if-match', tag] : []
}
