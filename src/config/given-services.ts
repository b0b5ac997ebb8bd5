import { isObject } from '../core/resource/json-object.ts'
import { children, unknownKey } from './given.ts'
import { yamlOr } from './given-text.ts'
import type { Given, Problems, ServiceSource, Specs } from './given.ts'

/** `inventory=http://127.0.0.1:9001`, the short form of a service. */
export function shortService(text: string, where: string, base: string, problems: Problems): ServiceSource[] {
  const match = /^([^=\s]+)=(.+)$/.exec(text)
  if (match === null) {
    problems.add(where, 'a service must be a map with at least name and endpoint, or name=URL')
    return []
  }
  const given = (value: unknown): Given => ({ value, where, base })
  return [
    {
      where,
      keys: new Map([
        ['name', given(match[1])],
        ['endpoint', given(match[2])],
      ]),
    },
  ]
}

/**
 * A service that stands in no file: of a flag, a variable or the admin API.
 * @param object nested as in the file
 */
export function readServiceObject(
  object: Readonly<Record<string, unknown>>,
  where: string,
  base: string,
  specs: Specs,
  problems: Problems,
): ServiceSource {
  const keys = new Map<string, Given>()
  const walk = (from: Readonly<Record<string, unknown>>, prefix: string): void => {
    for (const [name, value] of Object.entries(from)) {
      const path = prefix + name
      if (Object.hasOwn(specs, path)) keys.set(path, { value, where, base })
      else if (Object.keys(specs).some(known => known.startsWith(`${path}.`))) {
        if (value === null || value === undefined) continue
        if (isObject(value)) walk(value, `${path}.`)
        else problems.add(where, `${path} must be a map with ${children(path, specs).join(', ')}`)
      } else problems.add(where, unknownKey(path, prefix, Object.keys(specs)))
    }
  }
  walk(object, '')
  return { where, keys }
}

/** Services of a variable or of flags: YAML (a list, or one map), or name=URL with commas between. */
export function readServicesText(
  texts: readonly string[],
  where: string,
  base: string,
  specs: Specs,
  problems: Problems,
): ServiceSource[] {
  return texts
    .flatMap((text): unknown[] => {
      const value = yamlOr(text, () => text.split(',').map(item => item.trim()))
      return Array.isArray(value) ? value : [value]
    })
    .filter(item => item !== '')
    .flatMap((item): ServiceSource[] => {
      if (typeof item === 'string') return shortService(item, where, base, problems)
      if (isObject(item)) return [readServiceObject(item, where, base, specs, problems)]
      problems.add(where, 'a service must be a map with at least name and endpoint, or name=URL')
      return []
    })
}
