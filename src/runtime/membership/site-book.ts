import type { SignedRecord } from '../../core/membership/record.ts'
import type { HeartbeatCodec } from '../../ports/heartbeat-codec.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Store } from '../../ports/store.ts'

/**
 * The address book: the newest record of every site that was met, as it was signed. It binds names to keys across restarts, remembers
 * the highest numbers, and is where a restarted agent finds its mesh again.
 *
 * Keys in the store: `membership/site/<name>` → signed record.
 */
export class SiteBook {
  readonly #store: Store
  readonly #codec: HeartbeatCodec
  readonly #logger: Logger

  constructor(store: Store, codec: HeartbeatCodec, logger: Logger) {
    this.#store = store
    this.#codec = codec
    this.#logger = logger
  }

  async load(): Promise<SignedRecord[]> {
    const records: SignedRecord[] = []
    for await (const [key, bytes] of this.#store.iterate({ prefix: PREFIX })) {
      try {
        records.push(this.#codec.readRecord(bytes))
      } catch (error) {
        // It will be learnt again from the mesh; that is better than an agent that does not start.
        this.#logger.warn({ key, error }, 'a stored site record cannot be read and is left out')
      }
    }
    return records
  }

  /** Resolves when the record is on disk. */
  async save(signed: SignedRecord): Promise<void> {
    await this.#store.commit([{ kind: 'put', key: PREFIX + signed.record.site, value: signed.bytes }])
  }

  /** Resolves when the record is gone from the disk. */
  async forget(site: string): Promise<void> {
    await this.#store.commit([{ kind: 'delete', key: PREFIX + site }])
  }
}

const PREFIX = 'membership/site/'
