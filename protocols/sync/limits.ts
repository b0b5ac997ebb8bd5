/** Identifier of the protocol. A change that an older agent could not read takes a new number. */
export const SYNC_PROTOCOL = '/cheops/sync/1.0.0'
/** Minor version that this agent speaks, as it says in `hello` and `welcome`. From 1 on `names` are understood. */
export const SYNC_VERSION = 1

/** Bounds of what is on the wire; README.md has them as a table, a test reaches each. Lengths of text are in UTF-16 code units. */
export const SYNC_LIMITS = {
  /** Bytes of a message without its length. */
  frameBytes: 1024 * 1024,
  /** Bytes of one entry: one fills a frame, with room for what stands around it. */
  entryBytes: 1024 * 1024 - 4096,
  /** Entries of one message: more small ones save nothing. */
  entriesPerMessage: 4096,
  /** Bytes of one operation: the longest path, the longest headers, an inline body and the largest context together. */
  operationBytes: 512 * 1024,
  /** Bytes of a body that travels inside an operation. Source: src/consistency.md "Sync". */
  bodyBytes: 64 * 1024,
  /** Pairs of site and incarnation that an operation or an entry speaks of: a hundred members that each started forty times. */
  origins: 4096,
  /** Pairs in one vector. */
  contextDots: 4096,
  /** As an ingress takes them by default. */
  pathLength: 32_768,
  methodLength: 32,
  headers: 256,
  headerNameLength: 256,
  headerValueLength: 65_536,
  /** Sites that an operation adds, and that it removes: a mesh has no more. */
  members: 1024,
  kindLength: 256,
  nameLength: 2048,
  typeLength: 128,
  /** Operations that a state leaves out: as many as a site knows to have failed (src/runtime/replication/limits.ts). */
  refused: 32,
  /** Conflicts that a state leaves as they are: as many as are kept (src/core/oplog/limits.ts). */
  unsettled: 32,
  principalLength: 512,
  idempotencyKeyLength: 512,
  /** Lives of one name that are spoken of at a time. */
  lives: 256,
  matrixLength: 64 * 1024,
  transferOperations: 4096,
  holes: 4096,
  /** Types and matrices that drop others in one life. */
  droppers: 1024,
  /** What operations said of members of one life, ever. */
  memberChanges: 16_384,
  /** As many as one life remembers (core/oplog). */
  keys: 1024,
  /** A principal and a key in JSON, where one character may take six, and a hash. */
  keyLength: 6 * 1024 + 96,
  /** Outboxes of one sender to one receiver: one for each start since it was last heard. */
  outboxes: 1024,
  /** Coded symbols of one message: 147 KB. */
  symbols: 4096,
  /** Names of one `lack`: 48 KB. */
  lackedNames: 4096,
  /** Buckets that one `names` adds: all of them take no more room. */
  addedBuckets: 256,
} as const

/** From the opening of a stream until the other end has said `hello` or `welcome`: over a link of 2 s it may be lost three times before it comes. */
export const FIRST_MESSAGE_TIMEOUT_MS = 20_000
/** And at most, where the other end shows until then that it is there: it may have much to put into its outbox before. */
export const FIRST_MESSAGE_LIMIT_MS = 600_000
/** An end that has had nothing to say for so long sends an empty message. */
export const KEEP_ALIVE_MS = 5_000
/** An end that has heard nothing for so long ends the conversation: three empty messages have not come. */
export const SILENCE_MS = 20_000
/** For a goodbye to leave, and for the stream to close, before it is reset. */
export const CLOSE_TIMEOUT_MS = 5_000
/** Bytes that an end has read and not yet looked at before it stops reading. Beyond it one window of the muxer is on its way. */
export const READ_AHEAD_BYTES = 256 * 1024
/** Calls of `send` that wait for room at a time: one for each part of the runtime that speaks, with room to spare. */
export const MAX_WAITING_SENDS = 64
/** Streams of this protocol that one connection may have open: one each way, and what is closing. */
export const MAX_SYNC_STREAMS = 8
