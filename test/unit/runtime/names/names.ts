import { VirtualTime } from '../../../../sims/world/virtual-time.ts'
import { bucketOf, type ReplicantName } from '../../../../src/core/oplog/index.ts'
import type { Clock } from '../../../../src/ports/clock.ts'

export const item = (name: string): ReplicantName => ({ service: 'inventory', kind: 'items', name })
export const buckets = (...names: readonly string[]): number[] => names.map(name => bucketOf(item(name)))

/** Virtual time, and a wall clock that begins at a given moment. */
export class TestTime {
  readonly #time = new VirtualTime()
  readonly clock: Clock

  constructor(startedAt = 0) {
    this.clock = {
      now: () => startedAt + this.#time.now,
      monotonic: () => this.#time.now,
      after: (delayMs, fn) => this.#time.after(delayMs, fn),
    }
  }

  pass(ms: number): Promise<void> {
    return this.#time.run(this.#time.now + ms)
  }
}
