/**
 * Shows what each form of the language reads as, and that each mistake is answered with its column, a caret under it, a sentence that says what
 * to do and, where there is one, what was probably meant.
 */
import { describe, expect, test } from 'vitest'
import { parseScope, scopeOfSites } from '../../../../src/core/scope/index.ts'
import { bare, errorOf } from './scopes.ts'

/** The expression of a scope with one binding. */
function read(text: string): unknown {
  const { bindings } = bare(parseScope(text)) as { bindings: { where: unknown }[] }
  expect(bindings).toHaveLength(1)
  return bindings[0]?.where
}

const and = (...parts: unknown[]) => ({ kind: 'and', parts })
const cross = (...parts: unknown[]) => ({ kind: 'cross', parts })
const either = (...parts: unknown[]) => ({ kind: 'either', parts })

describe('the forms of an expression', () => {
  test.each([
    ['Site1', 'Site1'],
    ['{Site1}', 'Site1'],
    ['{Site1 & Site2}', and('Site1', 'Site2')],
    ['{Site1 % Site2}', cross('Site1', 'Site2')],
    ['Site1||Site2', either('Site1', 'Site2')],
    ['a & b & c', and('a', 'b', 'c')],
    ['a and b AND c', and('a', 'b', 'c')],
    ['a cross b', cross('a', 'b')],
    ['a Or b', either('a', 'b')],
    ['a & b || c % d || e', either(and('a', 'b'), cross('c', 'd'), 'e')],
    ['(a || b) & c', and(either('a', 'b'), 'c')],
    ['(a & b) & c', and(and('a', 'b'), 'c')],
    ['((a)) & (b)', and('a', 'b')],
    ['a and(b)', and('a', 'b')],
    ['*', '*'],
    ['@region=eu', { label: 'region', value: 'eu' }],
    ['@and=or & @ x = y', and({ label: 'and', value: 'or' }, { label: 'x', value: 'y' })],
    ['around(Site1, 50ms)', { around: 'Site1', us: 50_000 }],
    ['{around: Site1, 50ms}', { around: 'Site1', us: 50_000 }],
    ['AROUND(Site1,1.5s)', { around: 'Site1', us: 1_500_000 }],
    ['around(s, 0.25ms) || s', either({ around: 's', us: 250 }, 's')],
    ['around(s, 800us)', { around: 's', us: 800 }],
    ['around(s, 0ms)', { around: 's', us: 0 }],
    ['nearest(3)', { nearest: 3 }],
    ['nearest( 003 )', { nearest: 3 }],
    ['eu-west_1.a', 'eu-west_1.a'],
    ['1', '1'],
    ['\t{ a\r\n&\nb }\n', and('a', 'b')],
  ])('%s', (text, expected) => {
    expect(read(text)).toEqual(expected)
  })
})

test('bindings name their services, one may go without, and prime may stand anywhere', () => {
  expect(bare(parseScope('{A: Site1, prime: Site1, B: Site2 & Site3, Site4}'))).toEqual({
    bindings: [
      { service: 'A', where: 'Site1' },
      { service: 'B', where: and('Site2', 'Site3') },
      { service: undefined, where: 'Site4' },
    ],
    prime: 'Site1',
  })
  expect(bare(parseScope('around: s, 5ms, B: t, PRIME: s'))).toEqual({
    bindings: [
      { service: undefined, where: { around: 's', us: 5000 } },
      { service: 'B', where: 't' },
    ],
    prime: 's',
  })
})

test('the text and the column of each location are kept', () => {
  const scope = parseScope(' {A: s1 & around(s2, 5ms), prime: s1}')
  expect(scope).toEqual({
    text: ' {A: s1 & around(s2, 5ms), prime: s1}',
    bindings: [
      {
        service: 'A',
        column: 3,
        where: {
          kind: 'and',
          parts: [
            { kind: 'site', site: 's1', column: 6 },
            { kind: 'around', centre: { kind: 'site', site: 's2', column: 18 }, withinUs: 5000, column: 11 },
          ],
        },
      },
    ],
    prime: { kind: 'site', site: 's1', column: 35 },
  })
})

