import type { Resource } from './resource.ts'

/** Why nobody can tell what an application has, and what its definition is to say: sentences for clients and operators. */
export function showsAllText(
  { name: { service, kind } }: Resource,
  { name, rule }: { readonly name: string; readonly rule: string },
): string {
  const shown = `The application of ${service} shows something for ${name}, which nobody has made: so nobody can tell what it has.`
  return `${shown} Say in the definition of ${kind} which of its answers means that there is none: errors: [${rule}].`
}
