import { writeLine } from '../io.ts'
import type { Io } from '../io.ts'
import { printableScreen, visibleJson, visibleYaml } from './visible.ts'

export const FORMATS = ['table', 'json', 'yaml'] as const
export type Format = (typeof FORMATS)[number]

/** Writes an answer in the format that was asked for. `text` is made only for people. */
export function render(io: Io, format: Format, value: unknown, text: () => string): void {
  switch (format) {
    case 'json':
      writeLine(io.stdout, visibleJson(value, 2))
      return
    case 'yaml':
      io.stdout.write(visibleYaml(value))
      return
    case 'table':
      writeLine(io.stdout, printableScreen(text()))
  }
}

/** `12 ms`, `0.4 ms`; undefined for what was never measured. */
export const milliseconds = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`

/** How long something has lasted, in its two largest units: `3 h 12 min`, `45 s`. */
export function duration(elapsedMs: number): string {
  const seconds = Math.max(0, Math.floor(elapsedMs / 1_000))
  const units = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's'],
  ] as const
  const first = units.findIndex(([size]) => seconds >= size)
  if (first === -1) return '0 s'
  const parts = units.slice(first, first + 2).map(([size, unit], index) => {
    const count = index === 0 ? Math.floor(seconds / size) : Math.floor((seconds % (units[first]?.[0] ?? 1)) / size)
    return count === 0 ? '' : `${String(count)} ${unit}`
  })
  return parts.filter(part => part !== '').join(' ')
}

const CODES = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const

/** A painter that does nothing where no colours are wanted, and to what a later version may say. */
export function painter(colour: boolean): (text: string, style: keyof typeof CODES | undefined) => string {
  return (text, style) => (colour && style !== undefined ? `\u001b[${String(CODES[style])}m${text}\u001b[0m` : text)
}
