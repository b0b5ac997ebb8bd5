/**
 * Shows that no input harms: whatever the text, reading it gives a scope or a CheopsError whose column lies inside the text, and it takes a number
 * of steps in proportion to the length. Steps are counted, not timed: reads of characters by the tokenizer, reads of tokens by the parser.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  explainScope,
  parseScope,
  printScope,
  renderExplanation,
  resolveScope,
  scopesEqual,
} from '../../../../src/core/scope/index.ts'
import { parseTokens } from '../../../../src/core/scope/parser.ts'
import { tokenize, type Token } from '../../../../src/core/scope/tokenizer.ts'
import { CheopsError } from '../../../../src/errors.ts'
import { anyCatalog, anyScope, knownScope, mesh, nearlyScope } from './scopes.ts'

/** Reads a text, and prints, resolves and explains what it reads. The answer is one of `FINE`, or says what is wrong with the error. */
function survive(text: string): string {
  try {
    const scope = parseScope(text)
    if (!scopesEqual(parseScope(printScope(scope)), scope)) return 'printing lost something'
    renderExplanation(explainScope(scope, mesh))
    resolveScope(scope, 'A', mesh)
    return 'read'
  } catch (error) {
    if (!(error instanceof CheopsError)) return `not a CheopsError: ${String(error)}`
    const { column, line, caret, sentence } = error.meta
    if (typeof column !== 'number' || column < 1 || column > text.length + 1) return `column ${String(column)}`
    if (typeof line !== 'string' || typeof caret !== 'string' || caret.length > line.length + 1)
      return 'caret outside the line'
    if (error.message !== `Column ${String(column)}: ${String(sentence)}\n  ${line}\n  ${caret}`) return error.message
    return error.message.isWellFormed() ? 'refused' : 'a message that is no Unicode'
  }
}

const FINE = ['read', 'refused']

describe('nothing but a CheopsError is thrown', () => {
  test('for arbitrary text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => {
        expect(FINE).toContain(survive(text))
      }),
      { numRuns: 2000 },
    )
  })

  test('for arbitrary code units, lone surrogates among them', () => {
    const units = fc.array(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff })), { maxLength: 50 })
    fc.assert(
      fc.property(units, codes => {
        expect(FINE).toContain(survive(String.fromCharCode(...codes)))
      }),
      { numRuns: 2000 },
    )
  })

  test('for text made of the pieces of the language, of which some is right', () => {
    let right = 0
    fc.assert(
      fc.property(nearlyScope, text => {
        const outcome = survive(text)
        expect(FINE).toContain(outcome)
        if (outcome === 'read') right += 1
      }),
      { numRuns: 5000 },
    )
    expect(right).toBeGreaterThan(0)
  })

  test('for a right scope with one character changed, left out or added', () => {
    fc.assert(
      fc.property(
        anyScope,
        fc.nat(),
        fc.string({ unit: 'binary', maxLength: 1 }),
        fc.boolean(),
        (scope, seed, put, cut) => {
          const text = printScope(scope)
          const at = seed % text.length
          expect(FINE).toContain(survive(text.slice(0, at) + put + text.slice(at + (cut ? 1 : 0))))
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('by resolving and explaining, against any catalog', () => {
    fc.assert(
      fc.property(knownScope, anyCatalog, (scope, catalog) => {
        expect(renderExplanation(explainScope(scope, catalog))).not.toBe('')
        expect(renderExplanation(explainScope(scope, catalog, 'A'))).not.toBe('')
      }),
      { numRuns: 1000 },
    )
  })

  const runs = [
    '(',
    ')',
    '{',
    '}',
    '&',
    '%',
    '|',
    '||',
    '*',
    '@',
    '=',
    ',',
    ':',
    'a',
    ' ',
    '\0',
    '\ud800',
    '😀',
    'a & ',
    'a&',
    'a:',
  ]
  const others = ['around(', 'around:', '((a)||', 'a,', '@a=a&', '9', '.', '-', 'nearest(', 'prime:a,', 'and ', '*||']
  test.each([...runs, ...others])('by a long run of %j', piece => {
    for (const length of [1, 2, 31, 32, 33, 4095, 4096, 4097, 100_000]) {
      const text = piece.repeat(Math.ceil(length / piece.length)).slice(0, length)
      for (const around of [text, `{A: ${text}`, `${text}a}`]) expect(FINE).toContain(survive(around))
    }
  })
})

describe('reading takes linear time', () => {
  /** Reads of characters and of tokens that a text costs; the parser's mistakes are part of it. */
  function steps(text: string): number {
    let count = 0
    const tokens = tokenize({
      length: text.length,
      charCodeAt: index => {
        count += 1
        return text.charCodeAt(index)
      },
      slice: (from, to) => {
        count += to - from
        return text.slice(from, to)
      },
    })
    const counted = new Proxy(tokens, {
      get(target, key): unknown {
        count += 1
        return Reflect.get(target, key)
      },
    }) satisfies readonly Token[]
    try {
      parseTokens(text, counted)
    } catch (error) {
      if (!(error instanceof CheopsError)) throw error
    }
    return count
  }

  /** Steps per character. The densest text (`a&a&a…`) costs 6.5. */
  const MOST = 10
  /** For the beginning and the end, however short the text. */
  const FIXED = 20

  test('for arbitrary text', () => {
    fc.assert(
      fc.property(fc.oneof(nearlyScope, fc.string({ unit: 'binary' }), anyScope.map(printScope)), text => {
        expect(steps(text)).toBeLessThanOrEqual(MOST * text.length + FIXED)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['a chain', (n: number) => 'a&'.repeat(n) + 'a'],
    ['alternatives', (n: number) => 'a||'.repeat(n) + 'a'],
    ['mixed operators, refused at the end', (n: number) => 'a&b%'.repeat(n) + 'a'],
    ['short parentheses', (n: number) => '(a||b)&'.repeat(n) + 'a'],
    ['the deepest parentheses', (n: number) => `${'('.repeat(32)}a${')'.repeat(32)}&`.repeat(n) + 'a'],
    ['services', (n: number) => Array.from({ length: n }, (_, index) => `s${String(10_000 + index)}:a`).join(',')],
    ['labels', (n: number) => '@a=b%'.repeat(n) + '*'],
    ['one word', (n: number) => 'a'.repeat(n)],
    ['white space', (n: number) => ' '.repeat(n) + 'a'],
    ['unclosed', (n: number) => '{a:'.repeat(n)],
  ])('twice as much of %s costs twice as much', (_, build) => {
    const [one, two, four] = [500, 1000, 2000].map(n => steps(build(n)))
    // Short texts have a fixed part; growth beyond it is what is compared.
    expect((four ?? 0) - (two ?? 0)).toBeLessThanOrEqual(2.1 * ((two ?? 0) - (one ?? 0)) + 8)
    expect(four).toBeLessThanOrEqual(MOST * build(2000).length + FIXED)
  })
})
