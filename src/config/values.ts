import path from 'node:path'
import { isName, nearestName } from '../core/scope/index.ts'
import { BadValue, fail, scalarText, shown, type ValueType } from './value-type.ts'

/** A text of a certain form. */
export function text(expects: string, pattern: RegExp, argument: string): ValueType<string> {
  const type: ValueType<string> = {
    expects,
    argument,
    parse(value) {
      const given = scalarText(value)
      return given !== undefined && pattern.test(given) ? given : fail(type, value)
    },
  }
  return type
}

export const meshName = text('1 to 63 of a-z, 0-9 and "-"', /^[a-z0-9-]{1,63}$/, 'NAME')

/** A name that a scope can say: no word of its language. */
function scopeName(expects: string, pattern: RegExp): ValueType<string> {
  const type: ValueType<string> = {
    expects,
    argument: 'NAME',
    parse(value) {
      const given = scalarText(value)
      if (given === undefined || !pattern.test(given)) return fail(type, value)
      return isName(given) ? given : fail(type, value, ', which is a word of the scope language')
    },
  }
  return type
}

export const siteName = scopeName(
  '1 to 63 letters, digits, "-", "_" or ".", beginning with a letter or digit; no IP address, not localhost',
  // Other sites refuse the record of one with such a name.
  /^(?!localhost$|\d{1,3}(\.\d{1,3}){3}$)[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/i,
)

export const serviceName = scopeName(
  '1 to 63 of a-z, 0-9 and "-", beginning with a letter',
  /^(?!localhost$)[a-z][a-z0-9-]{0,62}$/,
)

export const filePath: ValueType<string> = {
  expects: 'the path of a file or folder',
  argument: 'PATH',
  parse(value, base) {
    if (typeof value !== 'string' || value === '' || value.includes('\0')) return fail(filePath, value)
    return path.resolve(base, value)
  },
}

export const boolean: ValueType<boolean> = {
  expects: 'true or false',
  argument: undefined,
  parse(value) {
    if (value === true || value === 'true' || value === '1' || value === 'yes') return true
    if (value === false || value === 'false' || value === '0' || value === 'no') return false
    return fail(boolean, value)
  },
}

/** A whole number; with `units`, also written with one of them: `64KiB`, `5s`. */
export function integer(
  min: number,
  max: number,
  units: Readonly<Record<string, number>> = {},
  unitsText = '',
): ValueType<number> {
  const type: ValueType<number> = {
    expects: `a whole number from ${String(min)} to ${String(max)}${unitsText}`,
    argument: 'N',
    parse(value) {
      const match = /^(\d{1,16}(?:\.\d{1,6})?)\s*([A-Za-z]*)$/.exec(scalarText(value)?.trim() ?? '')
      if (match === null) return fail(type, value)
      const unit = match[2] === '' ? 1 : units[match[2] ?? '']
      const number = unit === undefined ? Number.NaN : Number(match[1]) * unit
      return Number.isInteger(number) && number >= min && number <= max ? number : fail(type, value)
    },
  }
  return type
}

export const bytes = (min: number, max: number) =>
  integer(
    min,
    max,
    { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 },
    ' bytes, or with KiB, MiB, GiB or TiB',
  )

export const milliseconds = (min: number, max: number) =>
  integer(min, max, { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }, ' milliseconds, or with s, m or h')

export function oneOf<const T extends string>(...choices: readonly T[]): ValueType<T> {
  const type: ValueType<T> = {
    expects: choices.length === 2 ? choices.join(' or ') : `one of ${choices.join(', ')}`,
    argument: choices.join('|'),
    parse(value) {
      const found = choices.find(choice => choice === value)
      if (found !== undefined) return found
      const near = typeof value === 'string' ? nearestName(value, choices) : undefined
      return fail(type, value, near === undefined ? '' : ` (did you mean "${near}"?)`)
    },
  }
  return type
}

/** A list; one value alone is a list of one. A string from a variable or a flag was split before (given-text.ts). */
export function listOf<T>(item: ValueType<T>, max: number): ValueType<readonly T[]> {
  const type: ValueType<readonly T[]> = {
    expects: `a list of: ${item.expects}`,
    argument: item.argument,
    list: true,
    parse(value, base) {
      if (value === null || value === undefined) return []
      const given: readonly unknown[] = Array.isArray(value) ? value : [value]
      if (given.length > max) throw new BadValue(`has ${String(given.length)} items, more than ${String(max)}`)
      return given.map((each, index) => {
        try {
          return item.parse(each, base)
        } catch (error) {
          if (!(error instanceof BadValue) || given.length === 1) throw error
          throw new BadValue(`item ${String(index + 1)} ${error.message}`, { cause: error })
        }
      })
    },
  }
  return type
}

/** Names and values that are short texts. Numbers and booleans in YAML are taken as they are written. */
export const labelMap: ValueType<Readonly<Record<string, string>>> = {
  expects: 'names with values ({region: eu}; in variables and flags region=eu,tier=edge)',
  argument: 'NAME=VALUE',
  list: true,
  parse(value) {
    if (value === null || value === undefined) return {}
    const entries = labelEntries(value)
    // What a beat carries to every site must stay small.
    if (entries === undefined || entries.length > 64) return fail(labelMap, value)
    return Object.fromEntries(
      entries.map(([name, raw]): [string, string] => {
        const content = scalarText(raw)
        if (!LABEL.test(name) || content === undefined || !LABEL.test(content)) {
          throw new BadValue(
            `has a bad label ${shown(name)}: names and values are 1 to 63 letters, digits, "-", "_", "."`,
          )
        }
        return [name, content]
      }),
    )
  },
}
const LABEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

function labelEntries(value: unknown): [string, unknown][] | undefined {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (items.every(item => typeof item === 'string')) {
    const pairs = items.map(item => /^([^=]+)=(.+)$/.exec(item))
    if (pairs.some(pair => pair === null)) return undefined
    return pairs.map(pair => [pair?.[1] ?? '', pair?.[2]])
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined
}
