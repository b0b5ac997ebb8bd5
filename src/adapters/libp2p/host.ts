import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { gossipsub } from '@libp2p/gossipsub'
import { identify, identifyPush } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { mdns } from '@libp2p/mdns'
import { ping } from '@libp2p/ping'
import { preSharedKey } from '@libp2p/pnet'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { CheopsError } from '../../errors.ts'
import { batchedMuxer } from './batched-muxer.ts'
import { corkedTcp } from './corked-tcp.ts'
import { firstWordsChecked, unprotected } from './first-words.ts'
import { boundedInbound } from './pending-inbound.ts'
import { guardedDht } from './guarded-dht.ts'
import { noiseCrypto } from './noise-crypto.ts'
import { patientNoise } from './patient-noise.ts'
import { quietMuxer } from './quiet-muxer.ts'
import { relayTransport } from './relay-transport.ts'
import { steadyGossip } from './steady-gossip.ts'
import type { GossipSub } from '@libp2p/gossipsub'
import type { Identify } from '@libp2p/identify'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Ping } from '@libp2p/ping'
import type { Ed25519PrivateKey, Libp2p } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'

/** A libp2p node with exactly the services that an agent uses. */
export type Host = Libp2p<HostServices>

export type HostServices = {
  identify: Identify
  identifyPush: unknown
  ping: Ping
  dht: KadDHT
  gossip: GossipSub
  relay?: unknown
}

export interface HostOptions {
  readonly mesh: string
  readonly privateKey: Ed25519PrivateKey
  readonly version: string
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  /** As `loadMeshKey` gives it. */
  readonly meshKey: Uint8Array | undefined
  readonly mdns: boolean
  readonly relay: { readonly serve: boolean; readonly use: boolean }
  readonly dialTimeoutMs: number
  /** Streams that one peer may have open at a time, of all protocols together. */
  readonly maxStreamsPerPeer: number
  /** Where libp2p keeps its peer store and the DHT's values; undefined keeps them in memory. */
  readonly datastore: Libp2pOptions['datastore']
  /** Instead of TCP, for tests and simulations. */
  readonly transports?: Libp2pOptions['transports']
  /** Says whether a value may be stored under a site's name in the DHT. */
  readonly isRecordBelievable: (site: string, value: Uint8Array) => boolean
  /** Says whether a peer was refused so often a moment ago that it is not let in. */
  readonly isRefused: (peerId: string) => boolean
  /** Connections between agents at a time, half as many handshakes under way; `MAX_CONNECTIONS` if not given. */
  readonly connections?: number | undefined
  /** Says whether a peer is cut off by an operator: it is neither let in nor dialled. */
  readonly isCut?: (peerId: string) => boolean
  /** Says whether a peer is a site of this mesh that has given a sign of life: the DHT keeps values for such ones only. */
  readonly isMember: (peerId: string) => boolean
  /** Says whether a key of the DHT is one that sites provide; none is by default. */
  readonly isProvided?: (key: Uint8Array) => boolean
  /** Peer IDs that provide a key, besides those that the DHT keeps. */
  readonly providersOf?: (key: Uint8Array) => readonly string[]
  /** Says whether the membership dials a peer at this moment; all others but members are not dialled. */
  readonly isDialled: (peerId: string) => boolean
  /** The better one of several values for a site; index. */
  readonly selectRecord: (site: string, values: readonly Uint8Array[]) => number
}

export const BEAT_TOPIC_VERSION = 1
export const beatTopic = (mesh: string): string => `/cheops/${mesh}/beat/${BEAT_TOPIC_VERSION}`
/** First part of the keys of site records in the DHT: `/cheops-site/<name>`. */
export const DHT_NAMESPACE = 'cheops-site'

/**
 * The stream's window and the read buffer behind it: yamux lets the window grow to 16 MiB by default while the buffer ends
 * at 4 MiB, so that a paused stream dies. Measured; the read limit must not be below the window.
 */
const STREAM_WINDOW_BYTES = 4 << 20
const STREAM_READ_BUFFER_BYTES = 16 << 20
/** Watches are silent for hours. The largest delay that timers take. */
const NEVER_INACTIVE_MS = 2 ** 31 - 1
/** Addresses and peers are never forgotten by age (default: one hour and six): a site may be away for long. */
const NEVER_FORGOTTEN_MS = 1e15
/** Sites of a mesh twice (both may dial at once), and strangers beside them. */
export const MAX_CONNECTIONS = 2048
/** Several sites may stand behind one address (NAT, containers, one machine); the default of 5 a second cuts them off. */
const INBOUND_CONNECTIONS_PER_SECOND = 256
/** For handshakes over links of 2 s each way: pre-shared key, noise and yamux need six round trips. */
const UPGRADE_TIMEOUT_MS = 30_000
/** Who dials gives each address its time (`dial-each.ts`); what the library dials by itself has `dialTimeoutMs` in all. */
const ADDRESS_DIAL_TIMEOUT_MS = 30_000
/** A record (64 KiB) and its envelope; what is longer is not even decoded. */
const GOSSIP_BYTES = 72 * 1024
/** Sites that may be reachable through this agent (default 15). */
const MAX_RESERVATIONS = 512

