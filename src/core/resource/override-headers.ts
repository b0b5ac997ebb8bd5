/** Headers by which applications take a request for one of another method, or for another path. */
const OVERRIDES: ReadonlySet<string> = new Set([
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-original-url',
  'x-original-uri',
  'x-rewrite-url',
])

/** @param name in whatever case; some servers take an underscore for a dash */
export function isOverride(name: string): boolean {
  return OVERRIDES.has(name.toLowerCase().replaceAll('_', '-'))
}
