/** No application nests its bodies so deeply; beyond it, recursion would be the sender's to exhaust. */
export const MAX_JSON_DEPTH = 128

/** An object of JSON: no list, and not null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
