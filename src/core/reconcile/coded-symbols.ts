/**
 * Two sets that differ a little, compared with traffic in proportion to the difference: rateless invertible Bloom lookup tables. One side
 * makes an endless sequence of coded symbols of its set, the other takes its own away and reads the difference from as many of them
 * as it needs, about 1.4 for each element that only one side has. Source: Yang, Gilad, Alizadeh, "Practical Rateless Set
 * Reconciliation", SIGCOMM 2024; the numbers that both sides must have in common are in `protocols/sync/README.md`, "Coded symbols".
 */

/** Words of 32 bits of an element. Elements are hashes: spread evenly, and never equal for different things. */
export const ELEMENT_WORDS = 6
/** Words of a symbol: how many elements (signed), their sum by exclusive or, and that of their two check words. */
export const SYMBOL_WORDS = 1 + ELEMENT_WORDS + 2

/** Symbols, one behind the other, `SYMBOL_WORDS` words each. */
export type Symbols = Uint32Array

/** What a table says of elements that only one of the two sets has. */
export interface Difference {
  /** Elements of the other set, and of the own, `ELEMENT_WORDS` words each. */
  readonly theirs: readonly Uint32Array[]
  readonly ours: readonly Uint32Array[]
}

/** Where an element stands in the sequence: which symbol it is in next. */
interface Walk {
  next: number
  state: number
}

/** A set, as the one that makes symbols of it. */
export class CodedSet {
  readonly #seed: number
  #words: Uint32Array
  #next: Float64Array
  #state: Uint32Array
  #size = 0

  /** @param seed 32 bits that both sides have in common, drawn anew for each comparison */
  constructor(seed: number) {
    this.#seed = seed >>> 0
    this.#words = new Uint32Array(64 * ELEMENT_WORDS)
    this.#next = new Float64Array(64)
    this.#state = new Uint32Array(64)
  }

  get size(): number {
    return this.#size
  }

