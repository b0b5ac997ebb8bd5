import { LEVEL_HEADER, REQUIRE_HEADER } from '../core/resource/headers.ts'
import { headerValue, headerValues } from '../core/resource/http-head.ts'
import { CheopsError } from '../errors.ts'
import type { Level } from '../ports/glue.ts'
import type { Require } from './replication/outcomes.ts'

/** How long a client wants to wait for how many members. */
export interface Preference {
  /** Whole seconds, 0 to `MAX_WAIT_SECONDS`; 0: not at all. */
  readonly waitSeconds: number
  readonly require: Require
}

/** A client that waits longer watches the operation instead. */
export const MAX_WAIT_SECONDS = 60

/**
 * Reads `Prefer: wait=N` (RFC 7240) and `Cheops-Require: all|quorum|one`. A preference that cannot be understood is ignored, as the
 * RFC wants it, and one for longer than the bound is cut to it; a requirement that cannot be understood is an error.
 * @throws CheopsError ERR_REQUEST_INVALID
 */
export function preferenceOf(rawHeaders: readonly string[]): Preference {
  const require = headerValue(rawHeaders, REQUIRE_HEADER)?.trim() ?? 'all'
  if (require !== 'all' && require !== 'quorum' && require !== 'one')
    throw new CheopsError('ERR_REQUEST_INVALID', `Cheops-Require is all, quorum or one, not "${require.slice(0, 40)}".`)
  return { waitSeconds: waitOf(rawHeaders) ?? 0, require }
}

/** `Prefer: wait=N` in seconds, cut to the bound; undefined where it is not said. */
export function waitOf(rawHeaders: readonly string[]): number | undefined {
  for (const value of headerValues(rawHeaders, 'prefer')) {
    const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(value)?.[1]
    if (seconds !== undefined) return Math.min(Number(seconds), MAX_WAIT_SECONDS)
  }
  return undefined
}

/**
 * `Cheops-Level`; undefined where it is not said.
 * @throws CheopsError ERR_REQUEST_INVALID; ERR_SCOPE_COLLABORATION for a level that is not there yet
 */
export function levelAsked(rawHeaders: readonly string[]): Level | undefined {
  const level = headerValue(rawHeaders, LEVEL_HEADER)?.trim()
  if (level === undefined) return undefined
  if (level === 'none' || level === 'eventual' || level === 'transactional' || level === 'strong') return level
  const message = `Cheops-Level is none, eventual, transactional or strong, not "${level.slice(0, 40)}".`
  throw new CheopsError('ERR_REQUEST_INVALID', message)
}
