import { remember } from '../../../core/resource/remember.ts'
import { CheopsError } from '../../../errors.ts'
import { CHECKED_FOR_MS, CHECK_WITHIN_MS, MAX_CHECKED_BODIES, MAX_CHECKS_TOGETHER } from '../limits.ts'
import type { Blobs } from '../../../ports/blobs.ts'
import type { Clock } from '../../../ports/clock.ts'

/**
 * Whether large bodies on this disk are still what they were: pieces of them are given to others, who can tell only from the whole. One that
 * was not read as a whole lately is, before the first piece of it is given; one that is damaged is removed.
 */
export class BodyChecks {
  readonly #blobs: Blobs
  readonly #clock: Clock
  readonly #onDamaged: (hash: string) => void
  readonly #onFault: (error: unknown) => void
  /** When each was found sound, monotonic; the latest at the end. */
  readonly #sound = new Map<string, number>()
  readonly #running = new Map<string, Promise<void>>()

  /**
   * @param onDamaged told of one that was removed
   * @param onFault told of a disk that cannot be relied on
   */
  constructor(blobs: Blobs, clock: Clock, onDamaged: (hash: string) => void, onFault: (error: unknown) => void) {
    this.#blobs = blobs
    this.#clock = clock
    this.#onDamaged = onDamaged
    this.#onFault = onFault
  }

  /** It was read, or written, as a whole just now. */
  wasSound(hash: string): void {
    remember(this.#sound, hash, this.#clock.monotonic(), MAX_CHECKED_BODIES)
  }

  /** False where it is damaged, and where that is not known soon enough: then it is by the time that somebody asks again. */
  async isSound(hash: string): Promise<boolean> {
    if (this.#isKnown(hash)) return true
    if (!this.#running.has(hash)) {
      if (this.#running.size >= MAX_CHECKS_TOGETHER) return false
      const check = this.#check(hash).finally(() => this.#running.delete(hash))
      this.#running.set(hash, check)
    }
    const late = Promise.withResolvers<void>()
    const timer = this.#clock.after(CHECK_WITHIN_MS, late.resolve)
    await Promise.race([this.#running.get(hash), late.promise])
    timer.cancel()
    return this.#isKnown(hash)
  }

  #isKnown(hash: string): boolean {
    return this.#clock.monotonic() - (this.#sound.get(hash) ?? -Infinity) < CHECKED_FOR_MS
  }

  async #check(hash: string): Promise<void> {
    try {
      for await (const _ of this.#blobs.read(hash)) continue
      this.wasSound(hash)
    } catch (error) {
      if (!(error instanceof CheopsError)) return this.#onFault(error)
      if (error.code !== 'ERR_BLOB_CORRUPT') return
      await this.#blobs.delete(hash)
      this.#onDamaged(hash)
    }
  }
}
