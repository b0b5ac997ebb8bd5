/**
 * What sites tell each other so that their replicants converge: messages, what stands in outboxes, and who carries it.
 * `protocols/sync` implements it over libp2p and says in its README what is on the wire; the simulation has a network of its own and
 * the real codec. Source: src/consistency.md "Sync".
 *
 * A conversation is one stream. Who opened it is its *sender*: it says `hello`, is answered `welcome`, and sends the entries of its
 * outboxes to this site; the *receiver* says `received` when they are durable. For the other direction the other site opens a stream.
 */
import type {
  Dot,
  LifeId,
  LifeKnowledge,
  LifeTransfer,
  MatrixDefinition,
  Operation,
  RemovalTold,
  ReplicantName,
  Stamp,
} from '../core/oplog/index.ts'

/** An operation as its origin encoded and signed it: relayed as it is, so that anyone can check it. */
export interface SealedOperation {
  /** `SyncCodec.encodeOperation` of the origin. Never encoded anew: another version might write it in another way. */
  readonly bytes: Uint8Array
  /**
   * Ed25519 over the bytes and what they are signed for, 64 bytes, or with others of the same origin; see `protocols/sync/README.md`,
   * "Signatures". Empty for one of this site that was not signed yet.
   */
  readonly signature: Uint8Array
}

/** `LifeTransfer` with its operations sealed. */
export interface SealedLifeTransfer {
  readonly life: LifeId
  /** Dependencies first. */
  readonly operations: readonly SealedOperation[]
  readonly summary?: NonNullable<LifeTransfer['summary']>
}

/** How the application of a site stands to what was written. */
export interface Shown {
  /** SHA-256 in lower-case hexadecimal of what it shows of the fields that operations set; undefined: it has no such resource. */
  readonly hash: string | undefined
  /** It is not what was written, as far as its site can tell, and that site looks for a state that is. */
  readonly diverged: boolean
  /** It shows what was written, as far as its site can tell: not everything that an operation does can be told from it. */
  readonly fits: boolean
}

/** What became of an operation at a site. */
export type Outcome = 'pending' | 'applied' | 'superseded' | 'void' | 'failed' | 'uncertain'

/** What became of an operation at the site that says so. */
export interface Came {
  readonly dot: Dot
  readonly outcome: Outcome
  /** HTTP status that the application answered with, 100 to 599. */
  readonly status?: number
  /** Why it came to that, where no answer of the application says so: the code of an error, as a rule one of `src/errors.ts`. */
  readonly error?: string
  /** When, Unix milliseconds by that site's clock. */
  readonly at: number
}

/** What an outbox holds, and `entries` carries. */
export type OutboxEntry =
  | { readonly kind: 'operation'; readonly operation: SealedOperation }
  /** The sender's vector of a name, behind all that it has released of it. */
  | {
      readonly kind: 'acknowledgement'
      readonly replicant: ReplicantName
      /** Sorted by ≺ of the lives. */
      readonly lives: readonly LifeKnowledge[]
      readonly clock: Stamp
      /** What the sender's application shows by exactly this knowledge; none as long as it was not read since. */
      readonly shown?: Shown
      /** What became of an operation at the sender; only to its origin. */
      readonly came?: Came
    }
  | ({
      readonly kind: 'outcome'
      readonly replicant: ReplicantName
      readonly life: LifeId
      /** Where. */
      readonly site: string
    } & Came)
  | { readonly kind: 'removal'; readonly replicant: ReplicantName; readonly told: RemovalTold }
  /** A resolution matrix, ahead of the operations that name it. */
  | {
      readonly kind: 'matrix'
      /** SHA-256 in lower-case hexadecimal of the canonical text, see `SyncCodec.matrixHash`; decoding checks it. */
      readonly hash: string
      readonly definition: MatrixDefinition
    }
  /**
   * What brings the receiver up to date with one life. One that is too large for an entry comes in parts, in entries that follow
   * each other: all but the last have `more: true` and no summary. The receiver takes them in one step, and says `received` of none
   * before it has the last.
   */
  | {
      readonly kind: 'transfer'
      readonly replicant: ReplicantName
      readonly transfer: SealedLifeTransfer
      readonly more: boolean
    }
  /** Of a later minor version: it has its number, is `received`, and is otherwise ignored. Never encoded. */
  | { readonly kind: 'unknown' }

