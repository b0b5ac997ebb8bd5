import { stripVTControlCharacters, styleText } from 'node:util'
import { curl } from './client.ts'
import type { ExchangeResult, StepResult } from './run-tour.ts'

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan'

/** Colours where the output is a terminal that has some (and `NO_COLOR` is not set); else the bare text. */
export const paint = (style: Style, text: string): string => styleText(style, text, { stream: process.stdout })

export function say(line = ''): void {
  process.stdout.write(`${line}\n`)
}

const ESCAPE = '\x1b'
/** SGR of ECMA-48: what `paint` puts around a text. */
const COLOUR = new RegExp(`(${ESCAPE}\\[[\\d;]*m)`)

/** Columns that a line takes; what we write is narrow. */
export const widthOf = (line: string): number => stripVTControlCharacters(line).length

/** A line that fits into so many columns: the end of a longer one is `…`. Colours are none of its length, and end with it. */
export function fit(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line
  let room = columns - 1
  let cut = ''
  for (const piece of line.split(COLOUR)) {
    if (piece.startsWith(ESCAPE)) cut += piece
    else {
      cut += piece.slice(0, room)
      if (piece.length > room) return `${cut}…${line.includes(ESCAPE) ? `${ESCAPE}[0m` : ''}`
      room -= piece.length
    }
  }
  return cut
}

/** An order fits; more is seen by pasting the command. */
const MAX_BODY_CHARACTERS = 240

export interface PictureSite {
  readonly name: string
  readonly region: string
  /** Port or address of the agent for clients, as short as it can be. */
  readonly agent: string
  readonly up: boolean
}

/** The mesh as a picture: each site with its two applications and the agent beside them. */
export function picture(sites: readonly PictureSite[]): string {
  const width = 18
  const pad = (text: string): string => text.padEnd(width)
  const row = (cell: (site: PictureSite) => string, between = '      '): string => '  ' + sites.map(cell).join(between)
  return [
    row(site => ` ${pad(`${site.name} (${site.region})`)} `),
    row(() => `┌${'─'.repeat(width)}┐`),
    row(() => `│${pad('  orders')}│`),
    row(() => `│${pad('    ↓')}│`),
    row(site => `│${pad(site.up ? `  agent ${site.agent}` : '  (down)')}│`, '══════'),
    row(() => `│${pad('    ↓')}│`),
    row(() => `│${pad('  inventory')}│`),
    row(() => `└${'─'.repeat(width)}┘`),
  ].join('\n')
}

/** A step of the tour: what was asked and what came. */
export function showStep(result: StepResult, number: number): void {
  const mark = result.ok ? paint('green', '√') : paint('red', '×')
  say(`${mark} ${String(number).padStart(2)}  ${paint('bold', result.title)}  ${paint('dim', `${result.ms} ms`)}`)
  if (result.note !== undefined) say(indented(result.note))
  if (result.command !== undefined) {
    const { line, output, wrong } = result.command
    say(`      ${paint('cyan', `$ ${line}`)}`)
    if (output !== '') say(indented(output))
    for (const sentence of wrong) say(`      ${paint('red', `× ${sentence}`)}`)
  }
  // Of requests that are sent at once the first stands for all, unless one went wrong.
  const telling = result.exchanges.filter(({ wrong }, n) => n === 0 || wrong.length > 0)
  for (const exchange of telling) showExchange(exchange)
  const more = result.exchanges.length - telling.length
  if (more > 0) say(paint('dim', `      and ${more} more like it`))
  say()
}

const indented = (text: string): string => `      ${text.replaceAll('\n', '\n      ')}`

function showExchange({ ask, url, answer, wrong }: ExchangeResult): void {
  say(`      ${paint('cyan', `$ ${curl(url, ask)}`)}`)
  if (answer !== undefined) {
    const site = answer.headers['cheops-site']
    say(`      ${answer.status}${site === undefined ? '' : ` from ${site}`}  ${digest(answer.body)}`)
  }
  for (const sentence of wrong) say(`      ${paint('red', `× ${sentence}`)}`)
}

/** A body in one line; of a problem (RFC 9457) what people read first. */
function digest(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'code' in body && 'detail' in body) {
    return `${String(body.code)}: ${String(body.detail).replaceAll('\n', '\n      ')}`
  }
  const text = typeof body === 'string' ? body.trim() : JSON.stringify(body)
  return text.length > MAX_BODY_CHARACTERS ? `${text.slice(0, MAX_BODY_CHARACTERS)}…` : text
}

/** The line at the end of a tour. @returns whether every step was as it must be */
export function showSummary(results: readonly StepResult[]): boolean {
  const failed = results.filter(({ ok }) => !ok).length
  say(paint(failed === 0 ? 'green' : 'red', `${results.length - failed} passed, ${failed} failed`))
  return failed === 0
}

/** A tour as one JSON document, for programs. */
export function tourAsJson(results: readonly StepResult[]): string {
  const steps = results.map(({ title, ok, ms, note, command, exchanges }) => ({
    title,
    ok,
    ms,
    ...(note === undefined ? {} : { note }),
    ...(command === undefined ? {} : { command }),
    exchanges: exchanges.map(({ ask, url, answer, wrong }) => ({
      command: curl(url, ask),
      status: answer?.status ?? null,
      site: answer?.headers['cheops-site'] ?? null,
      body: answer?.body ?? null,
      wrong,
    })),
  }))
  return JSON.stringify({ ok: results.every(({ ok }) => ok), steps }, null, 2)
}
