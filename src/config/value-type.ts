/**
 * The types of configuration values: each reads what YAML, an environment variable or a flag gave (the latter two always
 * strings) and throws `BadValue` with a sentence that says what is expected. No sentence repeats a value that may be secret:
 * secrets stand in files, never in values.
 */
export interface ValueType<T> {
  /** What is expected, in a few words, for help and errors: `host:port`, `a whole number from 1 to 9`. */
  readonly expects: string
  /** `base` is the folder that relative paths start from. */
  parse(value: unknown, base: string): T
  /** How help shows a flag's argument; undefined for a flag that may stand alone (boolean). */
  readonly argument: string | undefined
  /** Whether a flag may be given more than once. */
  readonly list?: true
}

/** A value that cannot be used. The message is a clause: `must be …`. */
export class BadValue extends Error {}

/** @throws BadValue: what is expected, what was given, and why that is none where that is not plain */
export const fail = (type: { readonly expects: string }, value: unknown, why = ''): never => {
  throw new BadValue(`must be ${type.expects}, not ${shown(value)}${why}`)
}

/** A value as errors repeat it: short, on one line, without user info of URLs. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  const text = (scalarText(value) ?? typeof value).replaceAll(/\/\/[^/@\s]*@/g, '//***@')
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}

/** What YAML has read as a text, a number or a truth value, as text. */
export const scalarText = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : undefined
