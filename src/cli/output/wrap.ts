import type { Io } from '../io.ts'
import { displayWidth } from './display-width.ts'

/** Narrower than this nothing is laid out. */
const MIN_WIDTH = 60

/** Columns of the terminal; without bound where programs read, which want a row on a line. */
export function screenWidth({ stdout, stdoutIsTerminal }: Io): number {
  const columns = stdoutIsTerminal && 'columns' in stdout ? stdout.columns : undefined
  return typeof columns === 'number' && columns > 0 ? Math.max(MIN_WIDTH, columns) : Infinity
}

/** A text in lines of `width` columns at most, broken at spaces; a word that is longer stands alone. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
