import { damage, MemoryStore } from '../memory-store.ts'
import type { CheopsError } from '../../../src/errors.ts'
import type { Store } from '../../../src/ports/store.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { VirtualTime } from '../virtual-time.ts'
import type { Process } from './process.ts'

/** What a disk holds: a backup of it brings it back. */
export type DiskCopy = ReadonlyMap<string, Uint8Array>

export interface DiskOptions {
  /** How long a write takes until it is synced, milliseconds, drawn from this range. */
  readonly syncMs?: readonly [from: number, to: number]
  /** A planted bug: says that a write is on the disk before it is, as a disk with a cache and no battery does. */
  readonly lies?: boolean
}

/** How long a disk that lies keeps what it has acknowledged to itself, milliseconds. */
const LIE_MS = 20_000

/** Reads and commits at one moment of virtual time, at most: a run of an agent makes some hundreds. */
const MAX_USES_AT_ONCE = 20_000

/**
 * The disk of one site. Writes take time; a crash between loses any suffix of what was not synced. It outlives the processes
 * that have it open, one at a time.
 */
export class Disk {
  readonly #time: VirtualTime
  readonly #random: SeededRandom
  readonly #options: DiskOptions
  #values = new Map<string, Uint8Array>()
  #open: MemoryStore | undefined
  #uses = 0
  #usedAt = 0
  /** What damaged values were. */
  readonly #flipped = new WeakMap<Uint8Array, Uint8Array>()
  /** With `lies`: what was on the disk when it was last really synced. */
  #synced: DiskCopy | undefined

  constructor(time: VirtualTime, random: SeededRandom, options: DiskOptions = {}) {
    this.#time = time
    this.#random = random
    this.#options = options
  }

  /**
   * Opens the store for one run of the agent.
   * @param onFailure told once, of the first write that failed or the first damage that was read; the agent must end then
   */
  open(process: Process, onFailure: (error: CheopsError) => void): Store {
    const { syncMs = [0, 2], lies = false } = this.#options
    const store = new MemoryStore(this.#values, {
      schedule: write => {
        if (lies) return this.#lie(write, store)
        this.#time.after(this.#random.between(...syncMs), () => {
          // After a crash nothing waits any more.
          if (this.#open === store) write()
        })
      },
      onFailure: error => process.run(() => onFailure(error)),
    })
    this.#open = store
    return seenBy(process, store, () => this.#countUse())
  }

  /** What reads or writes without end lets no time pass, and would hang the simulation as it would hang an agent. */
  #countUse(): void {
    this.#uses = this.#usedAt === this.#time.now ? this.#uses + 1 : 0
    this.#usedAt = this.#time.now
    if (this.#uses > MAX_USES_AT_ONCE) throw new Error('the agent reads from its disk, or writes to it, without end')
  }

  /** The agent has ended: of what was not synced a random suffix is lost. */
  crash(): void {
    const store = this.#open
    if (store === undefined) return
    store.crash(this.#random.below(store.queued + 1))
    this.#open = undefined
    if (this.#synced !== undefined) this.restore(this.#synced)
    this.#synced = undefined
  }

  /** From now on the writes of this run fail, as on a full disk. */
  failWrites(): void {
    this.#open?.failWrites()
  }

  /** Flips a bit of a record, so that it is found when it is read. Undefined when there is none. */
  flip(): string | undefined {
    const keys = [...this.#values.keys()].toSorted()
    if (keys.length === 0) return undefined
    const key = this.#random.pick(keys)
    const value = this.#values.get(key)
    damage(this.#values, key)
    const damaged = this.#values.get(key)
    if (value !== undefined && damaged !== undefined) this.#flipped.set(damaged, this.#flipped.get(value) ?? value)
    return key
  }

  /** What a backup would hold that is made now; of a damaged record it has what was written. */
  copy(): DiskCopy {
    return new Map([...this.#values].map(([key, value]) => [key, this.#flipped.get(value) ?? value]))
  }

  /** Puts back what a backup holds. Nothing may have the disk open. */
  restore(copy: DiskCopy): void {
    if (this.#open !== undefined) throw new RangeError('an agent has the disk open')
    this.#values = new Map(copy)
  }

  /** Keys and values, for checkers. */
  get values(): DiskCopy {
    return this.#values
  }

  #lie(write: () => void, store: MemoryStore): void {
    this.#synced ??= this.copy()
    queueMicrotask(write)
    this.#time.after(LIE_MS, () => {
      if (this.#open === store) this.#synced = undefined
    })
  }
}

/** A store of which a process sees nothing after its end. */
function seenBy(process: Process, store: MemoryStore, onUse: () => void): Store {
  return {
    get: async key =>
      process.ask(async () => {
        onUse()
        return store.get(key)
      }),
    // In the same turn, or the commits of one turn would not share a write.
    commit: async writes => {
      if (process.isAlive) onUse()
      return process.guard(process.isAlive ? store.commit(writes) : new Promise(() => undefined))
    },
    get isFull() {
      return store.isFull
    },
    iterate: range => process.each(store.iterate(range)),
    fail: error => process.run(() => store.fail(error)),
    close: async () => process.ask(async () => store.close()),
  }
}
