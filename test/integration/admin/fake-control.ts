// An agent's control that answers from constants: what the tests of the admin API and of the command line talk to.
import { parseService } from '../../../src/config/load.ts'
import { evaluateCheck, isReadiness } from '../../../src/core/check/index.ts'
import { CheopsError } from '../../../src/errors.ts'
import type { AgentControl, AgentEvent, CheckFacts, OwnService, PeerInfo } from '../../../src/ports/control.ts'
import type { ReplicantDetail, ReplicantInfo } from '../../../src/ports/replicant-info.ts'
import { fakeReplication } from './fake-replication.ts'
import type { SiteCut, SiteView } from '../../../src/ports/membership.ts'

/** 2025-11-22 10:00 UTC */
export const NOW = 1_763_805_600_000

const site = (name: string, rest: Partial<SiteView> = {}): SiteView => ({
  name,
  peerId: `12D3KooW${name}`,
  addresses: ['/ip4/10.0.0.1/tcp/4078'],
  services: [{ name: 'inventory', application: 'rest' }],
  labels: { region: 'eu' },
  version: '0.1.0',
  incarnation: '1763800000000-9f86d081884c7d65',
  recordNumber: 9_007_199_254_740_993n,
  liveness: 'alive',
  since: NOW - 60_000,
  reason: 'beats arrive',
  rttMs: 12.345,
  connection: 'direct',
  announcedRttMs: {},
  cannotDial: [],
  clockOffsetMs: 3,
  ...rest,
})

const ORIGIN = 'site2/1763800000000-9f86d081884c7d65'

const purpleReplicant: ReplicantDetail = {
  service: 'inventory',
  kind: 'items',
  name: 'purple',
  members: ['site1', 'site2'],
  state: 'diverged',
  deleted: false,
  reason: 'the application answers 500 to the replace',
  failing: [],
  detail: undefined,
  missingBodies: [{ hash: 'ab'.repeat(32), bytes: 52_428_800, here: 1_048_576 }],
  conflicts: [
    {
      replicant: { service: 'inventory', kind: 'items', name: 'purple' },
      operation: `${ORIGIN}/7`,
      type: 'replace',
      site: 'site2',
      at: NOW,
      why: 'replaced',
      detail: 'another write counts',
      against: 'site1/1763800000000-9f86d081884c7d65/3',
    },
  ],
  operations: [
    {
      operation: 'site1/1763800000000-9f86d081884c7d65/3',
      sites: [
        { site: 'site1', outcome: 'applied', status: 200, at: NOW },
        { site: 'site2', outcome: 'pending', at: 0 },
      ],
    },
  ],
}

const webReplicant: ReplicantInfo = {
  service: 'kubernetes',
  kind: 'v1/Pod',
  name: 'a/b%',
  members: ['site1'],
  state: 'agrees',
  deleted: false,
  reason: undefined,
  failing: [
    {
      site: 'site3',
      operation: 'site1/1763762400000-9f86d081884c7d65/8',
      outcome: 'failed',
      error: 'ERR_FORWARD_NOT_EXPOSED',
    },
  ],
  conflicts: 0,
}

export interface FakeControl extends AgentControl {
  emit(event: AgentEvent): void
  facts: CheckFacts
  /** What was called, with its arguments, in order. */
  readonly calls: string[]
  readonly saved: string[]
}

