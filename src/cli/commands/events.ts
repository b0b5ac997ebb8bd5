import { connectAgent } from '../agent/resolve.ts'
import type { CommandSpec } from '../command.ts'
import { EXIT, writeLine } from '../io.ts'
import { printable, visibleJson } from '../output/visible.ts'

export const eventsCommand: CommandSpec = {
  name: 'events',
  summary: 'Follow what happens in the mesh, as this agent sees it, until interrupted',
  details:
    'Sites that come and go, services, and what happens to replicants: writes that are accepted here, that fail or are superseded elsewhere,\n' +
    'conflicts, applications that differ. With -o json each event is one line of JSON.',
  agent: true,
  output: true,
  examples: [
    ['cheops events', 'sites that join, go and come back'],
    ['cheops events | grep replication.conflict', 'accepted writes that turn out to have no effect'],
    ['cheops events -o json | jq -r .detail', 'for scripts'],
  ],
  async run(call) {
    const { io, options } = call
    const agent = await connectAgent(call)
    try {
      for await (const event of agent.events(io.interrupted)) {
        writeLine(
          io.stdout,
          options.format === 'json'
            ? visibleJson(event)
            : options.format === 'yaml'
              ? `---\n${Object.entries(event)
                  .map(([name, value]) => `${name}: ${visibleJson(value)}`)
                  .join('\n')}`
              : `${new Date(event.at).toISOString()}  ${event.type.padEnd(20)}  ${printable(event.subject)}  ${printable(event.detail)}`,
        )
      }
    } catch (error) {
      if (io.interrupted.aborted) return EXIT.ok
      throw error
    }
    if (io.interrupted.aborted) return EXIT.ok
    writeLine(io.stderr, 'cheops: the agent has ended the stream')
    return EXIT.couldNotAsk
  },
}