describe('mistakes', () => {
  const quote = 'quote the scope'
  test.each<[text: string, column: number, sentence: string, suggestion?: string]>([
    // What a shell leaves of a scope without quotation marks
    ['{site1', 7, quote],
    ['{site1 &', 9, quote],
    ['site1 &', 8, quote],
    ['{A:', 4, quote],
    ['{', 2, quote],
    ['A: site1}', 9, quote],
    ['(site1', 7, quote],
    ['around(site1,', 14, quote],
    // Nothing, too much, out of place
    ['', 1, 'The scope is empty'],
    ['  ', 3, 'The scope is empty'],
    ['{}', 2, 'The scope is empty'],
    ['{site1} x', 9, 'nothing behind the closing brace'],
    ['site1,', 7, 'needs a location'],
    ['{,site1}', 2, '"," stands where the scope needs a location'],
    ['site1 site2', 7, 'needs an operator'],
    ['a adn b', 3, 'Did you mean "and"?', 'and'],
    ['a corss b', 3, 'Did you mean "cross"?', 'cross'],
    ['a )', 3, '")" stands where'],
    ['(a b)', 4, '")" or an operator'],
    ['()', 2, '")" stands where the scope needs a location'],
    ['and', 1, '"and" stands where the scope needs a location'],
    ['a & or', 5, '"or" stands where'],
    ['A: B: site1', 5, '":" stands where'],
    // Operators
    ['a & b % c', 7, '(a & b) % c or a & (b % c)', '(a & b) % c'],
    ['a % b and c', 7, 'a % (b & c) or (a % b) & c', 'a % (b & c)'],
    ['a & b % c & d', 7, '(a & b) % (c & d) or a & (b % c) & d', '(a & b) % (c & d)'],
    ['x || a % (b||c) & d', 17, 'a % ((b || c) & d) or (a % (b || c)) & d', 'a % ((b || c) & d)'],
    ['a && b', 4, 'one &', '&'],
    ['a | b', 3, 'Fallback is written ||', '||'],
    ['a || | b', 6, 'Fallback is written ||', '||'],
    ['a + b', 3, '"+" has no meaning in a scope'],
    ['a\u00a0& b', 2, 'U+00A0 has no meaning'],
    ['a & 😀', 5, 'U+1F600 has no meaning'],
    ['\ud800', 1, 'U+D800 has no meaning'],
    // Names
    ['-a', 1, 'a name begins with a letter or a digit'],
    ['.: a', 1, 'a name begins with a letter or a digit'],
    ['a & prime', 5, 'word of the scope language, so no site'],
    ['Around', 1, 'word of the scope language, so no site'],
    ['cross: a', 1, 'word of the scope language, so no service'],
    ['nearest: 3', 1, 'Write nearest with parentheses', 'nearest(3)'],
    // Bindings
    ['site1, site2', 8, 'one binding without a service', 'site1 & site2'],
    ['A: a || b, A: c', 12, 'bound twice', 'A: (a || b) & c'],
    ['{prime: a}', 1, 'this one names none'],
    ['{a, prime: a, prime: b}', 15, 'one prime'],
    ['{a, prime: *}', 12, 'the site that leads'],
    // Locations
    ['@', 2, 'the name of a label'],
    ['@region', 8, '"=" and the value of the label'],
    ['@region=*', 9, 'the value of the label'],
    ['around(a)', 9, 'a distance, as in around(site1, 50ms)'],
    ['around(50ms)', 12, 'a distance, as in around(site1, 50ms)'],
    ['around(a, fast)', 11, 'a number with a unit'],
    ['around(a, 5)', 11, 'needs a unit', '5ms'],
    ['around(a, 5min)', 11, 'a number with a unit'],
    ['around(a, 5 ms)', 11, 'needs a unit', '5ms'],
    ['around(a, 0.5us)', 11, 'whole number of microseconds'],
    ['around(a, 0.0001ms)', 11, 'whole number of microseconds'],
    ['around: a', 10, 'a distance'],
    ['nearest(0)', 9, 'at least one site', '1'],
    ['nearest(-1)', 9, 'a whole number of sites'],
    ['nearest(n)', 9, 'a whole number of sites'],
    ['nearest()', 9, 'a number of sites'],
    ['arround(a, 5ms)', 1, 'takes no parentheses', 'around'],
    ['site1(a)', 1, 'takes no parentheses'],
  ])('%j', (text, column, sentence, suggestion) => {
    const error = errorOf(() => parseScope(text))
    expect(error.code).toBe('ERR_SCOPE_SYNTAX')
    expect(error.message).toContain(sentence)
    expect(error.meta).toMatchObject({ column, suggestion })
  })
})

test('a message is a sentence with the column, the line, and a caret under the column', () => {
  expect(errorOf(() => parseScope('{A: site1 & }')).message).toBe(
    [
      'Column 13: "}" stands where the scope needs a location, such as site1 or @region=eu.',
      '  {A: site1 & }',
      '              ^',
    ].join('\n'),
  )
})

test('of a long scope the message shows the part around the caret', () => {
  const text = `{A: ${'site1 & '.repeat(40)};${' & site2'.repeat(40)}}`
  const error = errorOf(() => parseScope(text))
  const { line, caret, column } = error.meta as { line: string; caret: string; column: number }
  expect(text[column - 1]).toBe(';')
  expect(line.length).toBeLessThanOrEqual(78)
  expect(line.startsWith('…')).toBe(true)
  expect(line.endsWith('…')).toBe(true)
  expect(line[caret.length - 1]).toBe(';')
})

test('what could move a cursor or break a line does not reach the message', () => {
  const error = errorOf(() => parseScope('a &\n\u001b[31m\u202e\ud800b'))
  expect(error.meta.line).toBe('a & \ufffd[31m\ufffd\ufffdb')
  expect(error.meta.column).toBe(5)
  for (const unit of ['\u001b', '\u202e', '\ud800']) expect(error.message).not.toContain(unit)
})

test('both readings are whole in meta, and left out of a sentence that nobody could read', () => {
  const long = Array.from({ length: 60 }, (_, index) => `site${String(index)}`).join(' & ')
  const error = errorOf(() => parseScope(`${long} % x`))
  expect(error.meta.readings).toEqual([`(${long}) % x`, `${long.replace(/site59$/, '(site59 % x)')}`])
  expect(error.meta.sentence).toContain('(a & b) % c or a & (b % c)')
})

test('--sites a,b means a & b, and an entry cannot smuggle in an operator', () => {
  expect(bare(scopeOfSites(['a', 'b']))).toEqual(bare(parseScope('a & b')))
  expect(bare(scopeOfSites(['a']))).toEqual(bare(parseScope('a')))
  expect(errorOf(() => scopeOfSites([])).message).toContain('The scope is empty')
  const error = errorOf(() => scopeOfSites(['a', 'b||c']))
  expect(error.code).toBe('ERR_SCOPE_SYNTAX')
  expect(error.meta).toMatchObject({ column: 5, line: 'a & b||c' })
  expect(errorOf(() => scopeOfSites(['', 'b'])).meta.column).toBe(1)
})
