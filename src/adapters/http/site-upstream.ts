import type { Duplex } from 'node:stream'
import type { Limits, Timeouts } from '../../config.ts'
import { ConnectionPool } from './connection-pool.ts'
import { SITE_CODES } from './upstream.ts'
import type { Upstream } from './upstream.ts'

export interface SiteUpstreamParts {
  /** Opens a stream of the forward protocol as a connection. */
  open(site: string, signal: AbortSignal): Promise<Duplex>
  readonly limits: Pick<Limits, 'streamsPerPeer' | 'queuedPerPeer'>
  readonly timeouts: Pick<Timeouts, 'dialMs'>
  readonly maxIdle: number
  readonly idleMs: number
  readonly spare: number
}

/** The agent of another site: its pool of long-lived streams. */
export function siteUpstream(site: string, parts: SiteUpstreamParts): Upstream {
  return {
    name: site,
    basePath: '',
    stripFromAnswer: NOTHING,
    codes: SITE_CODES,
    pool: new ConnectionPool({
      connect: signal => parts.open(site, signal),
      maxConnections: parts.limits.streamsPerPeer,
      maxQueued: parts.limits.queuedPerPeer,
      waitMs: parts.timeouts.dialMs,
      maxIdle: parts.maxIdle,
      idleMs: parts.idleMs,
      spare: parts.spare,
      unreachable: { code: 'ERR_SITE_UNREACHABLE', message: `${site} did not answer in time` },
      busy: { code: 'ERR_SITE_BUSY', message: `too many requests for ${site} are under way` },
    }),
  }
}

const NOTHING: ReadonlySet<string> = new Set()
