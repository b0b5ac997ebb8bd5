import { makeFolder } from '../src/config/make-folder.ts'
import { parseArgs } from 'node:util'
import { FAIR } from './scenarios/replication/draw.ts'
import type { Weather } from './scenarios/replication/draw.ts'

const SIMULATIONS = ['membership', 'replication'] as const

export interface Options {
  readonly help: boolean
  readonly seeds: readonly number[]
  readonly only: readonly (typeof SIMULATIONS)[number][]
  /** In place of what each seed says. */
  readonly weather: Weather | undefined
  /** Stories of all seeds, not only of those that fail. */
  readonly story: boolean
  /** Count what the seeds would do, and run none. */
  readonly faults: boolean
  /** Folder for the plans of seeds that fail. */
  readonly write: string | undefined
  /** File of a plan to run in place of seeds. */
  readonly replay: string | undefined
}

export const USAGE = `npm run sim [-- OPTIONS]

Lets sites live through faults in virtual time, drawn by a seed: the same seed is the same story. What fails is told with the
fewest steps that still fail, and how to run it again; the last line says how many passed.

  --seeds N        how many (default 200)
  --from S         the first (default 1)
  --only NAME      ${SIMULATIONS.join(' or ')}
  --weather NAMES  which faults all seeds of the replication have, in place of what each seed draws, joined by commas:
                   ${Object.keys(FAIR).join(', ')}; or fair, for none of these
  --story          tell what happened in every seed
  --faults         count which faults the seeds have, and run none
  --write FOLDER   keep the plans of seeds that fail there; it is made where there is none
  --replay FILE    run such a plan, or one of sims/regressions
  --help           this text
`

/** @throws TypeError with a sentence for people */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '200' },
      from: { type: 'string', default: '1' },
      only: { type: 'string' },
      story: { type: 'boolean', default: false },
      faults: { type: 'boolean', default: false },
      weather: { type: 'string' },
      write: { type: 'string' },
      replay: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const { help, story, faults, write, replay } = values
  const from = wholeNumber(values.from, '--from')
  const seeds = Array.from({ length: wholeNumber(values.seeds, '--seeds') }, (_, place) => from + place)
  const only = SIMULATIONS.filter(name => values.only === undefined || values.only === name)
  if (only.length === 0) throw new TypeError(`--only takes ${SIMULATIONS.join(' or ')}, not "${values.only}".`)
  return { help, seeds, only, weather: weatherIn(values.weather), story, faults, write, replay }
}

function weatherIn(text: string | undefined): Weather | undefined {
  if (text === undefined) return undefined
  const wanted = text.split(',').filter(word => word !== '' && word !== 'fair')
  const unknown = wanted.find(word => !(word in FAIR))
  if (unknown !== undefined)
    throw new TypeError(`--weather takes fair, or some of ${Object.keys(FAIR).join(', ')}; not "${unknown}".`)
  return { ...FAIR, ...Object.fromEntries(wanted.map(word => [word, true])) }
}

function wholeNumber(text: string, option: string): number {
  const value = Number(text)
  if (text === '' || !Number.isSafeInteger(value) || value < 0)
    throw new TypeError(`${option} takes a whole number, not "${text}".`)
  return value
}

/**
 * Makes the folder for the plans of runs that fail, where there is none: before the first seed runs, since what fails may fail after an hour.
 * @returns why it cannot be made
 */
export async function makePlansFolder(folder: string): Promise<string | undefined> {
  try {
    await makeFolder(folder)
    return undefined
  } catch (error) {
    return `${folder} cannot be made: ${error instanceof Error ? error.message : String(error)}`
  }
}
