import { headerValue } from '../../core/resource/http-head.ts'
import type { Reading } from './resource.ts'

/** The application changes nothing without a precondition (RFC 6585, 3): certainly nothing was done. */
export const PRECONDITION_REQUIRED = 428

/**
 * Headers, names and values in turn, which hold as long as the application has what was read; undefined where it shows nothing to tell it by.
 * A weak tag never matches (RFC 9110, 13.1.1).
 */
export function conditionOf(reading: Reading): readonly string[] | undefined {
  if (reading.is === 'unknown') return undefined
  if (reading.is === 'absent') return ['if-none-match', '*']
  const tag = headerValue(reading.rawHeaders, 'etag')
  if (tag?.startsWith('"') === true) return ['if-match', tag]
  const changed = headerValue(reading.rawHeaders, 'last-modified')
  return changed === undefined ? undefined : ['if-unmodified-since', changed]
}
