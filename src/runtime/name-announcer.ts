import { bucketOf, NAME_BUCKETS, type ReplicantName } from '../core/oplog/index.ts'
import { CheopsError } from '../errors.ts'
import type { Clock, TimerHandle } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { NameBuckets } from '../ports/name-buckets.ts'
import type { Store } from '../ports/store.ts'

export interface NameAnnouncerParts {
  readonly buckets: NameBuckets
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
  /** All names that this site holds something of: asked once, by an agent whose store has no note of them yet. */
  names(): AsyncIterable<ReplicantName>
}

/** Between two announcements, milliseconds: all buckets are told within two minutes, and nobody is flooded. */
const ANNOUNCE_GAP_MS = 25
/** How long one may take. */
const ANNOUNCE_TIMEOUT_MS = 10_000
/** After a site was reached for the first time: until it knows this one, and takes what it tells. */
const ANNOUNCE_TO_NEW_MS = 2_000
/** When one has failed: until the next is tried. */
const ANNOUNCE_AGAIN_MS = 30_000
/** A bit for each bucket that was ever announced. */
const KEY = 'replication/buckets'

/**
 * Announces the names of this site, by bucket: each once, and all of them when a site is reached for the first time since the start,
 * which may have to keep them. The library tells them anew before they expire.
 */
export class NameAnnouncer {
  readonly #parts: NameAnnouncerParts
  readonly #told = new Uint8Array(NAME_BUCKETS / 8)
  /** Still to be told, in their order. */
  readonly #due = new Set<number>()
  readonly #reached = new Set<string>()
  #timer: TimerHandle | undefined
  #soonAll: TimerHandle | undefined
  #isStopped = false

  constructor(parts: NameAnnouncerParts) {
    this.#parts = parts
  }

  /** @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED */
  async start(): Promise<void> {
    const stored = await this.#parts.store.get(KEY)
    if (stored?.length === this.#told.length)
      stored.forEach((bits, place) => (this.#told[place] = (this.#told[place] ?? 0) | bits))
    else for await (const name of this.#parts.names()) this.#mark(bucketOf(name))
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#soonAll?.cancel()
  }

  /** This site holds the name. */
  add(name: ReplicantName): void {
    const bucket = bucketOf(name)
    if (this.#isStopped || !this.#mark(bucket)) return
    const value = Uint8Array.from(this.#told)
    // Not waited for: what is lost with the power is announced by the next name of the bucket, or by another member.
    this.#parts.store.commit([{ kind: 'put', key: KEY, value }]).catch((error: unknown) => this.#failed(error))
    this.#due.add(bucket)
    this.#soon(0)
  }

  /** A site can be reached. The first time since the start everything is told anew: it may have to keep it, or to pass it on. */
  reached(site: string): void {
    if (this.#reached.has(site) || this.#isStopped) return
    this.#reached.add(site)
    this.#soonAll ??= this.#parts.clock.after(ANNOUNCE_TO_NEW_MS, () => {
      this.#soonAll = undefined
      for (let bucket = 0; bucket < NAME_BUCKETS; bucket++) if (this.#isMarked(bucket)) this.#due.add(bucket)
      this.#soon(0)
    })
  }

  #isMarked(bucket: number): boolean {
    return ((this.#told[bucket >> 3] ?? 0) & (1 << (bucket & 7))) !== 0
  }

  /** @returns whether it was not marked before */
  #mark(bucket: number): boolean {
    if (this.#isMarked(bucket)) return false
    this.#told[bucket >> 3] = (this.#told[bucket >> 3] ?? 0) | (1 << (bucket & 7))
    return true
  }

  #soon(delayMs: number): void {
    if (this.#isStopped || this.#due.size === 0) return
    this.#timer ??= this.#parts.clock.after(delayMs, () => void this.#next())
  }

  async #next(): Promise<void> {
    const [bucket] = this.#due
    let delayMs = ANNOUNCE_GAP_MS
    if (bucket !== undefined) {
      this.#due.delete(bucket)
      try {
        await this.#parts.buckets.announce(bucket, ANNOUNCE_TIMEOUT_MS)
      } catch (error) {
        this.#failed(error)
        this.#due.add(bucket)
        delayMs = ANNOUNCE_AGAIN_MS
      }
    }
    this.#timer = undefined
    this.#soon(delayMs)
  }

  #failed(error: unknown): void {
    if (this.#isStopped) return
    const code = error instanceof CheopsError ? error.code : String(error)
    this.#parts.logger.debug({ code }, 'names of this site could not be announced')
  }
}
