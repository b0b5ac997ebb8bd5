import { CheopsError } from '../../errors.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { CommandSpec } from '../command.ts'
import { EXIT, writeLine } from '../io.ts'
import { displayWidth } from '../output/display-width.ts'
import { printable, visibleJson } from '../output/visible.ts'

/** As many as the agent keeps. */
const MAX_LAST = 1_000

/** Of the longest type, and of most subjects: each line is written before the next is known. */
const [TYPE_WIDTH, SUBJECT_WIDTH] = ['replication.waits-for-body'.length, 24]

/** Names may have characters that take two columns. */
const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - displayWidth(text)))

export const eventsCommand: CommandSpec = {
  name: 'events',
  summary: 'Follow what happens in the mesh, as this agent sees it, until interrupted',
  details:
    'Sites that come and go, services, and what happens to replicants: writes that are accepted here, that fail or are superseded elsewhere, conflicts, applications that differ. With -o json each event is one line of JSON.\n\n' +
    'The agent keeps the last thousand since its start: --last shows them too.',
  options: [
    { flags: '--last <n>', help: 'begin with the last n that the agent has kept, at most 1000', fallback: '0' },
    { flags: '--no-follow', help: 'end behind those' },
  ],
  agent: true,
  output: true,
  examples: [
    ['cheops events', 'sites that join, go and come back'],
    ['cheops events --last 50 --no-follow', 'what has happened'],
    ['cheops events | grep replication.conflict', 'accepted writes that turn out to have no effect'],
    ['cheops events -o json | jq -r .detail', 'for scripts'],
  ],
  async run(call) {
    const { io, options } = call
    const last = Number(options.text('last'))
    if (!Number.isInteger(last) || last < 0 || last > MAX_LAST)
      throw new CheopsError('ERR_CLI_USAGE', `--last is a whole number from 0 to ${String(MAX_LAST)}.`)
    const follow = !options.isOff('follow')
    const agent = await connectAgent(call)
    try {
      for await (const event of agent.events(io.interrupted, last, follow)) {
        writeLine(
          io.stdout,
          options.format === 'json'
            ? visibleJson(event)
            : options.format === 'yaml'
              ? `---\n${Object.entries(event)
                  .map(([name, value]) => `${name}: ${visibleJson(value)}`)
                  .join('\n')}`
              : `${new Date(event.at).toISOString()}  ${event.type.padEnd(TYPE_WIDTH)}  ${padded(printable(event.subject), SUBJECT_WIDTH)}  ${printable(event.detail)}`,
        )
      }
    } catch (error) {
      if (io.interrupted.aborted) return EXIT.ok
      throw error
    }
    if (io.interrupted.aborted || !follow) return EXIT.ok
    writeLine(io.stderr, 'cheops: the agent has ended the stream')
    return EXIT.couldNotAsk
  },
}
