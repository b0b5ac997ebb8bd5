import { TopicValidatorResult } from '@libp2p/gossipsub'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { isLoopback } from '../../core/membership/address.ts'
import { getRecords, putRecord } from './dht-client.ts'
import { dialEach } from './dial-each.ts'
import { explainDialFailure } from './dial-failure.ts'
import { beatTopic } from './host.ts'
import { untilRead } from './last-word.ts'
import { ping } from './ping.ts'
import { RefusedPeers } from './refused-peers.ts'
import { anyAcceptsTcp } from './tcp-probe.ts'
import type { Connection, PeerInfo, Stream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Logger } from '../../ports/logger.ts'
import type {
  DialRequest,
  DialResult,
  GossipMessage,
  GossipVerdict,
  HelloAnswer,
  NetworkEvent,
  PeerConnection,
  PeerNetwork,
} from '../../ports/peer-network.ts'
import type { Host } from './host.ts'

/** The hello stream, from protocols/heartbeat: adapters know no protocol. */
export interface HelloStreams {
  readonly protocol: string
  readonly maxStreams: number
  ask(stream: Stream, hello: Uint8Array, signal: AbortSignal): Promise<Uint8Array>
  answer(stream: Stream, answer: (hello: Uint8Array) => Promise<Uint8Array>): Promise<void>
}

/** Streams of these prefixes are upkeep: a connection that carries nothing else may be closed when there is another, where a conversation of sync goes on. */
const UPKEEP = ['/ipfs/', '/meshsub/', '/floodsub/', '/libp2p/', '/cheops/heartbeat/', '/cheops/sync/']
/** Errors of the framing for lengths that no honest peer sends. */
const BAD_FRAME = /^Invalid(DataLength|DataLengthLength|MessageLength)Error$/
/** For identify on a connection that takes over gossip. */
const IDENTIFY_TIMEOUT_MS = 10_000

const TOPIC_VERDICTS: Readonly<Record<GossipVerdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
}

/** The network between agents, by libp2p. What is peculiar to the library stays in this folder. */
export class Libp2pNetwork implements PeerNetwork {
  readonly peerId: string
  readonly #host: Host
  readonly #mesh: string
  readonly #hello: HelloStreams
  readonly #logger: Logger
  readonly #listeners = new Set<(event: NetworkEvent) => void>()
  readonly #refused = new RefusedPeers()
  /** The shortest round trip to each peer, milliseconds, as long as it is connected. */
  readonly #roundTrips = new Map<string, number>()
  /** Peers that are dialled now, and relays on the way, each as often as it is. */
  readonly #dialled = new Map<string, number>()
  #serveHello: ((from: PeerConnection, hello: Uint8Array) => Promise<HelloAnswer>) | undefined
  #judgeGossip: (message: GossipMessage) => GossipVerdict = () => 'ignore'
  #judgeRecord: (site: string, value: Uint8Array) => boolean = () => false

  constructor(host: Host, mesh: string, hello: HelloStreams, logger: Logger) {
    this.#host = host
    this.#mesh = mesh
    this.#hello = hello
    this.#logger = logger
    this.peerId = host.peerId.toString()
  }

