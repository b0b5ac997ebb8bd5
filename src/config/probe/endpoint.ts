import { readFile } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import type { ServiceConfig } from '../../config.ts'
import type { EndpointFact } from '../../core/check/index.ts'

/** An application that takes longer for a HEAD of its root is in trouble; people wait for the result. */
const ANSWER_TIMEOUT_MS = 3_000

/** Asks a service instance for the head of its base URL. Any status is an answer. */
export async function probeEndpoint(service: ServiceConfig, signal: AbortSignal): Promise<EndpointFact> {
  const fact = (state: EndpointFact['state'], detail: string): EndpointFact => ({
    service: service.name,
    endpoint: service.endpoint,
    state,
    detail,
  })
  try {
    const status = await head(service, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]))
    return fact('ok', `status ${String(status)}`)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'ECONNREFUSED') return fact('refused', 'the connection was refused')
    if (code === 'ABORT_ERR' || code === 'ETIMEDOUT') {
      return fact('timeout', `no answer within ${String(ANSWER_TIMEOUT_MS / 1000)} s`)
    }
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return fact('unknown-host', 'its host has no address')
    if (/TLS|CERT|SSL|SIGNATURE/.test(code) || code === 'EPROTO') return fact('tls', code)
    if (code === 'ENOENT' || code === 'EACCES') return fact('tls', 'a file of endpointTLS cannot be read')
    return fact('broken', code === '' ? 'the answer is no HTTP' : code)
  }
}

async function head({ endpoint, endpointHost, endpointTLS }: ServiceConfig, signal: AbortSignal): Promise<number> {
  const url = new URL(`${endpoint}/`)
  const read = async (file: string | undefined) => (file === undefined ? undefined : readFile(file))
  const secure = url.protocol === 'https:'
  const [ca, cert, key] = secure
    ? await Promise.all([read(endpointTLS?.ca), read(endpointTLS?.cert), read(endpointTLS?.key)])
    : []
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const options = {
    method: 'HEAD',
    agent: false,
    signal,
    ...(isName(endpointHost) && { headers: { host: endpointHost } }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(endpointTLS?.serverName === undefined ? {} : { servername: endpointTLS.serverName }),
  }
  const request = (secure ? https : http).request(url, options, response => {
    response.destroy()
    resolve(response.statusCode ?? 0)
  })
  request.on('error', reject)
  request.end()
  return promise
}

/** Whether it is no word for the endpoint's own, or the client's, of which there is none. */
function isName(endpointHost: string | undefined): endpointHost is string {
  return endpointHost !== undefined && endpointHost !== 'client' && endpointHost !== 'endpoint'
}
