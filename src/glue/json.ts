import { MAX_JSON_DEPTH } from '../core/resource/json-object.ts'
import { compareText } from '../core/resource/text-order.ts'
/** JSON without loss: numbers that a double cannot hold stay as they were written, and equal values have one text. */

/** Parts of the standard (JSON.parse source text access, ES2026) that the types do not know yet. */
interface SourceTextAccess {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
  rawJSON(text: string): object
  isRawJSON(value: unknown): value is { readonly rawJSON: string }
}
const json = JSON as unknown as SourceTextAccess

/** Sixteen digits, or an exponent: a number stands at the beginning, or behind what is not part of a word. */
const MAY_BE_LOSSY = /[\d.]{16}|(?:^|[\s:,[])-?\d+(?:\.\d+)?[eE]/

/**
 * JSON.parse, but that a number of more digits than a double holds is kept as a raw value, which JSON.stringify and `canonicalJson` write as it was.
 * @throws SyntaxError for what is no JSON or is nested more deeply than MAX_JSON_DEPTH
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  if (isDeeperThan(value, MAX_JSON_DEPTH)) throw new SyntaxError(`nested more than ${MAX_JSON_DEPTH} deep`)
  // Nearly no body has such a number, and a reviver costs several times what the parser does.
  if (!MAY_BE_LOSSY.test(text)) return value
  return json.parse(text, (_key, item, { source }) =>
    typeof item === 'number' && source !== undefined && isLossy(source, item) ? json.rawJSON(source) : item,
  )
}

/** The decimal digits of a raw integer, undefined for all else. */
export function rawInteger(value: unknown): string | undefined {
  return json.isRawJSON(value) && /^-?\d+$/.test(value.rawJSON) ? value.rawJSON : undefined
}

/** One text for equal values: keys in the order of their UTF-16 units (as RFC 8785 has them), no white space. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null || json.isRawJSON(value)) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  let text = ''
  for (const key of sorted(Object.keys(value)))
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(value[key as keyof typeof value])}`
  return `{${text}}`
}

/** Most objects have few keys, and many have them in their order. */
function sorted(keys: readonly string[]): readonly string[] {
  for (let place = 1; place < keys.length; place++)
    if (compareText(keys[place - 1] as string, keys[place] as string) > 0) return keys.toSorted(compareText)
  return keys
}

function isLossy(source: string, value: number): boolean {
  if (!Number.isFinite(value)) return true
  if (/^-?\d+$/.test(source)) return BigInt(source) !== BigInt(value)
  // 15 significant digits survive the way into a double and back.
  const digits = source
    .replace(/[eE].*$/, '')
    .replaceAll(/[-.]/g, '')
    .replace(/^0+/, '')
    .replace(/0+$/, '')
  return digits.length > 15 || (digits !== '' && value === 0)
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some(item => isDeeperThan(item, depth - 1))
}
