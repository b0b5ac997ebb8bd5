import http from 'node:http'
import type { ClientRequest } from 'node:http'
import type { RelayOptions } from '../../ports/exchange.ts'
import type { ClientSide } from './client-side.ts'
import { frameKnownBody, needsLength, requestHeaders, upgradeHeaders, withSaidHost } from './message-heads.ts'
import type { Upstream } from './upstream.ts'

/** A client's request as it goes to an upstream: its head. Body and end are for the caller. */
export function openRequest(
  { request, upgrade }: ClientSide,
  upstream: Upstream,
  path: string,
  { dropHeaders, addHeaders, body }: RelayOptions,
): ClientRequest {
  const headers = (upgrade === undefined ? requestHeaders : upgradeHeaders)(request.rawHeaders, dropHeaders, addHeaders)
  if (body !== undefined && upgrade === undefined) frameKnownBody(headers, body.length, needsLength(request))
  else if (needsLength(request)) headers.push('Content-Length', '0')
  const said = upstream.host === undefined ? headers : withSaidHost(headers, upstream.host)
  const outgoing = http.request({
    agent: upstream.pool,
    method: request.method,
    // "*" is the server itself, whatever the path of its services.
    path: path === '*' ? '*' : upstream.basePath + path,
    headers: said,
    setHost: false,
    maxHeaderSize: upstream.maxHeaderBytes,
  })
  // By default node:http drops all headers of an answer beyond the thousandth.
  outgoing.maxHeadersCount = 0
  return outgoing
}