export function fakeControl(): FakeControl {
  const sites = [
    site('site1', { rttMs: undefined, connection: 'self', clockOffsetMs: undefined }),
    site('site2', { services: [{ name: 'inventory', application: 'rest', definition: 'fedcba9876543210' }] }),
    site('site3', { liveness: 'down', reason: 'no beat for 31 s', connection: 'none', rttMs: undefined }),
  ]
  const peer: PeerInfo = {
    peerId: '12D3KooWsite2',
    site: 'site2',
    address: '/ip4/10.0.0.2/tcp/4078',
    direction: 'outbound',
    relayed: false,
    rttMs: 12.345,
  }
  const listeners = new Set<(event: AgentEvent) => void>()
  const own = new Map<string, OwnService>([
    [
      'inventory',
      {
        name: 'inventory',
        application: 'rest',
        definition: '0123456789abcdef',
        endpoint: 'http://127.0.0.1:9001',
        address: 'http://127.0.0.1:8079/inventory',
        expose: { sites: ['site2'], methods: ['GET'], paths: ['/**'] },
      },
    ],
  ])
  const calls: string[] = []
  const cuts: SiteCut[] = []
  const control: FakeControl = {
    calls,
    replication: fakeReplication(calls),
    saved: [],
    facts: { agent: 'serving', problems: [] },
    emit(event) {
      for (const listener of listeners) listener(event)
    },
    membership: {
      self: 'site1',
      sites: () => sites,
      site: name => sites.find(each => each.name === name),
      siteOfPeer: () => undefined,
      catalog: () => ({
        self: 'site1',
        sites: sites.map(({ name, labels, services, liveness, rttMs, announcedRttMs }) => ({
          name,
          labels,
          services: services.map(service => service.name),
          liveness,
          rttMs: name === 'site1' ? 0 : rttMs,
          announcedRttMs,
        })),
      }),
      onChange: () => () => {},
    },
    status: () => ({
      mesh: 'demo',
      site: 'site1',
      labels: { region: 'eu' },
      peerId: '12D3KooWsite1',
      incarnation: '1763800000000-9f86d081884c7d65',
      version: '0.1.0',
      node: 'v24.21.0',
      pid: 4711,
      startedAt: NOW - 3_725_000,
      now: NOW,
      state: 'serving',
      data: '/var/lib/cheops',
      configFile: undefined,
      listeners: [
        { name: 'peers', address: '/ip4/10.0.0.1/tcp/4078/p2p/12D3KooWsite1' },
        { name: 'ingress', address: 'http://127.0.0.1:8079' },
      ],
      requests: {
        local: { inFlight: 1, total: 12_345, failed: 2 },
        forwarded: { inFlight: 0, total: 7, failed: 0 },
        received: { inFlight: 0, total: 3, failed: 1 },
      },
      replication: {
        state: 'counted',
        replicants: 12,
        conflicts: 1,
        diverged: 0,
        undecided: 0,
        behind: 0,
        behindMs: 0,
        failing: [],
        withheld: { replicants: 0, from: [] },
        unverified: [],
      },
    }),
    peers: () => [peer],
    async dial(address) {
      control.calls.push(`dial ${address}`)
      if (!address.startsWith('/')) throw new CheopsError('ERR_ADMIN_INPUT', `"${address}" is no multiaddress.`)
      return peer
    },
    async ping(name, { signal }) {
      if (name === 'site2') return { rttMs: 12.345 }
      if (name === 'site1') {
        // A site that hangs: only the signal ends it.
        const { promise, reject } = Promise.withResolvers<never>()
        signal.addEventListener('abort', () => {
          control.calls.push('ping aborted')
          reject(new Error('aborted'))
        })
        return promise
      }
      throw new CheopsError('ERR_SITE_UNREACHABLE', `${name} is down.`, { site: name })
    },
    async forgetSite(name) {
      control.calls.push(`forget ${name}`)
      if (name === 'site1') throw new CheopsError('ERR_SITE_UNKNOWN', `"${name}" is this site itself.`, { site: name })
    },
    cuts: () => cuts,
    cut(names, forMs) {
      control.calls.push(`cut ${names?.join(' ') ?? 'all'} ${String(forMs)}`)
      const known = names?.filter(name => sites.some(each => each.name === name))
      if (known?.length !== names?.length) throw new CheopsError('ERR_SITE_UNKNOWN', 'The mesh does not know it.')
      for (const name of names ?? [undefined]) cuts.push({ site: name, since: NOW, until: NOW + forMs })
      return cuts
    },
    join(names) {
      control.calls.push(`join ${names?.join(' ') ?? 'all'}`)
      if (names?.every(name => sites.some(each => each.name === name)) === false)
        throw new CheopsError('ERR_SITE_UNKNOWN', 'The mesh does not know it.')
      cuts.splice(
        0,
        cuts.length,
        ...cuts.filter(({ site: name }) => names !== undefined && !names.includes(name ?? '')),
      )
      return cuts
    },
    async dhtGet(name) {
      if (name !== 'site2') throw new CheopsError('ERR_ADMIN_NOT_FOUND', `The DHT holds no record of "${name}".`)
      const { peerId, addresses, labels, version, incarnation } = site('site2')
      return {
        site: name,
        peerId,
        number: '7',
        addresses,
        services: ['inventory'],
        labels,
        version,
        incarnation,
      }
    },
    dhtFind: async peer => ({ peer, addresses: ['/ip4/10.0.0.2/tcp/4078'] }),
    services: () => [...own.values()],
    async addService(input, { save }) {
      const { name, endpoint, expose } = parseService(input, '/')
      const service: OwnService = {
        name,
        application: 'rest',
        definition: '0123456789abcdef',
        endpoint,
        address: `http://127.0.0.1:8079/${name}`,
        expose,
      }
      own.set(name, service)
      if (save) control.saved.push(name)
      return service
    },
    changeService(name, change, options) {
      const { endpoint, expose } = own.get(name) ?? {}
      return control.addService({ endpoint, expose, ...change, name }, options)
    },
    async removeService(name) {
      if (!own.delete(name)) throw new CheopsError('ERR_ADMIN_NOT_FOUND', `This site offers no service "${name}".`)
    },
    async replicants({ after, limit }) {
      control.calls.push(`replicants ${after ?? '-'} ${limit}`)
      if (after === 'inventory/items/purple') return { items: [webReplicant], next: undefined }
      const { conflicts, operations: _, ...purple } = purpleReplicant
      return { items: [{ ...purple, conflicts: conflicts.length }], next: 'inventory/items/purple' }
    },
    async replicant(name) {
      if (name.name === 'purple' || name.name === 'site2') return purpleReplicant
      throw new CheopsError('ERR_REPLICANT_NOT_FOUND', `Nothing is replicated here as ${name.name}.`)
    },
    conflicts: async () => ({ items: purpleReplicant.conflicts, next: undefined }),
    applications: async () => control.facts.endpoints ?? [],
    readiness: () => evaluateCheck(control.facts).filter(isReadiness),
    check: async () => evaluateCheck(control.facts),
    onEvent(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'cheops_up 1\n' }),
  }
  return control
}

export const silent = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silent,
}
