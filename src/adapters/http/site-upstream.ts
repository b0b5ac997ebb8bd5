import type { Duplex } from 'node:stream'
import type { Limits, Timeouts } from '../../config.ts'
import { ConnectionPool } from './connection-pool.ts'
import { SITE_HEADER } from '../../core/resource/headers.ts'
import { PEER_HEADER_ALLOWANCE_BYTES } from './http-listener.ts'
import { SITE_CODES } from './upstream.ts'
import type { Upstream } from './upstream.ts'

export interface SiteUpstreamParts {
  /** Opens a stream of the forward protocol as a connection. */
  open(site: string, signal: AbortSignal): Promise<Duplex>
  readonly limits: Pick<Limits, 'streamsPerPeer' | 'queuedPerPeer' | 'headerBytes'>
  readonly timeouts: Pick<Timeouts, 'dialMs' | 'connectMs' | 'queueMs'>
  readonly maxIdle: number
  readonly idleMs: number
  readonly spare: number
}

/** The agent of another site: its pool of long-lived streams. */
export function siteUpstream(site: string, parts: SiteUpstreamParts): Upstream {
  const busy = { code: 'ERR_SITE_BUSY', message: `too many requests for ${site} are under way` } as const
  return {
    name: site,
    basePath: '',
    // The agent that the client has asked says who answered.
    strips: name => name.toLowerCase() === SITE_HEADER,
    codes: SITE_CODES,
    maxHeaderBytes: parts.limits.headerBytes + PEER_HEADER_ALLOWANCE_BYTES,
    graceMs: Math.max(parts.timeouts.connectMs, parts.timeouts.queueMs) + WAY_BACK_MS,
    pool: new ConnectionPool({
      connect: signal => parts.open(site, signal),
      maxConnections: parts.limits.streamsPerPeer,
      maxQueued: parts.limits.queuedPerPeer,
      maxConnecting: parts.limits.streamsPerPeer,
      connectMs: parts.timeouts.dialMs,
      queueMs: parts.timeouts.dialMs,
      maxIdle: parts.maxIdle,
      idleMs: parts.idleMs,
      spare: parts.spare,
      unreachable: { code: 'ERR_SITE_UNREACHABLE', message: `${site} did not answer in time` },
      busy,
      overdue: busy,
    }),
  }
}

/** For the other agent's problem to arrive over a slow link. */
const WAY_BACK_MS = 1_000