/** What is kept in an outbox: the numbers `first <= number < next`; none if they are equal. Numbers begin at 1. */
export interface OutboxRange {
  /** The sender's own incarnation that gave the numbers. */
  readonly incarnation: string
  readonly first: number
  readonly next: number
}

/** What a receiver holds durably of an outbox: every number up to `upTo`; 0 for none. */
export interface OutboxCursor {
  readonly incarnation: string
  readonly upTo: number
}

/** `count` things, and the sum of their hashes modulo 2^256. Equal digests: equal sets. */
export interface SetDigest {
  readonly count: number
  readonly sum: bigint
}

export type SyncMessage =
  /** The sender's first message. */
  | {
      readonly kind: 'hello'
      /** Minor version of the protocol that the speaker knows: 0 at first, 1 with `names`. */
      readonly version: number
      readonly site: string
      /** The present one. */
      readonly incarnation: string
      /** All outboxes to this receiver that hold something, and that of the present incarnation. Sorted by incarnation. */
      readonly outboxes: readonly OutboxRange[]
    }
  /** The receiver's first message. */
  | {
      readonly kind: 'welcome'
      readonly version: number
      readonly site: string
      readonly incarnation: string
      /** One for each outbox of the hello of which it holds anything. Sorted by incarnation. */
      readonly cursors: readonly OutboxCursor[]
    }
  /** Sender: entries `first`, `first + 1`, … of one outbox. */
  | {
      readonly kind: 'entries'
      readonly incarnation: string
      readonly first: number
      /** At least one; each `SyncCodec.encodeEntry`, as it lies in the outbox, to be read by `decodeEntry`. */
      readonly entries: readonly Uint8Array[]
    }
  /** Receiver: everything up to `upTo` is durable here, and may be removed from the outbox. */
  | { readonly kind: 'received'; readonly incarnation: string; readonly upTo: number }
  /** Receiver: what it knows of a name; what it lacks of it comes as `transfer` entries. No lives: everything. */
  | { readonly kind: 'want'; readonly replicant: ReplicantName; readonly lives: readonly LifeKnowledge[] }
  /** Either: of all replicants that both are members of, as the speaker knows them. */
  | { readonly kind: 'digest'; readonly digest: SetDigest }
  /**
   * Receiver: asks for coded symbols of all replicants that both are members of, from a place in their sequence on. The seed is drawn
   * for each audit.
   */
  | { readonly kind: 'audit'; readonly seed: number; readonly from: number; readonly count: number }
  /** Sender: answer to `audit`, see `core/reconcile`. */
  | { readonly kind: 'symbols'; readonly from: number; readonly symbols: Uint32Array }
  /** Receiver: names that it knows nothing of, as `SyncCodec.auditElement` shortens them: they come as `transfer` entries. */
  | { readonly kind: 'lack'; readonly names: readonly Uint32Array[] }
  /**
   * Sender: in which buckets it holds names; `all` of them, a bit for each, or what was `added` to those that it has said in this conversation.
   * Only to a receiver of version 1 or later.
   */
  | { readonly kind: 'names'; readonly all: Uint8Array }
  | { readonly kind: 'names'; readonly added: readonly number[] }
  /** Either, last: why it ends the conversation. */
  | { readonly kind: 'goodbye'; readonly reason: SyncCloseReason }
  /** Of a later minor version, to be ignored. Never encoded. */
  | { readonly kind: 'unknown' }

/**
 * Why a conversation was ended. `gap`: numbers of entries were left out; `beyond`: a cursor shows that the sender's store was set back;
 * `lost`: the stream broke or ended without a goodbye; `replaced`: a newer conversation takes its place; `unknown`: a reason of a later
 * version.
 */
export type SyncCloseReason =
  | 'done'
  | 'stopping'
  | 'replaced'
  | 'not-member'
  | 'invalid'
  | 'too-large'
  | 'wrong-order'
  | 'gap'
  | 'beyond'
  | 'time-out'
  | 'failed'
  | 'lost'
  | 'unknown'

