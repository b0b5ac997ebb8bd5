import { CheopsError } from '../errors.ts'
import { fromText } from './given-text.ts'
import { flagOf } from './keys.ts'
import type { Given, Specs } from './given.ts'

/**
 * Values of flags.
 * @param flags by the key's path; a repeated flag is an array
 */
export function readFlags(
  flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>,
  base: string,
  specs: Specs,
): Map<string, Given> {
  const found = new Map<string, Given>()
  for (const [path, given] of Object.entries(flags)) {
    if (given === undefined) continue
    const spec = specs[path]
    if (spec === undefined && path !== 'services') {
      throw new CheopsError('ERR_CLI_USAGE', `There is no key "${path}" that a flag could set.`)
    }
    const texts = typeof given === 'boolean' ? undefined : typeof given === 'string' ? [given] : given
    const value =
      spec === undefined || texts === undefined
        ? given
        : texts.length === 1
          ? fromText(texts[0] ?? '', spec)
          : texts.flatMap(text => fromText(text, spec))
    found.set(path, { value, where: flagOf(path), base })
  }
  return found
}
