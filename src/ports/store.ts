/**
 * An ordered key-value store, the only durable place of an agent beside its key files. Keys are text (`site/paris`),
 * ordered by their UTF-8 bytes; values are bytes. One process at a time has it open.
 */
export interface Store {
  /** Value of a key, undefined if there is none. */
  get(key: string): Promise<Uint8Array | undefined>
  /**
   * Writes all or nothing. With `sync` it has reached the disk when the promise resolves; without, it is there for every
   * later reader, but may be lost when the machine stops.
   * @throws CheopsError ERR_STORE_FAILED when it cannot be written; the store then takes nothing more
   */
  batch(writes: readonly StoreWrite[], options: { sync: boolean }): Promise<void>
  /** Keys that begin with `prefix`, with their values, in order, as they were when the call was made. */
  iterate(prefix: string): AsyncIterable<readonly [key: string, value: Uint8Array]>
  /** Closing twice does nothing. Afterwards every other call throws ERR_STORE_FAILED. */
  close(): Promise<void>
}

export type StoreWrite =
  | { readonly kind: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: string }