/** Makes a node; it is not started. */
export async function createHost(options: HostOptions): Promise<Host> {
  const { isCut = () => false, connections = MAX_CONNECTIONS } = options
  const maxPending = Math.ceil(connections / 2)
  const useRelay = options.relay.use ? ['/p2p-circuit'] : []
  const transports = options.transports ?? [boundedInbound(corkedTcp(), maxPending)]
  return createLibp2p<HostServices>({
    start: false,
    privateKey: options.privateKey,
    nodeInfo: { name: 'cheops', version: options.version, userAgent: `cheops/${options.version}` },
    addresses: { listen: [...options.listen, ...useRelay], announce: [...options.announce] },
    transports: options.relay.use || options.relay.serve ? [...transports, relayTransport()] : transports,
    connectionEncrypters: [patientNoise({ crypto: noiseCrypto })],
    streamMuxers: [
      batchedMuxer(
        quietMuxer(
          yamux({
            maxInboundStreams: options.maxStreamsPerPeer,
            maxOutboundStreams: options.maxStreamsPerPeer,
            streamOptions: {
              maxStreamWindowSize: STREAM_WINDOW_BYTES,
              maxReadBufferLength: STREAM_READ_BUFFER_BYTES,
              inactivityTimeout: NEVER_INACTIVE_MS,
            },
          }),
        ),
      ),
    ],
    connectionProtector: firstWordsChecked(
      options.meshKey === undefined ? unprotected : preSharedKey({ psk: options.meshKey, timeout: UPGRADE_TIMEOUT_MS }),
    ),
    ...(options.datastore === undefined ? {} : { datastore: options.datastore }),
    ...(options.mdns ? { peerDiscovery: [mdns({ serviceTag: `cheops-${options.mesh}.local` })] } : {}),
    peerStore: { maxAddressAge: NEVER_FORGOTTEN_MS, maxPeerAge: NEVER_FORGOTTEN_MS },
    connectionManager: {
      maxConnections: connections,
      inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND,
      // What has to go is counted until it has gone.
      maxIncomingPendingConnections: 2 * maxPending,
      inboundUpgradeTimeout: UPGRADE_TIMEOUT_MS,
      dialTimeout: options.dialTimeoutMs,
      addressDialTimeout: ADDRESS_DIAL_TIMEOUT_MS,
      // Redialling is the membership's.
      reconnectRetries: 0,
    },
    connectionGater: {
      denyInboundEncryptedConnection: peerId => options.isRefused(peerId.toString()) || isCut(peerId.toString()),
      // Whoever was dialled without a peer ID is known only now.
      denyOutboundEncryptedConnection: peerId => isCut(peerId.toString()),
      // The DHT dials whoever it has heard of, at addresses that anybody may have told it.
      denyDialPeer: peerId => {
        const id = peerId.toString()
        return isCut(id) || !(options.isMember(id) || options.isDialled(id))
      },
    },
    // It would cut a peer that is merely slow; the membership pings by itself and cuts nobody's last link.
    connectionMonitor: { enabled: false },
    services: {
      identify: identify({ timeout: UPGRADE_TIMEOUT_MS, maxMessageSize: 64 * 1024 }),
      identifyPush: identifyPush({ timeout: UPGRADE_TIMEOUT_MS, maxMessageSize: 64 * 1024 }),
      ping: ping({ maxInboundStreams: 8, maxOutboundStreams: 8 }),
      dht: guardedDht(
        kadDHT({
          protocol: `/cheops/${options.mesh}/kad/1.0.0`,
          clientMode: false,
          peerInfoMapper: passthroughMapper,
          allowQueryWithZeroPeers: true,
          // A site alone in its first second looks again as soon as it has company.
          initialQuerySelfInterval: 100,
          // The library would store public keys, which say nothing and may be made without end.
          validators: { [DHT_NAMESPACE]: (key, value) => validate(options, key, value), pk: refuseAll },
          selectors: { [DHT_NAMESPACE]: (key, values) => options.selectRecord(siteOfKey(key), values) },
        }),
        options.isMember,
        options.isProvided ?? (() => false),
        options.providersOf ?? (() => []),
      ),
      gossip: steadyGossip(
        gossipsub({
          globalSignaturePolicy: 'StrictSign',
          allowedTopics: [beatTopic(options.mesh)],
          // Alone in the mesh there is nobody to tell, which is no error.
          allowPublishToZeroTopicPeers: true,
          ignoreDuplicatePublishError: true,
          runOnLimitedConnection: true,
          // Peers behind one address are the normal case here, not an attack.
          scoreParams: { IPColocationFactorWeight: 0 },
          maxInboundDataLength: GOSSIP_BYTES,
          // Duplicates are known before their signature is checked: the most frequent message costs least.
          fastMsgIdFn: message => `${hex(message.from)}${hex(message.seqno)}${hex(message.signature)}`,
        }),
      ),
      ...(options.relay.serve
        ? {
            relay: circuitRelayServer({
              // The default limit cuts after 128 KiB, as a clean end.
              reservations: { applyDefaultLimit: false, maxReservations: MAX_RESERVATIONS },
            }),
          }
        : {}),
    },
  })
}

/** Key of a site's record in the DHT. */
export function recordKey(site: string): Uint8Array {
  return new TextEncoder().encode(`/${DHT_NAMESPACE}/${site}`)
}

function siteOfKey(key: Uint8Array): string {
  return new TextDecoder().decode(key).slice(DHT_NAMESPACE.length + 2)
}

function validate(options: HostOptions, key: Uint8Array, value: Uint8Array): void {
  const site = siteOfKey(key)
  // One name has one key, however text is decoded.
  if (Buffer.compare(recordKey(site), key) !== 0) refuseAll()
  if (!options.isRecordBelievable(site, value)) {
    throw new CheopsError('ERR_HEARTBEAT_MESSAGE', 'The record is forged, older than the known one, or of another key.')
  }
}

function refuseAll(): never {
  throw new CheopsError('ERR_HEARTBEAT_MESSAGE', 'Only records of sites are kept.')
}

function hex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString('hex')
}
