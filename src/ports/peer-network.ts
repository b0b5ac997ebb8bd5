/**
 * What the membership needs of the network between agents: connections, hellos, gossip and the DHT, carrying bytes.
 * libp2p implements it in an agent, a virtual network in the simulation. Peer IDs are the ones that were authenticated.
 */
export interface PeerNetwork {
  /** Peer ID of this agent. */
  readonly peerId: string
  /** Multiaddresses under which others can reach this agent, without its own `/p2p/…`. */
  addresses(): readonly string[]
  /** Connections that stand now, at most a few per peer. */
  connections(): readonly PeerConnection[]
  /** Calls `listener` on every event; returns what ends that. */
  onEvent(listener: (event: NetworkEvent) => void): () => void

  /**
   * Dials a peer (`peerId` known) or whoever answers at the addresses.
   * @param request.force opens a connection even if there is one that stands
   */
  dial(request: DialRequest): Promise<DialResult>
  /** Opens a TCP connection to one of the addresses and closes it again; undefined when none is a TCP address. */
  probe(addresses: readonly string[], timeoutMs: number): Promise<boolean | undefined>
  /** Closes a connection: gently when it carries nothing but upkeep, else by `force`. */
  close(connectionId: string, options: { force: boolean }): void
  /** Forgets the addresses and all else that is kept of peers without a connection, but of those to keep. */
  forgetPeers(isKept: (peerId: string) => boolean): void
  /**
   * Round-trip time over the connection, milliseconds; rejects when nothing at all has come over it for `timeoutMs`, and without an answer after four
   * times that.
   */
  ping(connectionId: string, timeoutMs: number): Promise<number>

  /** Sends a hello over the connection and brings the answer back. */
  hello(connectionId: string, hello: Uint8Array, timeoutMs: number): Promise<Uint8Array>
  /** Serves hellos. The answer is sent back; the connection is closed if it says so, once the other side has read that or has had the time to. */
  onHello(serve: (from: PeerConnection, hello: Uint8Array) => Promise<HelloAnswer>): void

  /**
   * Hands bytes to everyone in the mesh, signed by this agent. Best effort: it never rejects.
   * @returns peers to whose connections they were given, which says nothing of who received them
   */
  publish(message: Uint8Array): Promise<readonly string[]>
  /** Judges what came by gossip. Only what is accepted is passed on. */
  onGossip(judge: (message: GossipMessage) => GossipVerdict): void

  /** Stores a value under this site's name in the DHT; says how many peers took it and how many refused. */
  putRecord(site: string, value: Uint8Array, timeoutMs: number): Promise<{ stored: number; refused: number }>
  /** All different values that peers hold for a site, best first; empty when there are none. */
  getRecords(site: string, timeoutMs: number): Promise<readonly Uint8Array[]>
  /** Judges what peers want stored here, and what they answered. */
  onRecord(judge: (site: string, value: Uint8Array) => boolean): void
}

export interface PeerConnection {
  readonly id: string
  readonly peerId: string
  readonly direction: 'inbound' | 'outbound'
  readonly relayed: boolean
  /** Multiaddress of the other end. */
  readonly address: string
}

export type NetworkEvent =
  | { readonly kind: 'connected'; readonly connection: PeerConnection }
  | { readonly kind: 'disconnected'; readonly connection: PeerConnection }
  /** The own addresses have changed. */
  | { readonly kind: 'addresses' }
  /** A peer was found in the local network. */
  | { readonly kind: 'discovered'; readonly peerId: string; readonly addresses: readonly string[] }

export interface DialRequest {
  readonly peerId?: string
  readonly addresses: readonly string[]
  readonly timeoutMs: number
  readonly force?: boolean
}

export type DialResult =
  | { readonly ok: true; readonly connection: PeerConnection }
  | { readonly ok: false; readonly failure: DialFailure; readonly detail: string }

/**
 * Why a dial failed: nobody listens there; no answer in time; no route or no such name; a connection that ends while it is made
 * secure, as with another key of the mesh (or what listens is no agent, or stands before one that is down); a connection, but
 * it was not made secure in time, as over a slow link (or with another key, or it is no agent); another peer than the one that was
 * wanted; this agent itself; no address that could be tried; a peer that this agent has cut off.
 */
export type DialFailure =
  'refused' | 'timeout' | 'unreachable' | 'handshake' | 'unfinished' | 'wrong-peer' | 'self' | 'no-address' | 'denied'

export interface HelloAnswer {
  readonly answer: Uint8Array
  /** Closes the connection behind the answer. */
  readonly close: boolean
}

export interface GossipMessage {
  /** Who signed it. */
  readonly author: string
  /** Who passed it on. */
  readonly source: string
  readonly data: Uint8Array
}

/** `reject` also counts against who passed it on. */
export type GossipVerdict = 'accept' | 'ignore' | 'reject'
