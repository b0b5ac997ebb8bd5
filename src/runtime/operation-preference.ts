import { DETACH_HEADER, LEVEL_HEADER, REQUIRE_HEADER } from '../core/resource/headers.ts'
import { headerValues } from '../core/resource/http-head.ts'
import type { Idempotency } from '../core/oplog/index.ts'
import { CheopsError } from '../errors.ts'
import { LEVELS, isLevel, type Level } from '../core/resource/level.ts'
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
 * @throws CheopsError ERR_REQUEST_HEADER
 */
export function preferenceOf(rawHeaders: readonly string[]): Preference {
  const require = onlyValue(rawHeaders, REQUIRE_HEADER, 'Cheops-Require') ?? 'all'
  if (require !== 'all' && require !== 'quorum' && require !== 'one')
    throw new CheopsError('ERR_REQUEST_HEADER', `Cheops-Require is all, quorum or one, not "${require.slice(0, 40)}".`)
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
 * @throws CheopsError ERR_REQUEST_HEADER
 */
export function levelAsked(rawHeaders: readonly string[]): Level | undefined {
  const level = onlyValue(rawHeaders, LEVEL_HEADER, 'Cheops-Level')
  if (level === undefined) return undefined
  if (isLevel(level)) return level
  const message = `Cheops-Level is one of ${LEVELS.join(', ')}, not "${level.slice(0, 40)}".`
  throw new CheopsError('ERR_REQUEST_HEADER', message)
}

/**
 * `Cheops-Detach`; false where it is not said.
 * @throws CheopsError ERR_REQUEST_HEADER
 */
export function detachAsked(rawHeaders: readonly string[]): boolean {
  const detach = onlyValue(rawHeaders, DETACH_HEADER, 'Cheops-Detach')
  if (detach === undefined || detach === 'true' || detach === 'false') return detach === 'true'
  throw new CheopsError('ERR_REQUEST_HEADER', `Cheops-Detach is true or false, not "${detach.slice(0, 40)}".`)
}

/**
 * Whatever becomes of the request: what cannot be understood of what a client says to Cheops, and is not used at this site or for this method, was
 * meant for something all the same.
 * @throws CheopsError ERR_REQUEST_HEADER
 */
export function checkClientHeaders(rawHeaders: readonly string[]): void {
  preferenceOf(rawHeaders)
  levelAsked(rawHeaders)
  detachAsked(rawHeaders)
}

/**
 * One key of one resource is one request, whoever sent it: nobody here can say who a client is. A hash of its credentials would be kept and
 * told to all members, and a password can be found from one.
 * @throws CheopsError ERR_REQUEST_HEADER
 */
export function idempotencyOf(rawHeaders: readonly string[]): Idempotency | undefined {
  const key = onlyValue(rawHeaders, 'idempotency-key', 'Idempotency-Key')
  if (key === undefined) return undefined
  if (key.length > 0 && key.length <= MAX_KEY_CHARACTERS) return { principal: '', key }
  const message = `Idempotency-Key has 1 to ${MAX_KEY_CHARACTERS} characters, not ${key.length}: a UUID is a good one.`
  throw new CheopsError('ERR_REQUEST_HEADER', message)
}

/** Of one byte or two each in UTF-8: what a message between sites has room for. */
const MAX_KEY_CHARACTERS = 255

/** Of two values nobody can say which is meant. */
function onlyValue(rawHeaders: readonly string[], name: string, shown: string): string | undefined {
  const [value, ...others] = headerValues(rawHeaders, name).map(given => given.trim())
  if (others.every(other => other === value)) return value
  throw new CheopsError('ERR_REQUEST_HEADER', `${shown} is there ${others.length + 1} times, with different values.`)
}
