import { displayWidth } from './display-width.ts'
import { printable } from './visible.ts'
import { wrapped } from './wrap.ts'

/** A cell in a colour, which takes no room. */
export interface PaintedCell {
  readonly text: string
  readonly paint: (text: string) => string
}
export type Cell = string | PaintedCell | undefined

/** With less room than this beside the others the last column stands below them. */
const MIN_LAST_COLUMN = 24

/** How far what stands below is from the left. */
const BELOW = '    '

/**
 * Columns as wide as their widest cell, two spaces apart, no trailing spaces; undefined cells are shown as a dash. Colours come after the
 * columns were measured.
 * @param width of the screen: what would be wider is broken in its last column, or has it on lines of its own, below
 */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], width = Infinity): string {
  const cells = [head, ...rows].map((row, index) =>
    row.map(cell => {
      const { text = '', paint } = typeof cell === 'object' ? cell : { text: cell, paint: undefined }
      return { text: index === 0 ? text : text === '' ? '–' : printable(text), paint: paint ?? same }
    }),
  )
  const widths = head.map((_, column) => Math.max(...cells.map(row => displayWidth(row[column]?.text ?? ''))))
  const end = head.length - 1
  const before = widths.slice(0, end).reduce((sum, each) => sum + each + 2, 0)
  const isTooWide = before + (widths[end] ?? 0) > width
  const isBelow = isTooWide && width - before < MIN_LAST_COLUMN
  return cells
    .flatMap(row => {
      const last = row.findLastIndex(({ text }, column) => text !== '' && !(isBelow && column === end))
      const line = row
        .slice(0, last + 1)
        .map(({ text, paint }, column) => {
          if (column < last) return paint(text) + ' '.repeat((widths[column] ?? 0) - displayWidth(text))
          if (column < end || !isTooWide) return paint(text)
          return wrapped(text, width - before)
            .map(paint)
            .join(`\n${' '.repeat(before)}`)
        })
        .join('  ')
      const below = isBelow ? row[end] : undefined
      if (below === undefined || below.text === '') return [line]
      return [line, ...wrapped(below.text, width - BELOW.length).map(text => BELOW + below.paint(text))]
    })
    .join('\n')
}

const same = (text: string): string => text
