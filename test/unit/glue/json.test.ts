/** Numbers that a double cannot hold stay as they were written, wherever they stand; what only looks like one in a text costs nothing and changes nothing. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson, parseJson } from '../../../src/glue/json.ts'

const LOSSY = [
  '12345678901234567',
  '-9007199254740993',
  '123456.123456789012',
  '0.1234567890123456789',
  '1e400',
  '-1.5e-400',
]
const AROUND: readonly (readonly [before: string, after: string])[] = [
  ['', ''],
  ['[', ']'],
  ['[1, ', ']'],
  ['{"a":', '}'],
  ['{"a" :\n', '\t}'],
  ['[[],', ',"1e5"]'],
]

test.each(LOSSY)('%s stays as it is', number => {
  for (const [before, after] of AROUND) {
    const text = before + number + after
    expect(canonicalJson(parseJson(text)), text).toBe(text.replaceAll(/\s/g, ''))
  }
})

test('a number that a double holds is one, however it is written', () => {
  expect(parseJson('[1e3,-2.50E+1,0.5,9007199254740991,1000000000000000000000]')).toEqual([
    1000, -25, 0.5, 9007199254740991, 1e21,
  ])
})

test('texts are texts, whatever stands in them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string(), fc.constantFrom('1e400', ':1e400', ', 12345678901234567', '4e2'))),
      texts => {
        expect(parseJson(JSON.stringify(texts))).toEqual(texts)
      },
    ),
  )
})
