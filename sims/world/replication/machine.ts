import { Disk } from './disk.ts'
import { Process } from './process.ts'
import { simHash } from './sim-bodies.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { StoredBlob } from '../memory-blobs.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { VirtualTime } from '../virtual-time.ts'
import type { DiskOptions } from './disk.ts'

/** More than any plan fills. */
const ROOM_BYTES = 1024 ** 3

/** Wall clock at the beginning of every world, Unix milliseconds. */
export const EPOCH_MS = 1_760_000_000_000

/** What one site's agents run on, one after the other: a disk and a clock that outlive them. */
export class Machine {
  readonly name: string
  readonly disk: Disk
  /** Large bodies, beside the disk; what was written is synced at once. */
  readonly bodies = new Map<string, StoredBlob>()
  /** Room for them, bytes. */
  maxBodiesBytes = ROOM_BYTES
  readonly #time: VirtualTime
  readonly #random: SeededRandom
  #process: Process | undefined
  /** How far the wall clock is from the truth; may be changed at any time. */
  clockOffsetMs = 0

  constructor(name: string, time: VirtualTime, random: SeededRandom, disk: DiskOptions = {}) {
    this.name = name
    this.#time = time
    this.#random = random
    this.disk = new Disk(time, random.fork(), disk)
  }

  get isRunning(): boolean {
    return this.#process !== undefined
  }

  /** Begins a run of the agent. */
  boot(): Process {
    if (this.#process !== undefined) throw new RangeError(`an agent of ${this.name} runs already`)
    this.#process = new Process()
    return this.#process
  }

  /** A bit of a large body changes; nothing happens where there is none. */
  damageBody(): void {
    const whole = [...this.bodies].flatMap(([hash, { kind, content }]) => (kind === 'whole' ? [{ hash, content }] : []))
    if (whole.length === 0) return
    const { hash, content } = this.#random.pick(whole)
    const damaged = content.slice()
    const place = this.#random.below(damaged.length)
    damaged[place] = (damaged[place] ?? 0) ^ 1
    this.bodies.set(hash, { kind: 'whole', content: damaged })
  }

  /** Hashes of the large bodies that are whole, and as they were written. */
  soundBodies(): readonly string[] {
    return [...this.bodies].flatMap(([hash, { kind, content }]) =>
      kind === 'whole' && simHash(content) === hash ? [hash] : [],
    )
  }

  /** There is room for bodies again, whoever has taken it. */
  freeBodies(): void {
    this.maxBodiesBytes = ROOM_BYTES
  }

  /** There is no more room for bodies than they take. */
  fillBodies(): void {
    this.maxBodiesBytes = [...this.bodies.values()].reduce((sum, { content }) => sum + content.length, 0)
  }

  /** Ends the agent's run as `kill -9` or a power cut does; nothing happens when none runs. */
  kill(): void {
    this.#process?.kill()
    this.#process = undefined
    this.disk.crash()
  }

  /** The clock of one run. */
  clock(process: Process): Clock {
    return {
      now: () => Math.floor(EPOCH_MS + this.#time.now + this.clockOffsetMs),
      monotonic: () => this.#time.now,
      after: (delayMs, fn) => this.#time.after(delayMs, () => process.run(fn)),
    }
  }

  /** Randomness of one run. */
  fork(): SeededRandom {
    return this.#random.fork()
  }
}
