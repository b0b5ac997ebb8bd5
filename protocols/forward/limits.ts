/** Identifier of the protocol. A change that an older agent could not read takes a new number. */
export const FORWARD_PROTOCOL = '/cheops/forward/1.0.0'

/**
 * Bytes that the wrapper of a stream holds before it stops reading or writing. One yamux window is the bound on what the
 * other side may send beyond it; 256 KiB keep a bulk transfer busy without a wake-up for each frame.
 */
export const STREAM_HIGH_WATER_MARK_BYTES = 256 * 1024

/** How long our FIN may wait for a peer that does not read. */
export const CLOSE_TIMEOUT_MS = 30_000

/** Streams kept open for a peer without a request on them, and for how long. The opener alone closes them. */
export const MAX_IDLE_STREAMS = 256
export const IDLE_STREAM_MS = 60_000

/**
 * Streams that the opener has closed already and the other side not yet. They still count there: without room for them a
 * stream within the opener's bound would be reset, and the request on it would have an unknown outcome.
 */
export const CLOSING_STREAMS = 64

/** Streams opened ahead while requests come in faster than streams become free. */
export const SPARE_STREAMS = 4
