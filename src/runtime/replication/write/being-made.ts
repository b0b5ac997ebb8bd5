import { replicantKey, type ReplicantName } from '../../../core/oplog/index.ts'
import type { Replica } from '../replica.ts'

/**
 * Names that clients are creating here, from the moment on at which their request is taken: before the application is asked what it has, and before anything is on
 * disk. Whether such a name is replicated nobody knows, and what passes as if it were not may reach the application behind the create.
 */
export class BeingMade {
  readonly #names = new Map<string, Set<Promise<unknown>>>()

  /** Carries out what may create a resource. It is begun at once. */
  async during<T>(name: ReplicantName, create: () => Promise<T>): Promise<T> {
    const key = replicantKey(name)
    const under = this.#names.get(key) ?? new Set()
    const done = create()
    this.#names.set(key, under.add(done))
    try {
      return await done
    } finally {
      under.delete(done)
      if (under.size === 0) this.#names.delete(key)
    }
  }

  /** Resolves when those that are under way now have ended; undefined where there are none. */
  ended(name: ReplicantName): Promise<unknown> | undefined {
    const under = this.#names.get(replicantKey(name))
    return under && Promise.allSettled(under)
  }
}

/** What a client makes, and nobody knows yet whether the application has made it. */
export function isInDraft({ draft }: Replica): boolean {
  return draft?.type === 'create'
}
