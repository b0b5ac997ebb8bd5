import { join } from 'node:path'
import { availableParallelism, loadavg } from 'node:os'
import { LevelDatastore } from 'datastore-level'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { HELLO_PROTOCOL, MAX_HELLO_STREAMS, answerHello, askHello } from '../protocols/heartbeat/hello.ts'
import { createHeartbeatCodec } from '../protocols/heartbeat/codec.ts'
import { ed25519Keys } from '../protocols/heartbeat/keys.ts'
import type { RecordKeys } from '../protocols/heartbeat/keys.ts'
import { BucketProviders, bucketOfKey } from './adapters/libp2p/bucket-providers.ts'
import { findPeerAddresses } from './adapters/libp2p/dht-client.ts'
import { Libp2pNetwork } from './adapters/libp2p/libp2p-network.ts'
import { Libp2pTransport } from './adapters/libp2p/peer-transport.ts'
import { createHost } from './adapters/libp2p/host.ts'
import { loadMeshKey } from './adapters/libp2p/mesh-key.ts'
import { loadPeerKey } from './adapters/libp2p/peer-key.ts'
import { CheopsError } from './errors.ts'
import { MeshMembership } from './runtime/membership/mesh-membership.ts'
import type { SiteRecord } from './core/membership/record.ts'
import type { Config } from './config.ts'
import type { HostOptions } from './adapters/libp2p/host.ts'
import type { Clock } from './ports/clock.ts'
import type { Logger } from './ports/logger.ts'
import type { Membership } from './ports/membership.ts'
import type { NameBuckets } from './ports/name-buckets.ts'
import type { Random } from './ports/random.ts'
import type { Store } from './ports/store.ts'
import type { PeerTransport } from './ports/transport.ts'
import type { BootstrapStatus } from './runtime/membership/bootstrapper.ts'
import type { Cuts } from './runtime/membership/cuts.ts'
import type { MembershipTimes } from './runtime/membership/options.ts'
import type { PeerProblem } from './runtime/membership/problems.ts'

/** What the peer needs of the configuration. */
export type PeerConfig = Pick<
  Config,
  | 'mesh'
  | 'site'
  | 'labels'
  | 'data'
  | 'listen'
  | 'announce'
  | 'bootstrap'
  | 'meshKey'
  | 'mdns'
  | 'relay'
  | 'heartbeat'
  | 'timeouts'
  | 'limits'
>

export interface PeerNodeDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The agent's store; the peer keeps its address book in it, and does not close it. */
  readonly store: Store
  /** Version of the agent, as other sites see it. */
  readonly version: string
  /** Connections between agents at a time; as the host has it if not given. */
  readonly connections?: number
  /** Services that this site offers from the start. */
  readonly services: SiteRecord['services']
  /** For tests and simulations: another transport than TCP, nothing on disk but the key, faster times. */
  readonly transports?: HostOptions['transports']
  readonly inMemory?: boolean
  readonly times?: Partial<MembershipTimes>
}

/** The part of an agent that knows other agents. */
export interface PeerNode {
  readonly peerId: string
  readonly transport: PeerTransport
  readonly membership: Membership
  readonly diagnostics: PeerDiagnostics
  readonly nameBuckets: NameBuckets
  /** Signs with the key of this agent: Ed25519, 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array
  /** The 32 bytes of the Ed25519 key of a site's agent; undefined for a site that was not met, whatever others show of it. */
  publicKeyOf(site: string): Uint8Array | undefined
  /** Multiaddresses that this agent really has, with `/p2p/<own id>`. */
  addresses(): readonly string[]
  /** Changes what this site offers; the mesh learns it at once. */
  updateServices(services: SiteRecord['services']): Promise<void>
  /** @throws CheopsError ERR_PEER_LISTEN, ERR_PEER_RENAMED; nothing is left running then */
  start(): Promise<void>
  /** Stopping twice does nothing. */
  stop(): Promise<void>
}

