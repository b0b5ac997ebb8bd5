import { displayWidth } from './display-width.ts'
import { printable } from './visible.ts'
import { wrapped } from './wrap.ts'

/** Columns of the names, with the space behind them. */
const INDENT = 13

/**
 * What is known of one thing: a name on each line, and its value. Lines of a value stand below each other, and what would be wider than the screen
 * is broken; not where a word in it (an address) is wider, which could not be copied then.
 * @param paint colours the names
 */
export function factLines(
  facts: readonly (readonly [name: string, value: string])[],
  width = Infinity,
  paint: (name: string) => string = name => name,
): string {
  const room = width - INDENT
  return facts
    .map(([name, value]) => {
      const lines = value.split('\n').flatMap(line => fitting(printable(line), room))
      return `${paint(name.padEnd(INDENT - 1))} ${lines.join(`\n${' '.repeat(INDENT)}`)}`
    })
    .join('\n')
}

function fitting(text: string, room: number): readonly string[] {
  return text.split(' ').some(word => displayWidth(word) > room) ? [text] : wrapped(text, room)
}
