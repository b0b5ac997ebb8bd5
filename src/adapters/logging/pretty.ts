import type { DestinationStream } from 'pino'

const COLOUR: Readonly<Record<string, string>> = {
  debug: '\u001b[2m',
  info: '',
  warn: '\u001b[33m',
  error: '\u001b[31m',
}
const OFF = '\u001b[0m'

/** Turns JSON lines into lines for people: time of day, level, message, fields as name=value. */
export function prettyStream(destination: DestinationStream, colour: boolean): DestinationStream {
  return {
    write(line: string) {
      destination.write(pretty(line, colour))
    },
  }
}

function pretty(line: string, colour: boolean): string {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    return line
  }
  if (typeof parsed !== 'object' || parsed === null) return line
  const fields = new Map(Object.entries(parsed))
  const take = (name: string) => {
    const value = String(fields.get(name) ?? '')
    fields.delete(name)
    return value
  }
  const [time, level, message] = [take('time').slice(11, 23), take('level'), take('msg')]
  const rest = [...fields].map(([name, value]) => `${name}=${fieldText(value)}`).join(' ')
  const on = colour ? (COLOUR[level] ?? '') : ''
  const dim = colour && rest !== '' ? [COLOUR['debug'] ?? '', OFF] : ['', '']
  return `${on}${time} ${level.toUpperCase().padEnd(5)} ${message}${on === '' ? '' : OFF}${rest === '' ? '' : `  ${dim[0]}${rest}${dim[1]}`}\n`
}

/** Control characters would let whoever chose a value write into the reader's terminal: JSON escapes them. */
function fieldText(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value)
}
