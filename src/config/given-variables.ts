import { nearestName } from '../core/scope/index.ts'
import { fromText } from './given-text.ts'
import { OTHER_VARIABLES, variableOf } from './keys.ts'
import type { Given, Problems, Specs } from './given.ts'

/**
 * Values of `CHEOPS_<KEY>`. Underscores may be left out (`CHEOPS_MESHKEY`). A variable that is nearly a key is a problem;
 * others that begin with `CHEOPS_` are left alone, since container platforms make some (`CHEOPS_SERVICE_HOST`, `CHEOPS_PORT`).
 */
export function readVariables(
  env: Readonly<Record<string, string | undefined>>,
  base: string,
  specs: Specs,
  problems: Problems,
): Map<string, Given> {
  const paths = new Map([...Object.keys(specs), 'services'].map(path => [squeeze(variableOf(path)), path]))
  const names = [...Object.keys(specs), 'services'].map(variableOf)
  const found = new Map<string, Given>()
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith('CHEOPS_')) continue
    const path = paths.get(squeeze(name))
    if (path !== undefined) {
      const spec = specs[path]
      found.set(path, { value: spec === undefined ? text : fromText(text, spec), where: name, base })
      continue
    }
    if (OTHER_VARIABLES.some(other => other === name) || PLATFORM_VARIABLE.test(name)) continue
    const near = typingError(name, names)
    if (near !== undefined) problems.add(name, `unknown variable; did you mean ${near}?`)
  }
  return found
}

const squeeze = (name: string) => name.replaceAll('_', '')

/** What Kubernetes and Docker links set for a service or a container that is called cheops. */
const PLATFORM_VARIABLE = /^CHEOPS_(SERVICE_(HOST|PORT.*)|PORT(_.*)?|NAME|ENV_.*)$/

/** The variable that a mistyped one most likely means. The prefix, which both have, must not make them alike. */
function typingError(name: string, names: readonly string[]): string | undefined {
  const prefix = 'CHEOPS_'
  const near = nearestName(
    name.slice(prefix.length),
    names.map(each => each.slice(prefix.length)),
  )
  return near === undefined ? undefined : prefix + near
}
