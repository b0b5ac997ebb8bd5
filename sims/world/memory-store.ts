import { CheopsError } from '../../src/errors.ts'
import type { Store, StoreWrite } from '../../src/ports/store.ts'

/** The store in memory: for tests and simulations, under the same contract as the one on disk. */
export class MemoryStore implements Store {
  readonly #values: Map<string, Uint8Array>
  #open = true

  /** @param values what "the disk" holds; give the same map again to open it anew */
  constructor(values: Map<string, Uint8Array> = new Map()) {
    this.#values = values
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    this.#check()
    return this.#values.get(key)?.slice()
  }

  async batch(writes: readonly StoreWrite[]): Promise<void> {
    this.#check()
    for (const write of writes) {
      if (write.kind === 'put') this.#values.set(write.key, write.value.slice())
      else this.#values.delete(write.key)
    }
  }

  async *iterate(prefix: string): AsyncGenerator<readonly [string, Uint8Array]> {
    this.#check()
    const entries = [...this.#values].filter(([key]) => key.startsWith(prefix))
    yield* entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  }

  async close(): Promise<void> {
    this.#open = false
  }

  #check(): void {
    if (!this.#open) throw new CheopsError('ERR_STORE_FAILED', 'The store is closed.')
  }
}