export interface PeerDiagnostics {
  /** Connections that stand now. */
  peers(): readonly PeerInfo[]
  /**
   * Dials an address (with or without `/p2p/…`) and says hello.
   * @returns peer ID and site of who answered
   * @throws CheopsError ERR_SITE_UNREACHABLE with `failure` in its meta
   */
  dial(address: string): Promise<{ peerId: string; site: string }>
  /** Records of a site in the DHT that are believed here, newest first. */
  dhtGet(site: string): Promise<readonly SiteRecord[]>
  /** Addresses that the DHT knows of a peer, or of the peer of a site. */
  dhtFind(siteOrPeerId: string): Promise<readonly string[]>
  /** Round-trip time to a site, milliseconds; dials it if there is no connection. */
  ping(site: string): Promise<number>
  /**
   * Forgets a site and which key its name belongs to, here: for one that is gone, or that has lost its key.
   * @throws CheopsError ERR_SITE_UNKNOWN
   */
  forgetSite(name: string): Promise<void>
  /** What an operator has cut off here, for a while. */
  readonly cuts: Pick<Cuts, 'list' | 'sites' | 'cut' | 'join'>
  bootstrapStatus(): readonly BootstrapStatus[]
  problems(): readonly PeerProblem[]
}

export interface PeerInfo {
  readonly peerId: string
  /** undefined for a peer that has shown no record yet. */
  readonly site: string | undefined
  readonly direction: 'inbound' | 'outbound'
  readonly relayed: boolean
  readonly address: string
}

/** For diagnostics that ask the network, milliseconds. */
const DIAGNOSTIC_TIMEOUT_MS = 10_000

/**
 * Builds the peer: key, libp2p, heartbeat protocol, membership. Nothing runs before `start`.
 * @throws CheopsError ERR_PEER_KEY, ERR_MESH_KEY
 */
export async function createPeerNode(config: PeerConfig, deps: PeerNodeDeps): Promise<PeerNode> {
  const privateKey = await loadPeerKey(join(config.data, 'peer.key'))
  const datastore = deps.inMemory === true ? undefined : new LevelDatastore(join(config.data, 'libp2p'))
  const keys = ed25519Keys(privateKey)
  const codec = createHeartbeatCodec(keys)
  // The node asks these, and is made before the network that knows the answers.
  let isRecordBelievable: HostOptions['isRecordBelievable'] = () => false
  let isRefused: HostOptions['isRefused'] = () => false
  let isMember: HostOptions['isMember'] = () => false
  let isCut: NonNullable<HostOptions['isCut']> = () => false
  let isDialled: HostOptions['isDialled'] = () => false
  let providersOf: NonNullable<HostOptions['providersOf']> = () => []
  const host = await createHost({
    ...config,
    privateKey,
    version: deps.version,
    meshKey: config.meshKey === undefined ? undefined : await loadMeshKey(config.meshKey),
    dialTimeoutMs: config.timeouts.dialMs,
    // Forwarded requests both ways, and what the mesh itself needs beside them.
    maxStreamsPerPeer: 2 * config.limits.streamsPerPeer + 64,
    datastore,
    connections: deps.connections,
    transports: deps.transports,
    isRecordBelievable: (site, value) => isRecordBelievable(site, value),
    isRefused: peerId => isRefused(peerId),
    isMember: peerId => isMember(peerId),
    isCut: peerId => isCut(peerId),
    isDialled: peerId => isDialled(peerId),
    isProvided: key => bucketOfKey(key) !== undefined,
    providersOf: key => providersOf(key),
    selectRecord: (_site, values) => newest(values, value => codec.readRecord(value).record.number),
  })
  const network = new Libp2pNetwork(
    host,
    config.mesh,
    { protocol: HELLO_PROTOCOL, maxStreams: MAX_HELLO_STREAMS, ask: askHello, answer: answerHello },
    deps.logger,
  )
  isRecordBelievable = network.isRecordBelievable
  isRefused = network.isRefused
  isDialled = network.isDialled
  const membership = new MeshMembership(
    {
      mesh: config.mesh,
      site: config.site,
      labels: config.labels,
      services: deps.services,
      version: deps.version,
      bootstrap: config.bootstrap,
      beatIntervalMs: config.heartbeat.intervalMs,
      dialTimeoutMs: config.timeouts.dialMs,
      ...(deps.times === undefined ? {} : { times: deps.times }),
    },
    {
      network,
      codec,
      store: deps.store,
      clock: deps.clock,
      random: deps.random,
      logger: deps.logger,
      loadPercent: () => ((loadavg()[0] ?? 0) / availableParallelism()) * 100,
    },
  )
  isMember = peerId => membership.hasHeard(peerId)
  isCut = peerId => membership.cuts.hasPeer(peerId)
  const nameBuckets = new BucketProviders(host)
  providersOf = key => nameBuckets.providersOf(key)
  return assemble(host, network, membership, keys, datastore, config.listen, nameBuckets)
}

