import { CheopsError, type ErrorCode } from '../../errors.ts'

/** What a scope's error may carry beside its place. */
export interface ScopeErrorDetails {
  /** The nearest thing that would have been right: a name, a word, or a scope. */
  readonly suggestion?: string | undefined
  /** The two ways to read what has no parentheses. */
  readonly readings?: readonly string[]
}

/** Characters of a scope that an error shows: with the indentation, one line of a terminal. */
const EXCERPT_LENGTH = 76
/** Of these at most so many stand before the caret's character. */
const EXCERPT_BEFORE = 56

/**
 * An error that points into a scope. Its message is a sentence, the line of the scope, and a line with a caret:
 *
 *     Column 10: "&" needs a location after it. In a shell, quote the scope: '{site1 & site2}'.
 *       {site1 & }
 *                ^
 *
 * `meta` is `{column, line, caret, sentence, suggestion, readings}`: `column` is 1-based and counts characters of `text` (one behind
 * the last for what is missing at the end), `line` and `caret` are the two lines without their indentation.
 */
export function scopeError(
  code: ErrorCode,
  text: string,
  column: number,
  sentence: string,
  details: ScopeErrorDetails = {},
): CheopsError {
  const { line, caret } = excerpt(text, column)
  const meta = { column, line, caret, sentence, suggestion: details.suggestion, readings: details.readings }
  return new CheopsError(code, `Column ${String(column)}: ${sentence}\n  ${line}\n  ${caret}`, meta)
}

/** The part of a text around a column, and a line that has a caret under it. */
function excerpt(text: string, column: number): { line: string; caret: string } {
  const at = column - 1
  const from =
    text.length <= EXCERPT_LENGTH ? 0 : Math.max(0, Math.min(at - EXCERPT_BEFORE, text.length - EXCERPT_LENGTH))
  const to = Math.min(text.length, from + EXCERPT_LENGTH)
  const before = (from > 0 ? '…' : '') + harmless(text.slice(from, at))
  const line = before + harmless(text.slice(at, to)) + (to < text.length ? '…' : '')
  return { line, caret: `${' '.repeat(Array.from(before).length)}^` }
}

/** White space becomes a space, and what could move a cursor, break a line or is no character becomes U+FFFD. */
function harmless(text: string): string {
  return text.replace(/[\t\n\r]/g, ' ').replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD')
}

/** Longest word that a sentence repeats whole; longer than any name that a site may have. */
const QUOTED_LENGTH = 64

/** A word of the scope in quotation marks, shortened where it is absurdly long. */
export function quoted(word: string): string {
  return `"${word.length > QUOTED_LENGTH ? `${word.slice(0, QUOTED_LENGTH)}…` : word}"`
}

/** A character that has no meaning, so that the reader sees which it is: `";"`, `U+00A0`. */
export function visible(character: string): string {
  if (/^[!-~]$/.test(character)) return quoted(character)
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
