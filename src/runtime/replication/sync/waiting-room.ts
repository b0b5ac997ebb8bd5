import { MAX_WAITING_BYTES } from '../limits.ts'
import type { Operation, Replicant } from '../../../core/oplog/index.ts'

/**
 * How many bytes of operations wait for what they depend on, by who has told them: anybody can sign operations that wait for ever. Of this run of the
 * agent; what an earlier one has left counts for nobody.
 */
export class WaitingRoom {
  /** By teller, then by key of the name. */
  readonly #brought = new Map<string, Map<string, number>>()

  /**
   * Whether what a site tells may wait here; it counts from now on.
   * @param key of the name, as `replicantKey` has it
   */
  mayKeep(from: string, key: string, before: Replicant, after: Replicant): boolean {
    if (after.waiting === before.waiting || after.waiting.length === 0) return true
    const more = bytesOf(after.waiting) - bytesOf(before.waiting)
    if (more <= 0) return true
    const brought = this.#brought.get(from) ?? new Map<string, number>()
    const all = brought.values().reduce((sum, bytes) => sum + bytes, more)
    if (all > MAX_WAITING_BYTES) return false
    this.#brought.set(from, brought.set(key, (brought.get(key) ?? 0) + more))
    return true
  }

  /** Nothing of a name waits any more. */
  drop(key: string): void {
    for (const [from, brought] of this.#brought) {
      brought.delete(key)
      if (brought.size === 0) this.#brought.delete(from)
    }
  }
}

/** About as many as they have on the wire. */
function bytesOf(operations: readonly Operation[]): number {
  return operations.reduce((sum, { payload, context }) => {
    const body = payload?.body !== undefined && 'bytes' in payload.body ? payload.body.bytes.length : 0
    const headers = (payload?.headers ?? []).reduce((all, [name, value]) => all + name.length + value.length, 0)
    return sum + SMALL_BYTES + body + headers + (payload?.path.length ?? 0) + context.length * DOT_BYTES
  }, 0)
}

/** Names, dots, stamps and the signature. */
const SMALL_BYTES = 256
const DOT_BYTES = 32
