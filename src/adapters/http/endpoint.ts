import { readFileSync } from 'node:fs'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import type { Limits, ServiceConfig, Timeouts } from '../../config.ts'
import { ConnectionPool } from './connection-pool.ts'
import { isOwnHeader } from './message-heads.ts'
import { APPLICATION_CODES } from './upstream.ts'
import type { Upstream } from './upstream.ts'

/**
 * How long a connection to an application may lie idle. Servers close theirs after two seconds and more; one that is used at
 * that very moment costs a request that cannot be sent again, and a new one costs next to nothing.
 */
export const IDLE_ENDPOINT_MS = 1_500

/**
 * Attempts to connect at a time: one takes less than a millisecond on the same machine, and a few round trips elsewhere, so that no burst waits
 * for this; an application that takes connections slowly does not find hundreds in its backlog.
 */
const MAX_CONNECTING = 64

/** The service instance of this site: its pool of connections. */
export function endpointUpstream(
  service: ServiceConfig,
  limits: Pick<Limits, 'connectionsPerEndpoint' | 'queuedPerPeer' | 'headerBytes'>,
  timeouts: Pick<Timeouts, 'connectMs' | 'queueMs'>,
): Upstream {
  const url = new URL(service.endpoint)
  // Clients of other sites are told too: where it is, is for nobody there.
  const { name } = service
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const maxConnections = service.connections ?? limits.connectionsPerEndpoint
  const secure = url.protocol === 'https:' ? tlsOptions(service, host) : undefined
  return {
    name,
    basePath: url.pathname.replace(/\/$/, ''),
    host: saidHost(service),
    strips: isOwnHeader,
    codes: APPLICATION_CODES,
    maxHeaderBytes: limits.headerBytes,
    graceMs: 0,
    pool: new ConnectionPool({
      connect: signal => connect(host, port, secure, signal),
      maxConnections,
      maxConnecting: MAX_CONNECTING,
      maxQueued: limits.queuedPerPeer,
      connectMs: timeouts.connectMs,
      queueMs: timeouts.queueMs,
      maxIdle: maxConnections,
      idleMs: IDLE_ENDPOINT_MS,
      spare: 0,
      unreachable: { code: 'ERR_APPLICATION_UNREACHABLE', message: `${name} did not take a connection in time` },
      busy: { code: 'ERR_APPLICATION_BUSY', message: `too many requests for ${name} wait for their turn` },
      overdue: {
        code: 'ERR_APPLICATION_BUSY',
        message: `${name} was busy with others for ${timeouts.queueMs / 1000} s`,
      },
    }),
  }
}

/** What Host requests of clients say to the instance; undefined: as they do. */
export function saidHost({
  endpoint,
  endpointHost,
}: Pick<ServiceConfig, 'endpoint' | 'endpointHost'>): string | undefined {
  if (endpointHost === undefined || endpointHost === 'client') return undefined
  return endpointHost === 'endpoint' ? new URL(endpoint).host : endpointHost
}

function tlsOptions(service: ServiceConfig, host: string): tls.ConnectionOptions {
  const files = service.endpointTLS
  const read = (file: string | undefined): Buffer | undefined => (file === undefined ? undefined : readFileSync(file))
  const ca = read(files?.ca)
  const cert = read(files?.cert)
  const key = read(files?.key)
  const servername = files?.serverName ?? (net.isIP(host) === 0 ? host : undefined)
  return {
    ALPNProtocols: ['http/1.1'],
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
    // An address in place of a name is compared with the certificate as such, unless a name was configured.
    host: files?.serverName ?? host,
  }
}

function connect(
  host: string,
  port: number,
  secure: tls.ConnectionOptions | undefined,
  signal: AbortSignal,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const tcp = net.connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 })
    const socket = secure === undefined ? tcp : tls.connect({ ...secure, socket: tcp })
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', onAbort)
      tcp.destroy()
      socket.destroy()
      reject(error)
    }
    const onAbort = (): void => fail(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' }))
    signal.addEventListener('abort', onAbort)
    tcp.once('error', fail)
    socket.once('error', fail)
    socket.once(secure === undefined ? 'connect' : 'secureConnect', () => {
      signal.removeEventListener('abort', onAbort)
      tcp.off('error', fail)
      socket.off('error', fail)
      // The parser of node:http takes bytes from the socket itself; what nobody reads must not end the process.
      tcp.on('error', () => {})
      resolve(socket)
    })
  })
}