  /** Registers with libp2p and starts it. */
  async start(): Promise<void> {
    const host = this.#host
    host.addEventListener('connection:open', this.#onOpen)
    host.addEventListener('connection:close', this.#onClose)
    host.addEventListener('self:peer:update', this.#onSelf)
    host.addEventListener('peer:discovery', this.#onDiscovery)
    const { protocol, maxStreams } = this.#hello
    await host.handle(protocol, (stream, connection) => this.#answerHello(stream, connection), {
      maxInboundStreams: maxStreams,
      maxOutboundStreams: maxStreams,
      runOnLimitedConnection: true,
    })
    await host.start()
    const { gossip } = host.services
    gossip.topicValidators.set(beatTopic(this.#mesh), (source, message) => this.#validate(source.toString(), message))
    gossip.subscribe(beatTopic(this.#mesh))
  }

  async stop(): Promise<void> {
    const host = this.#host
    host.removeEventListener('connection:open', this.#onOpen)
    host.removeEventListener('connection:close', this.#onClose)
    host.removeEventListener('self:peer:update', this.#onSelf)
    host.removeEventListener('peer:discovery', this.#onDiscovery)
    await host.stop()
  }

  addresses(): readonly string[] {
    const own = `/p2p/${this.peerId}`
    const all = this.#host
      .getMultiaddrs()
      .map(address => address.toString())
      .map(address => (address.endsWith(own) ? address.slice(0, -own.length) : address))
      .sort()
    // A wildcard listens on loopback too, but for others that is the way to themselves.
    const others = all.filter(address => !isLoopback(address))
    return others.length > 0 ? others : all
  }

  connections(): readonly PeerConnection[] {
    return this.#host.getConnections().filter(isOpen).map(describe)
  }

  /** The library's connection behind one of ours. */
  connection(connectionId: string): Connection | undefined {
    return this.#host.getConnections().find(connection => connection.id === connectionId)
  }

  onEvent(listener: (event: NetworkEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async dial({ peerId, addresses, timeoutMs, force = false }: DialRequest): Promise<DialResult> {
    const suffix = peerId === undefined ? '' : `/p2p/${peerId}`
    let peers: readonly string[] = []
    try {
      const targets = addresses.map(address => multiaddr(address.includes(suffix) ? address : address + suffix))
      peers = [...new Set(targets.flatMap(peersOf))]
      for (const peer of peers) this.#dialled.set(peer, (this.#dialled.get(peer) ?? 0) + 1)
      const connection = await dialEach(this.#host, targets, { timeoutMs, force })
      return { ok: true, connection: describe(connection) }
    } catch (error) {
      const { failure, detail } = await explainDialFailure(error, addresses)
      this.#logger.debug({ peerId, addresses, failure, error }, 'a dial failed')
      return { ok: false, failure, detail }
    } finally {
      for (const peer of peers) {
        const left = (this.#dialled.get(peer) ?? 0) - 1
        if (left > 0) this.#dialled.set(peer, left)
        else this.#dialled.delete(peer)
      }
    }
  }

  probe(addresses: readonly string[], timeoutMs: number): Promise<boolean | undefined> {
    return anyAcceptsTcp(addresses, timeoutMs)
  }

  close(connectionId: string, { force }: { force: boolean }): void {
    const connection = this.connection(connectionId)
    if (connection === undefined) return
    if (force) connection.abort(new Error('closed by the membership'))
    else if (connection.streams.every(isUpkeep)) void closeGently(connection)
  }

  forgetPeers(isKept: (peerId: string) => boolean): void {
    forgetPeers(this.#host, isKept).catch((error: unknown) => this.#logger.debug({ error }, 'peers were not forgotten'))
  }

  /** Milliseconds; undefined for a peer that was not pinged since it connected. */
  roundTripMs(peerId: string): number | undefined {
    return this.#roundTrips.get(peerId)
  }

  async ping(connectionId: string, timeoutMs: number): Promise<number> {
    const connection = this.#require(connectionId)
    const rtt = await ping(connection, timeoutMs)
    const peerId = connection.remotePeer.toString()
    this.#roundTrips.set(peerId, Math.min(rtt, this.#roundTrips.get(peerId) ?? rtt))
    return rtt
  }

  async hello(connectionId: string, hello: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    const signal = AbortSignal.timeout(timeoutMs)
    const stream = await this.#require(connectionId).newStream(this.#hello.protocol, {
      signal,
      runOnLimitedConnection: true,
    })
    return this.#hello.ask(stream, hello, signal)
  }

  onHello(serve: (from: PeerConnection, hello: Uint8Array) => Promise<HelloAnswer>): void {
    this.#serveHello = serve
  }

  async publish(message: Uint8Array): Promise<readonly string[]> {
    try {
      const { recipients } = await this.#host.services.gossip.publish(beatTopic(this.#mesh), message)
      return recipients.map(String)
    } catch (error) {
      this.#logger.debug({ error }, 'a message could not be published')
      return []
    }
  }

  onGossip(judge: (message: GossipMessage) => GossipVerdict): void {
    this.#judgeGossip = judge
  }

  putRecord(site: string, value: Uint8Array, timeoutMs: number): Promise<{ stored: number; refused: number }> {
    return putRecord(this.#host, site, value, timeoutMs)
  }

  getRecords(site: string, timeoutMs: number): Promise<readonly Uint8Array[]> {
    return getRecords(this.#host, site, timeoutMs)
  }

  onRecord(judge: (site: string, value: Uint8Array) => boolean): void {
    this.#judgeRecord = judge
  }

  /** For the DHT's validator. */
  readonly isRecordBelievable = (site: string, value: Uint8Array): boolean => this.#judgeRecord(site, value)

  /** For the connection gater: whether a peer was refused so often a moment ago that it is not let in to be told again. */
  readonly isRefused = (peerId: string): boolean => this.#refused.has(peerId)

  /** For the connection gater: whether a peer is dialled by order of the membership. */
  readonly isDialled = (peerId: string): boolean => this.#dialled.has(peerId)

  #validate(source: string, message: { type: string; data: Uint8Array }): TopicValidatorResult {
    const author = 'from' in message ? String(message.from) : undefined
    if (author === undefined) return TOPIC_VERDICTS.reject
    return TOPIC_VERDICTS[this.#judgeGossip({ author, source, data: message.data })]
  }

  async #answerHello(stream: Stream, connection: Connection): Promise<void> {
    const serve = this.#serveHello
    if (serve === undefined) return stream.abort(new Error('not ready'))
    let refused = false
    let read: Promise<void> | undefined
    try {
      await this.#hello.answer(stream, async hello => {
        const answer = await serve(describe(connection), hello)
        refused = answer.close
        if (refused) read = untilRead(connection, stream)
        return answer.answer
      })
    } catch (error) {
      this.#logger.debug({ peerId: connection.remotePeer.toString(), error }, 'a hello was not served')
      // Not what broke off, as a peer that restarts does: it must be let in at once.
      refused ||= error instanceof Error && BAD_FRAME.test(error.name)
    }
    if (!refused) return
    this.#refused.add(connection.remotePeer.toString())
    await read
    await closeGently(connection)
  }

  #require(connectionId: string): Connection {
    const connection = this.connection(connectionId)
    if (connection === undefined || !isOpen(connection)) throw new Error('the connection has been closed')
    return connection
  }

  #tell(event: NetworkEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  readonly #onOpen = (event: CustomEvent<Connection>): void => {
    this.#tell({ kind: 'connected', connection: describe(event.detail) })
  }

  readonly #onClose = (event: CustomEvent<Connection>): void => {
    const { remotePeer } = event.detail
    // It may come back over another way.
    if (!this.#host.getConnections(remotePeer).some(isOpen)) this.#roundTrips.delete(remotePeer.toString())
    this.#tell({ kind: 'disconnected', connection: describe(event.detail) })
    this.#moveGossip(event.detail)
  }

  readonly #onSelf = (): void => this.#tell({ kind: 'addresses' })

  readonly #onDiscovery = (event: CustomEvent<PeerInfo>): void => {
    const { id, multiaddrs } = event.detail
    const addresses = multiaddrs.map(address => address.toString())
    this.#tell({ kind: 'discovered', peerId: id.toString(), addresses })
  }

  /**
   * gossipsub speaks to a peer over one connection and does not notice when another has to take its place: the event that
   * identify fires on the surviving connection makes it open its stream there.
   */
  #moveGossip(closed: Connection): void {
    const rest = this.#host.getConnections(peerIdFromString(closed.remotePeer.toString())).filter(isOpen)
    const [survivor] = rest.filter(connection => connection.id !== closed.id)
    if (survivor === undefined) return
    this.#host.services.identify
      .identify(survivor, { signal: AbortSignal.timeout(IDENTIFY_TIMEOUT_MS) })
      .catch((error: unknown) => this.#logger.debug({ error }, 'identify failed on the remaining connection'))
  }
}

function peersOf(address: Multiaddr): string[] {
  const parts = address.getComponents().filter(part => part.name === 'p2p')
  return parts.flatMap(part => (part.value === undefined ? [] : [part.value]))
}

async function forgetPeers(host: Host, isKept: (peerId: string) => boolean): Promise<void> {
  for (const { id } of await host.peerStore.all()) {
    const isUsed = id.equals(host.peerId) || isKept(id.toString()) || host.getConnections(id).length > 0
    if (!isUsed) await host.peerStore.delete(id)
  }
}

async function closeGently(connection: Connection): Promise<void> {
  try {
    await connection.close()
  } catch (error) {
    connection.abort(error instanceof Error ? error : new Error(String(error)))
  }
}

function describe(connection: Connection): PeerConnection {
  return {
    id: connection.id,
    peerId: connection.remotePeer.toString(),
    direction: connection.direction,
    relayed: !connection.direct,
    address: connection.remoteAddr.toString(),
  }
}

function isOpen(connection: Connection): boolean {
  return connection.status === 'open'
}

function isUpkeep(stream: Stream): boolean {
  const { protocol } = stream
  return protocol === undefined || UPKEEP.some(prefix => protocol.startsWith(prefix)) || protocol.includes('/kad/')
}
