import { NAME_BUCKETS } from './name-buckets.ts'

const BYTES = NAME_BUCKETS / 8

/** Some of the buckets of names, 0 to `NAME_BUCKETS` - 1: a bit for each. It only grows. */
export class BucketSet {
  readonly #bits: Uint8Array
  #size = 0

  /** @param bits bit `bucket & 7` of byte `bucket >> 3` for each; of another length they are none that are known here, and left out */
  constructor(bits?: Uint8Array) {
    this.#bits = bits?.length === BYTES ? Uint8Array.from(bits) : new Uint8Array(BYTES)
    for (let bucket = 0; bucket < NAME_BUCKETS; bucket++) if (this.has(bucket)) this.#size++
  }

  get size(): number {
    return this.#size
  }

  /** As the constructor takes them, `NAME_BUCKETS / 8` bytes; a copy. */
  get bits(): Uint8Array {
    return Uint8Array.from(this.#bits)
  }

  has(bucket: number): boolean {
    return ((this.#bits[bucket >> 3] ?? 0) & (1 << (bucket & 7))) !== 0
  }

  /** @returns whether it was not there before */
  add(bucket: number): boolean {
    if (bucket < 0 || bucket >= NAME_BUCKETS || this.has(bucket)) return false
    this.#bits[bucket >> 3] = (this.#bits[bucket >> 3] ?? 0) | (1 << (bucket & 7))
    this.#size++
    return true
  }

  /** In their order. */
  *[Symbol.iterator](): Generator<number> {
    for (let bucket = 0; bucket < NAME_BUCKETS; bucket++) if (this.has(bucket)) yield bucket
  }
}
