import { replicantKey, type ReplicantName } from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import type { ReplicationOptions } from '../context.ts'

/**
 * Replicants at which something went wrong that nobody has thought of. Each is left alone, shown and tried again later: one that ended the
 * agent would end it again after every start, and all others with it.
 */
export class Quarantine {
  readonly #options: ReplicationOptions
  /** Why, by name. */
  readonly #names = new Map<string, string>()

  constructor(options: ReplicationOptions) {
    this.#options = options
  }

  /** Undefined for one that is well. */
  why(name: ReplicantName): string | undefined {
    return this.#names.get(replicantKey(name))
  }

  /** As `replicantKey` has them. */
  keys(): Iterable<string> {
    return this.#names.keys()
  }

  /**
   * Takes what was thrown for a replicant; told once for each time that it goes wrong after it went well.
   * @throws what concerns more than this replicant: the store, the end of the agent, a lane that is full
   */
  take(name: ReplicantName, error: unknown): void {
    // A step that was not written has changed nothing in memory either; of what is written the store answers for itself.
    if (
      error instanceof CheopsError &&
      /^ERR_(STORE_FAILED|STORE_CORRUPT|AGENT_STOPPING|REPLICANT_BUSY)/.test(error.code)
    )
      throw error
    if (this.why(name) !== undefined) return
    const { logger, onEvent } = this.#options
    const fault = error instanceof Error ? (error.stack ?? error.message) : String(error)
    logger.error(
      { replicant: name, error: fault },
      'a replicant is left alone: something unexpected went wrong with it',
    )
    const what = error instanceof Error ? error.name : 'something'
    const why = `an unexpected fault (${what}; the log says more); it is tried again`
    this.#names.set(replicantKey(name), why)
    onEvent({ kind: 'diverged', replicant: name, why })
  }

  /** It went well. */
  release(name: ReplicantName): void {
    this.#names.delete(replicantKey(name))
  }
}
