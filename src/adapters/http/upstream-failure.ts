import type { ClientRequest, IncomingMessage } from 'node:http'
import { headerValues } from '../../core/resource/http-head.ts'
import { CheopsError } from '../../errors.ts'
import type { ErrorCode } from '../../errors.ts'
import type { Upstream } from './upstream.ts'

/** How much is known of a request that has failed. */
export interface Certainty {
  /** Bytes may have reached the upstream. */
  readonly sent: boolean
  /** Its method changes nothing. */
  readonly safe: boolean
}

/** 1xx answers to one request: progress that is told every second of the longest wait, and some more. */
export const MAX_INFORMATION = 256

/** No connection came about: certainly nothing has happened. */
export function unreachable(error: Error, upstream: Upstream): CheopsError {
  if (error instanceof CheopsError) return error
  const message = `${upstream.name} cannot be reached (${errorCode(error) || 'no connection'})`
  return new CheopsError(upstream.codes.unreachable, message, {}, { cause: error })
}

/**
 * What an error of node:http on the way to or from an upstream means to the client.
 * @param request that has failed
 */
export function failureOf(
  error: unknown,
  upstream: Upstream,
  certainty: Certainty,
  { socket }: Pick<ClientRequest, 'socket'>,
): CheopsError {
  if (error instanceof CheopsError) return inDoubt(error.code, error.message, certainty)
  const code = errorCode(error)
  if (code === 'HPE_HEADER_OVERFLOW') {
    const message = `${upstream.name} answered with a head of more than ${upstream.maxHeaderBytes} bytes`
    return inDoubt('ERR_APPLICATION_ANSWER_TOO_LARGE', message, certainty)
  }
  if (code.startsWith('HPE_')) {
    return inDoubt(upstream.codes.invalid, `${upstream.name} answered with something that is not HTTP`, certainty)
  }
  const cutReason = upstream.pool.cutReasonOf(socket)
  // That of another agent ends as well where nothing comes over it any more.
  const ended =
    upstream.codes.broken === 'ERR_SITE_BROKEN'
      ? `the connection to ${upstream.name} ended`
      : `${upstream.name} ended the connection`
  const message =
    cutReason === undefined
      ? `${ended} before it had answered (${code || 'closed'})`
      : `${upstream.name} had not answered yet, and ${cutReason}`
  return inDoubt(upstream.codes.broken, message, certainty)
}

/** Why an answer cannot be taken for one, as what the upstream did; undefined for one that can. */
export function faultOf({ rawHeaders, statusCode = 0 }: IncomingMessage): string | undefined {
  // Not by `headers`, which node:http makes when it is asked for: nobody else does.
  const codings = headerValues(rawHeaders, 'transfer-encoding')
  const coding = codings.join(', ')
  // Its end could be told by nobody behind this agent.
  if (codings.length > 0 && coding.toLowerCase() !== 'chunked')
    return `answered in the transfer coding "${coding.slice(0, 40)}"`
  // 101 to a request that asked for no upgrade: no answer would follow.
  return statusCode < 200 ? `answered with ${statusCode}` : undefined
}

/** Whether the other side has closed an idle connection at the very moment when it was used again: a read can simply go again. */
export function wasIdle({ reusedSocket }: ClientRequest, error: Error): boolean {
  return reusedSocket && ['ECONNRESET', 'EPIPE'].includes(errorCode(error))
}

/** Once something was sent, a request that may change something has an unknown outcome, whatever went wrong. */
export function inDoubt(code: ErrorCode, message: string, { sent, safe }: Certainty): CheopsError {
  if (safe || !sent) return new CheopsError(code, message)
  return new CheopsError('ERR_OUTCOME_UNKNOWN', `${message}; it may have carried out the request`, { reason: code })
}

export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
