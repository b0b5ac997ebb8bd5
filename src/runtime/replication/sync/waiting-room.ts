import { dotKey, type Operation, type Replicant } from '../../../core/oplog/index.ts'
import { MAX_WAITING_BYTES } from '../limits.ts'
import type { Commit } from '../store/commit.ts'

/** One operation that waits. */
interface Brought {
  /** Who has told it. */
  readonly from: string
  readonly bytes: number
}

/**
 * How many bytes of operations wait for what they depend on, by who has told them: anybody can sign operations that wait for ever. Of this run of the
 * agent; what an earlier one has left counts for nobody.
 */
export class WaitingRoom {
  /** Those that wait, by key of the name and then by dot. */
  readonly #waiting = new Map<string, Map<string, Brought>>()
  readonly #bytes = new Map<string, number>()

  /**
   * Whether what a site tells may wait here.
   * @param key of the name, as `replicantKey` has it
   */
  mayKeep(from: string, key: string, before: Replicant, after: Replicant): boolean {
    const more = this.#new(key, before, after).reduce((sum, operation) => sum + bytesOf(operation), 0)
    return more === 0 || (this.#bytes.get(from) ?? 0) + more <= MAX_WAITING_BYTES
  }

  /** Within a commit: what a site tells waits from now on, as far as it did not before. */
  count(commit: Commit, from: string, key: string, before: Replicant, after: Replicant): void {
    for (const operation of this.#new(key, before, after)) {
      const [dot, bytes] = [dotKey(operation.dot), bytesOf(operation)]
      const waiting = this.#waiting.get(key) ?? new Map<string, Brought>()
      this.#waiting.set(key, waiting.set(dot, { from, bytes }))
      this.#bytes.set(from, (this.#bytes.get(from) ?? 0) + bytes)
      commit.onUndo(() => this.#drop(key, dot))
    }
  }

  /** What waits of a name from now on, whatever came of the rest: that is given back to who has told it. */
  keep(key: string, operations: readonly Operation[]): void {
    const counted = this.#waiting.get(key)
    if (counted === undefined) return
    const left = new Set(operations.map(({ dot }) => dotKey(dot)))
    for (const dot of counted.keys()) if (!left.has(dot)) this.#drop(key, dot)
  }

  /** What waits by a step, and neither did before nor was counted. */
  #new(key: string, before: Replicant, after: Replicant): readonly Operation[] {
    if (after.waiting === before.waiting || after.waiting.length === 0) return []
    const [waited, counted] = [new Set(before.waiting), this.#waiting.get(key)]
    return after.waiting.filter(operation => !waited.has(operation) && counted?.has(dotKey(operation.dot)) !== true)
  }

  #drop(key: string, dot: string): void {
    const waiting = this.#waiting.get(key)
    const brought = waiting?.get(dot)
    if (waiting === undefined || brought === undefined) return
    waiting.delete(dot)
    if (waiting.size === 0) this.#waiting.delete(key)
    const left = (this.#bytes.get(brought.from) ?? 0) - brought.bytes
    if (left > 0) this.#bytes.set(brought.from, left)
    else this.#bytes.delete(brought.from)
  }
}

/** About as many as they have on the wire. */
function bytesOf({ payload, context }: Operation): number {
  const body = payload?.body !== undefined && 'bytes' in payload.body ? payload.body.bytes.length : 0
  const headers = (payload?.headers ?? []).reduce((all, [name, value]) => all + name.length + value.length, 0)
  return SMALL_BYTES + body + headers + (payload?.path.length ?? 0) + context.length * DOT_BYTES
}

/** Names, dots, stamps and the signature. */
const SMALL_BYTES = 256
const DOT_BYTES = 32
