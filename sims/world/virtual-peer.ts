import type {
  DialRequest,
  DialResult,
  GossipMessage,
  GossipVerdict,
  HelloAnswer,
  NetworkEvent,
  PeerConnection,
  PeerNetwork,
} from '../../src/ports/peer-network.ts'
import type { Wire } from './wire.ts'

/** Retransmissions of the first packet of a TCP connection, milliseconds after it: what is healed meanwhile still connects. */
const SYN_RETRIES_MS = [0, 1_000, 3_000, 7_000, 15_000]
/** A peer passes gossip on to that many others, as in a mesh of gossipsub; publishing goes to all. */
const GOSSIP_FANOUT = 3

/** One connection with two ends, each of which may know of its end or not. */
interface Pipe {
  readonly id: string
  readonly dialer: VirtualPeer
  readonly listener: VirtualPeer
  readonly open: Set<VirtualPeer>
}

export interface PeerObserver {
  /** A gossip message was given to the membership of a site. */
  onGossip(site: string, message: GossipMessage, verdict: GossipVerdict): void
  /** A site has published a message. */
  onPublish(site: string, data: Uint8Array): void
}

/** The network of one agent in the simulation: the same port that libp2p implements, over the virtual wire. */
export class VirtualPeer implements PeerNetwork {
  readonly peerId: string
  readonly site: string
  readonly #wire: Wire
  readonly #observer: PeerObserver
  /** Runs what comes from outside; a process that was stopped gets it later, a dead one never. */
  readonly #process: (fn: () => void) => void
  readonly #pipes = new Map<string, Pipe>()
  readonly #listeners = new Set<(event: NetworkEvent) => void>()
  readonly #seen = new Set<string>()
  readonly #dht = new Map<string, Uint8Array>()
  #address: string
  #serveHello: ((from: PeerConnection, hello: Uint8Array) => Promise<HelloAnswer>) | undefined
  #judgeGossip: (message: GossipMessage) => GossipVerdict = () => 'ignore'
  #judgeRecord: (site: string, value: Uint8Array) => boolean = () => false
  #published = 0