/** Bytes of the sync protocol. Writing throws CheopsError ERR_SYNC_TOO_LARGE, reading ERR_SYNC_MESSAGE for all that breaks a rule. */
export interface SyncCodec {
  /** Minor version that it knows. */
  readonly version: number
  encodeMessage(message: SyncMessage): Uint8Array
  decodeMessage(bytes: Uint8Array): SyncMessage
  encodeEntry(entry: OutboxEntry): Uint8Array
  /** Signatures are not looked at; `OperationSeal.open` does that. */
  decodeEntry(bytes: Uint8Array): OutboxEntry
  /** What an origin signs. Equal operations give equal bytes. */
  encodeOperation(operation: Operation): Uint8Array
  decodeOperation(bytes: Uint8Array): Operation
  /** Bytes that are equal for equal knowledge and for no other. */
  encodeKnowledge(replicant: ReplicantName, lives: readonly LifeKnowledge[]): Uint8Array
  /** What a replicant adds to a digest: SHA-256 of these bytes, as a number. */
  knowledgeHash(replicant: ReplicantName, lives: readonly LifeKnowledge[]): bigint
  /** What stands for a replicant in an audit: three words of the hash of its name, three of what it adds to a digest. */
  auditElement(replicant: ReplicantName, lives: readonly LifeKnowledge[]): Uint32Array
  /** The name of a matrix: SHA-256 in lower-case hexadecimal of its canonical text. */
  matrixHash(definition: MatrixDefinition): string
}

/** Signs what this site releases, and checks what others have released. */
export interface OperationSeal {
  /**
   * Not signed: that is done when it is told.
   * @param fits its draft was encoded by {@link SyncCodec.encodeOperation}, and it is no longer but for a few dots: not looked at again
   * @throws CheopsError ERR_SYNC_TOO_LARGE
   */
  encode(operation: Operation, fits?: boolean): SealedOperation
  /** Signs what this site has encoded, in few signatures, in the same order. */
  sign(operations: readonly SealedOperation[]): SealedOperation[]
  /**
   * @throws CheopsError ERR_SYNC_MESSAGE when the bytes are not in order, ERR_SYNC_SIGNATURE when the origin has not signed them
   *   (both for ever, unless its key was another one), ERR_SYNC_ORIGIN when the key of the origin is not known (yet)
   */
  open(sealed: SealedOperation): Operation
}

/** Bounds the work that one site makes by what it says, whichever conversation it says it in. */
export interface SyncWork {
  /** Calls `decode` when it is the site's turn: others have had theirs before, and it waits where its share is used up. */
  read<T>(decode: () => T): Promise<T>
}

/** One conversation. `messages` can be read once. */
export interface SyncChannel {
  /** Who is at the other end, by its key. */
  readonly site: string
  /** Whether this end opened the stream. */
  readonly role: 'sender' | 'receiver'
  /**
   * Resolves when there is room for the next message: at most a frame or two wait here. Messages leave in the order of the calls.
   * @throws CheopsError ERR_SYNC_CLOSED, with the reason, when the conversation has ended; ERR_SYNC_TOO_LARGE
   */
  send(message: SyncMessage): Promise<void>
  /**
   * What the other end says, in order, all of it checked, with `hello` or `welcome` first. Who does not read holds the other end back.
   * Ends after a goodbye that is `done` or `stopping`.
   * @throws CheopsError ERR_SYNC_CLOSED, with the reason, when it ends otherwise
   */
  readonly messages: AsyncIterable<SyncMessage>
  /** Says goodbye, if that can be sent at once or soon, and ends the conversation. Any number of times; the first reason counts. */
  close(reason: SyncCloseReason): Promise<void>
  /** Resolves when the conversation has ended, on whatever side; never rejects. */
  readonly closed: Promise<SyncCloseReason>
  /** For how long nothing has come from the other end, signs of life included, milliseconds. */
  readonly silentMs: number
}

export interface SyncNetwork {
  /** @throws CheopsError ERR_SITE_UNREACHABLE, ERR_SITE_UNKNOWN; what `signal` says */
  open(site: string, signal: AbortSignal): Promise<SyncChannel>
  /** Hands over conversations that members open. Once. The promise ends when they are taken; what it brings ends that. */
  serve(handler: (channel: SyncChannel) => void): Promise<() => Promise<void>>
}
