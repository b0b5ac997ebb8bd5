import type { Logger } from '../ports/logger.ts'

/** Starts parts in order and stops them in reverse, also when a start fails half-way. */
export class Lifecycle {
  readonly #logger: Logger
  readonly #started: { readonly name: string; readonly stop: () => Promise<void> | void }[] = []
  #stopping: Promise<void> | undefined

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /**
   * Starts one part.
   * @param stop undoes it; not called if `start` throws
   */
  async add<T>(name: string, start: () => Promise<T> | T, stop: (started: T) => Promise<void> | void): Promise<T> {
    const started = await start()
    this.#started.push({ name, stop: () => stop(started) })
    return started
  }

  /** The second call waits for the first. A part that cannot be stopped does not keep the others running. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  async #stopAll(): Promise<void> {
    for (const { name, stop } of this.#started.reverse()) {
      try {
        await stop()
      } catch (error) {
        this.#logger.error({ part: name, error }, 'a part of the agent could not be stopped')
      }
    }
  }
}
