import { printable } from './visible.ts'

/** Columns as wide as their widest cell, two spaces apart, no trailing spaces; undefined cells are shown as a dash. */
export function table(head: readonly string[], rows: readonly (readonly (string | undefined)[])[]): string {
  const cells = [head, ...rows.map(row => row.map(cell => (cell === undefined || cell === '' ? '–' : printable(cell))))]
  const widths = head.map((_, column) => Math.max(...cells.map(row => displayWidth(row[column] ?? ''))))
  return cells
    .map(row =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** `text` with spaces behind it up to `width` columns. */
export const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - displayWidth(text)))

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
