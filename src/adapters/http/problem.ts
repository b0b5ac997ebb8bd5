import { STATUS_CODES } from 'node:http'
import { HEADER_NAMES } from '../../core/resource/headers.ts'
import type { RequestHead } from '../../core/resource/http-head.ts'
import type { CheopsError } from '../../errors.ts'
import type { Glue, Refusal } from '../../ports/glue.ts'

/**
 * An error of Cheops as an HTTP answer: problem+json (RFC 9457) with the stable code, a sentence, what to do and which site
 * says so; or the same in the application's dialect where its glue has one.
 * @param site name of the site whose agent answers
 */
export function problemAnswer(
  error: CheopsError,
  site: string,
  glue: Glue | undefined,
  head: RequestHead | undefined,
): Refusal & { readonly reason: string } {
  const { status, title, hint, retry } = error.spec
  const dialect = head === undefined ? undefined : glue?.refuse(error, head)
  const body =
    dialect?.body ??
    Buffer.from(
      JSON.stringify({
        ...error.meta,
        type: `urn:cheops:problem:${error.code}`,
        title,
        status,
        detail: error.message,
        code: error.code,
        hint,
        site,
      }) + '\n',
    )
  const rawHeaders = [
    ...(dialect?.rawHeaders ?? ['Content-Type', 'application/problem+json']),
    'Content-Length',
    String(body.length),
    'Cache-Control',
    'no-store',
    HEADER_NAMES.site,
    site,
    HEADER_NAMES.error,
    error.code,
    ...(retry === true ? ['Retry-After', '1'] : []),
    ...(EXTRA_HEADERS[error.code] ?? []),
  ]
  const finalStatus = dialect?.status ?? status
  return { status: finalStatus, reason: STATUS_CODES[finalStatus] ?? '', rawHeaders, body }
}

/** Headers that RFC 9110 requires beside some statuses. */
const EXTRA_HEADERS: { readonly [code in string]?: readonly string[] } = {
  ERR_REQUEST_TOKEN: ['Proxy-Authenticate', 'Bearer realm="cheops"'],
  ERR_REQUEST_CONNECT: ['Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
}

/** The whole answer as bytes, for a connection on which no answer object exists. The connection must end after it. */
export function problemBytes(error: CheopsError, site: string): Buffer {
  const answer = problemAnswer(error, site, undefined, undefined)
  let head = `HTTP/1.1 ${answer.status} ${answer.reason}\r\n`
  for (let i = 0; i < answer.rawHeaders.length; i += 2)
    head += `${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}\r\n`
  return Buffer.concat([Buffer.from(`${head}Connection: close\r\n\r\n`, 'latin1'), answer.body])
}
