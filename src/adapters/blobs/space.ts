import { CheopsError } from '../../errors.ts'

/** The room that all bodies share: taken before a byte is written, given back when it is removed. */
export class Space {
  readonly maxBytes: number
  readonly #hasRoom: () => boolean
  #usedBytes = 0

  /** @param hasRoom whether the disk has room for more */
  constructor(maxBytes: number, hasRoom: () => boolean) {
    this.maxBytes = maxBytes
    this.#hasRoom = hasRoom
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** @throws CheopsError ERR_BLOB_SPACE: nothing was taken */
  take(bytes: number): void {
    if (this.#usedBytes + bytes > this.maxBytes) {
      const message = `The bodies kept here have ${String(this.#usedBytes)} bytes, and may have ${String(this.maxBytes)}.`
      throw new CheopsError('ERR_BLOB_SPACE', message, { usedBytes: this.#usedBytes, maxBytes: this.maxBytes, bytes })
    }
    if (!this.#hasRoom()) throw new CheopsError('ERR_BLOB_SPACE', 'The disk is nearly full.', { bytes })
    this.#usedBytes += bytes
  }

  /** Counts what is there already: it may be more than the bound, which then lets nothing more in. */
  count(bytes: number): void {
    this.#usedBytes += bytes
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes
  }
}
