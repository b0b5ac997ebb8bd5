import { CheopsError } from '../../src/errors.ts'
import type { Store, StoreRange, StoreWrite } from '../../src/ports/store.ts'

export interface MemoryStoreOptions {
  /**
   * When the commits of a turn reach "the disk": calls `write` once, later. At once, as a microtask, if not given; a
   * simulation lets virtual time pass, so that a crash may come between.
   */
  readonly schedule?: (write: () => void) => void
  /** Told once, of the first write that failed or the first damage that was read. */
  readonly onFailure?: (error: CheopsError) => void
}

/** Commits that wait for the disk, at most; the store on disk counts bytes too. */
export const MAX_QUEUED_COMMITS = 100_000

interface Commit {
  readonly writes: readonly StoreWrite[]
  readonly resolve: () => void
  readonly reject: (error: CheopsError) => void
}

/** The store in memory: for tests and simulations, under the same contract as the one on disk. */
export class MemoryStore implements Store {
  readonly #values: Map<string, Uint8Array>
  readonly #options: MemoryStoreOptions
  #queue: Commit[] = []
  #scheduled = false
  #open = true
  #writesFail = false
  #failure: CheopsError | undefined

  /** @param values what "the disk" holds; give the same map again to open it anew */
  constructor(values: Map<string, Uint8Array> = new Map(), options: MemoryStoreOptions = {}) {
    this.#values = values
    this.#options = options
  }

  get isFull(): boolean {
    return this.#queue.length >= MAX_QUEUED_COMMITS
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    this.#checkOpen()
    const value = this.#values.get(key)
    return value === undefined ? undefined : this.#read(key, value)
  }

  commit(writes: readonly StoreWrite[]): Promise<void> {
    if (this.#failure !== undefined || !this.#open) return Promise.reject(failed('it takes nothing more'))
    if (this.isFull) return Promise.reject(new CheopsError('ERR_STORE_BUSY', 'The disk is behind.'))
    const copies = writes.map(write =>
      write.kind === 'put' ? { ...write, value: new Uint8Array(write.value) } : write,
    )
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#queue.push({ writes: copies, resolve, reject })
    if (!this.#scheduled) {
      this.#scheduled = true
      const schedule = this.#options.schedule ?? queueMicrotask
      schedule(() => this.#flush())
    }
    return promise
  }

  async *iterate({
    prefix,
    from,
    limit = Infinity,
    reverse = false,
  }: StoreRange): AsyncGenerator<readonly [string, Uint8Array]> {
    if (from?.startsWith(prefix) === false) throw new RangeError(`${from} does not begin with ${prefix}`)
    this.#checkOpen()
    const sign = reverse ? -1 : 1
    const entries = [...this.#values]
      .filter(([key]) => key.startsWith(prefix) && (from === undefined || sign * compare(key, from) >= 0))
      .sort(([a], [b]) => sign * compare(a, b))
    for (const [key, value] of entries.slice(0, limit)) yield [key, this.#read(key, value)]
  }

  fail(error: CheopsError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    for (const { reject } of this.#queue.splice(0)) reject(error)
    this.#options.onFailure?.(error)
  }

  async close(): Promise<void> {
    this.#flush()
    this.#open = false
  }

  /** From now on no write succeeds, as on a full disk. */
  failWrites(): void {
    this.#writesFail = true
  }

  /**
   * Ends as `kill -9` or a power cut does: of the commits that wait the first `kept` reach the disk, the others are lost,
   * and nobody hears of either.
   */
  crash(kept: number): void {
    for (const { writes } of this.#queue.splice(0).slice(0, kept)) this.#apply(writes)
    this.#open = false
  }

  /** Commits that wait for the disk. */
  get queued(): number {
    return this.#queue.length
  }

  #flush(): void {
    this.#scheduled = false
    for (const { writes, resolve, reject } of this.#queue.splice(0)) {
      if (this.#writesFail) this.fail(failed('it cannot be written'))
      if (this.#failure !== undefined) reject(this.#failure)
      else {
        this.#apply(writes)
        resolve()
      }
    }
  }

  #apply(writes: readonly StoreWrite[]): void {
    for (const write of writes) {
      if (write.kind === 'put') this.#values.set(write.key, write.value)
      else this.#values.delete(write.key)
    }
  }

  #read(key: string, value: Uint8Array): Uint8Array {
    if (!DAMAGED.has(value)) return value.slice()
    const error = new CheopsError('ERR_STORE_CORRUPT', `The value of ${key} in the store is damaged.`, { key })
    this.fail(error)
    throw error
  }

  #checkOpen(): void {
    if (!this.#open) throw failed('it is closed')
  }
}

/** Values that a disk has changed; a checksum would find them, and is not worth its time in a simulation. */
const DAMAGED = new WeakSet<Uint8Array>()

/** Lets the disk change a value, as a flipped bit would; copies of the disk have the damage too. */
export function damage(values: Map<string, Uint8Array>, key: string): void {
  const damaged = Uint8Array.from(values.get(key) ?? [], byte => byte ^ 1)
  values.set(key, damaged)
  DAMAGED.add(damaged)
}

/** By UTF-8 bytes, which is by code points; UTF-16 puts surrogates before U+E000 to U+FFFF. */
function compare(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  for (let place = 0; place < end; place++) {
    const [unit, other] = [a.charCodeAt(place), b.charCodeAt(place)]
    if (unit === other) continue
    if (Math.max(unit, other) < FIRST_SURROGATE) return unit - other
    return Buffer.compare(Buffer.from(a), Buffer.from(b))
  }
  return a.length - b.length
}

const FIRST_SURROGATE = 0xd800

function failed(why: string): CheopsError {
  return new CheopsError('ERR_STORE_FAILED', `The store failed: ${why}.`)
}