  constructor(
    wire: Wire,
    who: { site: string; peerId: string; address: string },
    process: (fn: () => void) => void,
    observer: PeerObserver,
  ) {
    this.#wire = wire
    this.site = who.site
    this.peerId = who.peerId
    this.#address = who.address
    this.#process = process
    this.#observer = observer
    wire.listen(this.#address, this)
  }

  /** The process has ended: connections break where packets pass. */
  die(): void {
    this.#listeners.clear()
    this.#wire.unlisten(this.#address, this)
    for (const pipe of this.#pipes.values()) this.#leave(pipe)
  }

  /** The machine has another address from now on; connections of before are dead. */
  move(address: string): void {
    this.#wire.unlisten(this.#address, this)
    for (const pipe of this.#pipes.values()) this.#leave(pipe)
    this.#address = address
    this.#wire.listen(address, this)
    this.#tell({ kind: 'addresses' })
  }

  addresses(): readonly string[] {
    return [this.#address]
  }

  connections(): readonly PeerConnection[] {
    return [...this.#pipes.values()].map(pipe => this.#describe(pipe))
  }

  onEvent(listener: (event: NetworkEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async dial({ peerId, addresses, timeoutMs, force = false }: DialRequest): Promise<DialResult> {
    const existing = [...this.#pipes.values()].find(pipe => this.#other(pipe).peerId === peerId)
    if (existing !== undefined && !force) return { ok: true, connection: this.#describe(existing) }
    const { time } = this.#wire
    const deadline = time.now + timeoutMs
    let result: DialResult = { ok: false, failure: 'no-address', detail: 'no address' }
    for (const address of addresses) {
      for (const [i, retryMs] of SYN_RETRIES_MS.entries()) {
        await this.#sleep(Math.min(retryMs - (SYN_RETRIES_MS[i - 1] ?? 0), deadline - time.now))
        if (time.now >= deadline && i > 0) break
        const target = this.#wire.listenerAt(address)
        if (target === this) return { ok: false, failure: 'self', detail: 'it is this agent itself' }
        if (target === undefined) {
          await this.#sleep(this.#wire.delay() * 2)
          result = { ok: false, failure: 'refused', detail: 'nobody listens there' }
          break
        }
        result = { ok: false, failure: 'timeout', detail: 'no answer in time' }
        if (!this.#wire.connects(this.site, target.site)) continue
        if (peerId !== undefined && target.peerId !== peerId) {
          await this.#sleep(this.#wire.delay() * 4)
          result = { ok: false, failure: 'wrong-peer', detail: 'another peer answers there' }
          break
        }
        const pipe = await this.#shakeHands(target, deadline)
        if (pipe !== undefined) return { ok: true, connection: this.#describe(pipe) }
      }
    }
    return result
  }

  async probe(addresses: readonly string[], timeoutMs: number): Promise<boolean | undefined> {
    await this.#sleep(this.#wire.delay() * 2)
    const target = addresses.map(address => this.#wire.listenerAt(address)).find(found => found !== undefined)
    if (target !== undefined && this.#wire.connects(this.site, target.site)) return true
    await this.#sleep(timeoutMs)
    return false
  }

  close(connectionId: string): void {
    const pipe = this.#pipes.get(connectionId)
    if (pipe !== undefined) this.#leave(pipe)
  }

  /** The virtual network keeps nothing of peers without a connection. */
  forgetPeers(): void {}

  async ping(connectionId: string, timeoutMs: number): Promise<number> {
    const startedAt = this.#wire.time.now
    await this.#exchange(connectionId, timeoutMs, async () => new Uint8Array())
    return this.#wire.time.now - startedAt
  }

  hello(connectionId: string, hello: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    return this.#exchange(connectionId, timeoutMs, async (other, pipe) => {
      if (other.#serveHello === undefined) throw new Error('not ready')
      const { answer, close } = await other.#serveHello(other.#describe(pipe), hello)
      if (close) this.#wire.time.after(50, () => other.close(pipe.id))
      return answer
    })
  }

  onHello(serve: (from: PeerConnection, hello: Uint8Array) => Promise<HelloAnswer>): void {
    this.#serveHello = serve
  }

  async publish(data: Uint8Array): Promise<readonly string[]> {
    this.#observer.onPublish(this.site, data)
    const id = `${this.peerId}/${this.#wire.time.now}/${this.#published++}`
    this.#seen.add(id)
    const peers = this.#peers()
    for (const peer of peers) this.#sendGossip(peer, id, this.peerId, data)
    return peers.map(({ peerId }) => peerId)
  }

  onGossip(judge: (message: GossipMessage) => GossipVerdict): void {
    this.#judgeGossip = judge
  }

  /** Hands over what a peer says it got from somebody: also what an attacker repeats or invents. */
  receiveGossip(id: string, message: GossipMessage): void {
    if (this.#seen.has(id)) return
    this.#seen.add(id)
    const verdict = this.#judgeGossip(message)
    this.#observer.onGossip(this.site, message, verdict)
    if (verdict !== 'accept') return
    const others = this.#peers().filter(peer => peer.peerId !== message.source && peer.peerId !== message.author)
    for (let i = 0; i < GOSSIP_FANOUT && others.length > 0; i++) {
      const [peer] = others.splice(this.#wire.random.below(others.length), 1)
      if (peer !== undefined) this.#sendGossip(peer, id, message.author, message.data)
    }
  }

  async putRecord(site: string, value: Uint8Array): Promise<{ stored: number; refused: number }> {
    let stored = 0
    let refused = 0
    this.#dht.set(site, value)
    for (const peer of this.#reachable()) {
      if (peer.offerRecord(site, value)) stored += 1
      else refused += 1
    }
    await this.#sleep(this.#wire.delay() * 2)
    return { stored, refused }
  }

  /** Somebody wants a value stored here. */
  offerRecord(site: string, value: Uint8Array): boolean {
    if (!this.#judgeRecord(site, value)) return false
    this.#dht.set(site, value)
    return true
  }

  async getRecords(site: string): Promise<readonly Uint8Array[]> {
    await this.#sleep(this.#wire.delay() * 2)
    const values = [this, ...this.#reachable()].map(peer => peer.#dht.get(site))
    return values.filter(value => value !== undefined)
  }

  onRecord(judge: (site: string, value: Uint8Array) => boolean): void {
    this.#judgeRecord = judge
  }

  async #shakeHands(target: VirtualPeer, deadline: number): Promise<Pipe | undefined> {
    await this.#sleep(this.#wire.delay() * 4)
    const accepted = Promise.withResolvers<void>()
    // A stopped process accepts by its kernel only: the handshake waits until it runs again, or for ever.
    target.#process(() => accepted.resolve())
    await Promise.race([accepted.promise, this.#sleep(deadline - this.#wire.time.now)])
    if (this.#wire.time.now >= deadline || !this.#wire.connects(this.site, target.site)) return undefined
    if (this.#wire.listenerAt(target.#address) !== target) return undefined
    const id = `${this.site}-${target.site}-${this.#wire.random.below(2 ** 31).toString(36)}`
    const pipe: Pipe = { id, dialer: this, listener: target, open: new Set([this, target]) }
    this.#pipes.set(id, pipe)
    target.#pipes.set(id, pipe)
    this.#tell({ kind: 'connected', connection: this.#describe(pipe) })
    target.#process(() => target.#tell({ kind: 'connected', connection: target.#describe(pipe) }))
    return pipe
  }

  /** A question and its answer over a connection; nothing comes back where packets do not pass. */
  async #exchange(
    connectionId: string,
    timeoutMs: number,
    answer: (other: VirtualPeer, pipe: Pipe) => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    const pipe = this.#pipes.get(connectionId)
    if (pipe === undefined) throw new Error('the connection has been closed')
    const other = this.#other(pipe)
    const done = Promise.withResolvers<Uint8Array>()
    const { time } = this.#wire
    time.after(timeoutMs, () => done.reject(new Error('no answer in time')))
    this.#send(pipe, () => {
      answer(other, pipe).then(
        result => other.#send(pipe, () => done.resolve(result)),
        (error: unknown) => other.#send(pipe, () => done.reject(error)),
      )
    })
    return done.promise
  }

  /** Delivers over a connection, in the process of the other end. A closed other end answers with a reset. */
  #send(pipe: Pipe, deliver: () => void): void {
    const other = this.#other(pipe)
    this.#wire.time.after(this.#wire.delay(), () => {
      if (!this.#wire.passes(this.site, other.site) || !pipe.open.has(this)) return
      if (pipe.open.has(other)) other.#process(deliver)
      else if (this.#wire.passes(other.site, this.site)) this.#process(() => this.#lose(pipe))
    })
  }

  #sendGossip(peer: VirtualPeer, id: string, author: string, data: Uint8Array): void {
    const pipe = [...this.#pipes.values()].find(one => this.#other(one) === peer)
    const { random } = this.#wire
    if (pipe === undefined || random.chance(this.#wire.lossRate)) return
    const message: GossipMessage = { author, source: this.peerId, data }
    this.#send(pipe, () => peer.receiveGossip(id, message))
    // Past the cache that knows duplicates, as after its time.
    if (random.chance(this.#wire.repeatRate)) {
      this.#wire.time.after(random.between(0, 20_000), () => {
        this.#send(pipe, () => peer.receiveGossip(`${id}+`, message))
      })
    }
  }

  /** Closes the own end; the other learns it where packets pass. */
  #leave(pipe: Pipe): void {
    const other = this.#other(pipe)
    this.#lose(pipe)
    this.#wire.time.after(this.#wire.delay(), () => {
      if (this.#wire.passes(this.site, other.site)) other.#process(() => other.#lose(pipe))
    })
  }

  #lose(pipe: Pipe): void {
    if (!pipe.open.delete(this)) return
    this.#pipes.delete(pipe.id)
    this.#tell({ kind: 'disconnected', connection: this.#describe(pipe) })
  }

  #tell(event: NetworkEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  #other(pipe: Pipe): VirtualPeer {
    return pipe.dialer === this ? pipe.listener : pipe.dialer
  }

  #peers(): VirtualPeer[] {
    return [...new Set([...this.#pipes.values()].map(pipe => this.#other(pipe)))]
  }

  #reachable(): VirtualPeer[] {
    return this.#peers().filter(peer => this.#wire.connects(this.site, peer.site))
  }

  #describe(pipe: Pipe): PeerConnection {
    const other = this.#other(pipe)
    return {
      id: pipe.id,
      peerId: other.peerId,
      direction: pipe.dialer === this ? 'outbound' : 'inbound',
      relayed: false,
      address: other.#address,
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise(resolve => this.#wire.time.after(ms, () => this.#process(resolve)))
  }
}
