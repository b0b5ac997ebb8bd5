import type { Operator } from './ast.ts'

/** The words of the language, lower case; they are read in any case. No site and no service can be called so. */
export const RESERVED_WORDS: readonly string[] = ['and', 'or', 'cross', 'prime', 'around', 'nearest']

/** Operators, as words and as signs. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['&', 'and'],
  ['and', 'and'],
  ['%', 'cross'],
  ['cross', 'cross'],
  ['||', 'either'],
  ['or', 'either'],
])

export const OPERATOR_SIGNS: Readonly<Record<Operator, string>> = { and: '&', cross: '%', either: '||' }

/** Words that stand between locations. */
export const OPERATOR_WORDS: readonly string[] = ['and', 'or', 'cross']

export function isReserved(word: string): boolean {
  return RESERVED_WORDS.includes(word.toLowerCase())
}

/**
 * Whether a scope can name a site or service so: letters, digits, `-`, `_`, `.` of ASCII, beginning with a letter or digit, and
 * no word of the language.
 */
export function isName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text) && !isReserved(text)
}
