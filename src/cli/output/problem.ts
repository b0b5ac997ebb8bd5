import type { painter } from './render.ts'
import { printable } from './visible.ts'

/**
 * A problem (RFC 9457) for people: title, detail with its caret below the column, hint; then status, code and the site that says so.
 * @returns undefined when the text is no problem
 */
export function problemText(text: string, paint: ReturnType<typeof painter>): string | undefined {
  let problem: unknown
  try {
    problem = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof problem !== 'object' || problem === null || !('title' in problem)) return undefined
  const member = (name: string): string | undefined => {
    const value: unknown = Object.getOwnPropertyDescriptor(problem, name)?.value
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
  }
  const shown = (value: string) => value.split('\n').map(printable)
  const last = ['status', 'code', 'site'].flatMap(name => {
    const value = member(name)
    return value === undefined ? [] : [`${name} ${printable(value)}`]
  })
  return [
    ...shown(member('title') ?? '').map(line => paint(line, 'red')),
    ...shown(member('detail') ?? '').map(line => `  ${line}`.trimEnd()),
    ...(member('hint') === undefined ? [] : shown(member('hint') ?? '').map(line => `  ${line}`)),
    paint(`  ${last.join(', ')}`, 'dim'),
  ]
    .filter(line => line.trim() !== '')
    .join('\n')
}