  /** Before the first symbols are made. */
  add(element: Uint32Array): void {
    if (this.#size === this.#next.length) this.#grow()
    this.#words.set(element, this.#size * ELEMENT_WORDS)
    this.#state[this.#size] = firstState(element, this.#seed)
    this.#size++
  }

  /** The next symbols of the sequence, from where the last call ended. */
  symbols(from: number, count: number): Symbols {
    const symbols = new Uint32Array(count * SYMBOL_WORDS)
    const walk: Walk = { next: 0, state: 0 }
    for (let i = 0; i < this.#size; i++) {
      walk.next = this.#next[i] as number
      if (walk.next >= from + count) continue
      walk.state = this.#state[i] as number
      const element = this.#words.subarray(i * ELEMENT_WORDS, (i + 1) * ELEMENT_WORDS)
      const checks = checksOf(element, this.#seed)
      while (walk.next < from + count) {
        if (walk.next >= from) apply(symbols, walk.next - from, element, checks, 1)
        advance(walk)
      }
      this.#next[i] = walk.next
      this.#state[i] = walk.state
    }
    return symbols
  }

  #grow(): void {
    const size = this.#next.length * 2
    const [words, next, state] = [new Uint32Array(size * ELEMENT_WORDS), new Float64Array(size), new Uint32Array(size)]
    words.set(this.#words)
    next.set(this.#next)
    state.set(this.#state)
    ;[this.#words, this.#next, this.#state] = [words, next, state]
  }
}

interface Found extends Walk {
  readonly element: Uint32Array
  readonly checks: readonly [number, number]
  readonly sign: 1 | -1
}

/** Reads the difference of another set from its symbols. */
export class DifferenceReader {
  readonly #own: CodedSet
  readonly #seed: number
  #symbols: Symbols = new Uint32Array(0)
  readonly #found: Found[] = []
  #hasFailed = false

  /** @param own the set of this side, of which no symbols were made yet, with the same seed */
  constructor(own: CodedSet, seed: number) {
    this.#own = own
    this.#seed = seed >>> 0
  }

  /** How many symbols were taken. */
  get taken(): number {
    return this.#symbols.length / SYMBOL_WORDS
  }

  /** The symbols contradict each other: they are of no set, or of one with another seed. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /** Takes the next symbols of the other set, in order. @returns the difference, if these are enough to tell */
  take(theirs: Symbols): Difference | undefined {
    const from = this.taken
    const count = Math.floor(theirs.length / SYMBOL_WORDS)
    const own = this.#own.symbols(from, count)
    const symbols = new Uint32Array((from + count) * SYMBOL_WORDS)
    symbols.set(this.#symbols)
    const fresh = symbols.subarray(from * SYMBOL_WORDS)
    for (let i = 0; i < fresh.length; i++) {
      const isCount = i % SYMBOL_WORDS === 0
      const [a, b] = [theirs[i] as number, own[i] as number]
      fresh[i] = isCount ? a - b : a ^ b
    }
    this.#symbols = symbols
    for (const found of this.#found) this.#takeAway(found, undefined)
    this.#peel(from)
    if (this.#hasFailed || !this.#isEmpty(0)) return undefined
    const of = (sign: 1 | -1): Uint32Array[] =>
      this.#found.filter(found => found.sign === sign).map(({ element }) => element)
    return { theirs: of(1), ours: of(-1) }
  }

  #peel(from: number): void {
    const open = Array.from({ length: this.taken - from }, (_, i) => from + i)
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      const found = this.#pureAt(index)
      if (found === undefined) continue
      // No honest table has more elements than symbols.
      if (this.#found.length >= this.taken) {
        this.#hasFailed = true
        return
      }
      this.#found.push(found)
      this.#takeAway(found, open)
    }
  }

  #pureAt(index: number): Found | undefined {
    const at = index * SYMBOL_WORDS
    const count = (this.#symbols[at] as number) | 0
    if (count !== 1 && count !== -1) return undefined
    const element = this.#symbols.slice(at + 1, at + 1 + ELEMENT_WORDS)
    const checks = checksOf(element, this.#seed)
    const end = at + 1 + ELEMENT_WORDS
    if (this.#symbols[end] !== checks[0] || this.#symbols[end + 1] !== checks[1]) return undefined
    return { element, checks, sign: count, next: 0, state: firstState(element, this.#seed) }
  }

  #takeAway(found: Found, touched: number[] | undefined): void {
    while (found.next < this.taken) {
      apply(this.#symbols, found.next, found.element, found.checks, -found.sign)
      touched?.push(found.next)
      advance(found)
    }
  }

  #isEmpty(index: number): boolean {
    if (this.taken <= index) return false
    return this.#symbols.subarray(index * SYMBOL_WORDS, (index + 1) * SYMBOL_WORDS).every(word => word === 0)
  }
}

function apply(
  symbols: Symbols,
  index: number,
  element: Uint32Array,
  checks: readonly [number, number],
  sign: number,
): void {
  const at = index * SYMBOL_WORDS
  symbols[at] = (symbols[at] as number) + sign
  for (let word = 0; word < ELEMENT_WORDS; word++)
    symbols[at + 1 + word] = (symbols[at + 1 + word] as number) ^ (element[word] as number)
  const end = at + 1 + ELEMENT_WORDS
  symbols[end] = (symbols[end] as number) ^ checks[0]
  symbols[end + 1] = (symbols[end + 1] as number) ^ checks[1]
}

/**
 * To the next symbol that an element is in: it is in symbol i with probability 1 / (1 + i / 2). All of it is exact in IEEE 754 double
 * precision, so that every implementation comes to the same.
 */
function advance(walk: Walk): void {
  walk.state = (walk.state + 0x9e3779b9) >>> 0
  const random = mix(walk.state)
  walk.next += Math.ceil((walk.next + 1.5) * (65_536 / Math.sqrt(random + 1) - 1))
}

function firstState(element: Uint32Array, seed: number): number {
  return hashOf(element, seed ^ 0x85ebca6b)
}

function checksOf(element: Uint32Array, seed: number): [number, number] {
  return [hashOf(element, seed), hashOf(element, seed ^ 0xc2b2ae35)]
}

/** MurmurHash3 (32 bits) over the words. */
function hashOf(words: Uint32Array, seed: number): number {
  let hash = seed | 0
  for (let i = 0; i < words.length; i++) {
    let word = Math.imul(words[i] as number, 0xcc9e2d51)
    word = (word << 15) | (word >>> 17)
    hash ^= Math.imul(word, 0x1b873593)
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  return mix(hash ^ (words.length * 4))
}

/** The end of MurmurHash3: each bit of the result depends on each bit of the argument. */
function mix(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
