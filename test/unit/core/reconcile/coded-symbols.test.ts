/**
 * What two sets differ in is read from symbols of one of them: for random sets, however the symbols are divided, exactly the difference,
 * with as many symbols as the paper says; and symbols that are of no set never lead to an endless loop.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  CodedSet,
  DifferenceReader,
  ELEMENT_WORDS,
  SYMBOL_WORDS,
  type Difference,
} from '../../../../src/core/reconcile/coded-symbols.ts'

/** As hashes are: of a number, spread over all words. */
function element(of: number): Uint32Array {
  let state = of + 1
  return Uint32Array.from({ length: ELEMENT_WORDS }, () => {
    state = (state + 0x9e3779b9) >>> 0
    let hash = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97)
    return (hash ^ (hash >>> 15)) >>> 0
  })
}

const setOf = (of: Iterable<number>, seed: number): CodedSet => {
  const set = new CodedSet(seed)
  for (const each of of) set.add(element(each))
  return set
}

const sorted = (elements: readonly Uint32Array[]): string[] => elements.map(each => each.join()).sort()

/** @returns the difference, and after how many symbols it was there */
function compare(
  theirs: Iterable<number>,
  ours: Iterable<number>,
  seed: number,
  step: (taken: number) => number,
): [Difference, number] {
  const other = setOf(theirs, seed)
  const reader = new DifferenceReader(setOf(ours, seed), seed)
  for (;;) {
    const count = step(reader.taken)
    const difference = reader.take(other.symbols(reader.taken, count))
    expect(reader.hasFailed).toBe(false)
    if (difference !== undefined) return [difference, reader.taken]
    expect(reader.taken).toBeLessThan(100_000)
  }
}

test('the difference of random sets, whatever they have in common and however the symbols come', () => {
  const numbers = fc.uniqueArray(fc.nat(10_000), { maxLength: 200 })
  fc.assert(
    fc.property(numbers, numbers, numbers, fc.nat(), fc.integer({ min: 1, max: 50 }), (common, a, b, seed, step) => {
      const theirs = new Set([...common, ...a])
      const ours = new Set([...common, ...b])
      const [difference] = compare(theirs, ours, seed, () => step)
      expect(sorted(difference.theirs)).toEqual(sorted([...theirs].filter(each => !ours.has(each)).map(element)))
      expect(sorted(difference.ours)).toEqual(sorted([...ours].filter(each => !theirs.has(each)).map(element)))
    }),
    { numRuns: 200 },
  )
})

test('equal sets take one symbol; others about one and a half for each difference, however large they are', () => {
  const common = Array.from({ length: 20_000 }, (_, i) => i)
  expect(compare(common, common, 1, () => 1)[1]).toBe(1)
  for (const differences of [10, 100, 1000]) {
    const more = Array.from({ length: differences }, (_, i) => 1_000_000 + i)
    const [difference, taken] = compare([...common, ...more], common, differences, () => Math.ceil(differences / 10))
    expect(difference.theirs).toHaveLength(differences)
    expect(taken).toBeLessThan(2 * differences + 10)
  }
})

test('symbols that are of no set, or of another seed, end in no difference or in a failure, and end', () => {
  fc.assert(
    fc.property(fc.uint32Array({ minLength: SYMBOL_WORDS, maxLength: 40 * SYMBOL_WORDS }), words => {
      const reader = new DifferenceReader(setOf([1, 2, 3], 7), 7)
      const whole = words.subarray(0, words.length - (words.length % SYMBOL_WORDS))
      expect(reader.take(whole)).toBeUndefined()
    }),
  )
  const reader = new DifferenceReader(setOf([1, 2, 3], 7), 7)
  expect(reader.take(setOf([1, 2, 3, 4], 8).symbols(0, 100))).toBeUndefined()
})

test('the sequence is that of the specification', () => {
  // One element of the words 1 to 6, seed 7: the symbols that it is in, of the first hundred.
  const set = new CodedSet(7)
  set.add(Uint32Array.of(1, 2, 3, 4, 5, 6))
  const symbols = set.symbols(0, 100)
  const places = Array.from({ length: 100 }, (_, i) => i).filter(i => symbols[i * SYMBOL_WORDS] === 1)
  expect(places).toEqual([0, 1, 2, 3, 10, 16, 19, 24, 62, 91, 95, 97])
  expect([...symbols.subarray(0, SYMBOL_WORDS)]).toEqual([1, 1, 2, 3, 4, 5, 6, 3176533377, 195863933])
})
