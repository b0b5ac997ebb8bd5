import { BucketSet } from '../../core/oplog/index.ts'
import { CheopsError } from '../../errors.ts'
import type { Clock, TimerHandle } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { HeardBuckets } from '../../ports/name-buckets.ts'
import type { Store, StoreWrite } from '../../ports/store.ts'

export interface HeardNamesParts {
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
}

interface Heard {
  readonly buckets: BucketSet
  /** When it was known last that these are all, Unix milliseconds. */
  at: number
  /** It says each new one. */
  isTelling: boolean
}

/** By site: a byte 1, when, Unix milliseconds, in eight bytes, big-endian; a bit for each bucket. */
const KEY = 'replication/buckets-of/'
const FORMAT = 1
const HEAD_BYTES = 9
/** How long what a site has told counts when it tells nothing any more: as an announcement in the DHT. */
const HOLDS_MS = 48 * 3_600_000
/** What has changed is written together: it costs a commit, and a crash in between what the next conversation tells anew. */
const WRITE_AFTER_MS = 1_000
/** That a site still tells is written so often. */
const RENEW_MS = 3_600_000

/**
 * In which buckets other sites hold names, as they tell in their conversations with this one. It is kept when they end: who is away may hold them
 * still.
 */
export class HeardNames implements HeardBuckets {
  readonly #parts: HeardNamesParts
  readonly #sites = new Map<string, Heard>()
  readonly #unwritten = new Set<string>()
  #writing: TimerHandle | undefined
  #renewing: TimerHandle | undefined
  #isStopped = false

  constructor(parts: HeardNamesParts) {
    this.#parts = parts
  }

  /** @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED */
  async start(): Promise<void> {
    const { store } = this.#parts
    const old: StoreWrite[] = []
    for await (const [key, value] of store.iterate({ prefix: KEY })) {
      const heard = read(value)
      if (heard === undefined || !this.#holds(heard)) old.push({ kind: 'delete', key })
      else this.#sites.set(key.slice(KEY.length), heard)
    }
    if (old.length > 0) await store.commit(old)
    this.#renew()
  }

  /** Writes what was not written yet. */
  stop(): void {
    for (const [site, { isTelling }] of this.#sites) if (isTelling) this.#unwritten.add(site)
    this.#write()
    this.#isStopped = true
    this.#writing?.cancel()
    this.#renewing?.cancel()
  }

  /** A site has told all of them, and tells from now on what is new. */
  all(site: string, bits: Uint8Array): void {
    this.#sites.set(site, { buckets: new BucketSet(bits), at: this.#parts.clock.now(), isTelling: true })
    this.#writeSoon(site)
  }

  /** A site has told further ones. */
  added(site: string, buckets: readonly number[]): void {
    const heard = this.#sites.get(site)
    if (heard === undefined) return
    if (buckets.filter(bucket => heard.buckets.add(bucket)).length > 0) this.#writeSoon(site)
  }

  /** The conversation in which a site has told is over. */
  ended(site: string): void {
    const heard = this.#sites.get(site)
    if (heard?.isTelling !== true) return
    heard.isTelling = false
    heard.at = this.#parts.clock.now()
    this.#writeSoon(site)
  }

  /** It is no site any more. */
  forgotten(site: string): void {
    if (!this.#sites.delete(site)) return
    this.#unwritten.delete(site)
    this.#commit([{ kind: 'delete', key: KEY + site }])
  }

  holders(bucket: number): readonly string[] {
    return [...this.#sites].filter(([, heard]) => heard.buckets.has(bucket) && this.#holds(heard)).map(([site]) => site)
  }

  isTelling(site: string): boolean {
    return this.#sites.get(site)?.isTelling === true
  }

  #holds({ isTelling, at }: Heard): boolean {
    return isTelling || this.#parts.clock.now() - at < HOLDS_MS
  }

  #renew(): void {
    this.#renewing = this.#parts.clock.after(RENEW_MS, () => {
      for (const [site, { isTelling }] of this.#sites) if (isTelling) this.#writeSoon(site)
      this.#renew()
    })
  }

  #writeSoon(site: string): void {
    if (this.#isStopped) return
    this.#unwritten.add(site)
    this.#writing ??= this.#parts.clock.after(WRITE_AFTER_MS, () => {
      this.#writing = undefined
      this.#write()
    })
  }

  #write(): void {
    const { clock, store } = this.#parts
    const [first] = this.#unwritten
    if (this.#isStopped || first === undefined) return
    if (store.isFull) return this.#writeSoon(first)
    const writes = [...this.#unwritten].flatMap<StoreWrite>(site => {
      const heard = this.#sites.get(site)
      if (heard === undefined) return []
      if (heard.isTelling) heard.at = clock.now()
      return [{ kind: 'put', key: KEY + site, value: written(heard) }]
    })
    this.#unwritten.clear()
    this.#commit(writes)
  }

  #commit(writes: readonly StoreWrite[]): void {
    this.#parts.store.commit(writes).catch((error: unknown) => {
      const code = error instanceof CheopsError ? error.code : String(error)
      this.#parts.logger.debug({ code }, 'in which buckets other sites have names could not be written')
    })
  }
}

function written({ at, buckets }: Heard): Uint8Array {
  const { bits } = buckets
  const value = new Uint8Array(HEAD_BYTES + bits.length)
  value[0] = FORMAT
  new DataView(value.buffer).setBigUint64(1, BigInt(Math.max(0, Math.floor(at))))
  value.set(bits, HEAD_BYTES)
  return value
}

/** @returns undefined for what cannot be read: it is told again */
function read(value: Uint8Array): Heard | undefined {
  if (value[0] !== FORMAT || value.length < HEAD_BYTES) return undefined
  const at = Number(new DataView(value.buffer, value.byteOffset).getBigUint64(1))
  return { buckets: new BucketSet(value.subarray(HEAD_BYTES)), at, isTelling: false }
}
