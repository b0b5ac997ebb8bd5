import { MAX_ENTRIES_BYTES, MIN_ENTRIES_BYTES, MIN_TOLD_BYTES_A_SECOND, RECEIVED_TIMEOUT_MS } from '../limits.ts'

/** A message with entries that was sent. */
interface Sent {
  readonly incarnation: string
  /** Number of its last entry. */
  readonly last: number
  readonly bytes: number
}

/**
 * How much is told to one site in one message: less after each conversation in which none arrived, so that over a link that is slow, or that breaks again and again, something
 * does before it ends; and more again with each that does.
 */
export class Pace {
  #bytes = MAX_ENTRIES_BYTES

  /** Bytes of entries of one message; one entry may be larger. */
  get bytes(): number {
    return this.#bytes
  }

  /** What was sent in one conversation that begins now. */
  begin(): PaceOfOne {
    return new PaceOfOne(isArriving => {
      this.#bytes = isArriving
        ? Math.min(MAX_ENTRIES_BYTES, 2 * this.#bytes)
        : Math.max(MIN_ENTRIES_BYTES, this.#bytes / 2)
    })
  }
}

export class PaceOfOne {
  readonly #judge: (isArriving: boolean) => void
  /** In the order in which they were sent. */
  #waiting: Sent[] = []
  #hasArrived = false

  constructor(judge: (isArriving: boolean) => void) {
    this.#judge = judge
  }

  sent(incarnation: string, last: number, entries: readonly Uint8Array[]): void {
    this.#waiting.push({ incarnation, last, bytes: entries.reduce((sum, { length }) => sum + length, 0) })
  }

  received(incarnation: string, upTo: number): void {
    const left = this.#waiting.filter(sent => sent.incarnation !== incarnation || sent.last > upTo)
    if (left.length === this.#waiting.length) return
    this.#waiting = left
    this.#hasArrived = true
    this.#judge(true)
  }

  /** For how long it may take until the other site has received something, milliseconds; undefined while nothing waits for that. */
  get dueMs(): number | undefined {
    const [first] = this.#waiting
    return first && RECEIVED_TIMEOUT_MS + (first.bytes / MIN_TOLD_BYTES_A_SECOND) * 1000
  }

  end(): void {
    if (this.#waiting.length > 0 && !this.#hasArrived) this.#judge(false)
  }
}
