import type { CheopsError } from '../errors.ts'

/**
 * An ordered key-value store, the only durable place of an agent beside its key files and its blobs. Keys are text
 * (`site/paris`), ordered by their UTF-8 bytes; values are bytes. One process at a time has it open.
 *
 * There is one writer. Readers see what has been written, all of a commit or nothing of it, and see it at the latest when
 * its promise resolves; so whoever sends only what it has read, or what it has waited for, sends nothing that could be lost.
 */
export interface Store {
  /**
   * Value of a key, undefined if there is none.
   * @throws CheopsError ERR_STORE_CORRUPT (the store has failed with it), ERR_STORE_FAILED
   */
  get(key: string): Promise<Uint8Array | undefined>
  /**
   * Writes all or nothing; on disk, synced, when the promise resolves. The commits of one turn of the event loop share a
   * write to the disk. They take effect in the order in which they were given, also across turns: when one is there, so are
   * all before it. The values may be changed by the caller as soon as the call returns.
   * @throws CheopsError ERR_STORE_BUSY when `isFull` was true: nothing was written;
   *   ERR_STORE_FAILED when it cannot be written, or could not earlier: the store takes nothing more
   */
  commit(writes: readonly StoreWrite[]): Promise<void>
  /**
   * Whether so much waits for the disk that `commit` takes nothing now. Who asks and commits in the same turn, without
   * another commit between, is not refused for that reason.
   */
  readonly isFull: boolean
  /**
   * The keys of a range with their values, in order, as they were when the first was asked for.
   * @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED
   */
  iterate(range: StoreRange): AsyncIterable<readonly [key: string, value: Uint8Array]>
  /**
   * Told by who finds that what is here cannot be what was written, as a gap in dense numbers: the store takes nothing more
   * and the agent stops, as after damage that the store has found itself.
   */
  fail(error: CheopsError): void
  /** What was given to `commit` is written first. Closing twice does nothing. Every later call throws ERR_STORE_FAILED. */
  close(): Promise<void>
}

export type StoreWrite =
  | { readonly kind: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: string }

/** Keys that begin with `prefix`. The character U+10FFFF does not occur in keys. */
export interface StoreRange {
  readonly prefix: string
  /** The key to begin at, itself included; it begins with the prefix. With `reverse` it is the greatest, else the smallest. */
  readonly from?: string | undefined
  /** At most so many entries; all, if not given. */
  readonly limit?: number | undefined
  /** From the greatest key to the smallest. */
  readonly reverse?: boolean | undefined
}
