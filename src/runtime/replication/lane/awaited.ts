import { replicantKey, type ReplicantName } from '../../../core/oplog/index.ts'

/** Replicants for which a client waits at the moment, by key: what their lanes do goes before what nobody waits for. */
export class Awaited {
  readonly #clients = new Map<string, number>()

  /** From now on until `work` is done. */
  async during<T>(name: ReplicantName, work: () => Promise<T>): Promise<T> {
    const key = replicantKey(name)
    this.#clients.set(key, (this.#clients.get(key) ?? 0) + 1)
    try {
      return await work()
    } finally {
      const left = (this.#clients.get(key) ?? 1) - 1
      if (left === 0) this.#clients.delete(key)
      else this.#clients.set(key, left)
    }
  }

  get size(): number {
    return this.#clients.size
  }

  has(key: string): boolean {
    return this.#clients.has(key)
  }

  keys(): Iterable<string> {
    return this.#clients.keys()
  }
}
