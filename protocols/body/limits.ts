/** Identifier of the protocol. A change that an older agent could not read takes a new number. */
export const BODY_PROTOCOL = '/cheops/body/1.0.0'

/** Bounds of what is on the wire; README.md has them as a table. Lengths of text are in UTF-16 code units. */
export const BODY_LIMITS = {
  /** Bytes of a request without its length: the longest names with three bytes a unit, and what stands around them. */
  requestBytes: 8 * 1024,
  /** Bytes of a frame of the answering side without its length. */
  frameBytes: 64 * 1024,
  /** Bytes of one piece: long enough that asking costs little, short enough that a stream ends while its peer is still the same. */
  pieceBytes: 16 * 1024 * 1024,
  /** As in `/cheops/sync/1.0.0`. */
  kindLength: 256,
  nameLength: 2048,
} as const

/** How long either end waits for the next bytes, or for room for them. */
export const PIECE_IDLE_MS = 30_000
/** From asking until the first byte is there, a new stream included. */
export const PIECE_ANSWER_MS = 15_000
/** Streams of this protocol that one connection may have open: as many as a site fetches at a time, and as many that are closing. */
export const MAX_BODY_STREAMS = 16
/** Pieces that one site is given at a time: it fetches no more at once; a site that asks for more waits for nothing. */
export const MAX_PIECES_TO_A_SITE = 8
/** Bytes that have come and were not taken yet, before this end stops reading. */
export const READ_AHEAD_BYTES = 256 * 1024
