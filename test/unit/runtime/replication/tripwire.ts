import type { Application } from '../../../../src/ports/application.ts'
import type { Store } from '../../../../src/ports/store.ts'

/** Ends a site at the n-th thing that its agent asks of disk or application: before it is done, or after it and before the agent hears. */
export class Tripwire {
  #count = 0
  #at = Number.POSITIVE_INFINITY
  #when: 'before' | 'after' = 'before'
  #kill: () => void = () => undefined

  /** Things that were asked since `arm`. */
  get count(): number {
    return this.#count
  }

  /** @param at counted from now, 1 for the next */
  arm(at: number, when: 'before' | 'after', kill: () => void): void {
    this.#count = 0
    this.#at = at
    this.#when = when
    this.#kill = kill
  }

  store(store: Store): Store {
    return {
      get: key => store.get(key),
      iterate: range => store.iterate(range),
      commit: writes => this.#pass(() => store.commit(writes)),
      get isFull() {
        return store.isFull
      },
      fail: error => store.fail(error),
      close: () => store.close(),
    }
  }

  application(application: Application): Application {
    return { request: request => this.#pass(() => application.request(request)) }
  }

  async #pass<T>(what: () => Promise<T>): Promise<T> {
    const trips = ++this.#count === this.#at
    if (trips && this.#when === 'before') return this.#end()
    const done = await what()
    return trips ? this.#end() : done
  }

  #end(): Promise<never> {
    this.#kill()
    return new Promise(() => undefined)
  }
}
