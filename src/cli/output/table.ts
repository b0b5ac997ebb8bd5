import { printable } from './visible.ts'

/** A cell in a colour, which takes no room. */
export interface PaintedCell {
  readonly text: string
  readonly paint: (text: string) => string
}
export type Cell = string | PaintedCell | undefined

/**
 * Columns as wide as their widest cell, two spaces apart, no trailing spaces; undefined cells are shown as a dash. Colours come after the
 * columns were measured.
 */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = [head, ...rows].map((row, index) =>
    row.map(cell => {
      const { text = '', paint } = typeof cell === 'object' ? cell : { text: cell, paint: undefined }
      return { text: index === 0 ? text : text === '' ? '–' : printable(text), paint }
    }),
  )
  const widths = head.map((_, column) => Math.max(...cells.map(row => displayWidth(row[column]?.text ?? ''))))
  return cells
    .map(row => {
      const last = row.findLastIndex(({ text }) => text !== '')
      return row
        .slice(0, last + 1)
        .map(
          ({ text, paint = same }, column) =>
            paint(text) + ' '.repeat(column === last ? 0 : (widths[column] ?? 0) - displayWidth(text)),
        )
        .join('  ')
    })
    .join('\n')
}

const same = (text: string): string => text

const segmenter = new Intl.Segmenter()
/** East Asian wide and fullwidth (UAX #11), and what terminals draw as emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u

/** Columns that a terminal takes for a text: combining marks take none, wide characters two. */
export function displayWidth(text: string): number {
  // ASCII is nearly everything that is ever shown.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += WIDE.test(segment) ? 2 : /^\p{M}+$/u.test(segment) ? 0 : 1
  return width
}
