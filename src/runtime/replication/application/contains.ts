/** Whether every field of `part` stands in `whole` with the same value; null in `part` may be absent. */
export function contains(whole: unknown, part: unknown): boolean {
  // As JSON has it, a zero is a zero.
  if (whole === part) return true
  if (typeof part !== 'object' || part === null) return part === null && whole === undefined
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole) !== Array.isArray(part)) return false
  if (Array.isArray(part))
    return (
      Array.isArray(whole) && whole.length === part.length && part.every((item, place) => contains(whole[place], item))
    )
  const fields = whole as Readonly<Record<string, unknown>>
  return Object.entries(part).every(([name, value]) =>
    contains(Object.hasOwn(fields, name) ? fields[name] : undefined, value),
  )
}

/** Whether a field that both have has another value in `part`; what only one of them has tells nothing. */
export function contradicts(whole: unknown, part: unknown): boolean {
  if (whole === undefined || part === undefined || part === null) return false
  if (!isFields(whole) || !isFields(part)) return !contains(whole, part)
  return Object.entries(part).some(([name, value]) => Object.hasOwn(whole, name) && contradicts(whole[name], value))
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
