import { replicantText } from '../../core/oplog/replicant-text.ts'
import type { AttachedPage } from '../../ports/replication-control.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { CommandSpec } from '../command.ts'
import { EXIT, writeLine } from '../io.ts'
import { render } from '../output/render.ts'
import { changeLines, replicantName } from './replicant-argument.ts'

export const attachCommand: CommandSpec = {
  name: 'attach',
  summary: 'Add a site to the members of some replicants, or of all from which it was removed',
  details:
    'Asked of one agent that is a member. The site gets what the others have; what it did unseen while it was no member is shown as conflicts. What ' +
    'its application has by the name and is something else is not touched (state "unbound", see "cheops conflict resolve" there). What was created by a site ' +
    'that it has not met, or that is gone, it takes on the word of a member that may write it there (expose): if not, "cheops check" says so at both.',
  arguments: [
    { name: '<site>', help: 'name of the site' },
    { name: '[replicants...]', help: 'SERVICE/KIND/NAME each; without any, all from which the site was removed' },
  ],
  agent: true,
  output: true,
  examples: [
    ['cheops replicant attach site3', 'site3 is back after it was detached'],
    ['cheops replicant attach site4 inventory/items/purple', 'a new site gets this one too'],
  ],
  async run(call) {
    const { io, options, args } = call
    const [site = '', ...texts] = args
    const replicants = texts.map(text => replicantText(replicantName(text)))
    const agent = await connectAgent(call)
    const attached: AttachedPage['attached'][number][] = []
    let after: string | undefined
    do {
      const page = await agent.attach(site, replicants, after)
      attached.push(...page.attached)
      after = page.next
      // Thousands take a while.
      if (options.format === 'table') for (const line of changeLines(page.attached)) writeLine(io.stdout, line)
    } while (after !== undefined && !io.interrupted.aborted)
    const count = `${String(attached.length)} ${attached.length === 1 ? 'replicant' : 'replicants'}`
    render(io, options.format, { site, attached, next: after }, () => `${site} is a member of ${count} more.`)
    return after === undefined ? EXIT.ok : EXIT.failed
  },
}
