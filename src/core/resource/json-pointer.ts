/** The names in a JSON Pointer (RFC 6901). */

/** A name as a part of a pointer. */
export function pointerPart(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** The name that a part of a pointer stands for. */
export function nameOfPart(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** The names that a pointer goes through, from the top; none of what is no pointer, or leads to the whole. */
export function namesIn(pointer: string): readonly string[] {
  return pointer.split('/').slice(1).map(nameOfPart)
}