function assemble(
  host: Awaited<ReturnType<typeof createHost>>,
  network: Libp2pNetwork,
  membership: MeshMembership,
  keys: RecordKeys,
  datastore: LevelDatastore | undefined,
  listen: readonly string[],
  nameBuckets: NameBuckets,
): PeerNode {
  /** Undoing of what has been started, in order. */
  const started: (() => Promise<void>)[] = []
  let stopping: Promise<void> | undefined

  const undo = async (): Promise<void> => {
    for (const stop of started.splice(0).reverse()) await stop()
  }
  const start = async (): Promise<void> => {
    try {
      if (datastore !== undefined) {
        await datastore.open()
        started.push(() => datastore.close())
      }
      await membership.load()
      // In this order, backwards: what asks other peers now need not wait until they answer, or do not.
      started.push(() => membership.stop())
      started.push(() => network.stop())
      await network.start().catch((cause: unknown) => {
        const message = `The agent cannot listen for peers on ${listen.join(', ') || 'any address'}.`
        throw new CheopsError('ERR_PEER_LISTEN', message, { listen }, { cause })
      })
      started.push(() => membership.sayGoodbye())
      await membership.start()
    } catch (error) {
      await undo()
      throw error
    }
  }
  return {
    peerId: network.peerId,
    transport: new Libp2pTransport(host, network, membership),
    membership,
    diagnostics: diagnose(host, network, membership),
    nameBuckets,
    sign: bytes => keys.sign(bytes),
    publicKeyOf(site) {
      const met = membership.hasMet(site) ? membership.site(site)?.peerId : undefined
      const id = site === membership.self ? network.peerId : met
      const key = id === undefined ? undefined : peerIdFromString(id).publicKey
      return key?.type === 'Ed25519' ? key.raw : undefined
    },
    addresses: () => network.addresses().map(address => `${address}/p2p/${network.peerId}`),
    updateServices: services => membership.updateServices(services),
    start,
    stop: () => (stopping ??= undo()),
  }
}

function diagnose(
  host: Awaited<ReturnType<typeof createHost>>,
  network: Libp2pNetwork,
  membership: MeshMembership,
): PeerDiagnostics {
  return {
    peers: () =>
      network.connections().map(({ peerId, direction, relayed, address }) => ({
        peerId,
        site: membership.siteOfPeer(peerId),
        direction,
        relayed,
        address,
      })),
    async dial(address) {
      const peerId = multiaddr(address)
        .getComponents()
        .findLast(part => part.name === 'p2p')?.value
      const addresses = [address]
      const request = { addresses, timeoutMs: DIAGNOSTIC_TIMEOUT_MS, ...(peerId === undefined ? {} : { peerId }) }
      const result = await network.dial(request)
      if (result.ok) return { peerId: result.connection.peerId, site: await membership.greet(result.connection) }
      const { failure, detail } = result
      throw new CheopsError('ERR_SITE_UNREACHABLE', `${address} cannot be reached: ${detail}.`, { address, failure })
    },
    dhtGet: async site => (await membership.dhtGet(site)).map(({ record }) => record),
    dhtFind(siteOrPeerId) {
      const peerId = membership.site(siteOrPeerId)?.peerId ?? siteOrPeerId
      return findPeerAddresses(host, peerId, DIAGNOSTIC_TIMEOUT_MS)
    },
    async ping(site) {
      const { id } = await membership.connect(site, AbortSignal.timeout(DIAGNOSTIC_TIMEOUT_MS))
      return network.ping(id, DIAGNOSTIC_TIMEOUT_MS)
    },
    forgetSite: name => membership.forgetSite(name),
    cuts: membership.cuts,
    bootstrapStatus: () => membership.bootstrapStatus(),
    problems: () => membership.problems(),
  }
}

/** Index of the value with the highest number; values that cannot be read lose. */
function newest(values: readonly Uint8Array[], numberOf: (value: Uint8Array) => bigint): number {
  let best = 0
  let bestNumber = -1n
  values.forEach((value, index) => {
    try {
      const number = numberOf(value)
      if (number > bestNumber) [best, bestNumber] = [index, number]
    } catch {
      // Validators refuse such values; a selector only has to choose.
    }
  })
  return best
}
