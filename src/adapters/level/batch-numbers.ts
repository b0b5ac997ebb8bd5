import { CheopsError } from '../../errors.ts'
import { keyCorrupt } from './failure.ts'
import type { RawDatabase } from './format.ts'
import type { DatabaseWrite } from './group-commit.ts'
import { fromRecord, toRecord } from './record.ts'

/**
 * Every batch carries a number, and the numbers of the last batches are kept: when LevelDB opens, it reads its log and drops
 * in silence what it cannot read of it, so a batch that is gone between others is a gap.
 *
 * Keys: `format/batch/<number>`, 14 hexadecimal digits → nothing.
 */
const PREFIX = 'format/batch/'
const DIGITS = 14

/**
 * Numbers are kept of so many bytes of batches: what the log may hold that is not yet in tables. LevelDB ends a log with 4 MiB,
 * and there may be two.
 */
export const NUMBERED_BYTES = 9 * 1024 * 1024

/** What a batch costs in the log besides its keys and values, at least; less would only keep more numbers. */
const BATCH_OVERHEAD_BYTES = 64

export class BatchNumbers {
  #next: number
  /** The number of the first batch that is kept, and the bytes of each from there on, in `#bytes` from `#head`. */
  #first: number
  #bytes: number[] = []
  #head = 0
  #keptBytes = 0

  private constructor(first: number) {
    this.#first = first
    this.#next = first
  }

  /**
   * Checks the numbers of a database and begins anew behind them: at open LevelDB has turned its log into tables.
   * @throws CheopsError ERR_STORE_CORRUPT at a gap
   */
  static async open(db: RawDatabase): Promise<BatchNumbers> {
    const found: string[] = []
    for await (const [key, record] of db.iterator({ gte: PREFIX, lt: `${PREFIX}\u{10ffff}` })) {
      if (fromRecord(key, record) === undefined) throw keyCorrupt(key)
      const previous = found.at(-1)
      if (previous !== undefined && key !== keyOf(numberOf(previous) + 1)) throw batchGone(previous)
      found.push(key)
    }
    const last = found.at(-1)
    const numbers = new BatchNumbers(last === undefined ? 1 : numberOf(last) + 1)
    const forget = found.map(key => ({ type: 'del' as const, key }))
    await db.batch([...forget, ...numbers.next([])], { sync: true })
    return numbers
  }

  /** What the next batch has to carry besides its writes. Batches are written in the order of the calls, all of them. */
  next(batch: readonly DatabaseWrite[]): DatabaseWrite[] {
    const key = keyOf(this.#next++)
    const bytes = batch.reduce((sum, write) => sum + bytesOf(write), BATCH_OVERHEAD_BYTES)
    this.#bytes.push(bytes)
    this.#keptBytes += bytes
    const writes: DatabaseWrite[] = [{ type: 'put', key, value: toRecord(key, new Uint8Array()) }]
    // Two at most for each that comes: so it never becomes a batch of its own size.
    for (let count = 0; count < 2 && this.#mayForget(); count++) writes.push({ type: 'del', key: this.#forget() })
    return writes
  }

  /** Whether those after the first are enough. */
  #mayForget(): boolean {
    const bytes = this.#bytes[this.#head]
    return bytes !== undefined && this.#keptBytes - bytes >= NUMBERED_BYTES
  }

  #forget(): string {
    this.#keptBytes -= this.#bytes[this.#head] ?? 0
    this.#head++
    // The list is cut only now and then: each cut moves all that is behind it.
    if (this.#head > 1_000 && this.#head * 2 > this.#bytes.length) {
      this.#bytes = this.#bytes.slice(this.#head)
      this.#head = 0
    }
    return keyOf(this.#first++)
  }
}

const keyOf = (number: number): string => PREFIX + number.toString(16).padStart(DIGITS, '0')
const numberOf = (key: string): number => Number.parseInt(key.slice(PREFIX.length), 16)

function bytesOf(write: DatabaseWrite): number {
  return write.key.length + (write.type === 'put' ? write.value.length : 0)
}

function batchGone(previous: string): CheopsError {
  const message = 'Writes are gone from the log of the store.'
  return new CheopsError('ERR_STORE_CORRUPT', message, { key: keyOf(numberOf(previous) + 1) })
}
