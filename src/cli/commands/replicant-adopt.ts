import { replicantText } from '../../core/oplog/replicant-text.ts'
import { CheopsError } from '../../errors.ts'
import type { Adopted } from '../../ports/replication-control.ts'
import type { ReplicantName } from '../../core/oplog/index.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { CommandSpec } from '../command.ts'
import { describeFailure } from '../failure.ts'
import { EXIT, writeLine } from '../io.ts'
import { render } from '../output/render.ts'
import { scopeOption } from '../scope-option.ts'
import { replicantName } from './replicant-argument.ts'

/** What nobody can adopt. */
function unseenText(neverShown: readonly string[]): string {
  return `The application shows nobody ${neverShown.join(', ')}: members that are made anew are without it, and a repair takes it away, until it is written once more (PATCH).`
}

export const adoptCommand: CommandSpec = {
  name: 'adopt',
  summary:
    'Make resources that exist already, made past Cheops, one with those of other sites, or replicate them there',
  details:
    'What the application of this site shows is the resource from then on; nothing is sent to it. A member that has nothing by the name gets ' +
    'it. One that shows the same is taken as it is. One that shows something else is left alone (state "unbound", see "cheops conflict ' +
    'resolve" there), or overwritten with --overwrite. What shows the same is for the definition to say: fields that each application sets ' +
    'by itself stand in server-set. What it never shows (write-only, a password) is in no log then: write it once more afterwards.',
  arguments: [{ name: '<replicants...>', help: 'SERVICE/KIND/NAME each; a slash within the name is written %2F' }],
  options: [
    { flags: '--sites <sites>', help: 'the members, with commas between, this site among them' },
    { flags: '--scope <scope>', help: "the members as a scope: 'site1 & site2', '&@region=eu'" },
    { flags: '--overwrite', help: 'what other members have by the name gives way' },
  ],
  agent: true,
  output: true,
  examples: [
    ['cheops replicant adopt inventory/items/purple --sites site1,site2', 'both have it, or site2 gets it'],
    ['cheops replicant adopt inventory/items/a inventory/items/b --sites site1,site2 --overwrite', 'as they are here'],
  ],
  async run(call) {
    const { io, options, args } = call
    const names = args.map(replicantName)
    const scope = scopeOption(options)
    if (scope === undefined) throw new CheopsError('ERR_CLI_USAGE', 'Say who the members are: --sites site1,site2.')
    const agent = await connectAgent(call)
    const people = options.format === 'table'
    const adopted: (Adopted & { readonly replicant: ReplicantName })[] = []
    for (const name of names) {
      try {
        const done = await agent.adopt(name, scope, options.flag('overwrite'))
        adopted.push({ replicant: name, ...done })
        if (!people) continue
        writeLine(io.stdout, `${replicantText(name)}: one on ${done.members.join(', ')}, by ${done.operation}`)
        const { neverShown = [] } = done
        if (neverShown.length > 0) writeLine(io.stdout, `  ${unseenText(neverShown)}`)
      } catch (error) {
        // One alone is told as any other failure; of several the rest has its turn.
        if (names.length === 1) throw error
        writeLine(io.stderr, `${replicantText(name)}: ${describeFailure(error, 'cheops replicant adopt').text}`)
      }
    }
    if (!people) render(io, options.format, { adopted }, () => '')
    return adopted.length === names.length ? EXIT.ok : EXIT.failed
  },
}
