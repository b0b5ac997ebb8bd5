import type { Beat, SignedRecord, SiteRecord } from '../core/membership/record.ts'

/** The bytes of the heartbeat protocol. Reading throws CheopsError ERR_HEARTBEAT_MESSAGE for all that breaks a limit. */
export interface HeartbeatCodec {
  /** Signs with the key of this agent; `record.peerId` must be its own. */
  signRecord(record: SiteRecord): SignedRecord
  /** Checks form, limits and signature. */
  readRecord(bytes: Uint8Array): SignedRecord
  writeHello(hello: Hello): Uint8Array
  /**
   * The speaker's own record is checked at once, the others one by one as they are asked for. Those whose form is not in
   * order are left out, as they may be of a later version; at a wrong signature the others end.
   */
  readHello(bytes: Uint8Array): Hello
  writeGossip(gossip: Gossip): Uint8Array
  readGossip(bytes: Uint8Array): Gossip
}

/** What both sides of a new connection tell each other. */
export interface Hello {
  readonly mesh: string
  /** Why the other side is refused, undefined when it is not. */
  readonly refusal: HelloRefusal | undefined
  /** The speaker's own record; undefined in a refusal. */
  readonly own: SignedRecord | undefined
  /** Records of other sites that the speaker knows. */
  readonly others: Iterable<SignedRecord>
  /** The speaker's last beat: it stops, and this peer did not get that by gossip. */
  readonly last?: Beat
}

export type HelloRefusal = 'wrong-mesh' | 'name-taken' | 'bad-record' | 'table-full'

export type Gossip =
  { readonly kind: 'beat'; readonly beat: Beat } | { readonly kind: 'record'; readonly signed: SignedRecord }
