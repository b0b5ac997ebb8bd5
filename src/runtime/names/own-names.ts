import { BucketSet, bucketOf, type ReplicantName } from '../../core/oplog/index.ts'
import { CheopsError } from '../../errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Store } from '../../ports/store.ts'

export interface OwnNamesParts {
  readonly store: Store
  readonly logger: Logger
  /** All names that this site holds something of: asked once, by an agent whose store has no note of their buckets yet. */
  names(): AsyncIterable<ReplicantName>
}

/** A bit for each bucket. */
const KEY = 'replication/buckets'

/** In which buckets this site has, or had, names; and which other sites know of all of them, since they are told. */
export class OwnNames {
  readonly #parts: OwnNamesParts
  #buckets = new BucketSet()
  readonly #listeners = new Set<(bucket: number) => void>()
  /** By site: how many conversations tell it. */
  readonly #told = new Map<string, number>()

  constructor(parts: OwnNamesParts) {
    this.#parts = parts
  }

  /** @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED */
  async start(): Promise<void> {
    const stored = await this.#parts.store.get(KEY)
    this.#buckets = new BucketSet(stored)
    if (stored === undefined) for await (const name of this.#parts.names()) this.#buckets.add(bucketOf(name))
  }

  get buckets(): BucketSet {
    return this.#buckets
  }

  /** This site holds the name. */
  add(name: ReplicantName): void {
    const bucket = bucketOf(name)
    if (!this.#buckets.add(bucket)) return
    // Not waited for: what is lost with the power is told with the next name of the bucket, or by another member.
    this.#parts.store.commit([{ kind: 'put', key: KEY, value: this.#buckets.bits }]).catch((error: unknown) => {
      const code = error instanceof CheopsError ? error.code : String(error)
      this.#parts.logger.debug({ code }, 'in which buckets this site has names could not be written')
    })
    for (const listener of this.#listeners) listener(bucket)
  }

  /**
   * Told of each bucket that is new; must not throw.
   * @returns ends that
   */
  onNew(listener: (bucket: number) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /**
   * Another site is told all of them from now on.
   * @returns ends that
   */
  telling(site: string): () => void {
    this.#told.set(site, (this.#told.get(site) ?? 0) + 1)
    return () => {
      const left = (this.#told.get(site) ?? 1) - 1
      if (left === 0) this.#told.delete(site)
      else this.#told.set(site, left)
    }
  }

  isTold(site: string): boolean {
    return this.#told.has(site)
  }

  /** How many sites are told. */
  get told(): number {
    return this.#told.size
  }
}
