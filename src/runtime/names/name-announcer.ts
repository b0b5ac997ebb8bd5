import { CheopsError } from '../../errors.ts'
import type { Clock, TimerHandle } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { NameBuckets } from '../../ports/name-buckets.ts'
import type { Store } from '../../ports/store.ts'
import type { OwnNames } from './own-names.ts'

export interface NameAnnouncerParts {
  readonly buckets: NameBuckets
  readonly own: OwnNames
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
}

/** How often it is looked for sites that are not told in a conversation; who is not when it is looked twice is told by the DHT. */
const LOOK_MS = 10_000
/**
 * Between two announcements, milliseconds: of a bucket that is new, and of one that was announced before. Meanwhile who asks this site finds the bucket, since
 * it answers for itself, and so does who asks any other that is told.
 */
const ANNOUNCE_GAP_MS = 500
const ANNOUNCE_AGAIN_GAP_MS = 2_000
/** And so many times what the last one took, of which each that is told pays as much: a fiftieth of a core, where nobody has time to spare less. */
const ANNOUNCE_GAP_TIMES = 50
/** How long one may take. */
const ANNOUNCE_TIMEOUT_MS = 10_000
/** When one has failed: until the next is tried. */
const ANNOUNCE_AGAIN_MS = 30_000
/** For how long a site that could hear all of them is not told again, whoever is started: what it keeps holds for two days. */
const TOLD_HOLDS_MS = 12 * 3_600_000
/** By site: when it could hear all of them, and how many they were. */
const TOLD = 'replication/buckets-told/'

interface Told {
  /** Unix milliseconds. */
  readonly at: number
  readonly buckets: number
}

/**
 * Announces in the DHT, slowly, in which buckets this site has names, as long as a site can be reached that is not told so in a conversation: its agent
 * is of an earlier version, or the two cannot connect.
 */
export class NameAnnouncer {
  readonly #parts: NameAnnouncerParts
  /** Still to be announced, in their order: what is new, and what was announced before. */
  readonly #due = new Set<number>()
  readonly #again = new Set<number>()
  readonly #reached = new Set<string>()
  /** Reached, and not told in a conversation when it was looked last; of these, who was not before either. */
  #doubtful = new Set<string>()
  #untold = new Set<string>()
  /** Who of these could not hear all of it yet. */
  readonly #behind = new Set<string>()
  readonly #stored = new Map<string, Told>()
  #timer: TimerHandle | undefined
  #looking: TimerHandle | undefined
  #endNew: () => void = () => undefined
  #isStopped = false

  constructor(parts: NameAnnouncerParts) {
    this.#parts = parts
  }

  /** @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED */
  async start(): Promise<void> {
    const { store, own } = this.#parts
    for await (const [key, value] of store.iterate({ prefix: TOLD }))
      this.#stored.set(key.slice(TOLD.length), JSON.parse(new TextDecoder().decode(value)) as Told)
    this.#endNew = own.onNew(bucket => this.#add(bucket))
    this.#look()
  }

  stop(): void {
    this.#isStopped = true
    this.#endNew()
    this.#timer?.cancel()
    this.#looking?.cancel()
  }

  /** A site can be reached. */
  reached(site: string): void {
    this.#reached.add(site)
  }

  /** It cannot be reached any more. */
  lost(site: string): void {
    for (const sites of [this.#reached, this.#doubtful, this.#untold, this.#behind]) sites.delete(site)
    this.#rest()
  }

  /** The store of a site was set back: what it kept may be gone. */
  forgotten(site: string): void {
    if (this.#isStopped || !this.#stored.delete(site)) return
    this.#commit([{ kind: 'delete', key: TOLD + site }])
  }

  #look(): void {
    this.#looking = this.#parts.clock.after(LOOK_MS, () => this.#look())
    const { own } = this.#parts
    const doubtful = new Set([...this.#reached].filter(site => !own.isTold(site)))
    this.#untold = new Set([...doubtful].filter(site => this.#doubtful.has(site)))
    this.#doubtful = doubtful
    for (const site of this.#behind) if (!this.#untold.has(site)) this.#behind.delete(site)
    this.#rest()
    const late = [...this.#untold].filter(site => !this.#behind.has(site) && !this.#hasHeard(site))
    if (late.length === 0) return
    for (const site of late) this.#behind.add(site)
    for (const bucket of own.buckets) this.#again.add(bucket)
    this.#soon(0)
  }

  /** Where all are told otherwise nothing is announced. */
  #rest(): void {
    if (this.#untold.size > 0) return
    this.#due.clear()
    this.#again.clear()
  }

  #hasHeard(site: string): boolean {
    const told = this.#stored.get(site)
    const sinceMs = this.#parts.clock.now() - (told?.at ?? -Infinity)
    return told?.buckets === this.#parts.own.buckets.size && sinceMs >= 0 && sinceMs < TOLD_HOLDS_MS
  }

  #add(bucket: number): void {
    if (this.#isStopped || this.#untold.size === 0) return
    for (const site of this.#untold) this.#behind.add(site)
    this.#due.add(bucket)
    this.#soon(0)
  }

  #soon(delayMs: number): void {
    if (this.#isStopped || (this.#due.size === 0 && this.#again.size === 0)) return
    this.#timer ??= this.#parts.clock.after(delayMs, () => void this.#next())
  }

  async #next(): Promise<void> {
    const isNew = this.#due.size > 0
    const [bucket] = isNew ? this.#due : this.#again
    let delayMs = isNew ? ANNOUNCE_GAP_MS : ANNOUNCE_AGAIN_GAP_MS
    if (bucket !== undefined) {
      this.#due.delete(bucket)
      this.#again.delete(bucket)
      const { buckets, clock } = this.#parts
      const began = clock.monotonic()
      try {
        await buckets.announce(bucket, ANNOUNCE_TIMEOUT_MS)
        delayMs = Math.max(delayMs, ANNOUNCE_GAP_TIMES * (clock.monotonic() - began))
      } catch (error) {
        this.#failed(error)
        // Unless nobody needs it any more.
        if (this.#untold.size > 0) (isNew ? this.#due : this.#again).add(bucket)
        delayMs = ANNOUNCE_AGAIN_MS
      }
      if (this.#due.size === 0 && this.#again.size === 0) this.#noteTold()
    }
    this.#timer = undefined
    // What is new does not wait for the rest.
    this.#soon(delayMs)
  }

  /** All was announced to those that need it. */
  #noteTold(): void {
    if (this.#behind.size === 0 || this.#isStopped) return
    const { clock, own } = this.#parts
    const told: Told = { at: Math.floor(clock.now()), buckets: own.buckets.size }
    const value = new TextEncoder().encode(JSON.stringify(told))
    const writes = [...this.#behind].map(site => ({ kind: 'put', key: TOLD + site, value }) as const)
    for (const site of this.#behind) this.#stored.set(site, told)
    this.#behind.clear()
    this.#commit(writes)
  }

  #commit(writes: Parameters<Store['commit']>[0]): void {
    this.#parts.store.commit(writes).catch((error: unknown) => this.#failed(error))
  }

  #failed(error: unknown): void {
    if (this.#isStopped) return
    const code = error instanceof CheopsError ? error.code : String(error)
    this.#parts.logger.debug({ code }, 'names of this site could not be announced')
  }
}
