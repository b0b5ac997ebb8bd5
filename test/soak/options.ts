import { parseArgs } from 'node:util'
import { STYLES } from './styles.ts'
import type { Style } from './styles.ts'

/** What may go wrong; each for some seconds. */
export const FAULTS = {
  'kill-agent': 'kill -9 of an agent, and its start',
  'end-agent': 'its polite end, and its start',
  'suspend-agent': 'SIGSTOP, later SIGCONT',
  'kill-application': 'kill -9 of the applications of a site, and their start with what they had',
  'lose-application': 'the same, without what they had',
  'suspend-application': 'SIGSTOP, later SIGCONT',
  cut: 'nothing passes between two sites',
  'cut-off': 'nothing passes between a site and all others',
  clock: 'an agent is killed, and started with a clock that is off by up to five minutes',
} as const

export type FaultName = keyof typeof FAULTS

export interface Options {
  readonly help: boolean
  readonly seconds: number
  /** Requests a second, of all clients. */
  readonly rate: number
  readonly seed: number
  readonly styles: readonly Style[]
  readonly faults: readonly FaultName[]
  readonly keep: boolean
}

/** Without `clock`: where clocks differ, clients know less of what must be. */
const DEFAULT_FAULTS = Object.keys(FAULTS).filter(name => name !== 'clock')
const [MOST_SECONDS, MOST_RATE] = [24 * 3_600, 500]

const lines = (entries: readonly (readonly [string, string])[]): string =>
  entries.map(([name, what]) => `    ${name.padEnd(20)} ${what}`).join('\n')

export const USAGE = `npm run soak [-- OPTIONS]

Three agents with a store each, an application beside each, clients that do anything, and faults. Then everything is healed: what was answered with
success has to be there, what was deleted gone, all members the same, and nothing locked. Exits with 1 where it is not, says what, and keeps logs and stores.

  --seconds N      how long clients write (default 120; up to ${String(MOST_SECONDS)}). Healing takes up to three minutes more
  --rate N         requests a second, of all clients (default 40; up to ${String(MOST_RATE)})
  --seed N         what clients choose, and which faults come when; a run that fails says its seed (default: from the clock)
  --style NAME     only these styles of applications (again, or with commas, for more); all of them unless said:
${lines(STYLES.map(({ name, what }) => [name, what]))}
  --faults NAME    only these faults (again, or with commas; "none"); all but clock unless said:
${lines(Object.entries(FAULTS))}
  --keep           keep logs and stores of a run that finds nothing, too
  --help           this text
`

/** @throws TypeError with a sentence for people */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '120' },
      rate: { type: 'string', default: '40' },
      seed: { type: 'string' },
      style: { type: 'string', multiple: true, default: [] },
      faults: { type: 'string', multiple: true, default: [] },
      keep: { type: 'boolean', default: false },
    },
  })
  const styles = split(values.style).map(name => {
    const found = STYLES.find(style => style.name === name)
    if (found !== undefined) return found
    throw new TypeError(
      `--style ${name}: there is no such style; there are ${STYLES.map(each => each.name).join(', ')}.`,
    )
  })
  const named = split(values.faults)
  const faults = (named.length === 0 ? DEFAULT_FAULTS : named.filter(name => name !== 'none')).map(name => {
    if (Object.hasOwn(FAULTS, name)) return name as FaultName
    throw new TypeError(`--faults ${name}: there is no such fault; there are none, ${Object.keys(FAULTS).join(', ')}.`)
  })
  return {
    help: values.help,
    seconds: whole('seconds', values.seconds, MOST_SECONDS),
    rate: whole('rate', values.rate, MOST_RATE),
    seed: whole('seed', values.seed ?? String(1 + (Date.now() % 1_000_000)), 2 ** 31),
    styles: styles.length === 0 ? STYLES : styles,
    faults,
    keep: values.keep,
  }
}

function split(given: readonly string[]): string[] {
  return given.flatMap(each => each.split(',')).filter(name => name !== '')
}

function whole(name: string, text: string, most: number): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1 && number <= most) return number
  throw new TypeError(`--${name} ${text}: a number from 1 to ${String(most)}.`)
}
