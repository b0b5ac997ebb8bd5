/**
 * Large bodies by their hash: what is too large for a value of the store. A body is here *whole* and verified, or *partial*, as
 * far as it has come from another site; both outlive the process. A hash is the SHA-256 in 64 small hexadecimal digits;
 * anything else is ERR_BLOB_HASH in every call. Every call that needs a file may throw ERR_STORE_BUSY, when the process has too
 * many open; ERR_STORE_FAILED means that the disk cannot be relied on: nothing more is written, and the agent stops.
 */
export interface Blobs {
  /**
   * Takes a body, whatever its hash will be; it is on disk, synced, when the promise resolves, and held until `release` is
   * called. What was written of it is removed when the body throws, which is thrown on.
   * @throws CheopsError ERR_BLOB_SPACE, ERR_STORE_FAILED
   */
  write(body: AsyncIterable<Uint8Array>): Promise<WrittenBlob>
  /** What is here of a body. */
  find(hash: string): BlobState
  /**
   * Bytes [from, to) of a whole body; all of it, if not given. When all of it is read it is verified before its last part is given: nobody
   * takes a damaged one, by its end or by its length.
   * @throws CheopsError ERR_BLOB_NOT_FOUND, ERR_BLOB_OFFSET when the range leaves the body, ERR_BLOB_CORRUPT, ERR_STORE_FAILED
   */
  read(hash: string, range?: BlobRange): AsyncIterable<Uint8Array>
  /**
   * Continues a partial body, or begins one at 0. It need not outlive a crash whole, since `complete` verifies it. Nothing
   * happens when the body is here whole.
   * @returns bytes of the body that are here now
   * @throws CheopsError ERR_BLOB_OFFSET when `offset` is not where the body ends here: `meta.bytes` says where;
   *   ERR_BLOB_SPACE, ERR_STORE_FAILED
   */
  append(hash: string, offset: number, bytes: Uint8Array): Promise<number>
  /**
   * Verifies a partial body and makes it a whole one, on disk and synced when the promise resolves; does nothing when it
   * is whole already. Hold it before, or `collect` may come between.
   * @returns its length in bytes
   * @throws CheopsError ERR_BLOB_NOT_FOUND; ERR_BLOB_HASH when it is another body: it is removed; ERR_STORE_FAILED
   */
  complete(hash: string): Promise<number>
  /** Removes what is here of a body, also when it is held; nothing happens when nothing is here. */
  delete(hash: string): Promise<void>
  /** All bodies that are here, in no order. */
  list(): Iterable<BlobEntry>
  /**
   * Keeps a body, here or yet to come, from `collect` until the returned function is called; calling that twice does
   * nothing. Release it when the commit that refers to it is on disk, or there will be none. It ends with the process.
   */
  hold(hash: string): () => void
  /** Removes all that is not held and not referred to, partial bodies included. One collection runs at a time. */
  collect(isReferenced: (hash: string) => boolean | Promise<boolean>): Promise<CollectedBlobs>
  /** Bytes of all bodies together, partial ones and those that are being written included. */
  readonly totalBytes: number
  /** The bound on them. */
  readonly maxBytes: number
}

export interface WrittenBlob {
  readonly hash: string
  readonly bytes: number
  /** Lets `collect` have it: see `Blobs.hold`. */
  readonly release: () => void
}

export type BlobState = { readonly kind: 'absent' } | { readonly kind: 'partial' | 'whole'; readonly bytes: number }

export interface BlobEntry {
  readonly hash: string
  readonly kind: 'partial' | 'whole'
  readonly bytes: number
}

/** Offsets in bytes, [from, to). */
export interface BlobRange {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

export interface CollectedBlobs {
  /** How many bodies were removed. */
  readonly removed: number
  /** Their bytes. */
  readonly bytes: number
}
