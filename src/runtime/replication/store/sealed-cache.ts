import { MAX_CACHED_OPERATION_BYTES } from '../limits.ts'
import type { SealedOperation } from '../../../ports/sync.ts'

/**
 * Operations as their origins signed them, by their keys in the store: what was written last is told to the others next. The oldest go
 * when there are too many bytes.
 */
export class SealedCache {
  readonly #operations = new Map<string, SealedOperation>()
  #bytes = 0

  get(key: string): SealedOperation | undefined {
    return this.#operations.get(key)
  }

  set(key: string, sealed: SealedOperation): void {
    this.delete(key)
    this.#operations.set(key, sealed)
    this.#bytes += bytesOf(key, sealed)
    for (const oldest of this.#operations.keys()) {
      if (this.#bytes <= MAX_CACHED_OPERATION_BYTES) return
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const sealed = this.#operations.get(key)
    if (sealed === undefined) return
    this.#operations.delete(key)
    this.#bytes -= bytesOf(key, sealed)
  }
}

/** What an entry of the map costs besides is not much more than a short key. */
function bytesOf(key: string, { bytes, signature }: SealedOperation): number {
  return key.length + bytes.length + signature.length + 200
}
