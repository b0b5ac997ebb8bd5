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
