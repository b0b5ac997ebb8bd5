/** What `/metrics` tells of the state of replication: how, each number is read back from the text that Prometheus gets. */
import { expect, test } from 'vitest'
import { createMetrics } from '../../../src/adapters/metrics/prometheus.ts'
import { stateGauges } from '../../../src/composition/gauges.ts'
import type { ReplicationCounts } from '../../../src/ports/control.ts'
import type { Membership } from '../../../src/ports/membership.ts'

test('what others do not carry out, and what this site does not let, by NaN before it is known and by 0 when it is over', async () => {
  const metrics = createMetrics()
  const membership: Membership = {
    self: 'site1',
    sites: () => [],
    site: () => undefined,
    siteOfPeer: () => undefined,
    catalog: () => ({ self: 'site1', sites: [] }),
    onChange: () => () => undefined,
  }
  let counts: ReplicationCounts = { state: 'counting' }
  const update = stateGauges({
    metrics,
    membership,
    peers: () => 0,
    cutSites: () => 0,
    streams: () => new Map(),
    endpoints: () => new Map(),
    freeBytes: () => 5e9,
    bodies: () => 0,
    replication: () => [],
    lanes: () => 0,
    replicants: () => counts,
  })
  const told = async () => {
    update()
    const { body } = await metrics.expose()
    return body.split('\n').filter(line => /^cheops_replication_(failing|withheld)/.test(line))
  }
  expect(await told()).toEqual(['cheops_replication_withheld_replicants Nan'])
  const well = { conflicts: 0, diverged: 0, undecided: 0, behind: 0, behindMs: 0, behindStatus: undefined }
  const counted = { state: 'counted', replicants: 5, ...well } as const
  counts = {
    ...counted,
    failing: [{ site: 'site2', replicants: 3, errors: ['ERR_FORWARD_NOT_EXPOSED'], statuses: [] }],
    withheld: { replicants: 2, from: ['site3'] },
    unverified: [],
  }
  expect(await told()).toEqual([
    'cheops_replication_failing_replicants{site="site2"} 3',
    'cheops_replication_withheld_replicants 2',
  ])
  counts = { ...counted, failing: [], withheld: { replicants: 0, from: [] }, unverified: [] }
  expect(await told()).toEqual([
    'cheops_replication_failing_replicants{site="site2"} 0',
    'cheops_replication_withheld_replicants 0',
  ])
})
