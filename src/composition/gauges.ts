import type { PoolCounts } from '../adapters/http/connection-pool.ts'
import type { ReplicationCounts } from '../ports/control.ts'
import type { Membership } from '../ports/membership.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { ReplicationPeer } from '../ports/replication-control.ts'

export interface GaugeParts {
  readonly metrics: Metrics
  readonly membership: Membership
  /** Connections between agents that stand now. */
  peers(): number
  /** Known sites that an operator has cut off. */
  cutSites(): number
  /** Pools of streams by site, and of connections by service. */
  streams(): ReadonlyMap<string, PoolCounts>
  endpoints(): ReadonlyMap<string, PoolCounts>
  /** Bytes of all large bodies. */
  bodies(): number
  /** Free on the disk of the data folder, bytes; undefined where nobody can tell. */
  freeBytes(): number | undefined
  /** How this site stands with each one that it tells of replicants. */
  replication(): readonly ReplicationPeer[]
  /** Replicants whose lanes have something to do. */
  lanes(): number
  /** How the replicants of this site stand. */
  replicants(): ReplicationCounts
}

const STATES = ['idle', 'busy', 'upgraded', 'queued'] as const

/**
 * Metrics that are states rather than events: looked at when somebody asks.
 * @returns what brings them up to date
 */
export function stateGauges(parts: GaugeParts): () => void {
  const { metrics, membership } = parts
  const sites = metrics.gauge('cheops_mesh_sites', 'Sites that are known, by liveness.', ['liveness'])
  const rtt = metrics.gauge('cheops_site_rtt_seconds', 'Round-trip time to the agent of a site.', ['site'])
  const cutGauge = metrics.gauge(
    'cheops_mesh_cut_sites',
    'Known sites that an operator has cut off from this one for a while.',
  )
  const connections = metrics.gauge('cheops_peer_connections', 'Connections to other agents.')
  const streamGauge = metrics.gauge(
    'cheops_forward_streams',
    'Streams to a site; queued are requests that wait for one.',
    ['site', 'state'],
  )
  const endpointGauge = metrics.gauge(
    'cheops_endpoint_connections',
    'Connections to an application; queued are requests that wait for one.',
    ['service', 'state'],
  )
  const freeGauge = metrics.gauge(
    'cheops_disk_free_bytes',
    'Free on the disk that the agent writes to; NaN where nobody can tell.',
  )
  const outboxGauge = metrics.gauge(
    'cheops_replication_outbox_entries',
    'Entries of replication that a site has not received yet.',
    ['site'],
  )
  const bodiesGauge = metrics.gauge(
    'cheops_replication_bodies_bytes',
    'Bytes of bodies over 64 KiB that are kept here.',
  )
  const lagGauge = metrics.gauge(
    'cheops_replication_lag_seconds',
    'For how long the oldest entry of replication waits that a site has not received; 0 where none waits.',
    ['site'],
  )
  const lanes = metrics.gauge('cheops_replication_lanes', 'Replicants whose lanes have something to do, or wait.')
  const replicants = metrics.gauge(
    'cheops_replication_replicants',
    'Resources that are replicated here; NaN while a start counts them.',
  )
  const conflicts = metrics.gauge(
    'cheops_replication_unresolved_conflicts',
    'Writes without effect that nobody has settled; NaN while a start counts them.',
  )
  const diverged = metrics.gauge(
    'cheops_replication_diverged_replicants',
    'Replicated resources whose application here differs and could not be repaired yet; NaN while a start counts them.',
  )
  const undecided = metrics.gauge(
    'cheops_replication_undecided_replicants',
    'Replicated resources that take no writes here until somebody decides (unbound, uncertain); NaN while a start counts them.',
  )
  const behind = metrics.gauge(
    'cheops_replication_behind_replicants',
    'Replicated resources whose application here could not be brought up to date for more than a minute; NaN while a start counts them.',
  )
  const behindSeconds = metrics.gauge(
    'cheops_replication_behind_seconds',
    'For how long the first of these waits; 0 where none does.',
  )
  const failing = metrics.gauge(
    'cheops_replication_failing_replicants',
    'Replicated resources of which a site does not carry out what was written here; NaN while a start counts them.',
    ['site'],
  )
  const withheld = metrics.gauge(
    'cheops_replication_withheld_replicants',
    'Resources that others would replicate here, and that this site does not let (expose); NaN while a start counts them.',
  )
  /** Sites that have failed since the start: those that do not any more are told as 0. */
  const failed = new Set<string>()
  return () => {
    const counted = parts.replicants()
    const isCounted = counted.state === 'counted'
    // Not 0, which would be greener than the data.
    replicants.set(isCounted ? counted.replicants : Number.NaN)
    conflicts.set(isCounted ? counted.conflicts : Number.NaN)
    diverged.set(isCounted ? counted.diverged : Number.NaN)
    undecided.set(isCounted ? counted.undecided : Number.NaN)
    behind.set(isCounted ? counted.behind : Number.NaN)
    behindSeconds.set(isCounted ? counted.behindMs / 1000 : Number.NaN)
    withheld.set(isCounted ? counted.withheld.replicants : Number.NaN)
    const failingAt = new Map(isCounted ? counted.failing.map(each => [each.site, each.replicants]) : [])
    for (const site of failingAt.keys()) failed.add(site)
    for (const site of failed) failing.set(isCounted ? (failingAt.get(site) ?? 0) : Number.NaN, site)
    for (const { site, outbox, lagMs } of parts.replication()) {
      outboxGauge.set(outbox, site)
      lagGauge.set(lagMs / 1000, site)
    }
    lanes.set(parts.lanes())
    const all = membership.sites()
    for (const liveness of ['alive', 'suspect', 'down'] as const) {
      sites.set(all.filter(site => site.liveness === liveness).length, liveness)
    }
    for (const { name, rttMs } of all) if (rttMs !== undefined) rtt.set(rttMs / 1000, name)
    cutGauge.set(parts.cutSites())
    connections.set(parts.peers())
    bodiesGauge.set(parts.bodies())
    freeGauge.set(parts.freeBytes() ?? Number.NaN)
    for (const [gauge, pools] of [
      [streamGauge, parts.streams()],
      [endpointGauge, parts.endpoints()],
    ] as const) {
      for (const [name, counts] of pools) {
        const busy = counts.open - counts.idle - counts.upgraded
        for (const state of STATES) gauge.set(state === 'busy' ? busy : counts[state], name, state)
      }
    }
  }
}
