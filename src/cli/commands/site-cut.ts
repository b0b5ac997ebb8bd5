import { milliseconds } from '../../config/values.ts'
import { CheopsError } from '../../errors.ts'
import type { SiteCut } from '../../ports/membership.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { CommandSpec, Options } from '../command.ts'
import { EXIT } from '../io.ts'
import { duration, render } from '../output/render.ts'

export const cutCommand: CommandSpec = {
  name: 'cut',
  summary: 'Cut sites off from this agent for a while, to see what a partition does; it ends by itself',
  details:
    'The connections to these sites end, none is let in and none is dialled; clients are served on, here and there. It holds for the time that ' +
    'is given, an hour at most, and ends before that with "cheops site join" or when the agent stops. Only this agent cuts: a site that reaches ' +
    'others still hears of this one through them, as when one link is broken. To cut a site off from all, run it there with --all. ' +
    '"cheops status", "check" and "events" say what holds.',
  arguments: [{ name: '[sites...]', help: 'names of the sites' }],
  options: [
    { flags: '--all', help: 'all other sites, and whoever else dials' },
    { flags: '--for <time>', help: 'how long, from 1s to 1h', fallback: '5m' },
  ],
  agent: true,
  output: true,
  examples: [
    ['cheops site cut --all --for 2m', 'this site stands alone for two minutes'],
    ['cheops site cut site2 site3', 'no link to these two for five minutes'],
  ],
  async run(call) {
    const { io, options, args } = call
    const all = options.flag('all')
    if (all === args.length > 0)
      throw new CheopsError('ERR_CLI_USAGE', 'Name the sites that are to be cut off, or give --all and no names.')
    const forMs = timeOf(options)
    const agent = await connectAgent(call)
    const cuts = await agent.cut(all ? undefined : args, forMs)
    const { now } = await agent.status()
    render(
      io,
      options.format,
      cuts,
      () => `Cut off from here: ${cutsText(cuts, now)}\n"cheops site join" ends it before.`,
    )
    return EXIT.ok
  },
}

export const joinCommand: CommandSpec = {
  name: 'join',
  summary: 'End what "site cut" has done, before its time',
  arguments: [{ name: '[sites...]', help: 'names of the sites; without any, all that are cut off' }],
  agent: true,
  output: true,
  examples: [['cheops site join', 'all are reached again, within a second where they can be dialled']],
  async run(call) {
    const { io, options, args } = call
    const agent = await connectAgent(call)
    // One after the other, first who may be none: then none is joined. What still holds is what the last one answers.
    let left: readonly SiteCut[] = args.length === 0 ? await agent.join() : []
    const known = new Set(args.length < 2 ? [] : (await agent.sites()).map(({ name }) => name))
    for (const site of args.toSorted((a, b) => Number(known.has(a)) - Number(known.has(b))))
      left = await agent.join(site)
    const { now } = await agent.status()
    render(io, options.format, left, () =>
      left.length === 0 ? 'No site is cut off from here.' : `Still cut off from here: ${cutsText(left, now)}`,
    )
    return EXIT.ok
  },
}

/** @param now the agent's clock */
export function cutsText(cuts: readonly SiteCut[], now: number): string {
  const texts = cuts.map(({ site, until }) => `${site ?? 'all other sites'} for ${duration(until - now + 999)} more`)
  return texts.join(', ')
}

/** @throws CheopsError ERR_CLI_USAGE */
function timeOf(options: Options): number {
  try {
    return milliseconds(1_000, 3_600_000).parse(options.text('for') ?? '5m', '')
  } catch (error) {
    const why = error instanceof Error ? error.message : 'is bad'
    throw new CheopsError('ERR_CLI_USAGE', `--for ${why}.`, {}, { cause: error })
  }
}
