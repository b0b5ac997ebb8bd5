/**
 * Shows that printing and reading are inverse, over generated scopes and over texts: what is printed reads as an equal scope, and printing again
 * changes nothing. Equality is checked on the structure, not through the printer.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_SCOPE_BYTES, parseScope, printScope, scopesEqual } from '../../../../src/core/scope/index.ts'
import { anyScope, bare } from './scopes.ts'

test.each([
  ['A:site1 and site2', '{A: site1 & site2}'],
  ['a||(b or c)% d', '{a || (b || c) % d}'],
  ['(a & b) & c', '{(a & b) & c}'],
  ['((a & b) || c)', '{a & b || c}'],
  ['{prime: a, A: a & b}', '{A: a & b, prime: a}'],
  ['{around: Site1, 50ms}', '{around(Site1, 50ms)}'],
  [
    'around(a,1500ms)&around(a,0.5ms)&around(a,0.05s)&around(a,0s)',
    '{around(a, 1.5s) & around(a, 500us) & around(a, 50ms) & around(a, 0s)}',
  ],
  ['@ a = b % * % nearest(007)', '{@a=b % * % nearest(7)}'],
])('%s is printed as %s', (text, printed) => {
  expect(printScope(parseScope(text))).toBe(printed)
})

test('a printed scope reads as an equal one, and printing is stable', () => {
  fc.assert(
    fc.property(anyScope, scope => {
      const text = printScope(scope)
      fc.pre(text.length <= MAX_SCOPE_BYTES)
      const again = parseScope(text)
      expect(bare(again)).toEqual(bare(scope))
      expect(printScope(again)).toBe(text)
      expect(scopesEqual(again, scope)).toBe(true)
    }),
    { numRuns: 1000 },
  )
})

test('scopes that differ print differently', () => {
  fc.assert(
    fc.property(anyScope, anyScope, (a, b) => {
      expect(scopesEqual(a, b)).toBe(JSON.stringify(bare(a)) === JSON.stringify(bare(b)))
    }),
  )
})

test('a scope that fills its bound without a space can be printed and read all the same', () => {
  const names = 'abcdefghijklmnopqrstuvwxyz'.split('')
  const dense = [
    `a&${'b&'.repeat(2046)}cc`,
    `around:a,0.000001s,prime:a,B:${'(b||c)%'.repeat(580)}d`,
    `A:${'around(a,0s)&'.repeat(300)}a`,
    names.map(letter => `${letter}:${'a%'.repeat(76)}b`).join(','),
  ]
  for (const text of dense) {
    expect(text.length).toBeGreaterThan(3800)
    const printed = printScope(parseScope(text))
    expect(printed.length).toBeLessThanOrEqual(MAX_SCOPE_BYTES)
    expect(bare(parseScope(printed))).toEqual(bare(parseScope(text)))
    expect(printScope(parseScope(printed))).toBe(printed)
  }
})

test('without spaces it is never longer than the text it was read from', () => {
  // Long enough that the roomy form is beyond the bound: groups of dense bindings, each with all forms that are longer in some spelling.
  const piece = fc.constantFrom(
    'a',
    '*',
    '@a=b',
    'around(a,0s)',
    'around(a,0.5s)',
    'around(a,1.5ms)',
    'nearest(1)',
    '(a||b)',
  )
  fc.assert(
    fc.property(fc.array(piece, { minLength: 900, maxLength: 4000 }), fc.constantFrom('&', '%'), (pieces, operator) => {
      let text = 'around:a,1us,B:a'
      for (const next of pieces) if (text.length + next.length < MAX_SCOPE_BYTES) text += operator + next
      const scope = parseScope(text)
      expect(bare(parseScope(printScope(scope)))).toEqual(bare(scope))
    }),
    { numRuns: 30 },
  )
})

test('equality looks at what a scope says, in its order, not at its spelling', () => {
  const equal = (a: string, b: string) => scopesEqual(parseScope(a), parseScope(b))
  expect(equal('a and b', '{ (a) & b }')).toBe(true)
  expect(equal('around: a, 1000us', '{around(a, 1ms)}')).toBe(true)
  expect(equal('a & b', 'b & a')).toBe(false)
  expect(equal('a & b', 'A: a & b')).toBe(false)
  expect(equal('a', 'a, prime: a')).toBe(false)
})
