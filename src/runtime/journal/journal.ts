import { CheopsError } from '../../errors.ts'
import type { Store, StoreWrite } from '../../ports/store.ts'

export type JournalRecord = readonly [number: number, value: Uint8Array]

export interface JournalRange {
  /** Number of the first record that is wanted; at least `first`. */
  readonly from: number
  /** At most so many records; all, if not given. */
  readonly limit?: number | undefined
}

export interface JournalAppend {
  readonly journal: Journal
  /** Is kept: it must not be changed any more. */
  readonly value: Uint8Array
}

/** Records that one commit of `trim` removes: a longer one would hold up the commits behind it. */
const TRIMMED_TOGETHER = 1_000

/** Bytes of the records of one journal that were appended last, which are kept in memory: mostly they are read at once. */
export const MAX_TAIL_BYTES = 256 * 1024

/** Hexadecimal digits of a number in a key: as many as the greatest safe integer has, so that keys sort as numbers do. */
const DIGITS = 14

/**
 * Opens the journal below `prefix`, empty if there is nothing, and reads all of it: its numbers must be dense.
 * @throws CheopsError ERR_STORE_CORRUPT at a gap or a damaged record: the store has failed with it. ERR_STORE_FAILED
 */
export async function openJournal(store: Store, prefix: string): Promise<Journal> {
  const start = await store.get(startKey(prefix))
  const first = start === undefined ? 1 : readNumber(new TextDecoder().decode(start))
  if (first === undefined) throw failWith(store, startKey(prefix), `The start of the journal ${prefix} cannot be read.`)
  let next = first
  let bytes = 0
  for await (const [key, value] of store.iterate({ prefix: recordsPrefix(prefix) })) {
    checkNumber(store, prefix, key, next)
    bytes += value.length
    next++
  }
  return new Journal(store, prefix, first, next, bytes)
}

/**
 * Appends to several journals, and writes what else belongs to it: one commit, all or nothing. The numbers are taken in this
 * very call, so that who calls first gets the smaller ones.
 * @returns the numbers, one for each of `appends`, when all of it is on disk
 * @throws CheopsError ERR_STORE_BUSY: no number was taken. ERR_STORE_FAILED
 */
export async function appendTogether(
  store: Store,
  appends: readonly JournalAppend[],
  writes: readonly StoreWrite[] = [],
): Promise<number[]> {
  // A number that is taken and not written would be a gap for ever, so it must not be refused after it was taken.
  if (store.isFull) throw new CheopsError('ERR_STORE_BUSY', 'The disk is behind with what was written before.')
  const taken = appends.map(({ journal, value }) => journal.take(store, value))
  await store.commit([...taken.map(({ write }) => write), ...writes])
  appends.forEach(({ journal }, place) => journal.wrote(taken[place]?.number ?? 0))
  return taken.map(({ number }) => number)
}

/**
 * Records under dense numbers 1, 2, 3, …: appended at the end, removed from the beginning. A number that was given is never
 * given again, also when all records are gone. One object at a time is a journal's.
 *
 * Keys below the prefix: `r/<number>`, 14 hexadecimal digits → the record; `start` → number of the first record that is
 * kept, decimal digits; it is there after the first `trim`.
 */
export class Journal {
  readonly #store: Store
  readonly #prefix: string
  #first: number
  #next: number
  #written: number
  #bytes: number
  /** The records that were appended last, up to `next`, from `#head` on. */
  #tail: Uint8Array[] = []
  #head = 0
  #tailBytes = 0

  /** Use `openJournal`, which checks what is there. */
  constructor(store: Store, prefix: string, first: number, next: number, bytes = 0) {
    this.#store = store
    this.#prefix = prefix
    this.#first = first
    this.#next = next
    this.#written = next
    this.#bytes = bytes
  }

  /** Number of the first record that is kept; equal to `next` when there is none. */
  get first(): number {
    return this.#first
  }

  /** Number that the next record gets. Those before it have been given, and are on disk when their `append` resolves. */
  get next(): number {
    return this.#next
  }

  /** Number of the first record that is not on disk yet; equal to `next` when all are. Those before it can be read. */
  get written(): number {
    return this.#written
  }

