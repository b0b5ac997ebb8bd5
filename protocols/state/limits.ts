/** Identifier of the protocol. A change that an older agent could not read takes a new number. */
export const STATE_PROTOCOL = '/cheops/state/1.0.0'

/** Bounds of what is on the wire; README.md has them as a table, a test reaches each. Lengths of text are in UTF-16 code units. */
export const STATE_LIMITS = {
  /** Bytes of a request without its length: the longest names with three bytes a unit, and what stands around them. */
  requestBytes: 8 * 1024,
  /** Bytes of an answer without its length: the largest body, and as much again for what was executed. */
  answerBytes: 2 * 1024 * 1024,
  /** Bytes of the resource's body. What is larger is not repaired by a copy. */
  bodyBytes: 1024 * 1024,
  /** As in `/cheops/sync/1.0.0`, from here on: what one site may tell another of a name. */
  kindLength: 256,
  nameLength: 2048,
  origins: 4096,
  contextDots: 4096,
  lives: 256,
  holes: 4096,
  principalLength: 512,
  idempotencyKeyLength: 512,
  /** Operations since the last reset; forty times as many as are taken before a reset is due. */
  operations: 4096,
  /** Headers that say how the body is to be read. */
  headers: 8,
  headerValueLength: 4096,
} as const

/** From asking until the answer is there, a new stream included: a client's write may wait for it. */
export const ASK_TIMEOUT_MS = 10_000
/** From the opening of a stream at the answering site until it is closed, the application's answer included. */
export const ANSWER_TIMEOUT_MS = 10_000
/** Streams of this protocol that one connection may have open: as many as a site asks at a time, and as many that are closing. */
export const MAX_STATE_STREAMS = 32
/**
 * Questions of one site that are under way. A lane holds its place while it asks, and answering needs a place too: half of a site's
 * places (runtime/replication) stay free for it, or two sites with much to repair would each wait for the other until the time is over.
 */
export const MAX_ASKS_TOGETHER = 16
