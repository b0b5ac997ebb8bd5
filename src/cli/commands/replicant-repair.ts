import { replicantText } from '../../core/oplog/replicant-text.ts'
import { CheopsError } from '../../errors.ts'
import type { RepairResult } from '../../ports/replication-control.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { CommandSpec } from '../command.ts'
import { EXIT } from '../io.ts'
import { render } from '../output/render.ts'
import { REPLICANT, replicantName } from './replicant-argument.ts'

export const repairCommand: CommandSpec = {
  name: 'repair',
  summary: 'Copy the state of another member that agrees to the application here, now',
  details:
    'A replica that is Diverged is repaired by itself as soon as a member that holds the same and has nothing left to do can be reached; this\n' +
    'asks at once, and says why not. What the application here has by the name is overwritten, if it differs.',
  arguments: [REPLICANT],
  options: [{ flags: '--from <site>', help: 'only from this member' }],
  agent: true,
  output: true,
  examples: [
    ['cheops replicant repair inventory/items/purple', 'from any member that agrees'],
    ['cheops replicant repair inventory/items/purple --from site2', 'from site2'],
  ],
  async run(call) {
    const name = replicantName(call.args[0] ?? '')
    const { result } = await (await connectAgent(call)).repair(name, call.options.text('from'))
    render(
      call.io,
      call.options.format,
      { replicant: name, result },
      () => `${replicantText(name)}: ${RESULTS[result]}`,
    )
    return result === 'copied' ? EXIT.ok : EXIT.failed
  },
}

const RESULTS: Readonly<Record<RepairResult['result'], string>> = {
  copied: 'the application here shows what the other member has',
  nobody: 'no member could be reached that holds the same and has nothing left to do',
  busy: 'too much is repaired at the moment: it has its turn by itself',
  'not-taken': 'the application here could not be read, or did not take it',
  'not-exposed': 'this site does not let others do here what the state is made of (expose)',
}

export const resolveCommand: CommandSpec = {
  name: 'resolve',
  summary: 'Say what becomes of a name that belongs to something else at this site (state "unbound")',
  details:
    'The application here had something by the name before the replicated resource came, and nothing touches it. Look at both first: at this\n' +
    'site and at another member. Writes that lost are settled otherwise: write what you want, with PUT.',
  arguments: [REPLICANT],
  options: [
    { flags: '--adopt', help: 'what is here is the resource from now on, at all members' },
    { flags: '--replace', help: 'what is here gives way to what is replicated' },
    { flags: '--leave', help: 'what is here stays, and this site is no member any more' },
  ],
  agent: true,
  output: true,
  examples: [
    ['cheops conflict resolve inventory/items/purple --leave', 'two things that have one name by chance'],
    ['cheops conflict resolve inventory/items/purple --replace', 'what is here is not needed'],
  ],
  async run(call) {
    const name = replicantName(call.args[0] ?? '')
    const chosen = (['adopt', 'replace', 'leave'] as const).filter(how => call.options.flag(how))
    const [how] = chosen
    if (how === undefined || chosen.length > 1)
      throw new CheopsError('ERR_CLI_USAGE', 'Give one of --adopt, --replace and --leave.')
    await (await connectAgent(call)).resolve(name, how)
    render(call.io, call.options.format, { replicant: name, how }, () => `${replicantText(name)}: ${RESOLVED[how]}`)
    return EXIT.ok
  },
}

const RESOLVED = {
  adopt: 'what is here is the resource from now on; the other members get it',
  replace: 'what is replicated takes the place of what is here',
  leave: 'what is here stays, and this site is no member any more',
} as const