  /** Bytes of the records that are kept, as if those that were removed had been of middling size. */
  get bytes(): number {
    return Math.round(this.#bytes)
  }

  /**
   * Appends a record, together with other writes, in one commit.
   * @returns its number, when it is on disk
   * @throws CheopsError ERR_STORE_BUSY: no number was taken. ERR_STORE_FAILED
   */
  async append(value: Uint8Array, writes: readonly StoreWrite[] = []): Promise<number> {
    const [number] = await appendTogether(this.#store, [{ journal: this, value }], writes)
    if (number === undefined) throw new RangeError('one append has one number')
    return number
  }

  /**
   * Takes the next number; for `appendTogether`, which commits the write before anything else can be.
   * @internal
   */
  take(store: Store, value: Uint8Array): { number: number; write: StoreWrite } {
    if (store !== this.#store) throw new RangeError(`the journal ${this.#prefix} is in another store`)
    const number = this.#next++
    this.#bytes += value.length
    this.#remember(value)
    return { number, write: { kind: 'put', key: recordKey(this.#prefix, number), value } }
  }

  /**
   * The record of that number is on disk, and so are all before it.
   * @internal
   */
  wrote(number: number): void {
    this.#written = Math.max(this.#written, number + 1)
  }

  /**
   * The records from a number on that are on disk when the first is asked for, in order; nothing if `from` is `next` or more.
   * @throws CheopsError ERR_JOURNAL_TRIMMED when `from` is less than `first`; ERR_STORE_CORRUPT, with which the store has
   *   failed; ERR_STORE_FAILED
   */
  async *read({ from, limit }: JournalRange): AsyncGenerator<JournalRecord> {
    if (from < this.#first) {
      const message = `The journal ${this.#prefix} begins at ${String(this.#first)}, not at ${String(from)}.`
      throw new CheopsError('ERR_JOURNAL_TRIMMED', message, { first: this.#first, from })
    }
    if (from >= this.#next) return
    const tailFirst = this.#next - this.#tail.length + this.#head
    if (from >= tailFirst) {
      const end = Math.min(this.#written, from + (limit ?? Infinity))
      const place = this.#head + from - tailFirst
      const records = this.#tail.slice(place, place + Math.max(0, end - from))
      for (const [offset, value] of records.entries()) yield [from + offset, value]
      return
    }
    let number = from
    const range = { prefix: recordsPrefix(this.#prefix), from: recordKey(this.#prefix, from), limit }
    for await (const [key, value] of this.#store.iterate(range)) {
      checkNumber(this.#store, this.#prefix, key, number)
      yield [number, value]
      number++
    }
  }

  /**
   * Removes the records before a number; resolves when they are gone from the disk. Does nothing when they are gone already.
   * @throws RangeError when `before` is greater than `next`
   * @throws CheopsError ERR_STORE_BUSY: some may be removed, try again. ERR_STORE_FAILED
   */
  async trim(before: number): Promise<void> {
    if (before > this.#next) throw new RangeError(`${before} is beyond the end of the journal ${this.#prefix}`)
    while (this.#first < before) {
      if (this.#store.isFull)
        throw new CheopsError('ERR_STORE_BUSY', 'The disk is behind with what was written before.')
      const [from, to] = [this.#first, Math.min(before, this.#first + TRIMMED_TOGETHER)]
      this.#bytes *= (this.#next - to) / (this.#next - from)
      // Before the commit: nobody begins to read what is going.
      this.#first = to
      this.#forgetTo(to)
      const writes: StoreWrite[] = [
        { kind: 'put', key: startKey(this.#prefix), value: new TextEncoder().encode(String(to)) },
      ]
      for (let number = from; number < to; number++) {
        writes.push({ kind: 'delete', key: recordKey(this.#prefix, number) })
      }
      await this.#store.commit(writes)
    }
  }

  #remember(value: Uint8Array): void {
    this.#tail.push(value)
    this.#tailBytes += value.length
    while (this.#tailBytes > MAX_TAIL_BYTES) this.#forgetOne()
    this.#shorten()
  }

  /** What was trimmed is not kept either. */
  #forgetTo(first: number): void {
    while (this.#head < this.#tail.length && this.#next - this.#tail.length + this.#head < first) this.#forgetOne()
    this.#shorten()
  }

  #forgetOne(): void {
    this.#tailBytes -= this.#tail[this.#head]?.length ?? 0
    this.#head++
  }

  /** Only now and then: each cut moves all that is behind it. */
  #shorten(): void {
    if (this.#head < 1_000 && this.#head < this.#tail.length) return
    this.#tail = this.#tail.slice(this.#head)
    this.#head = 0
  }
}

const startKey = (prefix: string): string => `${prefix}start`
const recordsPrefix = (prefix: string): string => `${prefix}r/`
const recordKey = (prefix: string, number: number): string =>
  recordsPrefix(prefix) + number.toString(16).padStart(DIGITS, '0')

/** Refuses any key but that of `expected`. */
function checkNumber(store: Store, prefix: string, key: string, expected: number): void {
  const wanted = recordKey(prefix, expected)
  if (key !== wanted) throw failWith(store, wanted, `Record ${String(expected)} of the journal ${prefix} is gone.`)
}

function readNumber(text: string): number | undefined {
  return /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined
}

function failWith(store: Store, key: string, message: string): CheopsError {
  const error = new CheopsError('ERR_STORE_CORRUPT', message, { key })
  store.fail(error)
  return error
}
