import type { ConnectionPool } from './connection-pool.ts'
import type { Strips } from './message-heads.ts'
import type { ErrorCode } from '../../errors.ts'

/** Where a request can be sent: a service instance, or the agent of another site. */
export interface Upstream {
  /** What errors call it: `inventory`, `site2`. */
  readonly name: string
  readonly pool: ConnectionPool
  /** What stands before the path: the path of the endpoint's URL, no slash at the end. */
  readonly basePath: string
  /** What Host says there; undefined: what the client has said. */
  readonly host?: string | undefined
  /** Headers and trailers that it may not say. */
  readonly strips: Strips
  readonly codes: UpstreamCodes
  /** Bytes that the head of an answer may have. */
  readonly maxHeaderBytes: number
  /** How much longer than `timeouts.answerMs` it may take: another agent tells of its own time-out itself. Milliseconds. */
  readonly graceMs: number
}

/** Which error each way to fail becomes. */
export interface UpstreamCodes {
  readonly unreachable: ErrorCode
  readonly broken: ErrorCode
  readonly invalid: ErrorCode
  readonly timeout: ErrorCode
}

export const APPLICATION_CODES: UpstreamCodes = {
  unreachable: 'ERR_APPLICATION_UNREACHABLE',
  broken: 'ERR_APPLICATION_BROKEN',
  invalid: 'ERR_APPLICATION_INVALID',
  timeout: 'ERR_APPLICATION_TIMEOUT',
}

export const SITE_CODES: UpstreamCodes = {
  unreachable: 'ERR_SITE_UNREACHABLE',
  broken: 'ERR_SITE_BROKEN',
  invalid: 'ERR_SITE_BROKEN',
  timeout: 'ERR_SITE_TIMEOUT',
}
