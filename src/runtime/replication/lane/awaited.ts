import { replicantKey, type ReplicantName } from '../../../core/oplog/index.ts'

/** Replicants for which a client waits at the moment, by key: what their lanes do goes before what nobody waits for. */
export class Awaited {
  readonly #clients = new Map<string, number>()
  readonly #onFirst: ((key: string) => void)[] = []

  /** Is told of each for which nobody has waited, and a client does from now on. */
  onFirst(listener: (key: string) => void): void {
    this.#onFirst.push(listener)
  }

  /** From now on until `work` is done. */
  async during<T>(name: ReplicantName, work: () => Promise<T>): Promise<T> {
    const key = replicantKey(name)
    const before = this.#clients.get(key)
    this.#clients.set(key, (before ?? 0) + 1)
    if (before === undefined) for (const listener of this.#onFirst) listener(key)
    try {
      return await work()
    } finally {
      const left = (this.#clients.get(key) ?? 1) - 1
      if (left === 0) this.#clients.delete(key)
      else this.#clients.set(key, left)
    }
  }

  has(key: string): boolean {
    return this.#clients.has(key)
  }
}
