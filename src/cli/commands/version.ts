import { readPackage } from '../../config/version.ts'
import { CheopsError } from '../../errors.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { CommandSpec } from '../command.ts'
import { AgentRefusal } from '../failure.ts'
import { EXIT } from '../io.ts'
import { render } from '../output/render.ts'

export const versionCommand: CommandSpec = {
  name: 'version',
  summary: 'The versions of this command and of the agent',
  agent: true,
  output: true,
  options: [{ flags: '--client', help: 'this command only; no agent is asked' }],
  examples: [['cheops version', 'both sides']],
  async run(call) {
    const client = { version: readPackage().version, node: process.version }
    const answer: { client: typeof client; agent?: object; problem?: string } = { client }
    let line = ''
    if (!call.options.flag('client')) {
      try {
        const agent = await connectAgent(call)
        const { version, node, site, mesh } = await agent.status()
        answer.agent = { version, node, site, mesh, url: agent.url }
        line = `\nagent   ${version} on Node ${node}, site ${site} of mesh ${mesh}`
      } catch (error) {
        // Knowing one's own version needs no agent.
        if (!(error instanceof CheopsError || error instanceof AgentRefusal)) throw error
        answer.problem = error.message
        line = `\nagent   unknown: ${error.message}`
      }
    }
    render(call.io, call.options.format, answer, () => `client  ${client.version} on Node ${client.node}${line}`)
    return EXIT.ok
  },
}
