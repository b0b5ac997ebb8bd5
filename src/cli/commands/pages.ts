import { CheopsError } from '../../errors.ts'
import type { Page } from '../../ports/control.ts'
import type { Call, OptionSpec } from '../command.ts'

/** Options of commands that list what there may be much of. */
export const PAGE_OPTIONS: readonly OptionSpec[] = [
  { flags: '--limit <n>', help: 'at most so many, 1 to 100000', fallback: '100' },
  { flags: '--after <next>', help: 'go on where the last list ended, with what it says at its end' },
]

export const SERVICE_OPTION: OptionSpec = { flags: '--service <name>', help: 'only of this service' }

/** @throws CheopsError ERR_CLI_USAGE */
export function limitOf({ options }: Call): number {
  const limit = Number(options.text('limit'))
  if (Number.isInteger(limit) && limit >= 1 && limit <= 100_000) return limit
  throw new CheopsError('ERR_CLI_USAGE', '--limit is a whole number from 1 to 100000.')
}

export const withRest = (text: string, { next }: Page<unknown>): string =>
  next === undefined ? text : `${text}\n\nThere are more: --after ${next}`
