import http from 'node:http'
import https from 'node:https'
import { CheopsError } from '../../errors.ts'

export interface TlsFiles {
  readonly ca: Buffer | undefined
  readonly cert: Buffer | undefined
  readonly key: Buffer | undefined
}

/** `http.request` or `https.request`, as the URL says, on a connection of its own. */
export function openRequest(url: URL, options: http.RequestOptions, { ca, cert, key }: TlsFiles): http.ClientRequest {
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
  return url.protocol === 'https:'
    ? https.request(url, { agent: false, ...options, ...tls })
    : http.request(url, { agent: false, ...options })
}

/** Code of the error where a connection came about and nobody answered over it in time. */
const SILENT = 'ERR_SILENT'

const SILENT_HINT =
  'Something runs there and says nothing: it is stopped (SIGSTOP, a debugger), has too much to do, or waits for others itself. Look at its process, or wait longer with --timeout.'

/** With which a request is ended that has taken too long. */
export function lateError(request: http.ClientRequest): Error {
  const code = request.socket?.connecting === false ? SILENT : 'ABORT_ERR'
  return Object.assign(new Error('late'), { code })
}

/** What a failed connection means, in words. */
export function connectionError(error: unknown, url: string, timeoutMs?: number): CheopsError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const meta = { url, ...(code === SILENT && { hint: SILENT_HINT }) }
  return new CheopsError('ERR_CLI_AGENT', `${url} ${reason(code, timeoutMs)}.`, meta, { cause: error })
}

function reason(code: string, timeoutMs: number | undefined): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refuses the connection: nothing listens there'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'cannot be found: its name has no address'
    case SILENT:
      return `took the connection and did not answer within ${String((timeoutMs ?? 0) / 1_000)} s`
    case 'ABORT_ERR':
      return timeoutMs === undefined ? 'was not waited for' : `did not answer within ${String(timeoutMs / 1_000)} s`
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return 'broke the connection off'
    case 'HPE_INVALID_CONSTANT':
    case 'EPROTO':
      return 'does not speak what was expected: http in place of https, or the other way round?'
    default:
      return /CERT|SIGNATURE|TLS|SSL/.test(code)
        ? `shows a certificate that is not trusted (${code}): give its authority with --ca-file`
        : `cannot be reached (${code === '' ? 'unknown reason' : code})`
  }
}
