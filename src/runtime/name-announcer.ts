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

/** Between two announcements of buckets that are new, milliseconds: all are told within minutes, and nobody is flooded. */
const ANNOUNCE_GAP_MS = 25
/**
 * Between two that were made before, beyond the first few: each costs both ends some milliseconds, and all together are told within three
 * hours, for half a hundredth of a core. Until then whoever asks finds this site where it can be asked itself, or by what the others have kept.
 */
const ANNOUNCE_AGAIN_GAP_MS = 2_000
const ANNOUNCED_AGAIN_AT_ONCE = 16
/**
 * And so many times what the last one took: it costs this site and each that is told some ten milliseconds of a core, which are taken from
 * clients' requests where there is much else to do.
 */
const ANNOUNCE_GAP_TIMES = 4
/** How long one may take. */
const ANNOUNCE_TIMEOUT_MS = 10_000
/** After a site was reached for the first time: until it knows this one, and takes what it tells. */
const ANNOUNCE_TO_NEW_MS = 2_000
/** When one has failed: until the next is tried. */
const ANNOUNCE_AGAIN_MS = 30_000
/** For how long a site that was told all of them is not told again, whoever is started: what it keeps holds for two days. */
const TOLD_HOLDS_MS = 12 * 3_600_000
/** A bit for each bucket that was ever announced. */
const KEY = 'replication/buckets'
/** By site: when it could hear all of them, and how many they were. */
const TOLD = 'replication/buckets-told/'

interface Told {
  /** Unix milliseconds. */
  readonly at: number
  readonly buckets: number
}

/**
 * Announces the names of this site, by bucket: each once, and all of them, slowly, when a site is reached for the first time since the start,
 * which may have to keep them and was not told lately. The library tells them anew before they expire.
 */
export class NameAnnouncer {
  readonly #parts: NameAnnouncerParts
  readonly #told = new Uint8Array(NAME_BUCKETS / 8)
  /** Still to be told, in their order: what is new, and what others may have to keep. */
  readonly #due = new Set<number>()
  readonly #again = new Set<number>()
  /** Of those how many are told without a pause. */
  #quick = 0
  readonly #reached = new Set<string>()
  /** Reached, and not told all of it since. */
  readonly #untold = new Set<string>()
  readonly #stored = new Map<string, Told>()
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
    for await (const [key, value] of this.#parts.store.iterate({ prefix: TOLD }))
      this.#stored.set(key.slice(TOLD.length), JSON.parse(new TextDecoder().decode(value)) as Told)
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
    for (const site of this.#reached) this.#untold.add(site)
    this.#soon(0)
  }

  /**
   * A site can be reached. The first time since the start everything is told anew, unless it was lately: it may have to keep it, or to pass
   * it on.
   */
  reached(site: string): void {
    if (this.#reached.has(site) || this.#isStopped) return
    this.#reached.add(site)
    const { clock } = this.#parts
    const told = this.#stored.get(site)
    const sinceMs = clock.now() - (told?.at ?? -Infinity)
    if (told?.buckets === this.#marked().length && sinceMs >= 0 && sinceMs < TOLD_HOLDS_MS) return
    this.#untold.add(site)
    this.#soonAll ??= clock.after(ANNOUNCE_TO_NEW_MS, () => {
      this.#soonAll = undefined
      for (const bucket of this.#marked()) this.#again.add(bucket)
      this.#quick = ANNOUNCED_AGAIN_AT_ONCE
      this.#soon(0)
    })
  }

  /** The store of a site was set back: what it kept may be gone. */
  forgotten(site: string): void {
    if (this.#isStopped) return
    this.#reached.delete(site)
    if (!this.#stored.delete(site)) return
    this.#parts.store.commit([{ kind: 'delete', key: TOLD + site }]).catch((error: unknown) => this.#failed(error))
  }

  #marked(): number[] {
    return Array.from({ length: NAME_BUCKETS }, (_, bucket) => bucket).filter(bucket => this.#isMarked(bucket))
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
    if (this.#isStopped || (this.#due.size === 0 && this.#again.size === 0)) return
    this.#timer ??= this.#parts.clock.after(delayMs, () => void this.#next())
  }

  async #next(): Promise<void> {
    const isNew = this.#due.size > 0
    const [bucket] = isNew ? this.#due : this.#again
    let delayMs = isNew || this.#quick > 0 ? ANNOUNCE_GAP_MS : ANNOUNCE_AGAIN_GAP_MS
    if (bucket !== undefined) {
      const wasDue = this.#due.delete(bucket)
      this.#again.delete(bucket)
      if (!isNew) this.#quick--
      const { buckets, clock } = this.#parts
      const began = clock.monotonic()
      try {
        await buckets.announce(bucket, ANNOUNCE_TIMEOUT_MS)
        delayMs = Math.max(delayMs, ANNOUNCE_GAP_TIMES * (clock.monotonic() - began))
      } catch (error) {
        this.#failed(error)
        if (wasDue) this.#due.add(bucket)
        else this.#again.add(bucket)
        delayMs = ANNOUNCE_AGAIN_MS
      }
    }
    if (this.#due.size === 0 && this.#again.size === 0 && this.#soonAll === undefined) this.#noteTold()
    this.#timer = undefined
    // What is new does not wait for the rest.
    this.#soon(delayMs)
  }

  /** All was told to those that are reached. */
  #noteTold(): void {
    if (this.#untold.size === 0 || this.#isStopped) return
    const told: Told = { at: Math.floor(this.#parts.clock.now()), buckets: this.#marked().length }
    const value = new TextEncoder().encode(JSON.stringify(told))
    const writes = [...this.#untold].map(site => ({ kind: 'put', key: TOLD + site, value }) as const)
    for (const site of this.#untold) this.#stored.set(site, told)
    this.#untold.clear()
    this.#parts.store.commit(writes).catch((error: unknown) => this.#failed(error))
  }

  #failed(error: unknown): void {
    if (this.#isStopped) return
    const code = error instanceof CheopsError ? error.code : String(error)
    this.#parts.logger.debug({ code }, 'names of this site could not be announced')
  }
}
