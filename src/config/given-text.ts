import { parse } from 'yaml'
import type { KeySpec } from './keys.ts'

/**
 * Splits the text of a variable or a flag: YAML where it begins like a list or a map, else at commas where the key is a list.
 * @throws CheopsError never; text that is no valid YAML stays text, and its type says what is expected
 */
export function fromText(text: string, spec: KeySpec): unknown {
  if (spec.type.list === undefined) return text
  return yamlOr(text, () => (text === '' ? [] : text.split(',').map(item => item.trim())))
}

/** The text's YAML where it begins like a list or a map. */
export function yamlOr(text: string, otherwise: () => unknown): unknown {
  if (!/^\s*[[{]/.test(text)) return otherwise()
  try {
    const value: unknown = parse(text)
    return value
  } catch {
    return text
  }
}
