import type { ReplicantName } from '../core/oplog/index.ts'

/** A part of a large body that an operation on a replicant names. */
export interface BodyPiece {
  readonly replicant: ReplicantName
  /** SHA-256 of the whole body in lower-case hexadecimal. */
  readonly hash: string
  /** Offsets in bytes, [from, to). */
  readonly from: number
  readonly to: number
}

/** Fetches large bodies from other members: `protocols/body` over libp2p. */
export interface BodySource {
  /** Bytes that can be asked for at a time. */
  readonly pieceBytes: number
  /**
   * Gives the bytes of a piece, all of them and no others, as they come; what they are is not verified. Who leaves early ends it.
   * @throws CheopsError ERR_BODY_NOT_TOLD when the site does not give it; ERR_BODY_MESSAGE when it breaks the protocol, also by too few or
   *   too many bytes; ERR_SITE_UNREACHABLE, also when the stream broke or nothing came in time; ERR_SITE_UNKNOWN
   */
  fetch(site: string, piece: BodyPiece, signal: AbortSignal): AsyncIterable<Uint8Array>
}
