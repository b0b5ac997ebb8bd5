/** What is known of one thing, on a narrow screen and without one. */
import { expect, test } from 'vitest'
import { factLines } from '../../../src/cli/output/facts.ts'

test.each<[string, number, string]>([
  ['one two three', Infinity, 'name         one two three'],
  ['one two three', 21, 'name         one two\n             three'],
  ['日本 日本 日本', 23, 'name         日本 日本\n             日本'],
  ['first\nsecond', 21, 'name         first\n             second'],
  // An address is copied as a whole.
  ['peers  /ip4/10.0.0.1/tcp/4078', 21, 'name         peers  /ip4/10.0.0.1/tcp/4078'],
  ['a\u001b[31m', Infinity, 'name         a\\u001b[31m'],
])('%j within %d columns', (value, width, shown) => expect(factLines([['name', value]], width)).toBe(shown))
